package benchmarks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/tetratelabs/wazero"
)

// The guest whose work is measured, and its hash: figures of another one say
// nothing beside these.
const (
	workFile = "testdata/work.wasm"
	workHash = "177369d7e802f1cc84e3d69d42bafc6bb984934988148f3e8664d78b275fc8a8"
)

// BenchmarkWork is compiled C with and without the meter, and with the engine's
// own way to interrupt a guest.
func BenchmarkWork(b *testing.B) {
	core := file(b, workFile)
	if sum := sha256.Sum256(core); hex.EncodeToString(sum[:]) != workHash {
		b.Fatalf("%s is another one: %x", workFile, sum)
	}
	for _, work := range []struct {
		fn  string
		arg uint64
	}{{"sha256", 64 << 10}, {"quicksort", 16 << 10}, {"interpreter", 50}} {
		for _, way := range []struct {
			name       string
			metered    bool
			closeOnEnd bool
		}{{"by=raw", false, false}, {"by=raw-metered", true, false}, {"by=context", false, true}} {
			b.Run("work="+work.fn+"/"+way.name, func(b *testing.B) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				config := wazero.NewRuntimeConfig().WithDebugInfoEnabled(way.metered).WithCloseOnContextDone(way.closeOnEnd)
				g := &rawGuest{rt: wazero.NewRuntimeWithConfig(ctx, config)}
				defer g.rt.Close(context.Background())
				g.instantiate(b, core, way.metered)
				fn, stack := g.mod.ExportedFunction(work.fn), [1]uint64{}
				for b.Loop() {
					stack[0] = work.arg
					check(b, fn.CallWithStack(ctx, stack[:]))
				}
			})
		}
	}
}
