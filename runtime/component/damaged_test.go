package component_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/airsstack/witgen/internal/synth"
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

// damaged are the components whose bits are flipped: of tools, of shims, with
// start functions, components within, resources, libraries and host resources.
var damaged = []string{
	"wat-min", "two-modules", "greets", "kinds", "early", "shim", "spec/destructors/destructors.0", "spec/modules/modules.1",
	"spec/virtual/virtual.2", "drops",
}

// flipEvery takes every so many-th bit, counted through all components, each
// time from another one on; WITGEN_ALL_FLIPS takes all.
const flipEvery = 4

// TestBitFlips flips single bits of ten components: it ends in an error that
// says so, or what loads is called, with no panic of the host, no hang, and
// nothing left behind.
func TestBitFlips(t *testing.T) {
	t.Parallel()
	every, start := flipEvery, rand.IntN(flipEvery)
	if os.Getenv("WITGEN_ALL_FLIPS") != "" {
		every, start = 1, 0
	}
	for _, name := range damaged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wasm := handmadeOrGuest(t, name)
			rt := newRuntime(t, component.Config{Interpreter: true})
			refused, ran := 0, 0
			for bit := start; bit < 8*len(wasm); bit += every {
				flipped := slices.Clone(wasm)
				flipped[bit/8] ^= 1 << (bit % 8)
				switch err := use(t, rt, flipped); {
				case err == nil:
					ran++
				case isLoadError(err):
					refused++
				default:
					t.Errorf("bit %d of byte 0x%x flipped: the error %v is a %T", bit%8, bit/8, err, err)
				}
			}
			t.Logf("%d bytes: %d refused, %d ran", len(wasm), refused, ran)
		})
	}
}

// FuzzLoadComponent loads whatever it is given, and calls what loads.
func FuzzLoadComponent(f *testing.F) {
	for _, name := range []string{"wat-min", "runaway", "as-greet", "scalars"} {
		f.Add(guest(f, name))
	}
	for _, name := range []string{
		"two-modules", "imports", "kinds", "liar", "start-traps", "drops",
		"spec/destructors/destructors.0", "spec/destructors/destructors.1", "spec/handles/handles.0", "spec/modules/modules.1",
		"spec/resources/resources.0", "spec/transcode/transcode.0", "spec/values/values.0", "spec/virtual/virtual.0",
	} {
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
// exports twice, the second time with what the first gave. Only that it does not
// load is an error.
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
			p.exercise()
		}
		return f.Close(context.Background())
	}))
}

// exercise calls every export twice. Resources that one gives are given to others.
func (p *plugin) exercise() {
	var held []*abi.ResourceValue
	values := synth.Values{Rand: rand.New(rand.NewPCG(1, 1))}
	values.Resource = func(t *abi.Type) *abi.ResourceValue {
		for _, v := range held {
			if v.Resource == t.Resource && !v.Taken() {
				return v
			}
		}
		return hostResource(t, values.Rand.Uint32())
	}
	for range 2 {
		for _, name := range slices.Sorted(maps.Keys(p.funcs)) {
			fn := p.funcs[name]
			if fn.Type().ParamsTuple().Size() > page {
				continue
			}
			values.Room = 20
			got, _ := fn.Call(context.Background(), values.Args(fn.Type())...)
			if v, ok := got.(*abi.ResourceValue); ok {
				held = append(held, v)
			}
		}
	}
	for _, v := range held {
		_ = p.Drop(context.Background(), v)
	}
}

// anything answers imports with values of their types.
func anything(w *component.World) component.DynamicHost {
	results := map[string]*abi.Type{}
	for _, im := range w.Imports {
		for _, fn := range im.Funcs {
			results[fn.Name] = fn.Type.Result
		}
	}
	values := synth.Values{Rand: rand.New(rand.NewPCG(1, 1))}
	values.Resource = func(t *abi.Type) *abi.ResourceValue { return hostResource(t, values.Rand.Uint32()) }
	return func(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
		if results[fn] == nil || results[fn].Size() > page {
			return nil, nil
		}
		values.Room = 20
		return values.Value(results[fn]), nil
	}
}
