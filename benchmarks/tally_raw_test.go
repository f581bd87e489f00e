package benchmarks

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/benchmarks/internal/tally/demo/tally/host"
	"github.com/airsstack/witgen/benchmarks/internal/tally/demo/tally/types"
	"github.com/airsstack/witgen/runtime/cm"
)

// A rawTally is the guest tally on wazero alone: its functions are called, and
// its imports answered, by code written by hand for each of them. Values are of
// the same Go types as with generated code.
type rawTally struct {
	*rawGuest
	impl   host.Host    // as an interface, so that what it is given may escape
	meters []host.Meter // by handle
	free   []uint32
}

const (
	tallyAPI  = "demo:tally/api@0.1.0#"
	tallyPost = "cabi_post_" + tallyAPI
)

func newRawTally(b *testing.B, metered bool) *rawTally {
	b.Helper()
	g := &rawTally{rawGuest: &rawGuest{rt: newWazero(b)}, impl: hostTally{}, meters: []host.Meter{nil}}
	i32, i64, f64 := api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF64
	type sig = []api.ValueType
	imported := g.rt.NewHostModuleBuilder("demo:tally/host@0.1.0")
	ours := g.rt.NewHostModuleBuilder("[export]demo:tally/api@0.1.0")
	for _, f := range []struct {
		name            string
		fn              api.GoFunc
		params, results sig
	}{
		{"[constructor]meter", g.newMeter, sig{i32}, sig{i32}},
		{"[method]meter.add", g.add, sig{i32, i32}, sig{i32}},
		{"[resource-drop]meter", g.drop, sig{i32}, nil},
		{"lookup", g.lookup, sig{i32, i32, f64, i32}, nil},
		{"weigh", g.weigh, sig{i32, i64, i64, i32}, nil},
	} {
		imported.NewFunctionBuilder().WithGoFunction(f.fn, f.params, f.results).Export(f.name)
	}
	// A guest's own resource is known by what the guest knows it by.
	ours.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), sig{i32}, sig{i32}).Export("[resource-new]counter")
	_, err := imported.Instantiate(b.Context())
	check(b, err)
	_, err = ours.Instantiate(b.Context())
	check(b, err)
	g.instantiate(b, cores(b, file(b, tallyFile))[0], metered)
	return g
}

func (g *rawTally) newMeter(ctx context.Context, s []uint64) {
	m, err := g.impl.NewMeter(ctx, uint32(s[0]))
	if err != nil {
		panic(err)
	}
	if n := len(g.free); n > 0 {
		s[0] = uint64(g.free[n-1])
		g.free = g.free[:n-1]
		g.meters[s[0]] = m
		return
	}
	s[0] = uint64(len(g.meters))
	g.meters = append(g.meters, m)
}

func (g *rawTally) add(ctx context.Context, s []uint64) {
	sum, _ := g.meters[uint32(s[0])].Add(ctx, uint32(s[1]))
	s[0] = uint64(sum)
}

func (g *rawTally) drop(ctx context.Context, s []uint64) {
	i := uint32(s[0])
	g.meters[i].Drop(ctx)
	g.meters[i] = nil
	g.free = append(g.free, i)
}

func (g *rawTally) lookup(ctx context.Context, s []uint64) {
	ret := uint32(s[3])
	var r cm.Option[types.Reading]
	if s[0] != 0 {
		r = cm.Some(types.Reading{ID: uint32(s[1]), Value: math.Float64frombits(s[2])})
	}
	out, err := g.impl.Lookup(ctx, r)
	if err != nil {
		panic(err)
	}
	view, _ := g.mem.Read(ret, 24)
	putOption(view, out)
}

func (g *rawTally) weigh(ctx context.Context, s []uint64) {
	ret := uint32(s[3])
	var e types.Event
	switch s[0] {
	case 0:
		e = &types.EventTick{Value: s[1]}
	case 1:
		e = &types.EventText{Value: g.read(uint32(s[1]), uint32(s[2]))}
	case 2:
		e = &types.EventMeasured{Value: types.Reading{ID: uint32(s[1]), Value: math.Float64frombits(s[2])}}
	default:
		e = &types.EventNothing{}
	}
	weight, err := g.impl.Weigh(ctx, e)
	view, _ := g.mem.Read(ret, 32)
	if err == nil {
		view[0] = 0
		binary.LittleEndian.PutUint32(view[8:], weight)
		return
	}
	view[0] = 1
	switch f := err.(type) {
	case *types.FaultUnknown:
		view[8] = 0
	case *types.FaultWorthless:
		view[8] = 1
		putReading(view[16:], f.Value)
	default:
		panic(err)
	}
}

