package benchmarks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The modules whose work is measured, and their hashes: figures of others say
// nothing beside these. testdata/build.sh makes them.
var workHashes = map[string]string{
	"testdata/work.wasm":  "177369d7e802f1cc84e3d69d42bafc6bb984934988148f3e8664d78b275fc8a8",
	"testdata/image.wasm": "cb6f61139580cff587fad82e4e8f48c79932134b43bcd9024f52e340ec80af55",
	"testdata/text.wasm":  "f4883fd4160e21b037498a4362715bdbc13a6763542ef9ad3ab3b103c3218bad",
}

// works are what the meter is judged by, with what each answers, so that a meter
// that breaks a guest is not a fast one.
var works = []struct {
	file, fn     string
	arg, answers uint64
}{
	{"testdata/work.wasm", "sha256", 64 << 10, 1261490154},
	{"testdata/work.wasm", "quicksort", 16 << 10, 4288096815},
	{"testdata/text.wasm", "json", 200, 1724407740},
	{"testdata/text.wasm", "regex", 50, 864309895},
	{"testdata/image.wasm", "image", 1, 3768297465},
	{"testdata/work.wasm", "interpreter", 50, 2963823326},
}

// workWays are a guest as it is, with the meter, and with the engine's own way to
// interrupt it.
var workWays = []struct {
	name                string
	metered, closeOnEnd bool
}{{"by=raw", false, false}, {"by=raw-metered", true, false}, {"by=context", false, true}}

// workFile is a module, if it is the one that is measured.
func workFile(b *testing.B, name string) []byte {
	b.Helper()
	core := file(b, name)
	if sum := sha256.Sum256(core); hex.EncodeToString(sum[:]) != workHashes[name] {
		b.Fatalf("%s is another one: %x", name, sum)
	}
	return core
}

// worker does a guest's work in one way, again and again.
func worker(b *testing.B, work, way int) func() {
	b.Helper()
	w := &works[work]
	ctx, cancel := context.WithCancel(context.Background())
	config := wazero.NewRuntimeConfig().WithDebugInfoEnabled(workWays[way].metered).WithCloseOnContextDone(workWays[way].closeOnEnd)
	g := &rawGuest{rt: wazero.NewRuntimeWithConfig(ctx, config)}
	b.Cleanup(func() {
		cancel()
		check(b, g.rt.Close(context.Background()))
	})
	g.instantiate(b, workFile(b, w.file), workWays[way].metered)
	fn, stack := g.mod.ExportedFunction(w.fn), [1]uint64{}
	do := func() {
		stack[0] = api.EncodeU32(uint32(w.arg))
		if err := fn.CallWithStack(ctx, stack[:]); err != nil || stack[0] != w.answers {
			b.Fatalf("%s answers %d, %v", w.fn, stack[0], err)
		}
	}
	do() // makes what it works on
	return do
}

// BenchmarkWork is compiled C and Rust in each way.
func BenchmarkWork(b *testing.B) {
	for i, w := range works {
		for k, way := range workWays {
			b.Run("work="+w.fn+"/"+way.name, func(b *testing.B) {
				do := worker(b, i, k)
				for b.Loop() {
					do()
				}
			})
		}
	}
}
