package component_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A greed is how a guest that a compiler made takes all that it can of
// something, and how that ends.
type greed struct {
	fn     string
	arg    abi.Value // nil for none
	limits component.Limits
	// ends is a nil pointer of the error's type, and nil where the function ends
	// by itself since what it wants is refused.
	ends error
	of   string // of a *component.LimitError
}

// greedLimit is how much memory a greedy guest may have.
const greedLimit = 64 << 20

var (
	inTime   = component.Limits{Memory: greedLimit, CallTime: brief}
	patient  = component.Limits{Memory: greedLimit, CallTime: patience}
	slow     = (*component.TimeLimitError)(nil)
	tooDeep  = (*component.TooDeepError)(nil)
	noMemory = (*component.LimitError)(nil)

	greeds = []greed{
		{fn: "spin", limits: inTime, ends: slow},
		{fn: "work", limits: inTime, ends: slow},
		{fn: "tree", arg: uint32(60), limits: inTime, ends: slow},
		{fn: "churn", limits: inTime, ends: slow},
		{fn: "fill", limits: inTime, ends: slow},
		{fn: "copy", limits: inTime, ends: slow},
		{fn: "recurse", limits: patient, ends: tooDeep},
		{fn: "grow", limits: patient},
		{fn: "hoard", limits: patient, ends: noMemory, of: "bytes of memory"},
		{fn: "swell", limits: patient, ends: noMemory, of: "bytes of memory"},
		{fn: "pile", arg: uint32(1000), limits: patient},
	}
)

// TestRunawayToolchains has guests in C and Rust do their worst beside a probe,
// on one processor and on many. The process's memory stays bounded all along.
func TestRunawayToolchains(t *testing.T) {
	for _, processors := range []int{1, runtime.NumCPU()} {
		for _, name := range []string{"hostile-c", "hostile-rust"} {
			t.Run(fmt.Sprintf("%s/processors=%d", name, processors), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				f := load(t, newRuntime(t, component.Config{Host: component.HostLimits{KeepMemory: 1 << 20}}), guest(t, name))
				memory := watchMemory(t)
				for _, g := range greeds {
					t.Run(g.fn, func(t *testing.T) { g.indulge(t, f) })
				}
				memory.stays(t, greedLimit)
			})
		}
	}
}

// indulge lets the guest go on until it ends.
func (g *greed) indulge(t *testing.T, f *component.Factory) {
	p := start(t, f, nil, component.WithLimits(g.limits))
	defer mustClose(t, p)
	fn, ok := p.funcs[g.fn]
	if !ok {
		t.Skip("not in this language") // the guests in C and in Rust do not have quite the same tricks
	}
	var args []abi.Value
	if g.arg != nil {
		args = append(args, g.arg)
	}
	began := time.Now()
	var took time.Duration
	err := probe(t, async(func() error {
		_, err := fn.Call(context.Background(), args...)
		took = time.Since(began)
		return err
	}))
	switch {
	case g.ends == nil && err == nil:
	case g.ends == nil || err == nil || !hasType(err, g.ends):
		t.Fatalf("it ends with %v, want a %T", err, g.ends)
	case len(wantTrap(t, err, "").Frames) == 0:
		t.Errorf("the trap has no stack: %v", err)
	}
	if limit, ok := errors.AsType[*component.LimitError](err); ok && limit.Of != g.of {
		t.Errorf("it ends with %+v, want one of %s", limit, g.of)
	}
	if g.limits.CallTime == brief {
		t.Logf("it ends %v after its limit", took-brief)
	}
	if p.Trapped() == nil {
		p.must(t, "ok", uint32(1))
	}
}

