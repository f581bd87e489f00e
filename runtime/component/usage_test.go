package component_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
)

// A nearLog keeps what Config.Near is told.
type nearLog []component.Near

func (l *nearLog) hook(n component.Near) { *l = append(*l, n) }

// of gives what was told of a limit.
func (l *nearLog) of(what string) (out []component.Near) {
	for _, n := range *l {
		if n.Of == what {
			out = append(out, n)
		}
	}
	return out
}

// TestNear fills each limit that fills up, and is told once, at 90 percent.
func TestNear(t *testing.T) {
	t.Parallel()
	tests := []struct {
		of     string
		limits component.Limits
		fn     string
		args   []uint64 // of one call each
		used   uint64   // at least, when it is told
	}{
		{component.NearMemory, component.Limits{Memory: 20 * wasmPage}, "memory", []uint64{16, 1, 1}, 18 * wasmPage},
		{component.NearTables, component.Limits{TableElements: 100}, "table", []uint64{87, 1, 5}, 90},
		{component.NearFuel, component.Limits{Fuel: 1_000_000}, "spin", []uint64{0}, 900_000},
		{component.NearFuel, component.Limits{Fuel: 1000}, "spin", []uint64{0}, 900},
		{component.NearFuelRate, component.Limits{FuelRate: 110_000, CallTime: brief}, "spin", []uint64{0}, 99_000},
		{component.NearCallTime, component.Limits{CallTime: brief}, "spin", []uint64{0}, uint64(brief) / 10 * 9},
	}
	for _, test := range tests {
		t.Run(test.of, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, cfg component.Config) {
				var log nearLog
				cfg.Near = log.hook
				p := run(t, cfg, hungryGuest().component(), noTick,
					component.WithLimits(test.limits), component.WithSubject("orders:intake"))
				for _, a := range test.args {
					_, _ = p.call(context.Background(), test.fn, a)
				}
				told := log.of(test.of)
				if len(told) != 1 || told[0].Subject != "orders:intake" || told[0].Usage.Used < test.used || told[0].Usage.Percentage() < 90 {
					t.Errorf("told %+v", log)
				}
			})
		})
	}
}

// A metLog keeps what Config.Met is told.
type metLog []struct {
	subject string
	err     quota.ExceededError
}

func (l *metLog) hook(subject string, e *quota.ExceededError) {
	*l = append(*l, struct {
		subject string
		err     quota.ExceededError
	}{subject, *e})
}

// TestMet wants more memory and more of a table than there may be, some more and
// far more, and is told of each once. What there is room for is never told of.
func TestMet(t *testing.T) {
	t.Parallel()
	limits := component.Limits{Memory: 20 * wasmPage, TableElements: 100}
	tests := []struct {
		name, fn string
		within   uint64   // what there is room for
		beyond   []uint64 // and what there is not
		want     quota.ExceededError
	}{
		{"some memory", "memory", 18, []uint64{2, 1 << 15}, quota.ExceededError{Of: component.LimitMemory, Wanted: 2 * wasmPage, Usage: quota.Usage{Used: 19 * wasmPage, Limit: 20 * wasmPage}}},
		{"far more memory", "memory", 1, []uint64{60_000, 19}, quota.ExceededError{Of: component.LimitMemory, Wanted: 60_000 * wasmPage, Usage: quota.Usage{Used: 2 * wasmPage, Limit: 20 * wasmPage}}},
		{"some elements", "table", 97, []uint64{2, 100}, quota.ExceededError{Of: component.LimitTables, Wanted: 2, Usage: quota.Usage{Used: 99, Limit: 100}}},
		{"far more elements", "table", 0, []uint64{math.MaxUint32 - 1, 100}, quota.ExceededError{Of: component.LimitTables, Wanted: math.MaxUint32 - 1, Usage: quota.Usage{Used: 2, Limit: 100}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, cfg component.Config) {
				var told metLog
				cfg.Met = told.hook
				p := run(t, cfg, hungryGuest().component(), noTick, component.WithLimits(limits), component.WithSubject("orders:intake"))
				p.must(t, test.fn, test.within)
				if len(told) > 0 {
					t.Fatalf("told of what there is room for: %+v", told)
				}
				for _, n := range test.beyond {
					p.must(t, test.fn, n)
				}
				if want := (metLog{{"orders:intake", test.want}}); !slices.Equal(told, want) {
					t.Errorf("told %+v", told)
				}
			})
		})
	}
}

