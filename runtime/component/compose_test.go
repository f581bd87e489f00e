package component_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// TestComposed runs what composers make of two components: one calls the other
// inside, and nothing is asked of the host.
func TestComposed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "composed", "*.wasm"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	long := strings.Repeat("häß", 5000)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			wasm, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			d, err := component.Describe(wasm)
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Imports) != 0 {
				t.Errorf("it imports %v", d.Imports)
			}
			world := component.DynamicWorld("test:composed/own", d)
			f, err := newRuntime(t, engineConfig()).Load(t.Context(), wasm, world)
			if err != nil {
				t.Fatal(err)
			}
			in, err := f.New(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []struct {
				name      string
				arg, want abi.Value
			}{
				{"twice", uint32(1000), uint32(1000)},
				{"shout", long, uint32(len(long))},
				{"via-host", long, long},
				{"via-host", "", ""},
			} {
				if got := named(in, world).must(t, call.name, call.arg); got != call.want {
					t.Errorf("%s answers %.50v", call.name, got)
				}
			}
		})
	}
}