// TestRunawayToolchainInstances makes ten thousand instances of a guest with a
// stack and a heap, each of which works a little.
func TestRunawayToolchainInstances(t *testing.T) {
	most := 10_000
	if raceDetector {
		most = 2_000
	}
	rt := newRuntime(t, component.Config{Host: component.HostLimits{Instances: uint64(most)}})
	f := load(t, rt, guest(t, "hostile-c"))
	memory := watchMemory(t)
	done := async(func() error {
		for range most + 1 {
			p, err := tryStart(f, nil)
			if err != nil {
				return err
			}
			if _, err := p.funcs["ok"].Call(context.Background(), uint32(1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := probe(t, done); !hasType(err, (*component.LimitError)(nil)) {
		t.Errorf("one instance too many: %v", err)
	}
	memory.stays(t, uint64(most)*(100<<10))
	closing := async(func() error { return f.Close(context.Background()) })
	if err := probe(t, closing); err != nil {
		t.Error(err)
	}
	memory.stays(t, 100<<20)
}

// A memoryWatch knows how much memory the process had.
type memoryWatch struct{ before uint64 }

// memorySlack is what the process may take besides: the collector lets garbage
// lie for a while.
const memorySlack = 128 << 20

func watchMemory(t *testing.T) memoryWatch {
	t.Helper()
	peakMemory.Store(0)
	return memoryWatch{resident(t)}
}

// peakMemory is the most that the process was seen to have, since it was looked
// at.
var peakMemory atomic.Uint64

func notePeak() {
	now, _ := residentNow()
	for {
		if most := peakMemory.Load(); now <= most || peakMemory.CompareAndSwap(most, now) {
			return
		}
	}
}

// stays holds the process to what it had, and some more.
func (w memoryWatch) stays(t *testing.T, more uint64) {
	t.Helper()
	peak, now := max(peakMemory.Swap(0), w.before), resident(t)
	if raceDetector {
		more *= 4 // it shadows what it watches
	}
	t.Logf("resident memory: %d MiB, before it %d MiB, %d MiB at most", now>>20, w.before>>20, peak>>20)
	if most := w.before + more + memorySlack; now > most || peak > most {
		t.Errorf("the process grew from %d to %d MiB, and had %d MiB meanwhile", w.before>>20, now>>20, peak>>20)
	}
}

// resident is how much memory the process has, when what it can do without is
// given back.
func resident(t *testing.T) uint64 {
	t.Helper()
	debug.FreeOSMemory()
	n, err := residentNow()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// residentNow is how much memory the process has. Where that cannot be told it is
// always the same.
func residentNow() (uint64, error) {
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, nil
	}
	pages, err := strconv.ParseUint(strings.Fields(string(stat))[1], 10, 64)
	return pages * uint64(os.Getpagesize()), err
}

// deepFrames is how many frames of a deep stack are kept.
const deepFrames = 29

// TestTypedTraps ends guests of real toolchains in each of the four ways in
// which the meter ends them: the error says what was used, which limit it was,
// and by names where the guest was.
func TestTypedTraps(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hostile-c", "hostile-rust"} {
		for _, interpreter := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/interpreter=%t", name, interpreter), func(t *testing.T) {
				t.Parallel()
				wasm := guest(t, name)
				f := load(t, newRuntime(t, component.Config{Interpreter: interpreter}), wasm)
				limits := component.WithLimits(component.Limits{Fuel: 3_000_000, Depth: 1_000})
				ends := func(fn, inner string, call func(p *plugin) error, opts ...component.Option) error {
					t.Helper()
					err := entered(t, func() error { return call(start(t, f, nil, opts...)) })
					frames := wantTrap(t, err, "").Frames
					if len(frames) == 0 {
						t.Fatalf("%s: no stack: %v", fn, err)
					}
					for i, fr := range frames {
						outermost := i == len(frames)-1
						if !strings.Contains(fr.Func, inner) && (fr.Func != fn || !outermost) || outermost && fr.Func != fn && len(frames) < deepFrames {
							t.Errorf("%s: frame %d of %d is in %s", fn, i, len(frames), fr.Func)
						}
						if fr.Offset == 0 || fr.Offset >= len(wasm) {
							t.Errorf("%s: %+v is not in the file", fn, fr)
						}
					}
					return err
				}
				work := func(ctx context.Context) func(*plugin) error {
					return func(p *plugin) error { _, err := p.funcs["work"].Call(ctx); return err }
				}

				err := ends("work", "collatz", work(context.Background()), limits)
				if e, ok := errors.AsType[*component.OutOfFuelError](err); !ok || e.Limit != 3_000_000 || e.Used < e.Limit || e.Used > e.Limit+1_000 {
					t.Errorf("out of fuel: %+v", err)
				}
				err = ends("recurse", "deeper", func(p *plugin) error { _, err := p.call(context.Background(), "recurse"); return err }, limits)
				if e, ok := errors.AsType[*component.TooDeepError](err); !ok || e.Limit != 1_000 || e.Fuel == 0 || e.Fuel > 3_000_000 {
					t.Errorf("too deep: %+v", err)
				}
				deadline := time.Now().Add(brief)
				err = ends("work", "collatz", func(p *plugin) error {
					deadline = time.Now().Add(brief)
					ctx, cancel := context.WithDeadline(context.Background(), deadline)
					defer cancel()
					return work(ctx)(p)
				})
				if e, ok := errors.AsType[*component.DeadlineError](err); !ok || !e.Deadline.Equal(deadline) || e.Fuel == 0 || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("deadline: %+v", err)
				}
				err = ends("work", "collatz", func(p *plugin) error {
					ctx, cancel := context.WithCancelCause(context.Background())
					done := async(func() error { return work(ctx)(p) })
					until(t, "it works", func() bool { return component.Entered(p.Instance) })
					time.AfterFunc(brief/3, func() { cancel(errChangedMind) })
					return await(t, "the call", done)
				})
				if e, ok := errors.AsType[*component.CancelledError](err); !ok || e.Cause != errChangedMind || e.Fuel == 0 {
					t.Errorf("cancelled: %+v", err)
				}
			})
		}
	}
}
