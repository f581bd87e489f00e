package benchmarks

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/benchmarks/internal/scalars"
	"github.com/airsstack/witgen/runtime/component"
)

// BenchmarkWarm takes an instance of the guest scalars out of a pool, calls
// add(2, 3) and gives it back, reset. The floor copies the memory's image and
// makes the raw call; new makes and closes an instance for each call.
func BenchmarkWarm(b *testing.B) {
	ctx := context.Background()
	b.Run("by=raw", func(b *testing.B) {
		g := rawScalars(b, false)
		mem, _ := g.mem.Read(0, g.mem.Size())
		image := append([]byte(nil), mem...)
		add := g.mod.ExportedFunction("demo:scalars/api@0.1.0#add")
		b.ReportMetric(float64(len(image)), "image-bytes")
		for b.Loop() {
			g.stack[0], g.stack[1] = 2, 3
			check(b, add.CallWithStack(ctx, g.stack[:2]))
			copy(mem, image)
		}
	})
	f, err := scalars.Load(ctx, newRuntime(b), file(b, scalarsFile))
	check(b, err)
	imports := scalars.Imports{Host: hostScalars{}}
	b.Run("by=pool", func(b *testing.B) {
		wasm := file(b, scalarsFile)
		world := describe(b, wasm)
		f, err := newRuntime(b).Load(ctx, wasm, world)
		check(b, err)
		hosts := make([]any, len(world.Imports))
		for i := range hosts {
			hosts[i] = component.DynamicHost(nil)
		}
		export, index := -1, -1
		for i, e := range world.Exports {
			for j, fn := range e.Funcs {
				if fn.Name == "add" {
					export, index = i, j
				}
			}
		}
		pool := f.Pool(component.PoolOptions{})
		work := func(in *component.Instance) error {
			add := in.Funcs(export)[index]
			_, err := add.Scalars(ctx, 2, 3)
			return err
		}
		b.ReportAllocs()
		for b.Loop() {
			check(b, pool.Do(ctx, hosts, work))
		}
		if s := pool.Stats(); s.Made != 1 {
			b.Fatalf("instances were not reset: %+v", s)
		}
	})
	b.Run("by=new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, err := f.New(ctx, imports, scalarsImport)
			check(b, err)
			_, err = p.API().Add(ctx, 2, 3)
			check(b, err)
			check(b, p.Close(ctx))
		}
	})
}
