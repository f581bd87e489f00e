package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// The commands say what is not kept any more.
func TestAuditDropped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := gate.Open(gate.Config{Dir: dir, Audit: audit.Config{FileSize: 2000, Keep: audit.Keep{Files: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := g.Log().Commit(t.Context(), audit.Record{Event: audit.Started, Component: fmt.Sprintf("demo:c%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (out, errs string) {
		t.Helper()
		var o, e bytes.Buffer
		cmd := newRootCommand()
		cmd.SetOut(&o)
		cmd.SetErr(&e)
		cmd.SetArgs(append(args, "--state", dir))
		if err := cmd.Execute(); err != nil {
			t.Fatal(err)
		}
		return o.String(), e.String()
	}
	out, _ := run("audit", "verify")
	if !regexp.MustCompile(`(?m)^it begins with record \d+: \d+ records were dropped, by what was said of how much is kept\n  dropped .*: those before record \d+, which are older than .* \(files\)$`).MatchString(out) {
		t.Error(out)
	}
	out, errs := run("audit", "search", "demo:c99")
	if !strings.Contains(out, "demo:c99") || !strings.HasPrefix(errs, "records before ") {
		t.Errorf("%s\n%s", out, errs)
	}
	if out, errs = run("audit", "tail", "-n", "1"); strings.Count(out, "\n") != 1 || !strings.HasPrefix(errs, "records before ") {
		t.Errorf("%s\n%s", out, errs)
	}
}
