package component_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component"
)

// features are what core WebAssembly has beside its first version, and what the
// function of each in features.wat gives for 50,000 rounds, or for fewer where
// they are dear. Several memories are TestMemories' subject.
var features = []struct {
	name   string
	rounds uint32
	want   uint32
}{
	{"simd", 50_000, 1_249_975_000 + 7},
	{"tail-calls", 50_000, 75_000},
	{"exceptions", 2_000, 2_001_000},
	{"reference-types", 10, referenceTypes(10) + 1 + 4},
	{"reference-types", 50_000, referenceTypes(50_000) + 1 + 4},
	{"typed-references", 50_000, typedReferences(50_000)},
	{"threads", 50_000, 1_250_025_000},
	{"bulk-memory", 4, 0x07656807},
	{"multi-value", 5, 999},
	{"numbers", 50_000, 1<<31 - 1 - 1 + 10},
}

// referenceTypes multiplies by three in each odd round, counted down, and adds
// three in the even ones.
func referenceTypes(n uint32) (sum uint32) {
	for ; n > 0; n-- {
		if n%2 == 1 {
			sum *= 3
		} else {
			sum += 3
		}
	}
	return sum
}

// typedReferences does it the other way round.
func typedReferences(n uint32) (sum uint32) {
	for ; n > 0; n-- {
		if n%2 == 0 {
			sum *= 3
		} else {
			sum += 3
		}
	}
	return sum
}

// TestFeatures runs each feature of core WebAssembly that the engine has without
// a meter, with one, and with just enough fuel and one unit less. What they
// answer is the same, and what they use is so on both engines.
func TestFeatures(t *testing.T) {
	t.Parallel()
	wasm := handmade(t, "features")
	var used [2][]string
	for i, cfg := range []component.Config{{}, {Interpreter: true}} {
		rt := newRuntime(t, cfg)
		metered := load(t, rt, wasm)
		unmetered, err := rt.Load(context.Background(), wasm, describe(t, wasm), component.Unmetered())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range features {
			t.Run(fmt.Sprintf("%s/interpreter=%t", f.name, cfg.Interpreter), func(t *testing.T) {
				if v := start(t, unmetered, nil).must(t, f.name, f.rounds); v != f.want {
					t.Errorf("without a meter it gives %v, want %d", v, f.want)
				}
				p := start(t, metered, nil)
				if v := p.must(t, f.name, f.rounds); v != f.want {
					t.Errorf("with a meter it gives %v, want %d", v, f.want)
				}
				fuel, err := p.Fuel(context.Background())
				if err != nil || fuel == 0 {
					t.Fatalf("it used %d units, %v", fuel, err)
				}
				used[i] = append(used[i], fmt.Sprintf("%s: %d", f.name, fuel))
				p = start(t, metered, nil, component.WithLimits(component.Limits{Fuel: fuel}))
				if v := p.must(t, f.name, f.rounds); v != f.want {
					t.Errorf("with just enough fuel it gives %v, want %d", v, f.want)
				}
				p = start(t, metered, nil, component.WithLimits(component.Limits{Fuel: fuel - 1}))
				var out *component.OutOfFuelError
				if v, err := p.call(context.Background(), f.name, f.rounds); !errors.As(err, &out) || out.Limit != fuel-1 {
					t.Errorf("with a unit less it gives %v, %v", v, err)
				}
			})
		}
	}
	if diff := cmp.Diff(used[0], used[1]); diff != "" {
		t.Errorf("fuel (-compiler +interpreter):\n%s", diff)
	}
}
