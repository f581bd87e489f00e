package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/airsstack/witgen/internal/durable"
	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/audit"
)

// KeepFile says, in the state, how much of the audit log is kept.
const KeepFile = "audit.toml"

// LoadKeep reads how much of the audit log of a folder is kept: all of it, where nobody has said. Mistakes are [tomlpos.Errors].
func LoadKeep(dir string) (k audit.Keep, err error) {
	file := filepath.Join(dir, KeepFile)
	src, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	doc, err := tomlpos.Parse(file, src)
	if err != nil {
		return k, err
	}
	var f struct {
		Keep struct {
			Files int    `toml:"files"`
			Bytes int64  `toml:"bytes"`
			Age   string `toml:"age"`
		} `toml:"keep"`
	}
	doc.Decode(&f)
	k.Files, k.Bytes = f.Keep.Files, f.Keep.Bytes
	if f.Keep.Age != "" {
		if k.Age, err = time.ParseDuration(f.Keep.Age); err != nil {
			doc.Fail(fmt.Sprintf("%q is not a duration", f.Keep.Age), `write it as in "2160h"`, "keep", "age")
		}
	}
	if bad := checkKeep(k); bad != nil && doc.Err() == nil {
		doc.Fail(bad.Error(), "", "keep")
	}
	return k, doc.Err()
}

// The least that can be kept.
const (
	leastBytes = 1 << 20
	leastAge   = time.Hour
)

func checkKeep(k audit.Keep) error {
	switch {
	case k.Files < 0 || k.Files == 1:
		return fmt.Errorf("%d files are too few to keep: write 2 at least, or 0 for no bound", k.Files)
	case k.Bytes != 0 && k.Bytes < leastBytes:
		return fmt.Errorf("%d bytes are too few to keep: write %d at least, or 0 for no bound", k.Bytes, leastBytes)
	case k.Age != 0 && k.Age < leastAge:
		return fmt.Errorf("%s is too short: keep the log for %s at least, or write 0 for no bound", k.Age, leastAge)
	}
	return nil
}

// SetKeep says how much of the audit log is kept from now on, on record first. Gates that are open go by it, too, unless they were opened with [audit.Keep] of
// their own: soon where components run, the others when they are opened next.
func (g *Gate) SetKeep(k audit.Keep) error {
	if err := checkKeep(k); err != nil {
		return err
	}
	err := g.log.Commit(context.Background(), audit.Record{Event: audit.Trust, Actor: g.cfg.By, Reason: "of the audit log is kept from now on: " + k.String()})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("# How much of the audit log is kept. Written by witgen; docs/security.md says what the keys mean.\n[keep]\nfiles = %d\nbytes = %d\nage = %q\n", k.Files, k.Bytes, k.Age)
	return durable.WriteFile(filepath.Join(g.cfg.Dir, KeepFile), []byte(text), 0o600)
}

// A keepFile follows the file in the state that says how much of the log is kept. One goroutine looks at a time.
type keepFile struct {
	dir    string
	follow bool // the gate goes by it
	last   fs.FileInfo
	is     audit.Keep
}

// begin reads the file, and has it followed.
func (f *keepFile) begin() (k audit.Keep, err error) {
	f.follow, f.last = true, f.stat()
	f.is, err = LoadKeep(f.dir)
	return f.is, err
}

// stat is nil where there is no file.
func (f *keepFile) stat() fs.FileInfo {
	info, err := os.Stat(filepath.Join(f.dir, KeepFile))
	if err != nil {
		return nil
	}
	return info
}

// read reads the file where it is another one than when it was last read.
func (f *keepFile) read() (k audit.Keep, err error) {
	info := f.stat()
	if info == nil && f.last == nil || info != nil && f.last != nil &&
		os.SameFile(info, f.last) && info.ModTime().Equal(f.last.ModTime()) && info.Size() == f.last.Size() {
		return f.is, nil
	}
	if k, err = LoadKeep(f.dir); err != nil {
		f.last = info
	}
	return k, err
}

// lookAtKeep has the log kept as the file says now, on record first. Where that cannot be read, it is kept as before.
func (g *Gate) lookAtKeep() {
	f := g.kept
	if !f.follow {
		return
	}
	info := f.stat()
	k, err := f.read()
	if err != nil {
		g.log.Append(audit.Record{Event: audit.Trust, Decision: audit.Denied, Reason: "the audit log is kept as before: " + err.Error()})
		return
	}
	if k != f.is {
		said := audit.Record{Event: audit.Trust, Reason: "this host keeps of the audit log from now on: " + k.String()}
		if g.log.Commit(context.Background(), said) != nil {
			return // and tries again
		}
		g.log.Keep(k)
	}
	f.is, f.last = k, info
}
