package benchmarks

import (
	"context"
	"testing"

	"github.com/samyfodil/wazy"
	wazycomponent "github.com/samyfodil/wazy/component"
	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/benchmarks/internal/scalars"
)

// BenchmarkNew makes and closes an instance of the guest scalars, which was
// compiled before. The floor instantiates its core module alone: of the three in
// the file the runtime needs only that one, since it sees through the other two;
// raw-cores makes the shim as well, which leaves the fix-up out.
func BenchmarkNew(b *testing.B) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			g := rawScalars(b, way.metered)
			core := cores(b, file(b, scalarsFile))[0]
			if way.metered {
				core = withMeter(b, core)
			}
			code, err := g.rt.CompileModule(ctx, core)
			check(b, err)
			b.ReportAllocs()
			for b.Loop() {
				mod, err := g.rt.InstantiateModule(ctx, code, lean)
				check(b, err)
				check(b, mod.Close(ctx))
			}
		})
	}
	b.Run("by=raw-cores", func(b *testing.B) {
		g := rawScalars(b, false)
		all := cores(b, file(b, scalarsFile))
		guest, err := g.rt.CompileModule(ctx, all[0])
		check(b, err)
		shim, err := g.rt.CompileModule(ctx, all[1])
		check(b, err)
		b.ReportAllocs()
		for b.Loop() {
			first, err := g.rt.InstantiateModule(ctx, shim, lean)
			check(b, err)
			mod, err := g.rt.InstantiateModule(ctx, guest, lean)
			check(b, err)
			check(b, mod.Close(ctx))
			check(b, first.Close(ctx))
		}
	})
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			f, err := scalars.Load(ctx, newRuntime(b), file(b, scalarsFile), way.opts...)
			check(b, err)
			b.ReportAllocs()
			for b.Loop() {
				p, err := f.New(ctx, scalars.Imports{Host: hostScalars{}}, scalarsImport)
				check(b, err)
				check(b, p.Close(ctx))
			}
		})
	}
	b.Run("by=wazy", func(b *testing.B) {
		rt, wasm := newWazy(b), file(b, scalarsFile)
		cache := wazycomponent.NewCompileCache()
		b.Cleanup(func() { check(b, cache.Close(ctx)) })
		options := append(wazyImports(), wazycomponent.WithCompileCache(cache))
		newWazyInstance(b, rt, wasm, options)
		b.ReportAllocs()
		for b.Loop() {
			newWazyInstance(b, rt, wasm, options)
		}
	})
}

func newWazyInstance(b *testing.B, rt wazy.Runtime, wasm []byte, options []wazycomponent.Option) {
	in, err := wazycomponent.Instantiate(context.Background(), rt, wasm, options...)
	check(b, err)
	check(b, in.Close(context.Background()))
}

// BenchmarkLoad goes from the bytes of a component to what instances can be made
// of, and frees that. The floor compiles the core modules alone: all three of a
// component that has shims, where the runtime needs one. The peer has no such
// step: it loads when it makes an instance, and is left out where that needs more
// imports than anybody would write by hand.
func BenchmarkLoad(b *testing.B) {
	for _, guest := range []struct {
		name, file string
		peer       bool
	}{
		{"scalars", scalarsFile, true}, {"counter", counterFile, true}, {"echo", echoFile, false},
	} {
		b.Run("guest="+guest.name, func(b *testing.B) {
			wasm := file(b, guest.file)
			load(b, wasm)
			if !guest.peer {
				return
			}
			b.Run("by=wazy", func(b *testing.B) {
				rt, options := newWazy(b), wazyImports()
				b.SetBytes(int64(len(wasm)))
				for b.Loop() {
					newWazyInstance(b, rt, wasm, options)
				}
			})
		})
	}
}

func load(b *testing.B, wasm []byte) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithDebugInfoEnabled(way.metered))
			b.Cleanup(func() { check(b, rt.Close(ctx)) })
			b.SetBytes(int64(len(wasm)))
			for b.Loop() {
				for _, core := range cores(b, wasm) {
					if way.metered {
						core = withMeter(b, core)
					}
					code, err := rt.CompileModule(ctx, core)
					check(b, err)
					check(b, code.Close(ctx))
				}
			}
		})
	}
	world := describe(b, wasm)
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			rt := newRuntime(b)
			b.SetBytes(int64(len(wasm)))
			for b.Loop() {
				f, err := rt.Load(ctx, wasm, world, way.opts...)
				check(b, err)
				check(b, f.Close(ctx))
			}
		})
	}
}
