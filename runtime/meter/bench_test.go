package meter_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

// BenchmarkCall compares calls without and with a meter: a scalar call, calls in
// calls, a loop of nine instructions, and loops within loops.
func BenchmarkCall(b *testing.B) {
	for _, c := range []struct {
		name  string
		stack []uint64
	}{
		{"add", []uint64{2, 3}},
		{"fib", []uint64{20}},
		{"sum", []uint64{10_000}},
		{"nested", []uint64{200}},
	} {
		for _, metered := range []bool{false, true} {
			name := c.name + "/plain"
			if metered {
				name = c.name + "/metered"
			}
			b.Run(name, func(b *testing.B) {
				g := newGuest(b, wazero.NewRuntimeConfig(), guestWasm, metered)
				g.budget.Store(1 << 62)
				f, ctx := g.ExportedFunction(c.name), context.Background()
				stack := make([]uint64, 2)
				b.ReportAllocs()
				for b.Loop() {
					copy(stack, c.stack)
					if err := f.CallWithStack(ctx, stack); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkRewrite(b *testing.B) {
	b.SetBytes(int64(len(guestWasm)))
	for b.Loop() {
		m, err := corewasm.Decode(guestWasm)
		if err != nil {
			b.Fatal(err)
		}
		e := corewasm.Edit{ModuleName: "m", TraceOffsets: true}
		if err := meter.Add(&e, m, meter.Refill{Module: "env", Name: "refill", Depth: 10_000}); err != nil {
			b.Fatal(err)
		}
		if _, err := m.Rewrite(e); err != nil {
			b.Fatal(err)
		}
	}
}
