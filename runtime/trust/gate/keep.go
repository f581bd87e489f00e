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

// SetKeep says how much of the audit log is kept from now on, on record first. Gates that are open go on by what they were opened with.
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
