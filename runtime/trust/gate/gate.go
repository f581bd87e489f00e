package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/airsstack/witgen/internal/durable"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// Config says where a gate's state is and how it judges.
type Config struct {
	// Dir is the folder of the state, which is made where there is none.
	Dir string
	// Dev lets every component run that nobody denied. It is refused, with [trust.ErrDevModeForbidden], where the trust file forbids it.
	Dev bool
	// By is the person who uses the gate, for the records. Default "witgen".
	By string
	// Audit is how the log is kept. Dir, Head and Key are filled in where they are empty, and so is Keep: from a file in the state, which is looked at
	// again while components run.
	Audit audit.Config
	// Poll is how often approvals, and what is kept of the log, are looked at again for components that run. Default a second.
	Poll time.Duration
	// Warnings is where the warning of dev mode goes besides standard error, where it always goes. Default nowhere.
	Warnings io.Writer
}

// A Gate decides which components may start. Its methods may be called from any goroutine. Close frees it.
type Gate struct {
	cfg       Config
	trust     *trust.Config
	approvals *approval.Store
	log       *audit.Log
	passes    passes
	kept      *keepFile
}

// Files of the state.
const (
	TrustFile     = "trust.toml"
	approvalsFile = "approvals.db"
	auditDir      = "audit"
	auditKey      = "audit.key"
)

// Open opens the gate of a folder. Mistakes in the trust file are those of [trust.Load].
func Open(cfg Config) (*Gate, error) {
	cfg.By = cmp.Or(cfg.By, "witgen")
	cfg.Poll = cmp.Or(cfg.Poll, time.Second)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	whom, err := loadTrust(filepath.Join(cfg.Dir, TrustFile))
	if err != nil {
		return nil, err
	}
	if cfg.Dev {
		if whom, err = whom.Dev(); err != nil {
			return nil, err
		}
	}
	if cfg.Audit.Key.IsZero() {
		if cfg.Audit.Key, err = logKey(cfg.Dir); err != nil {
			return nil, err
		}
	}
	kept := &keepFile{dir: cfg.Dir}
	if cfg.Audit.Keep == (audit.Keep{}) {
		if cfg.Audit.Keep, err = kept.begin(); err != nil {
			return nil, err
		}
	}
	cfg.Audit.Dir = cmp.Or(cfg.Audit.Dir, filepath.Join(cfg.Dir, auditDir))
	log, err := audit.Open(cfg.Audit)
	if err != nil {
		return nil, err
	}
	g := &Gate{cfg: cfg, trust: whom, log: log, kept: kept}
	g.approvals = approval.New(approval.Config{Path: filepath.Join(cfg.Dir, approvalsFile), Before: g.stepped, Now: cfg.Audit.Now})
	if err := g.begin(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return g, nil
}

// loadTrust reads the trust file; without one nobody is trusted.
func loadTrust(file string) (*trust.Config, error) {
	c, err := trust.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &trust.Config{}, nil
	}
	return c, err
}

// begin puts on record by which trust file is judged, and warns of dev mode.
func (g *Gate) begin() error {
	r := audit.Record{
		Event: audit.Trust, Actor: g.cfg.By, SHA256: g.trust.SHA256, Reason: "the trust file in force",
		Meta: map[string]string{"sources": fmt.Sprint(len(g.trust.Sources)), "dev_mode": fmt.Sprint(g.trust.DevMode)},
	}
	if g.trust.Edited {
		r.Meta["edited"] = "since witgen last wrote it"
	}
	if err := g.log.Commit(context.Background(), r); err != nil {
		return err
	}
	if g.trust.DevMode {
		g.warn("dev mode: every component that nobody denied runs, whoever made it")
	}
	return nil
}

// warn says what must not be missed: there is no way to turn it off.
func (g *Gate) warn(text string) {
	out := io.Writer(os.Stderr)
	if g.cfg.Warnings != nil {
		out = io.MultiWriter(out, g.cfg.Warnings)
	}
	fmt.Fprintln(out, "WARNING: "+text)
}

