package component_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A runaway is an export of the guest runaway that ends for no reason of its own.
type runaway struct {
	fn   string
	args []abi.Value
}

// grow ends by itself where memory is bounded; its caller takes the bound into
// account.
var runaways = []runaway{
	{"spin", nil},
	{"tree", []abi.Value{uint32(60)}},
	{"fill", nil},
}

// brief is a deadline that a test may wait for.
const brief = 30 * time.Millisecond

// probe takes one turn after another while garbage is collected without end, and
// waits for done: it fails the test where a guest keeps the process from either.
// It logs the longest pause between two turns.
func probe(t *testing.T, done <-chan error) error {
	t.Helper()
	const pace = 200 * time.Microsecond // so that it asks for little of a lone processor
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		collections := 0
		for {
			select {
			case <-stop:
				stopped <- collections
				return
			default:
				runtime.GC()
				collections++
				notePeak()
				time.Sleep(pace) // as a program that collects now and then: what is measured is beside it
			}
		}
	}()
	turns, longest, own := 0, time.Duration(0), time.Duration(0)
	defer func() {
		close(stop)
		t.Logf("longest pause: %v (%v of processor time), of %d turns beside %d collections", longest, own, turns, <-stopped)
	}()
	for started := time.Now(); ; turns++ {
		began, had := time.Now(), processorTime()
		time.Sleep(pace) // what is measured is how late it wakes
		turn := make(chan struct{})
		go close(turn)
		<-turn
		d := time.Since(began) - pace
		// On a machine that others use as well, a pause can be theirs: of processor
		// time, which all our threads have, there is then less than of time.
		own = max(own, (processorTime()-had)/time.Duration(runtime.GOMAXPROCS(0))-pace)
		longest = max(longest, d)
		if d > 5*time.Second && (own > time.Second || had == 0) { // else the machine stood still
			t.Errorf("a goroutine took %v", d)
		}
		select {
		case err := <-done:
			return err
		default:
		}
		if time.Since(started) > patience {
			t.Fatal("the call has not ended")
		}
	}
}

// An ending is a way to end a call that would run for ever.
type ending struct {
	name string
	opts []component.Option
	// end ends the call of p from outside, where that is how it ends.
	end  func(p *plugin, cancel context.CancelFunc)
	ctx  func() (context.Context, context.CancelFunc)
	want func(t *testing.T, err error)
}

var errChangedMind = errors.New("changed my mind")

func wantIs(target error) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		wantTrap(t, err, "")
		if !errors.Is(err, target) {
			t.Errorf("the call ended with %v, want %v", err, target)
		}
	}
}

func cancellable() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

var endings = []ending{
	{
		name: "deadline",
		ctx:  func() (context.Context, context.CancelFunc) { return context.WithTimeout(context.Background(), brief) },
		want: wantIs(context.DeadlineExceeded),
	},
	{
		name: "cancel",
		ctx:  cancellable,
		end:  func(_ *plugin, cancel context.CancelFunc) { cancel() },
		want: wantIs(context.Canceled),
	},
	{
		name: "cause",
		ctx: func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(context.Background())
			return ctx, func() { cancel(errChangedMind) }
		},
		end:  func(_ *plugin, cancel context.CancelFunc) { cancel() },
		want: wantIs(errChangedMind),
	},
	{
		name: "call time",
		opts: []component.Option{component.WithLimits(component.Limits{CallTime: brief})},
		ctx:  cancellable,
		want: func(t *testing.T, err error) {
			t.Helper()
			var limit *component.TimeLimitError
			if !errors.As(err, &limit) || limit.Limit != brief || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the call ended with %v, want a *TimeLimitError", err)
			}
		},
	},
	{
		name: "fuel",
		opts: []component.Option{component.WithLimits(component.Limits{Fuel: 1_000_000})},
		ctx:  cancellable,
		want: func(t *testing.T, err error) {
			t.Helper()
			var out *component.OutOfFuelError
			if !errors.As(err, &out) || out.Limit != 1_000_000 || out.Used < out.Limit || out.Used >= 2*out.Limit {
				t.Errorf("the call ended with %v (%+v), want an *OutOfFuelError", err, out)
			}
		},
	},
	{
		name: "close",
		ctx:  cancellable,
		end:  func(p *plugin, _ context.CancelFunc) { _ = p.Close(context.Background()) },
		want: wantIs(component.ErrClosed),
	},
}