// TestMetOfTheHost has two instances that the host has not enough memory for.
func TestMetOfTheHost(t *testing.T) {
	t.Parallel()
	var told metLog
	rt := newRuntime(t, component.Config{Host: component.HostLimits{Memory: 20 * wasmPage}, Met: told.hook})
	f := load(t, rt, hungryGuest().component())
	start(t, f, noTick, component.WithSubject("first")).must(t, "memory", uint64(9))
	start(t, f, noTick, component.WithSubject("second")).must(t, "memory", uint64(10))
	want := quota.ExceededError{Of: "bytes of memory for all components", Wanted: 10 * wasmPage, Usage: quota.Usage{Used: 11 * wasmPage, Limit: 20 * wasmPage}}
	if !slices.Equal(told, metLog{{"second", want}}) {
		t.Errorf("told %+v", told)
	}
}

// TestNearHandles is told again only after there were fewer.
func TestNearHandles(t *testing.T) {
	t.Parallel()
	var log nearLog
	_, p := keepLedger(t, component.Config{Near: log.hook}, component.WithLimits(component.Limits{Handles: 1000}))
	p.must(t, "fill", uint32(899))
	if len(log) != 0 {
		t.Fatalf("told of 899: %v", log)
	}
	p.must(t, "fill", uint32(100))
	if want := (component.Near{Of: component.NearHandles, Subject: p.Subject(), Usage: quota.Usage{Used: 900, Limit: 1000}}); !slices.Equal(log, nearLog{want}) {
		t.Errorf("told %v", log)
	}
	u, err := p.Usage(context.Background())
	if err != nil || u.Handles != (quota.Usage{Used: 999, Limit: 1000}) {
		t.Errorf("usage %+v, %v", u, err)
	}
}

// TestUsage asks within a call, where what is of the call shows, and after it.
func TestUsage(t *testing.T) {
	t.Parallel()
	limits := component.Limits{
		Memory: 8 * wasmPage, TableElements: 50, Handles: 10, Fuel: 1_000_000, FuelRate: 10_000_000,
		CallTime: time.Minute, Depth: 40,
	}
	m := counterGuest()
	m.table = join(0x70, 0, 2)
	m.memory = join(0, 1)
	m.funcs = append(m.funcs, coreFunc{name: "deep", code: join(
		get(0), 0x50, 0x04, 0x7e, get(0), callFn(0), 0x05, get(0), i64c(1), 0x7d, callFn(1+len(m.funcs)), i64c(1), 0x7c, 0x0b,
	)}, coreFunc{name: "table", code: join(0xd0, 0x70, get(0), 0xa7, 0xfc, 0x0f, 0, 0xac)})
	var p *plugin
	var within component.InstanceUsage
	p = run(t, component.Config{}, m.component(), func(ctx context.Context, _ string, args []abi.Value) (v abi.Value, err error) {
		within, err = p.Usage(ctx)
		return args[0], err
	}, component.WithLimits(limits))
	p.must(t, "table", uint64(40))
	used := func(u quota.Usage) uint64 { return u.Used }
	for range 100 { // what counts against a rate is gone when the machine stands still
		if p.must(t, "deep", uint64(9)); used(within.FuelRate) > 0 {
			break
		}
	}

	u := within
	if u.Memory != (quota.Usage{Used: wasmPage, Limit: 8 * wasmPage}) || u.Tables != (quota.Usage{Used: 42, Limit: 50}) ||
		u.Handles != (quota.Usage{Limit: 10}) || u.Depth != (quota.Usage{Used: 10, Limit: 40}) {
		t.Errorf("within the call: %+v", u)
	}
	if used(u.CallFuel) == 0 || used(u.CallFuel) >= used(u.Fuel) || u.CallFuel.Limit != limits.Fuel || u.CallFuel.Available() == 0 ||
		used(u.FuelRate) == 0 || u.FuelRate.Limit != limits.FuelRate || used(u.CallTime) == 0 || u.CallTime.Limit != uint64(time.Minute) {
		t.Errorf("within the call: %+v", u)
	}
	if u.Tables.Available() != 8 || u.Tables.Percentage() != 84 {
		t.Errorf("tables: %d left, %v%%", u.Tables.Available(), u.Tables.Percentage())
	}
	u, err := p.Usage(context.Background())
	if err != nil || used(u.CallFuel)+used(u.CallTime)+used(u.Depth) != 0 || used(u.Fuel) < used(within.Fuel) {
		t.Errorf("after the call: %+v, %v", u, err)
	}
}