// logKey is the key of the folder's audit log, made by the first who asks.
func logKey(dir string) (key signature.PrivateKey, err error) {
	lock, err := durable.Acquire(filepath.Join(dir, "state.lock"))
	if err != nil {
		return key, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	file := filepath.Join(dir, auditKey)
	key, err = signature.ReadPrivateKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	// A log without its key cannot be gone on with: another key would not verify it.
	if _, err := os.Stat(filepath.Join(dir, auditDir)); err == nil {
		return key, fmt.Errorf("there is an audit log in %s, and its key %s is gone: bring the key back, or move the log away", dir, file)
	}
	if key, err = signature.Generate(); err != nil {
		return key, err
	}
	return key, key.WriteFiles(file, "witgen audit log")
}

// Verify verifies the audit log of a folder by the key and the head that lie in it, or by other keys where some are given.
func Verify(dir string, keys ...signature.PublicKey) (*audit.Report, error) {
	if len(keys) == 0 {
		key, err := signature.ReadPublicKey(filepath.Join(dir, auditKey+".pub"))
		if err != nil {
			return &audit.Report{}, err
		}
		keys = append(keys, key)
	}
	return audit.Verify(LogDir(dir), LogDir(dir)+".head", keys...)
}

// LogDir is the folder of the audit log in that of a state.
func LogDir(dir string) string { return filepath.Join(dir, auditDir) }

// Log is the audit log, for what else is to be on record. It closes with the gate.
func (g *Gate) Log() *audit.Log { return g.log }

// Approvals are what was decided and waits to be. Each step goes on record first.
func (g *Gate) Approvals() *approval.Store { return g.approvals }

// EditTrust changes the trust file, on record first; see [trust.Edit]. Gates that are open go on by the one that they were opened with.
func (g *Gate) EditTrust(change func(*trust.Config) error) error {
	return trust.Edit(filepath.Join(g.cfg.Dir, TrustFile), change, func(from, to *trust.Config) error {
		return g.log.Commit(context.Background(), audit.Record{
			Event: audit.Trust, Actor: g.cfg.By, SHA256: to.SHA256, Reason: "the trust file is changed",
			Meta: map[string]string{"before": from.SHA256, "added": list(to, from), "removed": list(from, to), "dev_mode": fmt.Sprint(to.DevMode)},
		})
	})
}

// list names the sources of a that b does not have.
func list(a, b *trust.Config) string {
	has := map[string]bool{}
	for _, s := range b.Sources {
		has[s.String()] = true
	}
	var only []string
	for _, s := range a.Sources {
		if !has[s.String()] {
			only = append(only, s.String())
		}
	}
	return strings.Join(only, "; ")
}

// stepped puts a step of an approval on record.
func (g *Gate) stepped(r *approval.Request, s approval.Step) error {
	meta := map[string]string{"request": r.ID, "from": string(s.From), "grants": grantList(r.Grants)}
	if len(r.Optional) > 0 {
		meta["optional"], meta["withheld"] = grantList(r.Optional), grantList(r.Withheld)
	}
	return g.log.Commit(context.Background(), audit.Record{
		Event: audit.Approval, Component: r.Askers[0], Actor: s.By, Decision: string(s.To), Reason: s.Reason, SHA256: r.SHA256,
		Meta: meta,
	})
}

// Look gives the approvals of a folder for looking at; steps are made through a gate, which puts them on record.
func Look(dir string) *approval.Store {
	return approval.New(approval.Config{Path: filepath.Join(dir, approvalsFile), ReadOnly: true})
}

// RecordOrigin puts on record where a component, by its hash, was fetched from; see [approval.Store.RecordOrigin].
func (g *Gate) RecordOrigin(sha256 string, o *trust.Origin) error {
	if err := o.Check(); err != nil {
		return err
	}
	err := g.log.Commit(context.Background(), audit.Record{
		Event: audit.Trust, Actor: g.cfg.By, SHA256: sha256, Reason: "the component is recorded as fetched from " + o.String(),
	})
	if err != nil {
		return err
	}
	return g.approvals.RecordOrigin(sha256, o)
}

// Close lets go of the components that run and closes the log. It may be called twice.
func (g *Gate) Close() error {
	g.passes.close()
	return g.log.Close()
}
