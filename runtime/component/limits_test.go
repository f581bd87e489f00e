package component_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/memory"
	"github.com/airsstack/witgen/runtime/quota"
)

// hungryGuest wants what limits refuse: "spin" loops, "nest" recurses, "fan"
// recurses by a table, "table" and "memory" grow by their argument and answer
// what they were.
func hungryGuest() *coreModule {
	return &coreModule{
		memory:   join(0, 1),
		table:    join(0x70, 0, 2),
		elements: [][]byte{join(0, i32c(0), 0x0b, list(uleb(3)))},
		funcs: []coreFunc{
			{name: "spin", code: join(0x03, 0x40, 0x0c, 0, 0x0b, get(0))},
			{name: "nest", code: join(get(0), callFn(2), i64c(1), 0x7c)},
			{name: "fan", code: join(get(0), i32c(0), 0x11, 0, 0, i64c(1), 0x7c)},
			{name: "table", code: join(0xd0, 0x70, get(0), 0xa7, 0xfc, 0x0f, 0, 0xac)},
			{name: "memory", code: join(get(0), 0xa7, 0x40, 0, 0xac)},
			{name: "down", code: join(get(0), 0x50, 0x04, 0x7e, i64c(0), 0x05, get(0), i64c(1), 0x7d, callFn(6), i64c(1), 0x7c, 0x0b)},
		},
	}
}

func noTick(context.Context, string, []abi.Value) (abi.Value, error) {
	return nil, errors.New("nobody calls it")
}

// TestLimitsOfCalls ends calls by each of the four traps that limits make: with
// what was used, the same on every engine, and the guest's stack.
func TestLimitsOfCalls(t *testing.T) {
	t.Parallel()
	limits := component.Limits{Fuel: 1_234_567, Depth: 1_000}
	var seen [2][]string
	for i, interpreter := range []bool{false, true} {
		f := load(t, newRuntime(t, component.Config{Interpreter: interpreter}), hungryGuest().component())
		note := func(format string, args ...any) { seen[i] = append(seen[i], fmt.Sprintf(format, args...)) }
		for _, fn := range []string{"spin", "nest", "fan"} {
			p := start(t, f, noTick, component.WithLimits(limits))
			_, err := p.call(context.Background(), fn, uint64(1))
			trap := wantTrap(t, err, "")
			fuel, ferr := p.Fuel(context.Background())
			note("%s: %#v, %d frames in %s, fuel %d %v", fn, trap.Cause, len(trap.Frames), trap.Frames[0].Func, fuel, ferr)
			if !errors.As(err, new(*component.OutOfFuelError)) && !errors.As(err, new(*component.TooDeepError)) {
				t.Errorf("%s ends with %v", fn, err)
			}
		}
		p := start(t, f, noTick, component.WithLimits(limits))
		for _, n := range []uint64{0, 1, 500, 990} {
			before, _ := p.Fuel(context.Background())
			v := p.must(t, "down", n)
			after, _ := p.Fuel(context.Background())
			note("down %d: %v for %d", n, v, after-before)
		}
		_, err := p.call(context.Background(), "down", uint64(1000))
		note("down 1000: %v", err)
		// Depth was given back by the calls before, but for the trap.
		if !errors.As(err, new(*component.TooDeepError)) {
			t.Errorf("a depth of 1001: %v", err)
		}
	}
	if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
		t.Errorf("(-compiler +interpreter):\n%s", diff)
	}
	t.Log(seen[0])
}

// TestDeadlineAndCancelCarryFuel ends loops from outside.
func TestDeadlineAndCancelCarryFuel(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), hungryGuest().component())
		err := entered(t, func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			_, err := start(t, f, noTick).call(ctx, "spin", uint64(1))
			return err
		})
		if e, ok := errors.AsType[*component.DeadlineError](err); !ok || e.Fuel == 0 || len(wantTrap(t, err, "").Frames) == 0 {
			t.Errorf("a deadline: %v, %+v", err, e)
		}
		p := start(t, f, noTick)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		done := async(func() error { _, err := p.funcs["spin"].Call(ctx, uint64(1)); return err })
		until(t, "it spins", func() bool { return component.Entered(p.Instance) })
		cancel()
		err = await(t, "the call", done)
		if e, ok := errors.AsType[*component.CancelledError](err); !errors.Is(err, context.Canceled) || ok && errors.As(err, new(*component.Trap)) && e.Fuel == 0 {
			t.Errorf("cancelled: %v, %+v", err, e)
		}
	})
}

// TestFuelRate slows an instance down to its rate.
func TestFuelRate(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), hungryGuest().component())
	p := start(t, f, noTick, component.WithLimits(component.Limits{FuelRate: 1_000_000, CallTime: 200 * time.Millisecond}))
	_, err := p.call(context.Background(), "spin", uint64(1))
	var limit *component.TimeLimitError
	if !errors.As(err, &limit) || limit.Fuel == 0 || limit.Fuel > 1_400_000 {
		t.Errorf("200 ms at a million units a second end with %v, %+v", err, limit)
	}
}

// TestTablesGrowToTheirLimit bounds a table that has no maximum of its own.
func TestTablesGrowToTheirLimit(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		cfg.Limits.TableElements = 100
		p := run(t, cfg, hungryGuest().component(), noTick)
		for _, grow := range [][2]uint64{{99, ^uint64(0)}, {98, 2}, {1, ^uint64(0)}} {
			if v := p.must(t, "table", grow[0]); v != grow[1] {
				t.Errorf("growing by %d answers %v", grow[0], v)
			}
		}
	})
}

