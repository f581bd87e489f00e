package meter_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

// FuzzEngineAgrees: the engine takes a metered module exactly if it takes the
// original. A module that only becomes valid by the meter would use what the
// meter adds; one that becomes invalid was cut wrongly.
func FuzzEngineAgrees(f *testing.F) {
	f.Add(guestWasm)
	engine := newVerdicts(f)
	f.Fuzz(func(t *testing.T, wasm []byte) { engine.compare(t, wasm) })
}

// The fuzz target's property for the guest with one bit flipped, in every other
// byte another one.
func TestEngineAgreesOnFlippedBits(t *testing.T) {
	t.Parallel()
	engine := newVerdicts(t)
	for i := 0; i < len(guestWasm)*8; i += 13 {
		wasm := bytes.Clone(guestWasm)
		wasm[i/8] ^= 1 << (i % 8)
		engine.compare(t, wasm)
	}
}

// verdicts asks the engine whether it takes a module.
type verdicts struct{ rt wazero.Runtime }

func newVerdicts(tb testing.TB) verdicts {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
	tb.Cleanup(func() { _ = rt.Close(ctx) })
	return verdicts{rt}
}

func (v verdicts) refusal(wasm []byte) error {
	c, err := v.rt.CompileModule(context.Background(), wasm)
	if err != nil {
		return err
	}
	return c.Close(context.Background())
}

func (v verdicts) compare(t *testing.T, wasm []byte) {
	t.Helper()
	m, err := corewasm.Decode(wasm)
	if err != nil {
		return
	}
	plain, err := m.Rewrite(corewasm.Edit{})
	if err != nil {
		t.Fatal(err)
	}
	var e corewasm.Edit
	if err := meter.Add(&e, m, meter.Refill{Module: "env", Name: "refill", Depth: 10_000}); err != nil {
		t.Fatal(err)
	}
	metered, err := m.Rewrite(e)
	if err != nil {
		return // it exports the reserved name
	}
	before, after := v.refusal(plain.Wasm), v.refusal(metered.Wasm)
	if (before == nil) != (after == nil) {
		t.Errorf("%x\nbefore: %v\nafter: %v", wasm, before, after)
	}
}
