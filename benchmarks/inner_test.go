package benchmarks

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

const (
	composedFile = "../testdata/guests/composed/composed.wasm"
	rustKitFile  = "../testdata/guests/rust-kit/rust-kit.wasm"
)

// dynamicFuncs are the functions of a component that needs nothing of the host,
// or nothing that is called, by their names.
func dynamicFuncs(b *testing.B, name string) map[string]component.Func {
	b.Helper()
	wasm := file(b, name)
	d, err := component.Describe(wasm)
	check(b, err)
	world := component.DynamicWorld("benchmarks:inner/world", d)
	f, err := newRuntime(b).Load(b.Context(), wasm, world)
	check(b, err)
	hosts := make([]any, len(world.Imports))
	for i := range hosts {
		hosts[i] = component.DynamicHost(func(context.Context, string, []abi.Value) (abi.Value, error) { return nil, nil })
	}
	in, err := f.New(b.Context(), hosts)
	check(b, err)
	funcs := map[string]component.Func{}
	for i, e := range world.Exports {
		for j, fn := range in.Funcs(i) {
			funcs[e.Funcs[j].Name] = fn
		}
	}
	return funcs
}

// BenchmarkInnerScalar is one of the thousand calls of tick(v) that twice(1000)
// makes: into the host, and into another component instance of the same
// component.
func BenchmarkInnerScalar(b *testing.B) {
	ctx := context.Background()
	const calls = 1000
	perCall := func(b *testing.B, twice func() uint32) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			if n += calls; twice() != calls {
				b.Fatal("twice")
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/inner")
	}
	b.Run("by=host", func(b *testing.B) {
		api := generated(b).API()
		perCall(b, func() uint32 {
			v, err := api.Twice(ctx, calls)
			check(b, err)
			return v
		})
	})
	b.Run("by=inner", func(b *testing.B) {
		twice := dynamicFuncs(b, composedFile)["twice"]
		perCall(b, func() uint32 {
			v, err := twice.Call(ctx, uint32(calls))
			check(b, err)
			return v.(uint32)
		})
	})
}

// BenchmarkInnerString is one call of via-host with 1 KB, which passes the
// string on to repeat and gives back what that gives.
func BenchmarkInnerString(b *testing.B) {
	ctx := context.Background()
	text := string(make([]byte, 1024))
	for _, way := range []struct{ name, file string }{{"by=host", scalarsFile}, {"by=inner", composedFile}} {
		b.Run(way.name, func(b *testing.B) {
			var call func() (abi.Value, error)
			if way.file == scalarsFile {
				f := dynamic(b, "via-host")
				call = func() (abi.Value, error) { return f.Call(ctx, text) }
			} else {
				f := dynamicFuncs(b, way.file)["via-host"]
				call = func() (abi.Value, error) { return f.Call(ctx, text) }
			}
			b.ReportAllocs()
			for b.Loop() {
				if v, err := call(); err != nil || v.(string) != text {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkResourceMethod is one call of a method of a guest's resource.
func BenchmarkResourceMethod(b *testing.B) {
	ctx := context.Background()
	funcs := dynamicFuncs(b, rustKitFile)
	bag, err := funcs["[constructor]bag"].Call(ctx)
	check(b, err)
	items := funcs["[method]bag.items"]
	b.Run("by=dynamic", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := items.Call(ctx, bag); err != nil {
				b.Fatal(err)
			}
		}
	})
}