// TestLimitsOfLoading refuses components that are too much of something.
func TestLimitsOfLoading(t *testing.T) {
	t.Parallel()
	wasm := hungryGuest().component()
	for of, limits := range map[string]component.Limits{
		"bytes":                  {Size: uint64(len(wasm)) - 1},
		"functions":              {Functions: 5},
		"locals in one function": {Locals: 1},
		"elements of tables":     {TableElements: 1},
		"":                       {Size: uint64(len(wasm)), Functions: 6, Locals: 2, TableElements: 2},
	} {
		many := hungryGuest()
		many.funcs[0].locals = 1
		rt := newRuntime(t, component.Config{Limits: limits})
		bytes := many.component()
		f, err := rt.Load(context.Background(), bytes, describe(t, bytes))
		var limit *component.LimitError
		if of == "" && err == nil {
			mustClose(t, f)
		} else if !errors.As(err, &limit) || limit.Of != of || limit.Wanted <= limit.Usage.Limit {
			t.Errorf("%q: %v", of, err)
		}
	}
	rt := newRuntime(t, component.Config{Limits: component.Limits{LoadTime: time.Nanosecond}})
	_, err := rt.Load(context.Background(), wasm, describe(t, wasm))
	if !errors.As(err, new(*component.LoadTimeError)) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no time to load: %v", err)
	}
}

// TestLimitsOfTheHost bounds all instances together, and tells when the bound is
// near.
func TestLimitsOfTheHost(t *testing.T) {
	t.Parallel()
	var near []component.Near
	rt := newRuntime(t, component.Config{
		Host: component.HostLimits{Memory: 20 << 16, Instances: 10},
		Near: func(n component.Near) { near = append(near, n) },
	})
	f := load(t, rt, hungryGuest().component())
	var all []*plugin
	for range 10 {
		all = append(all, start(t, f, noTick))
	}
	_, err := tryStart(f, noTick)
	if e, ok := errors.AsType[*component.LimitError](err); !ok || e.Of != "instances" || !e.Host || e.Usage != (quota.Usage{Used: 10, Limit: 10}) {
		t.Errorf("one instance too many: %v", err)
	}
	if v := all[0].must(t, "memory", uint64(10)); v != uint64(1) {
		t.Errorf("all that is left: %v", v)
	}
	if v := all[1].must(t, "memory", uint64(1)); v != ^uint64(0) {
		t.Errorf("more than is left: %v", v)
	}
	if u := rt.Usage(); u.Memory.Available() != 0 || u.Memory.Percentage() != 100 || u.Instances.Used != 10 {
		t.Errorf("usage %v", u)
	}
	u, err := all[0].Usage(context.Background())
	if err != nil || u.Memory.Used != 11<<16 || u.Memory.Limit != component.DefaultMemory || u.Fuel.Used == 0 {
		t.Errorf("usage of one: %+v, %v", u, err)
	}
	mustClose(t, all[0])
	mustClose(t, all[2])
	_, err = rt.Load(context.Background(), nil, f.World())
	if err == nil {
		t.Error("nothing was loaded")
	}
	got := make([]string, len(near))
	for i, n := range near {
		got[i] = n.Of + n.Subject
	}
	if !slices.Equal(got, []string{"instances", "memory"}) {
		t.Errorf("told of %v", near)
	}
	for range 2 {
		start(t, f, noTick)
	}
	if _, err := tryStart(f, noTick); err == nil {
		t.Error("the limit is gone")
	}
}

// TestMemoryOfTheHostFromTheStart has no memory left for an instance to begin.
func TestMemoryOfTheHostFromTheStart(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{Host: component.HostLimits{Memory: 1 << 16}})
	f := load(t, rt, hungryGuest().component())
	p := start(t, f, noTick)
	_, err := tryStart(f, noTick)
	if e, ok := errors.AsType[*memory.LimitError](err); !ok || !e.Host {
		t.Errorf("got %v", err)
	}
	mustClose(t, p)
	mustClose(t, start(t, f, noTick))
}

// TestCeiling holds what instances ask for to what the host allows.
func TestCeiling(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{
		Limits:  component.Limits{Memory: 2 << 16},
		Ceiling: component.Limits{Memory: 4 << 16, Fuel: 1_000_000, CallTime: time.Second, Handles: 7, Depth: 50},
	})
	f := load(t, rt, hungryGuest().component())
	p := start(t, f, noTick)
	if l := p.Limits(); l.Memory != 2<<16 || l.Fuel != 1_000_000 || l.CallTime != time.Second || l.Handles != 7 || l.Depth != 50 {
		t.Errorf("asking for nothing gives %+v", l)
	}
	p = start(t, f, noTick, component.WithLimits(component.Limits{Memory: 100 << 16, Fuel: 1 << 40, CallTime: time.Hour, Handles: 3}))
	if l := p.Limits(); l.Memory != 4<<16 || l.Fuel != 1_000_000 || l.CallTime != time.Second || l.Handles != 3 {
		t.Errorf("asking for much gives %+v", l)
	}
	if v := p.must(t, "memory", uint64(3)); v != uint64(1) {
		t.Errorf("up to the ceiling: %v", v)
	}
	if v := p.must(t, "memory", uint64(1)); v != ^uint64(0) {
		t.Errorf("beyond the ceiling: %v", v)
	}
}
