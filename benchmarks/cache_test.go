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

// BenchmarkColdStart begins a runtime, loads the smallest component there is, and
// makes an instance of it: all that a program does before its first call.
func BenchmarkColdStart(b *testing.B) {
	wasm := file(b, smallestFile)
	world := describe(b, wasm)
	for b.Loop() {
		rt, err := component.NewRuntime(context.Background(), component.Config{})
		check(b, err)
		f, err := rt.Load(b.Context(), wasm, world)
		check(b, err)
		_, err = f.New(b.Context(), make([]any, len(world.Imports)))
		check(b, err)
		check(b, rt.Close(context.Background()))
	}
}
