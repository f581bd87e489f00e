package benchmarks

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
)

// wazeros and bindingsWays are the ways that differ by the meter alone.
var (
	wazeros = []struct {
		name    string
		metered bool
	}{{"by=raw", false}, {"by=raw-metered", true}}

	bindingsWays = []struct {
		name string
		opts []component.LoadOption
	}{{"by=generated", nil}, {"by=unmetered", []component.LoadOption{component.Unmetered()}}}
)

// BenchmarkExportScalar is one call of add(2, 3).
func BenchmarkExportScalar(b *testing.B) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			g := rawScalars(b, way.metered)
			add := g.mod.ExportedFunction("demo:scalars/api@0.1.0#add")
			b.ReportAllocs()
			for b.Loop() {
				g.stack[0], g.stack[1] = 2, 3
				if err := add.CallWithStack(ctx, g.stack[:]); err != nil || g.stack[0] != 5 {
					b.Fatal(g.stack[0], err)
				}
			}
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			api := generated(b, way.opts...).API()
			b.ReportAllocs()
			for b.Loop() {
				if sum, err := api.Add(ctx, 2, 3); err != nil || sum != 5 {
					b.Fatal(sum, err)
				}
			}
		})
	}
	b.Run("by=dynamic", func(b *testing.B) {
		add := dynamic(b, "add")
		b.ReportAllocs()
		for b.Loop() {
			if sum, err := add.Call(ctx, uint32(2), uint32(3)); err != nil || sum.(uint32) != 5 {
				b.Fatal(sum, err)
			}
		}
	})
	b.Run("by=wazy", func(b *testing.B) {
		in := wazyScalars(b)
		b.ReportAllocs()
		for b.Loop() {
			if sum, err := wazyCall[uint32](ctx, in, "add", uint32(2), uint32(3)); err != nil || sum != 5 {
				b.Fatal(sum, err)
			}
		}
	})
}

// imports is how many imports one call of BenchmarkImportScalar and
// BenchmarkImportString makes: an operation is one import, so the export that
// makes them weighs a thousandth.
const imports = 1000

// BenchmarkImportScalar is one call of tick, made by the guest in a loop.
func BenchmarkImportScalar(b *testing.B) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			g := rawScalars(b, way.metered)
			twice := g.mod.ExportedFunction("demo:scalars/api@0.1.0#twice")
			perImport(b, func() (uint32, error) {
				g.stack[0] = imports
				err := twice.CallWithStack(ctx, g.stack[:])
				return uint32(g.stack[0]), err
			}, imports)
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			api := generated(b, way.opts...).API()
			perImport(b, func() (uint32, error) { return api.Twice(ctx, imports) }, imports)
		})
	}
	b.Run("by=wazy", func(b *testing.B) {
		in := wazyScalars(b)
		perImport(b, func() (uint32, error) { return wazyCall[uint32](ctx, in, "twice", uint32(imports)) }, imports)
	})
}

// BenchmarkImportString is one call of say with 1 KB, made by the guest in a
// loop: a string from the guest to the host.
func BenchmarkImportString(b *testing.B) {
	ctx := context.Background()
	const sum = imports * kilobyte
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			g := rawScalars(b, way.metered)
			shout := g.mod.ExportedFunction("demo:scalars/api@0.1.0#shout-times")
			perImport(b, func() (uint32, error) {
				g.stack[0], g.stack[1], g.stack[2] = uint64(g.write(ctx, text)), kilobyte, imports
				err := shout.CallWithStack(ctx, g.stack[:])
				return uint32(g.stack[0]), err
			}, sum)
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			api := generated(b, way.opts...).API()
			perImport(b, func() (uint32, error) { return api.ShoutTimes(ctx, text, imports) }, sum)
		})
	}
	b.Run("by=wazy", func(b *testing.B) {
		in := wazyScalars(b)
		perImport(b, func() (uint32, error) {
			return wazyCall[uint32](ctx, in, "shout-times", text, uint32(imports))
		}, sum)
	})
}

// perImport measures a call that makes as many imports as b.N asks for, rounded
// up to whole thousands: the figures are those of one import.
func perImport(b *testing.B, call func() (uint32, error), want uint32) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += imports {
		if got, err := call(); err != nil || got != want {
			b.Fatal(got, err)
		}
	}
}
