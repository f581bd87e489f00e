package benchmarks

import (
	"context"
	"errors"
	"testing"

	"github.com/airsstack/witgen/benchmarks/internal/tally"
	"github.com/airsstack/witgen/benchmarks/internal/tally/demo/tally/api"
	"github.com/airsstack/witgen/benchmarks/internal/tally/demo/tally/host"
	"github.com/airsstack/witgen/benchmarks/internal/tally/demo/tally/types"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
)

const tallyFile = "../testdata/guests/tally/tally.wasm"

// hostTally answers the imports of the guest tally.
type hostTally struct{}

type gauge struct{ sum uint32 }

func (m *gauge) Add(_ context.Context, n uint32) (uint32, error) {
	m.sum += n
	return m.sum, nil
}

func (*gauge) Drop(context.Context) {}

func (hostTally) NewMeter(_ context.Context, start uint32) (host.Meter, error) {
	return &gauge{start}, nil
}

func (hostTally) Lookup(_ context.Context, r cm.Option[types.Reading]) (cm.Option[types.Reading], error) {
	return r, nil
}

func (hostTally) Weigh(_ context.Context, e types.Event) (uint32, error) {
	if m, ok := e.(*types.EventMeasured); ok {
		return m.Value.ID, nil
	}
	return 0, &types.FaultUnknown{}
}

// generatedTally is an instance of the guest tally behind generated bindings.
func generatedTally(b *testing.B, opts ...component.LoadOption) api.Exports {
	b.Helper()
	f, err := tally.Load(b.Context(), newRuntime(b), file(b, tallyFile), opts...)
	check(b, err)
	p, err := f.New(b.Context(), tally.Imports{Host: hostTally{}},
		component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:tally/host@0.1.0"}))
	check(b, err)
	return p.API()
}

// tallies measures a call by hand and by generated code.
func tallies(b *testing.B, raw func(*rawTally) func() error, generated func(api.Exports) func() error) {
	measure := func(b *testing.B, call func() error) {
		check(b, call())
		b.ReportAllocs()
		for b.Loop() {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) { measure(b, raw(newRawTally(b, way.metered))) })
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) { measure(b, generated(generatedTally(b, way.opts...))) })
	}
}

// BenchmarkGuestMethod is one call of a method of a guest's resource.
func BenchmarkGuestMethod(b *testing.B) {
	ctx := context.Background()
	tallies(b, func(g *rawTally) func() error {
		create, add := g.mod.ExportedFunction(tallyAPI+"[constructor]counter"), g.mod.ExportedFunction(tallyAPI+"[method]counter.add")
		g.stack[0] = 0
		check(b, create.CallWithStack(ctx, g.stack[:]))
		counter := g.stack[0]
		return func() error {
			g.stack[0], g.stack[1] = counter, 1
			return add.CallWithStack(ctx, g.stack[:])
		}
	}, func(p api.Exports) func() error {
		counter, err := p.NewCounter(ctx, 0)
		check(b, err)
		return func() error {
			_, err := counter.Add(ctx, 1)
			return err
		}
	})
}

// BenchmarkGuestResource makes a resource of a guest and drops it.
func BenchmarkGuestResource(b *testing.B) {
	ctx := context.Background()
	tallies(b, func(g *rawTally) func() error {
		create, drop := g.mod.ExportedFunction(tallyAPI+"[constructor]counter"), g.mod.ExportedFunction(tallyAPI+"[dtor]counter")
		return func() error {
			g.stack[0] = 1
			if err := create.CallWithStack(ctx, g.stack[:]); err != nil {
				return err
			}
			return drop.CallWithStack(ctx, g.stack[:])
		}
	}, func(p api.Exports) func() error {
		return func() error {
			counter, err := p.NewCounter(ctx, 1)
			if err != nil {
				return err
			}
			return counter.Close(ctx)
		}
	})
}

var reading = types.Reading{ID: 7, Value: 2.5}

// BenchmarkExportOption is one call with an option of a record, there and back.
func BenchmarkExportOption(b *testing.B) {
	ctx := context.Background()
	tallies(b, func(g *rawTally) func() error {
		fn := g.mod.ExportedFunction(tallyAPI + "lookup")
		return func() error {
			r, err := g.callLookup(ctx, fn, cm.Some(reading))
			return checked(err, r == cm.Some(reading))
		}
	}, func(p api.Exports) func() error {
		return func() error {
			r, err := p.Lookup(ctx, cm.Some(reading))
			return checked(err, r == cm.Some(reading))
		}
	})
}

