package benchmarks

import (
	"context"
	"testing"

	"github.com/samyfodil/wazy"
	wazycomponent "github.com/samyfodil/wazy/component"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/airsstack/witgen/benchmarks/internal/scalars"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// BenchmarkNew makes and closes an instance of the guest scalars, which was
// compiled before. The floor instantiates its core module alone: of the three in
// the file the runtime needs only that one, since it sees through the other two;
// raw-cores makes all three.
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
		var shimInstance api.Module
		resolving := experimental.WithImportResolver(ctx, func(name string) api.Module {
			if name == "shim" {
				return shimInstance
			}
			return nil // the runtime has it by its name
		})
		guest, err := g.rt.CompileModule(ctx, all[0])
		check(b, err)
		shim, err := g.rt.CompileModule(ctx, all[1])
		check(b, err)
		fixUp, err := g.rt.CompileModule(ctx, renamed(b, all[2]))
		check(b, err)
		b.ReportAllocs()
		for b.Loop() {
			shimInstance, err = g.rt.InstantiateModule(ctx, shim, lean)
			check(b, err)
			mod, err := g.rt.InstantiateModule(ctx, guest, lean)
			check(b, err)
			last, err := g.rt.InstantiateModule(resolving, fixUp, lean)
			check(b, err)
			check(b, last.Close(ctx))
			check(b, mod.Close(ctx))
			check(b, shimInstance.Close(ctx))
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

// renamed is the fix-up of the guest scalars with names that tell where its
// imports come from, which are all of one module in the file.
func renamed(b *testing.B, core []byte) []byte {
	b.Helper()
	m, err := corewasm.Decode(core)
	check(b, err)
	host := []string{"say", "repeat"} // what its functions "0" and "1" are
	out, err := m.Rewrite(corewasm.Edit{Rename: func(im corewasm.Import) (module, name string) {
		if im.Kind == corewasm.KindTable {
			return "shim", im.Name
		}
		return "demo:scalars/host@0.1.0", host[im.Index]
	}})
	check(b, err)
	return out.Wasm
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