// TestRefusedGrowth tells who reads of a trap what the guest was refused in the
// call, and nothing of calls before.
func TestRefusedGrowth(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		m := hungryGuest()
		m.funcs = append(m.funcs,
			coreFunc{name: "die", code: join(0x00)},
			coreFunc{name: "grow-and-die", code: join(get(0), 0xa7, 0x40, 0, 0x1a, 0x00)})
		f := load(t, newRuntime(t, cfg), m.component())
		limit := component.WithLimits(component.Limits{Memory: 4 * wasmPage})
		for _, test := range []struct {
			before, fn string
			want       *component.LimitError
		}{
			{"", "grow-and-die", &component.LimitError{Of: "bytes of memory", Wanted: 101 * wasmPage, Usage: quota.Usage{Used: wasmPage, Limit: 4 * wasmPage}}},
			{"memory", "die", nil},
			{"table", "die", nil},
		} {
			p := start(t, f, noTick, limit)
			if test.before != "" {
				p.must(t, test.before, uint64(2_000_000))
			}
			_, err := p.call(context.Background(), test.fn, uint64(100))
			got, ok := errors.AsType[*component.LimitError](err)
			if wantTrap(t, err, "unreachable"); ok != (test.want != nil) || ok && *got != *test.want {
				t.Errorf("%s, %s: %+v", test.before, test.fn, got)
			}
		}
	})
}

// TestTablesTogether holds the tables of all core instances to one limit.
func TestTablesTogether(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		cfg.Limits.TableElements = 1000
		p := run(t, cfg, handmade(t, "tables"), nil)
		for _, step := range []struct {
			fn   string
			grow uint32
			want int32
		}{{"a", 400, 10}, {"b", 500, 20}, {"a", 71, -1}, {"b", 70, 520}, {"c", 1, -1}, {"a", 0, 410}} {
			if v := p.must(t, step.fn, step.grow); v != step.want {
				t.Errorf("%s by %d: %v, want %d", step.fn, step.grow, v, step.want)
			}
		}
		if u, err := p.Usage(context.Background()); err != nil || u.Tables != (quota.Usage{Used: 1000, Limit: 1000}) {
			t.Errorf("usage %+v, %v", u.Tables, err)
		}
	})
}