// BenchmarkExportVariant is one call with a variant that has a result of a
// number or a variant. It gives the number.
func BenchmarkExportVariant(b *testing.B) {
	weigh(b, &types.EventTick{Value: 5}, func(n uint32, err error) error { return checked(err, n == 5) })
}

// BenchmarkExportFault is the same where it is the error.
func BenchmarkExportFault(b *testing.B) {
	weigh(b, &types.EventMeasured{Value: reading}, func(_ uint32, err error) error {
		f, ok := err.(*types.FaultWorthless)
		return checked(nil, ok && f.Value == reading)
	})
}

func weigh(b *testing.B, e types.Event, outcome func(uint32, error) error) {
	ctx := context.Background()
	tallies(b, func(g *rawTally) func() error {
		fn := g.mod.ExportedFunction(tallyAPI + "weigh")
		return func() error { return outcome(g.callWeigh(ctx, fn, e)) }
	}, func(p api.Exports) func() error {
		return func() error { return outcome(p.Weigh(ctx, e)) }
	})
}

// BenchmarkVariants gives a guest a list of a thousand variants and takes it
// back: a number, a string of seven bytes, a record, and nothing, in turn.
func BenchmarkVariants(b *testing.B) {
	ctx := context.Background()
	events := make([]types.Event, 1000)
	for i := range events {
		events[i] = []types.Event{
			&types.EventTick{Value: 5}, &types.EventText{Value: "an item"}, &types.EventMeasured{Value: reading}, &types.EventNothing{},
		}[i%4]
	}
	tallies(b, func(g *rawTally) func() error {
		fn, post := g.mod.ExportedFunction(tallyAPI+"events"), g.mod.ExportedFunction(tallyPost+"events")
		return func() error {
			g.stack[0], g.stack[1] = uint64(g.storeEvents(ctx, events)), uint64(len(events))
			if err := fn.CallWithStack(ctx, g.stack[:]); err != nil {
				return err
			}
			ret := uint32(g.stack[0])
			at, _ := g.mem.ReadUint32Le(ret)
			n, _ := g.mem.ReadUint32Le(ret + 4)
			got := g.loadEvents(at, n)
			return checked(post.CallWithStack(ctx, g.stack[:]), len(got) == len(events))
		}
	}, func(p api.Exports) func() error {
		return func() error {
			got, err := p.Events(ctx, events)
			return checked(err, len(got) == len(events))
		}
	})
}

// BenchmarkHostMethod is one call of a method of a host's resource, made by the
// guest in a loop.
func BenchmarkHostMethod(b *testing.B) {
	perTally(b, "add-times", func(p api.Exports) func(context.Context, uint32) (uint32, error) { return p.AddTimes })
}

// BenchmarkHostResource makes a resource of the host and drops it, so in a loop.
func BenchmarkHostResource(b *testing.B) {
	perTally(b, "meters", func(p api.Exports) func(context.Context, uint32) (uint32, error) {
		return func(ctx context.Context, n uint32) (uint32, error) { return n, p.Meters(ctx, n) }
	})
}

// BenchmarkImportOption is one import with an option of a record, there and back.
func BenchmarkImportOption(b *testing.B) {
	perTally(b, "lookup-times", func(p api.Exports) func(context.Context, uint32) (uint32, error) { return p.LookupTimes })
}

// BenchmarkImportVariant is one import with a variant that has a result.
func BenchmarkImportVariant(b *testing.B) {
	perTally(b, "weigh-times", func(p api.Exports) func(context.Context, uint32) (uint32, error) { return p.WeighTimes })
}

// perTally measures what a function of the guest does in a loop.
func perTally(b *testing.B, name string, generated func(api.Exports) func(context.Context, uint32) (uint32, error)) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			g := newRawTally(b, way.metered)
			fn := g.mod.ExportedFunction(tallyAPI + name)
			perImport(b, func() (uint32, error) {
				g.stack[0] = imports
				err := fn.CallWithStack(ctx, g.stack[:])
				return uint32(g.stack[0]), err
			}, imports)
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			fn := generated(generatedTally(b, way.opts...))
			perImport(b, func() (uint32, error) { return fn(ctx, imports) }, imports)
		})
	}
}

var errOther = errors.New("another value came back")

// checked is the error, or one where what came back is not what was sent.
func checked(err error, ok bool) error {
	if err == nil && !ok {
		return errOther
	}
	return err
}
