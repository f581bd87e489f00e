package gate_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// A gate that is open keeps of its log what is said meanwhile, by another process or an editor; a mistake there changes nothing, and is on record.
func TestKeepWhileItRuns(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	running, err := gate.Open(gate.Config{Dir: k.dir, Dev: true, Poll: time.Millisecond, Audit: audit.Config{FileSize: 2000}})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	pass, err := k.admit(running)
	if err != nil {
		t.Fatal(err)
	}
	operator := k.open(true)
	// until writes records until something is so.
	until := func(what string, so func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !so(); {
			if time.Now().After(end) {
				t.Fatalf("never %s", what)
			}
			if err := running.Log().Commit(t.Context(), audit.Record{Event: audit.Approval, Reason: strings.Repeat("x", 100)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	files := func() int {
		all, err := filepath.Glob(filepath.Join(gate.LogDir(k.dir), "audit-*.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	said := func(text string) func() bool {
		return func() bool {
			for _, r := range k.records(audit.Trust) {
				if strings.Contains(r.Reason, text) {
					return true
				}
			}
			return false
		}
	}
	until("many files", func() bool { return files() > 5 })
	writeFile := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(k.dir, gate.KeepFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeFile("[keep]\nfiles = 1\n")
	until("told of the mistake", said("1 files are too few"))
	if files() <= 5 {
		t.Error("a mistake drops files")
	}
	if err := operator.SetKeep(audit.Keep{Files: 3}); err != nil {
		t.Fatal(err)
	}
	until("down to three files", func() bool { return files() <= 3 })
	if err := os.Remove(filepath.Join(k.dir, gate.KeepFile)); err != nil {
		t.Fatal(err)
	}
	until("kept whole again", func() bool { return files() > 5 })
	pass.Close()
	if err := errors.Join(running.Close(), operator.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Verify(k.dir); err != nil {
		t.Error(err)
	}
}
