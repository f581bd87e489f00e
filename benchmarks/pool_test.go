package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A warmGuest is a guest of which instances are taken for one call each: a
// function of numbers that does next to nothing.
type warmGuest struct {
	name, file, fn string
	args           []uint64
	raw            func(b *testing.B, rt wazero.Runtime) // its imports, for wazero alone
}

var warmGuests = []warmGuest{
	{"one-page", scalarsFile, "demo:scalars/api@0.1.0#add", []uint64{2, 3}, func(b *testing.B, rt wazero.Runtime) {
		nowhere(b, rt, "demo:scalars/host@0.1.0", map[string][2]int{"tick": {1, 1}, "say": {2, 1}, "repeat": {3, 0}})
	}},
	{"rust-kit", rustFile, "demo:rs/api@0.1.0#spin", []uint64{1}, func(b *testing.B, rt wazero.Runtime) {
		nowhere(b, rt, "[export]demo:rs/api@0.1.0", map[string][2]int{"[resource-new]bag": {1, 1}})
		nowhere(b, rt, "demo:rs/host@0.1.0", map[string][2]int{"log": {2, 0}})
	}},
}

// nowhere gives a guest imports that nothing calls here, by how many i32 each
// takes and gives.
func nowhere(b *testing.B, rt wazero.Runtime, module string, fns map[string][2]int) {
	b.Helper()
	builder := rt.NewHostModuleBuilder(module)
	i32s := []api.ValueType{api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32}
	for name, n := range fns {
		builder.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), i32s[:n[0]], i32s[:n[1]]).Export(name)
	}
	_, err := builder.Instantiate(b.Context())
	check(b, err)
}

// A warm guest as the runtime has it.
type warmed struct {
	*component.Factory
	warmGuest
	hosts         []any
	export, index int
}

func (g warmGuest) load(b *testing.B, rt *component.Runtime) *warmed {
	b.Helper()
	wasm := file(b, g.file)
	world := describe(b, wasm)
	f, err := rt.Load(b.Context(), wasm, world)
	check(b, err)
	w := &warmed{Factory: f, warmGuest: g, hosts: make([]any, len(world.Imports))}
	for i := range w.hosts {
		w.hosts[i] = component.DynamicHost(nil)
	}
	for i, e := range world.Exports {
		for j, fn := range e.Funcs {
			if e.Name+"#"+fn.Name == g.fn {
				w.export, w.index = i, j
				return w
			}
		}
	}
	b.Fatalf("no function %s", g.fn)
	return nil
}

func (w *warmed) call(in *component.Instance) error {
	fn := in.Funcs(w.export)[w.index]
	_, err := fn.Scalars(context.Background(), w.args...)
	return err
}

// BenchmarkWarm has an instance do one call, in ways that begin with one as it
// was when it was made, or when a snapshot was taken:
//
//	raw       the floor: a copy of the memory's image over it, and the raw call
//	pool      an instance is taken out of a pool, called and given back, reset
//	reset     the same without the call
//	snapshot  an instance is made of a snapshot, called and closed
//	new       an instance is made, called and closed
//	wazero    the guest's core module is instantiated by wazero alone, called
//	          and closed
func BenchmarkWarm(b *testing.B) {
	for _, g := range warmGuests {
		b.Run("guest="+g.name, func(b *testing.B) { warm(b, g) })
	}
}

