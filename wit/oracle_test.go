package wit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/wit"
	"github.com/airsstack/witgen/wit/internal/oracle"
	"github.com/airsstack/witgen/wit/packages"
)

// TestTheOracleAgrees reads WIT that the toolkit can read, too, and compares.
func TestTheOracleAgrees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, packages.FS); err != nil {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir(packages.FS, ".")
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := filepath.Glob("testdata/good/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "wasi" { // the toolkit turns every gate on, which changes the order of imports; TestWASIIsWASI compares this one
			continue
		}
		inputs = append(inputs, filepath.Join(dir, e.Name()))
	}
	for _, name := range inputs {
		if filepath.Ext(name) == ".out" {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			r, err := wit.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff, ok := againstOracle(name, r); !ok {
				t.Skip(diff)
			} else if diff != "" {
				t.Error(diff)
			}
		})
	}
}

// againstOracle compares; where the oracle cannot read the input it says why.
func againstOracle(name string, r *wit.Resolve) (diff string, ok bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return err.Error(), false
	}
	tree, err := oracle.Load(abs)
	if err != nil {
		return "the toolkit cannot read it: " + err.Error(), false
	}
	if !tree.Complete() {
		return "the toolkit lost the kind of something", false
	}
	return cmp.Diff(tree.Dump(), dump(r)), true
}
