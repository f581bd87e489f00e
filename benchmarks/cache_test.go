package benchmarks

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
)

// BenchmarkStart begins a runtime and loads a component, as a program does that
// starts: without a cache of compiled code, and with one in which it is already.
func BenchmarkStart(b *testing.B) {
	for _, g := range []struct{ name, file string }{{"scalars", scalarsFile}, {"rust-kit", rustFile}, {"echo", echoFile}} {
		wasm := file(b, g.file)
		world := describe(b, wasm)
		start := func(b *testing.B, cfg component.Config) {
			rt, err := component.NewRuntime(context.Background(), cfg)
			check(b, err)
			_, err = rt.Load(b.Context(), wasm, world)
			check(b, err)
			check(b, rt.Close(context.Background()))
		}
		for _, way := range []struct {
			name string
			cfg  component.Config
		}{{"uncached", component.Config{}}, {"cached", component.Config{Cache: b.TempDir()}}} {
			b.Run("guest="+g.name+"/by="+way.name, func(b *testing.B) {
				start(b, way.cfg)
				b.SetBytes(int64(len(wasm)))
				for b.Loop() {
					start(b, way.cfg)
				}
			})
		}
	}
}