// TestWithin says of each limit that is to be above the ceiling so.
func TestWithin(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{Ceiling: component.Limits{Memory: 1 << 20, CallTime: time.Second, Depth: 100}})
	if err := rt.Within(component.Limits{Memory: 1 << 20, CallTime: time.Second, Fuel: 1 << 60}); err != nil {
		t.Error(err)
	}
	var got []string
	for _, e := range rt.Within(component.Limits{Memory: 1<<20 + 1, CallTime: time.Minute, Depth: 100}) {
		got = append(got, e.Error())
	}
	want := []string{
		"component: the limit Memory is to be 1048577, and the host allows 1048576 at most",
		"component: the limit CallTime is to be 1m0s, and the host allows 1s at most",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestLoadLimits caps what a component asks for itself, and hands it on to its
// instances.
func TestLoadLimits(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{Ceiling: component.Limits{Functions: 6, Fuel: 1000}})
	wasm := hungryGuest().component()
	f, err := rt.Load(context.Background(), wasm, describe(t, wasm), component.LoadLimits(component.Limits{
		Functions: 1000, Fuel: 5000, Handles: 3, Depth: 20,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if l := start(t, f, noTick, component.WithLimits(component.Limits{Handles: 2})).Limits(); l.Fuel != 1000 || l.Handles != 2 || l.Depth != 20 || l.Functions != 6 {
		t.Errorf("limits %+v", l)
	}
	p := start(t, f, noTick, component.WithLimits(component.Limits{Fuel: 900}))
	p.must(t, "down", uint64(19))
	if _, err := p.call(context.Background(), "down", uint64(20)); !errors.As(err, new(*component.TooDeepError)) {
		t.Errorf("a depth of 21: %v", err)
	}
	many := hungryGuest()
	many.funcs = append(many.funcs, coreFunc{name: "more", code: get(0)})
	wasm = many.component()
	_, err = rt.Load(context.Background(), wasm, describe(t, wasm), component.LoadLimits(component.Limits{Functions: 1000}))
	if !errors.As(err, new(*component.LimitError)) {
		t.Errorf("one function more than the ceiling: %v", err)
	}
}

// TestLoadTime loads what takes longer than it may.
func TestLoadTime(t *testing.T) {
	t.Parallel()
	var m coreModule
	m.funcs = slices.Repeat([]coreFunc{{code: join(bytes.Repeat(join(get(0), i64c(1), 0x7c, set(0)), 8), get(0))}}, 100_000)
	wasm := m.component()
	rt := newRuntime(t, component.Config{Limits: component.Limits{LoadTime: brief}})
	if _, err := rt.Load(context.Background(), wasm, describe(t, wasm)); !errors.As(err, new(*component.LoadTimeError)) {
		t.Errorf("loading ends with %v", err)
	}
}

// TestLoadTimeDoesNotWait ends the wait for what cannot be interrupted: that comes to
// its end behind it, and what it made is closed.
func TestLoadTimeDoesNotWait(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), hungryGuest().component())
	ctx, cancel := context.WithCancelCause(t.Context())
	goOn, done := make(chan struct{}), make(chan struct{})
	_, err := component.InTime(ctx, func() { close(done) }, func() (*component.Factory, error) {
		cancel(&component.LoadTimeError{Limit: brief})
		<-goOn
		return f, nil
	})
	if !errors.As(err, new(*component.LoadTimeError)) {
		t.Errorf("loading ends with %v", err)
	}
	close(goOn)
	<-done
	if _, err := tryStart(f, noTick); !errors.Is(err, component.ErrClosed) {
		t.Errorf("what was made too late is not closed: %v", err)
	}
}

// late is a context whose time is over and whose timer has not fired: it does as
// soon as someone looks at the clock.
type late struct {
	context.Context
	done chan struct{}
}

func (l late) Deadline() (time.Time, bool) {
	close(l.done)
	return time.Now().Add(-time.Second), true
}

func (l late) Done() <-chan struct{} { return l.done }

func (l late) Err() error { return context.DeadlineExceeded }

// TestLoadTimeLateTimer refuses what was made too late on a machine so busy that
// the timer comes later still, and closes it.
func TestLoadTimeLateTimer(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	wasm := hungryGuest().component()
	f := load(t, rt, wasm)
	got, err := component.InTime(late{t.Context(), make(chan struct{})}, func() {}, func() (*component.Factory, error) { return f, nil })
	if got != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("made too late: %v, %v", got, err)
	}
	if _, err := tryStart(f, noTick); !errors.Is(err, component.ErrClosed) {
		t.Errorf("what was made too late is not closed: %v", err)
	}
}

// TestCompileBombs refuses small components of which the engine's compiler would
// make much, whether what it has to keep track of lies in locals or on the stack.
func TestCompileBombs(t *testing.T) {
	t.Parallel()
	const n = 3000
	locals := coreFunc{name: "go", locals: n}
	for i := range n {
		locals.code = join(locals.code, 0x03, 0x40, get(1+i), i64c(1), 0x7c, set(1+(i*7)%n), get(0), 0x50, 0x0d, 0, 0x0b)
	}
	locals.code = join(locals.code, get(0))
	stack := coreFunc{name: "go", code: join(
		bytes.Repeat(join(get(0), callFn(0)), n),
		bytes.Repeat(join(0x03, 0x40, get(0), 0x50, 0x0d, 0, 0x0b), n),
		bytes.Repeat([]byte{0x7c}, n-1))}
	rt := newRuntime(t, component.Config{})
	for name, f := range map[string]coreFunc{"locals": locals, "stack": stack} {
		wasm := (&coreModule{funcs: []coreFunc{f}}).component()
		_, err := rt.Load(context.Background(), wasm, describe(t, wasm))
		limit, ok := errors.AsType[*component.LimitError](err)
		if !ok || limit.Field() != "Complexity" {
			t.Errorf("%s: %d bytes: %v", name, len(wasm), err)
		}
		t.Log(len(wasm), err)
	}
}