func putReading(view []byte, r types.Reading) {
	binary.LittleEndian.PutUint32(view, r.ID)
	binary.LittleEndian.PutUint64(view[8:], math.Float64bits(r.Value))
}

func getReading(view []byte) types.Reading {
	return types.Reading{ID: binary.LittleEndian.Uint32(view), Value: math.Float64frombits(binary.LittleEndian.Uint64(view[8:]))}
}

func putOption(view []byte, r cm.Option[types.Reading]) {
	if !r.Valid {
		view[0] = 0
		return
	}
	view[0] = 1
	putReading(view[8:], r.Value)
}

// callLookup calls the guest's lookup.
func (g *rawTally) callLookup(ctx context.Context, fn api.Function, r cm.Option[types.Reading]) (cm.Option[types.Reading], error) {
	g.stack[0] = 0
	if r.Valid {
		g.stack[0], g.stack[1], g.stack[2] = 1, uint64(r.Value.ID), math.Float64bits(r.Value.Value)
	}
	if err := fn.CallWithStack(ctx, g.stack[:]); err != nil {
		return cm.Option[types.Reading]{}, err
	}
	view, _ := g.mem.Read(uint32(g.stack[0]), 24)
	if view[0] == 0 {
		return cm.Option[types.Reading]{}, nil
	}
	return cm.Some(getReading(view[8:])), nil
}

// callWeigh calls the guest's weigh.
func (g *rawTally) callWeigh(ctx context.Context, fn api.Function, e types.Event) (uint32, error) {
	switch e := e.(type) {
	case *types.EventTick:
		g.stack[0], g.stack[1] = 0, e.Value
	case *types.EventText:
		g.stack[0], g.stack[1], g.stack[2] = 1, uint64(g.write(ctx, e.Value)), uint64(len(e.Value))
	case *types.EventMeasured:
		g.stack[0], g.stack[1], g.stack[2] = 2, uint64(e.Value.ID), math.Float64bits(e.Value.Value)
	case *types.EventNothing:
		g.stack[0] = 3
	}
	if err := fn.CallWithStack(ctx, g.stack[:]); err != nil {
		return 0, err
	}
	view, _ := g.mem.Read(uint32(g.stack[0]), 32)
	switch {
	case view[0] == 0:
		return binary.LittleEndian.Uint32(view[8:]), nil
	case view[8] == 0:
		return 0, &types.FaultUnknown{}
	}
	return 0, &types.FaultWorthless{Value: getReading(view[16:])}
}

const eventSize = 24 // the case, what it holds at 8

func (g *rawTally) storeEvents(ctx context.Context, events []types.Event) uint32 {
	list := g.alloc(ctx, 8, uint64(len(events)*eventSize))
	for i, e := range events {
		at := list + uint32(i*eventSize)
		switch e := e.(type) {
		case *types.EventTick:
			g.mem.WriteByte(at, 0)
			g.mem.WriteUint64Le(at+8, e.Value)
		case *types.EventText:
			g.mem.WriteByte(at, 1)
			g.mem.WriteUint32Le(at+8, g.write(ctx, e.Value))
			g.mem.WriteUint32Le(at+12, uint32(len(e.Value)))
		case *types.EventMeasured:
			g.mem.WriteByte(at, 2)
			g.mem.WriteUint32Le(at+8, e.Value.ID)
			g.mem.WriteFloat64Le(at+16, e.Value.Value)
		case *types.EventNothing:
			g.mem.WriteByte(at, 3)
		}
	}
	return list
}

func (g *rawTally) loadEvents(ptr, n uint32) []types.Event {
	mem, _ := g.mem.Read(0, g.mem.Size())
	events := make([]types.Event, n)
	for i := range events {
		view := mem[ptr+uint32(i*eventSize):]
		switch view[0] {
		case 0:
			events[i] = &types.EventTick{Value: binary.LittleEndian.Uint64(view[8:])}
		case 1:
			p, n := binary.LittleEndian.Uint32(view[8:]), binary.LittleEndian.Uint32(view[12:])
			events[i] = &types.EventText{Value: string(mem[p : p+n])}
		case 2:
			events[i] = &types.EventMeasured{Value: getReading(view[8:])}
		default:
			events[i] = &types.EventNothing{}
		}
	}
	return events
}
