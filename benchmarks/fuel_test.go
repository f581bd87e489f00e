package benchmarks

import (
	"context"
	"slices"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// BenchmarkMeter is guests' own work with and without the meter: a tree of
// 65,535 calls that do nothing else, and a checksum over 64 KB in a loop.
func BenchmarkMeter(b *testing.B) {
	for _, work := range []struct {
		name, file, fn string
		arg            abi.Value
	}{
		{"calls", runawayFile, "tree", uint32(15)},
		{"loop", pluginFile, "demo:shop/pricing@0.2.0#checksum", make([]byte, 64<<10)},
	} {
		for _, way := range slices.Backward(bindingsWays) {
			b.Run("work="+work.name+"/"+way.name, func(b *testing.B) {
				f, ctx := function(b, work.file, work.fn, way.opts...), context.Background()
				for b.Loop() {
					if _, err := f.Call(ctx, work.arg); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// function is a function of an instance of a component, which may call no import.
func function(b *testing.B, name, fn string, opts ...component.LoadOption) component.Func {
	b.Helper()
	wasm := file(b, name)
	world := describe(b, wasm)
	f, err := newRuntime(b).Load(b.Context(), wasm, world, opts...)
	check(b, err)
	hosts := make([]any, len(world.Imports))
	for i := range hosts {
		hosts[i] = component.DynamicHost(nil)
	}
	in, err := f.New(b.Context(), hosts)
	check(b, err)
	for i := range world.Exports {
		for _, f := range in.Funcs(i) {
			if f.Name() == fn {
				return f
			}
		}
	}
	b.Fatalf("%s has no function %s", name, fn)
	panic("unreachable")
}

// describe is the world that a component itself describes.
func describe(b *testing.B, wasm []byte) *component.World {
	b.Helper()
	d, err := component.Describe(wasm)
	check(b, err)
	return component.DynamicWorld("benchmark", d)
}