// TestRunaways ends each runaway in each way while collections and other
// goroutines go on.
func TestRunaways(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		endRunaways(t, cfg, runaways, endings)
	})
}

// TestRunawaysOnOneProcessor is not parallel: it is alone with the processor.
func TestRunawaysOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	endRunaways(t, component.Config{}, runaways[:1], endings)
}

func endRunaways(t *testing.T, cfg component.Config, runaways []runaway, endings []ending) {
	t.Helper()
	f := load(t, newRuntime(t, cfg), guest(t, "runaway"))
	for _, r := range runaways {
		for _, e := range endings {
			t.Run(r.fn+"/"+e.name, func(t *testing.T) {
				var p *plugin
				err := entered(t, func() error {
					q := start(t, f, nil, e.opts...)
					p = q
					ctx, cancel := e.ctx()
					defer cancel()
					done := async(func() error {
						_, err := q.funcs[r.fn].Call(ctx, r.args...)
						return err
					})
					if e.end != nil {
						until(t, "the call is entered", func() bool { return component.Entered(q.Instance) })
						defer time.AfterFunc(brief, func() { e.end(q, cancel) }).Stop()
					}
					return probe(t, done)
				})
				e.want(t, err)
				if _, err := p.call(context.Background(), "ok", uint32(1)); err == nil {
					t.Error("the instance takes calls after it was interrupted")
				}
				if err := p.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestRecurseDeadline ends a recursion at whichever comes first, its deadline
// or the end of its stack.
func TestRecurseDeadline(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		p := run(t, cfg, guest(t, "runaway"), nil)
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err := p.call(ctx, "recurse")
		var deep *component.TooDeepError
		if !errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &deep) {
			t.Errorf("recurse ended with %v", err)
		}
	})
}

// TestGrow bounds memory by the runtime's limit and time by the deadline.
func TestGrow(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		cfg.Limits.Memory = 100 * 65536
		f := load(t, newRuntime(t, cfg), guest(t, "runaway"))
		if v := start(t, f, nil).must(t, "grow"); v != uint32(100) {
			t.Errorf("the guest grew its memory to %v pages, the limit is 100", v)
		}
		p := start(t, f, nil, component.WithLimits(component.Limits{Fuel: 50_000}))
		_, err := p.call(context.Background(), "grow")
		var out *component.OutOfFuelError
		if !errors.As(err, &out) {
			t.Errorf("growing ended with %v, want out of fuel", err)
		}
	})
}

// TestEndedContext refuses a call whose context has ended before it, and leaves
// the instance as it was.
func TestEndedContext(t *testing.T) {
	t.Parallel()
	p := run(t, component.Config{}, guest(t, "runaway"), nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.funcs["ok"].Call(ctx, uint32(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if v := p.must(t, "ok", uint32(1)); v != uint32(2) {
		t.Errorf("ok = %v afterwards", v)
	}
}

// TestLimitsAreForEachCall gives every call its fuel and its time anew.
func TestLimitsAreForEachCall(t *testing.T) {
	t.Parallel()
	limits := component.WithLimits(component.Limits{Fuel: 300_000, CallTime: time.Hour})
	p := run(t, component.Config{}, guest(t, "runaway"), nil, limits)
	for range 20 {
		p.must(t, "tree", uint32(11)) // about a third of the limit
	}
}

// TestUnmetered runs a trusted guest without interruption compiled in.
func TestUnmetered(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "runaway")
	f, err := newRuntime(t, component.Config{}).Load(context.Background(), wasm, describe(t, wasm), component.Unmetered())
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, f, nil, component.WithLimits(component.Limits{Fuel: 1}))
	if v := p.must(t, "tree", uint32(10)); v != uint64(2047) {
		t.Errorf("tree = %v", v)
	}
	_, err = p.call(context.Background(), "trap")
	if trap := wantTrap(t, err, "unreachable"); len(trap.Frames) != 3 || trap.Frames[0].Offset != 0x1c7 {
		t.Errorf("the stack is %v", trap.Frames)
	}
}
