package component_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
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

// TestDestructorThroughShim drops resources whose destructor the toolchain put
// behind the shim: the shim stays for it, and so does what fills it.
func TestDestructorThroughShim(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "c-kit")
	d, err := component.Describe(wasm)
	if err != nil {
		t.Fatal(err)
	}
	world := component.DynamicWorld("test:kit/own", d)
	f, err := newRuntime(t, engineConfig()).Load(t.Context(), wasm, world)
	if err != nil {
		t.Fatal(err)
	}
	var logged []string
	host := component.DynamicHost(func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
		if fn == "log" {
			logged = append(logged, args[0].(string))
		}
		return nil, nil
	})
	in, err := f.New(t.Context(), []any{host},
		component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:c/host"}))
	if err != nil {
		t.Fatal(err)
	}
	kit := named(in, world)
	a, b := kit.must(t, "[constructor]counter", uint32(3)), kit.must(t, "[constructor]counter", uint32(4))
	sum := kit.must(t, "[static]counter.merge", a, b) // which drops the first
	if got := kit.must(t, "[method]counter.incr", sum, uint32(1)); got != uint32(8) {
		t.Errorf("the merged counter has %v", got)
	}
	for _, r := range []abi.Value{sum, b} {
		if err := in.Drop(t.Context(), r.(*abi.ResourceValue)); err != nil {
			t.Fatal(err)
		}
	}
	if len(logged) != 3 || logged[0] != "dtor" {
		t.Errorf("destructors: %q", logged)
	}
}
