package component_test

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"

	"github.com/airsstack/witgen/runtime/component"
)

// TestShimsAreSeenThrough counts the core instances of components whose
// toolchain wrote shims and fix-ups: only what does something is left.
func TestShimsAreSeenThrough(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	for name, test := range map[string]struct{ modules, instances int }{
		"wat-min":  {1, 1},
		"runaway":  {1, 1},
		"scalars":  {3, 1},
		"echo":     {3, 1},
		"intake":   {3, 1},
		"ledger":   {3, 1},
		"as-greet": {3, 1},
	} {
		wasm := guest(t, name)
		d, err := component.Describe(wasm)
		if err != nil {
			t.Fatal(err)
		}
		if d.CoreModules != test.modules {
			t.Errorf("%s has %d core modules, want %d", name, d.CoreModules, test.modules)
		}
		if n := component.CoreInstantiations(load(t, rt, wasm)); n != test.instances {
			t.Errorf("%s makes %d core instances, want %d", name, n, test.instances)
		}
	}
}

// TestShims runs components whose imports go by way of a shim: one that is seen
// through, and some that do more than a shim does and run as they stand.
func TestShims(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		rt := newRuntime(t, cfg)
		for name, instances := range map[string]int{
			"shim": 1, "shim-kept": 3, "shim-counted": 4,
		} {
			f := load(t, rt, handmade(t, name))
			if n := component.CoreInstantiations(f); n != instances {
				t.Errorf("%s makes %d core instances, want %d", name, n, instances)
			}
			said := ""
			p := start(t, f, sayHost(&said))
			p.must(t, "run")
			if said != "hello" {
				t.Errorf("%s said %q", name, said)
			}
		}
	})
}

// TestImportBeforeMemory calls a lowered function in a start function, before
// the memory of its options exists: it traps by name.
func TestImportBeforeMemory(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), handmade(t, "early"))
		_, err := tryStart(f, sayHost(new(string)))
		trap := wantTrap(t, err, "say was called before the memory of its canonical options exists")
		if trap.Func != "instantiate" {
			t.Errorf("the trap is in %s", trap.Func)
		}
		wantLive(t, f, 0)
	})
}

// TestImportInStart calls an import in a start function: it works, and knows
// its instance.
func TestImportInStart(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		said, subject := "", ""
		wasm := handmade(t, "greets")
		host := sayHost(&said)
		_, err := tryStart(load(t, newRuntime(t, cfg), wasm), func(ctx context.Context, fn string, args []abi.Value) (abi.Value, error) {
			who, _ := component.Caller(ctx)
			subject = who.Subject
			return host(ctx, fn, args)
		}, component.WithSubject("shop:clerk"))
		if err != nil || said != "hello" || subject != "shop:clerk" {
			t.Errorf("starting: %v; it said %q as %q", err, said, subject)
		}
	})
}

// sayHost keeps what the guest says.
func sayHost(said *string) component.DynamicHost {
	return func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
		*said = args[0].(string)
		return nil, nil
	}
}
