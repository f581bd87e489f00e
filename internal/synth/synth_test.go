package synth_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// draw makes what a seed gives: components, and arguments for their function.
func draw(seed uint64) (chain, ifaces []byte, f *abi.FuncType, args []abi.Value) {
	r := rand.New(rand.NewPCG(seed, 0))
	types := synth.NewTypes(r)
	f = types.Func()
	chain = synth.Chain(f, abi.UTF8, abi.UTF16)
	ifaces = synth.Interfaces("a:b/in", "a:b/out", []synth.Func{{Name: "x", Type: f}, {Name: "y", Type: types.Func(), Encoding: abi.UTF16}})
	return chain, ifaces, f, (&synth.Values{Rand: r, Room: 50}).Args(f)
}

// TestSeeds draws twice from each seed: a seed that is printed must bring back
// what it names.
func TestSeeds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		chain, ifaces, f, args := draw(seed)
		chain2, ifaces2, f2, args2 := draw(seed)
		if !bytes.Equal(chain, chain2) || !bytes.Equal(ifaces, ifaces2) || f.String() != f2.String() {
			t.Errorf("seed %d gives %v, then %v, or other components of them", seed, f, f2)
		}
		if diff := cmp.Diff(args, args2, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("seed %d gives other arguments the second time:\n%s", seed, diff)
		}
	}
}

// TestValid holds the components to the specification, and what they say of
// themselves to what was asked for.
func TestValid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		chain, ifaces, f, _ := draw(seed)
		for _, wasm := range [][]byte{chain, ifaces} {
			if err := component.Validate(context.Background(), wasm); err != nil {
				t.Fatalf("seed %d, %v: %v", seed, f, err)
			}
		}
		d, err := component.Describe(ifaces)
		if err != nil {
			t.Fatal(err)
		}
		in, out := d.Imports[0].Interface, d.Exports[0].Interface
		if d.Imports[0].Name != "a:b/in" || d.Exports[0].Name != "a:b/out" || len(in.Funcs) != 2 || len(out.Funcs) != 4 {
			t.Fatalf("seed %d: imports %v, exports %v", seed, d.Imports, d.Exports)
		}
		if in.Funcs[0].Name != "echo-x" || out.Funcs[1].Name != "via-host-x" || out.Funcs[1].Type.String() != f.String() {
			t.Errorf("seed %d, %v: imports %v, exports %v", seed, f, in.Funcs, out.Funcs)
		}
	}
}
