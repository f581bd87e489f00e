package component_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// TestRandomTypes draws types, writes components for them and sends values
// through: to a guest and back, through one to another in two encodings, through
// one to the host. What comes back is what was sent.
func TestRandomTypes(t *testing.T) {
	t.Parallel()
	const types, rounds = 120, 6
	engines(t, func(t *testing.T, cfg component.Config) {
		rt := newRuntime(t, cfg)
		for seed := range uint64(types) {
			r := rand.New(rand.NewPCG(7, seed))
			f := synth.NewTypes(r).Func()
			encodings := []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}
			wasm := synth.Chain(f, encodings[r.IntN(3)], encodings[r.IntN(3)])
			if err := component.Validate(context.Background(), wasm); err != nil {
				t.Fatalf("seed %d: %v: %v", seed, f, err)
			}
			factory := load(t, rt, wasm)
			p := start(t, factory, echoHost())
			for range rounds {
				values := synth.Values{Rand: r, Room: 300}
				args := values.Args(f)
				for _, fn := range []string{"direct", "inner", "outer"} {
					sendsBack(t, p, fn, fmt.Sprintf("seed %d: %v", seed, f), args)
				}
			}
			if err := factory.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func sendsBack(t *testing.T, p *plugin, fn, what string, args []abi.Value) {
	t.Helper()
	want := args[0]
	if len(args) > 1 {
		want = abi.RecordValue(args)
	}
	if diff := cmp.Diff(want, p.must(t, fn, args...), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s of %s (-want +got):\n%s", fn, what, diff)
	}
}