func warm(b *testing.B, g warmGuest) {
	ctx := context.Background()
	core := cores(b, file(b, g.file))[0]
	rt := newWazero(b)
	g.raw(b, rt)
	var stack [4]uint64
	b.Run("by=raw", func(b *testing.B) {
		mod, err := rt.Instantiate(ctx, core)
		check(b, err)
		mem, _ := mod.Memory().Read(0, mod.Memory().Size())
		image := append([]byte(nil), mem...)
		fn := mod.ExportedFunction(g.fn)
		for b.Loop() {
			copy(stack[:], g.args)
			check(b, fn.CallWithStack(ctx, stack[:]))
			copy(mem, image)
		}
		b.ReportMetric(float64(len(image)), "image-bytes")
	})
	w := g.load(b, newRuntime(b))
	pool := w.Pool(component.PoolOptions{})
	b.Run("by=pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(b, pool.Do(ctx, w.hosts, w.call))
		}
	})
	b.Run("by=reset", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(b, pool.Do(ctx, w.hosts, func(*component.Instance) error { return nil }))
		}
	})
	if s := pool.Stats(); s.Made > 1 {
		b.Fatalf("instances were not reset: %+v", s)
	}
	snapshot, err := w.NewSnapshot(ctx, func(_ context.Context, in *component.Instance) error { return w.call(in) })
	check(b, err)
	for by, opts := range map[string][]component.Option{"snapshot": {component.WithSnapshot(snapshot)}, "new": nil} {
		b.Run("by="+by, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in, err := w.New(ctx, w.hosts, opts...)
				check(b, err)
				check(b, w.call(in))
				check(b, in.Close(ctx))
			}
		})
	}
	b.Run("by=wazero", func(b *testing.B) {
		code, err := rt.CompileModule(ctx, core)
		check(b, err)
		b.ReportAllocs()
		for b.Loop() {
			mod, err := rt.InstantiateModule(ctx, code, lean)
			check(b, err)
			copy(stack[:], g.args)
			check(b, mod.ExportedFunction(g.fn).CallWithStack(ctx, stack[:]))
			check(b, mod.Close(ctx))
		}
	})
}

// BenchmarkWarmGrown has rust-kit sum a list, for which its allocator grows the
// memory: in one instance that is kept, and in a pool that resets it each time,
// memory and all.
func BenchmarkWarmGrown(b *testing.B) {
	ctx := context.Background()
	g := warmGuests[1]
	g.fn = "demo:rs/api@0.1.0#total"
	w := g.load(b, newRuntime(b))
	var items []abi.Value
	for range 10 {
		items = append(items, abi.RecordValue{"ten of the same", uint32(3)})
	}
	call := func(in *component.Instance) error {
		_, err := in.Funcs(w.export)[w.index].Call(ctx, items)
		return err
	}
	b.Run("by=kept", func(b *testing.B) {
		in, err := w.New(ctx, w.hosts)
		check(b, err)
		b.ReportAllocs()
		for b.Loop() {
			check(b, call(in))
		}
	})
	pool := w.Pool(component.PoolOptions{})
	b.Run("by=pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(b, pool.Do(ctx, w.hosts, call))
		}
		if s := pool.Stats(); s.Made > 1 {
			b.Fatalf("instances were not reset: %+v", s)
		}
	})
}

// BenchmarkIdle tells how much memory the process has resident for instances
// that wait in a pool, each of which did work before and was reset: bytes for
// each. Of new, each was only made and called.
func BenchmarkIdle(b *testing.B) {
	for _, g := range warmGuests {
		for _, n := range []int{1, 1_000, 10_000} {
			b.Run(fmt.Sprintf("guest=%s/n=%d/by=new", g.name, n), func(b *testing.B) {
				w := g.load(b, newRuntime(b))
				idle(b, n, func() {
					for range n {
						in, err := w.New(b.Context(), w.hosts)
						check(b, err)
						check(b, w.call(in))
					}
				})
			})
			b.Run(fmt.Sprintf("guest=%s/n=%d/by=pool", g.name, n), func(b *testing.B) {
				w := g.load(b, newRuntime(b))
				pool := w.Pool(component.PoolOptions{Max: n})
				var work func(more int) error
				work = func(more int) error { // one within the other, so that there are as many
					return pool.Do(b.Context(), w.hosts, func(in *component.Instance) error {
						if more == 1 {
							return w.call(in)
						}
						return errors.Join(w.call(in), work(more-1))
					})
				}
				idle(b, n, func() {
					check(b, work(n))
					check(b, work(n))
				})
				if s := pool.Stats(); s.Ready != n {
					b.Fatalf("%d instances wait: %+v", s.Ready, s)
				}
			})
		}
	}
}

// idle reports what is resident for n instances that make makes.
func idle(b *testing.B, n int, make func()) {
	b.Helper()
	before := resident(b)
	for range b.N {
		make()
		if b.N > 1 {
			b.Skip("it is measured once: -benchtime 1x")
		}
	}
	b.ReportMetric(float64(resident(b)-before)/float64(n), "B/instance")
}

// resident is how many bytes the process has in memory, after a collection.
func resident(b *testing.B) int64 {
	b.Helper()
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("only where there is /proc")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	check(b, err)
	return pages * int64(os.Getpagesize())
}
