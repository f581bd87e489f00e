package component_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// TestTruncated loads every beginning of a few components.
func TestTruncated(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{Interpreter: true})
	for _, wasm := range [][]byte{guest(t, "wat-min"), guest(t, "runaway"), handmade(t, "two-modules"), handmade(t, "imports")} {
		for n := range wasm {
			if err := use(t, rt, wasm[:n]); err != nil && !isLoadError(err) {
				t.Errorf("%d bytes of %d: the error %v is a %T", n, len(wasm), err, err)
			}
		}
	}
}

// TestBitFlips loads small components with each of their bits flipped: it ends
// in an error, or what loads is called.
func TestBitFlips(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{Interpreter: true})
	for _, wasm := range [][]byte{guest(t, "wat-min"), handmade(t, "two-modules")} {
		wasm = slices.Clone(wasm)
		for i := range wasm {
			for bit := range 8 {
				wasm[i] ^= 1 << bit
				if err := use(t, rt, slices.Clone(wasm)); err != nil && !isLoadError(err) {
					t.Errorf("bit %d of byte 0x%x flipped: the error %v is a %T", bit, i, err, err)
				}
				wasm[i] ^= 1 << bit
			}
		}
	}
}

// FuzzLoadComponent loads whatever it is given, and calls what loads.
func FuzzLoadComponent(f *testing.F) {
	for _, name := range []string{"wat-min", "runaway", "as-greet", "scalars"} {
		f.Add(guest(f, name))
	}
	for _, name := range []string{"two-modules", "imports", "kinds", "liar", "start-traps"} {
		f.Add(handmade(f, name))
	}
	for _, b := range badCases(f) {
		f.Add(b.wasm(f))
	}
	rt := newRuntime(f, component.Config{Interpreter: true, Limits: component.Limits{Memory: 1 << 20, Values: 1 << 20}})
	f.Fuzz(func(t *testing.T, wasm []byte) {
		if err := use(t, rt, wasm); err != nil && !isLoadError(err) {
			t.Errorf("the error %v is a %T", err, err)
		}
	})
}

// use loads a component in the world that it describes and calls all of its
// exports once. Only that it does not load is an error.
func use(t testing.TB, rt *component.Runtime, wasm []byte) error {
	t.Helper()
	return await(t, "using a component", async(func() error {
		d, err := component.Describe(wasm)
		if err != nil {
			return err
		}
		f, err := rt.Load(context.Background(), wasm, component.DynamicWorld("test:damaged/own", d))
		if err != nil {
			return err
		}
		if p, err := tryStart(f, anything(f.World()), component.WithLimits(component.Limits{Fuel: 100_000})); err == nil {
			g := generator{rand.New(rand.NewPCG(1, 1))}
			for _, fn := range p.funcs {
				var args []abi.Value
				for _, param := range fn.Type().Params {
					args = append(args, g.value(param.Type, 2))
				}
				_, _ = fn.Call(context.Background(), args...)
			}
		}
		return f.Close(context.Background())
	}))
}

// anything answers imports with values of their types.
func anything(w *component.World) component.DynamicHost {
	results := map[string]*abi.Type{}
	for _, im := range w.Imports {
		for _, fn := range im.Funcs {
			results[fn.Name] = fn.Type.Result
		}
	}
	g := generator{rand.New(rand.NewPCG(1, 1))}
	return func(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
		if results[fn] == nil {
			return nil, nil
		}
		return g.value(results[fn], 2), nil
	}
}
