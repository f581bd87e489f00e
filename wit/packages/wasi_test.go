package packages_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/wit"
	"github.com/airsstack/witgen/wit/packages"
)

var inputs = flag.String("inputs", "", "a folder with WASI's repository at the version of wit/packages/wasi, with which that is compared")

// wasiPackages are those of WASI that lie below wasi/deps.
var wasiPackages = []string{"cli", "clocks", "filesystem", "http", "io", "random", "sockets"}

// TestWASIIsWASI holds the packages of WASI against the published ones: the same
// items in the same order, with the same types and gates. Only the docs differ.
func TestWASIIsWASI(t *testing.T) {
	t.Parallel()
	if *inputs == "" {
		t.Skip("no -inputs folder with WASI's repository is given")
	}
	for _, name := range wasiPackages {
		for _, features := range [][]wit.LoadOption{nil, {wit.WithAllFeatures()}} {
			ours, err := wit.LoadFS(packages.FS, "wasi", features...)
			if err != nil {
				t.Fatal(err)
			}
			var deps []string
			for _, dep := range wasiPackages {
				if dep != name {
					deps = append(deps, filepath.Join(*inputs, "proposals", dep, "wit"))
				}
			}
			theirs, err := wit.Load(filepath.Join(*inputs, "proposals", name, "wit"), append(features, wit.WithDependencies(deps...))...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(bare(t, theirs, name), bare(t, ours, name)); d != "" {
				t.Errorf("wasi:%s differs from what is published (-) in ours (+):\n%s", name, d)
			}
		}
	}
}

// bare is one package of WASI as WIT, without docs.
func bare(t *testing.T, r *wit.Resolve, name string) string {
	t.Helper()
	for _, p := range r.Packages {
		if p.Name.Namespace != "wasi" || p.Name.Name != name {
			continue
		}
		var b strings.Builder
		var text strings.Builder
		if err := wit.Print(&text, p); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text.String()) {
			if !strings.HasPrefix(strings.TrimSpace(line), "///") {
				b.WriteString(line)
			}
		}
		return b.String()
	}
	t.Fatalf("wasi:%s is not there", name)
	return ""
}
