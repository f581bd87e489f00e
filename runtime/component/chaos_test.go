package component_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

var chaos = flag.Duration("chaos", time.Second, "how long TestChaos goes on")

// A mob is a component and what is called of it at random.
type mob struct {
	f     *component.Factory
	pool  *component.Pool
	fns   []string
	hosts []any

	// Of one whose instances can begin where a snapshot was taken.
	snapshot *component.Snapshot
	begin    func(context.Context, *component.Instance) error
}

// A mayhem is what TestChaos runs, and its books.
type mayhem struct {
	rt   *component.Runtime
	mobs []mob

	begun, done, failed, trapped atomic.Int64
	loads                        atomic.Int64
	near                         atomic.Int64
}

// TestChaos loads, spawns, calls, traps, cancels and closes at random from many
// goroutines, in pools and without, guests by hand and of toolchains. It does so
// in rounds: after each the counts balance, and the process has no more memory
// and goroutines than after the first. When all is over nothing is left.
func TestChaos(t *testing.T) { // not parallel: it looks at the whole process
	const rounds = 5
	m := newMayhem(t)
	var first state
	for round := range rounds {
		end := time.Now().Add(*chaos / rounds)
		var all sync.WaitGroup
		for g := range uint64(12) {
			r := rand.New(rand.NewPCG(uint64(round), g))
			all.Go(func() {
				for time.Now().Before(end) {
					m.once(t, r)
				}
			})
		}
		all.Wait()
		m.balance(t)
		if now := lookAtProcess(t); round == 0 {
			first = now
		} else {
			now.compare(t, first)
		}
	}
	for i, mob := range m.mobs {
		mustClose(t, mob.pool)
		s := mob.pool.Stats()
		if s.InUse != 0 || s.Waiting != 0 || s.Ready != 0 || s.Made != s.Closed || s.Made+s.Reset == 0 {
			t.Errorf("pool %d: %+v", i, s)
		}
		t.Logf("pool %d: %+v", i, s)
	}
	t.Logf("%d done, %d trapped, %d refused or cancelled; loaded %d times, told of %d limits",
		m.done.Load(), m.trapped.Load(), m.failed.Load(), m.loads.Load(), m.near.Load())
	if u := m.rt.Usage(); u.Instances.Used != 0 || u.Memory.Used != 0 || m.rt.Instances() != 0 {
		t.Errorf("left: %+v, %d instances", u, m.rt.Instances())
	}
}

func newMayhem(t *testing.T) *mayhem {
	t.Helper()
	m := &mayhem{}
	m.rt = newRuntime(t, component.Config{
		Limits: component.Limits{CallTime: 20 * time.Millisecond, Memory: 8 << 20, TableElements: 10_000},
		Host:   component.HostLimits{Memory: 256 << 20, Instances: 100},
		Near:   func(component.Near) { m.near.Add(1) },
	})
	host := []any{component.DynamicHost(func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
		if args[0].(uint64)%7 == 0 {
			return nil, errors.New("the host fails")
		}
		return args[0], nil
	})}
	add := func(wasm []byte, hosts []any, o component.PoolOptions, fns ...string) {
		f := load(t, m.rt, wasm)
		o.Options = []component.Option{tickGrant}
		m.mobs = append(m.mobs, mob{f: f, pool: f.Pool(o), fns: fns, hosts: hosts})
	}
	add(counterGuest().component(), host, component.PoolOptions{Min: 2, Max: 6, Idle: 3 * time.Millisecond, TenantMax: 3}, "keep", "ask", "die", "keep")
	add(hungryGuest().component(), host, component.PoolOptions{Max: 4, TenantQueue: 2}, "spin", "nest", "fan", "table", "memory", "down")
	var grown *component.World
	growByTwo := func(ctx context.Context, in *component.Instance) error { // to three pages
		_, err := named(in, grown).call(ctx, "grow", uint64(2))
		return err
	}
	wasm := growerGuest(120).component()
	grown = describe(t, wasm)
	add(wasm, host, component.PoolOptions{Min: 1, Max: 4, Idle: 3 * time.Millisecond, Init: growByTwo}, "grow", "poke", "peek", "ask", "die", "grow", "poke")
	grower := &m.mobs[len(m.mobs)-1]
	grower.begin = growByTwo
	var err error
	if grower.snapshot, err = grower.f.NewSnapshot(context.Background(), growByTwo); err != nil {
		t.Fatal(err)
	}
	add(guest(t, "hostile-c"), nil, component.PoolOptions{Max: 4}, "ok", "work", "recurse", "grow", "hoard", "swell", "churn", "pile", "tree", "fill")
	add(guest(t, "hostile-rust"), nil, component.PoolOptions{Min: 1, Max: 4}, "ok", "work", "recurse", "grow", "hoard", "swell", "churn", "copy")
	return m
}

// once does one thing to one of the mobs.
func (m *mayhem) once(t *testing.T, r *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+r.IntN(10_000))*time.Microsecond)
	defer cancel()
	b := &m.mobs[r.IntN(len(m.mobs))]
	m.begun.Add(1)
	var err error
	switch n := r.IntN(100); {
	case n == 0:
		err = m.load(ctx)
	case n < 5 && b.begin != nil: // a pool that comes and goes
		pool := b.f.Pool(component.PoolOptions{Min: 2, Init: b.begin, Options: []component.Option{tickGrant}})
		closing := async(func() error { return pool.Close(context.Background()) })
		err = pool.Do(ctx, b.hosts, func(in *component.Instance) error { return b.work(ctx, t, r, in, true) })
		if e := await(t, "the pool closes", closing); e != nil {
			t.Error(e)
		}
	case n < 50:
		err = b.pool.Do(ctx, b.hosts, func(in *component.Instance) error { return b.work(ctx, t, r, in, true) },
			component.WithSubject(fmt.Sprint("tenant ", r.IntN(5))))
	default:
		opts := []component.Option{tickGrant}
		begun := b.snapshot != nil && r.IntN(2) == 0
		if begun {
			opts = append(opts, component.WithSnapshot(b.snapshot))
		}
		in, e := b.f.New(ctx, b.hosts, opts...)
		if err = e; e != nil {
			break
		}
		err = b.work(ctx, t, r, in, begun)
		if e := in.Close(context.Background()); e != nil {
			t.Error(e)
		}
	}
	switch {
	case err == nil:
		m.done.Add(1)
	case errors.As(err, new(*component.Trap)):
		m.trapped.Add(1)
	default:
		m.failed.Add(1)
	}
}

// load loads a component, as far as it comes.
func (m *mayhem) load(ctx context.Context) error {
	m.loads.Add(1)
	wasm := hungryGuest().component()
	d, err := component.Describe(wasm)
	if err != nil {
		return err
	}
	f, err := m.rt.Load(ctx, wasm, component.DynamicWorld("test:test/own", d))
	if err != nil {
		return err
	}
	return f.Close(context.Background())
}

// work calls some functions of an instance, which may be closed meanwhile. begun
// tells that it began where a snapshot was taken, if there is one.
func (b *mob) work(ctx context.Context, t *testing.T, r *rand.Rand, in *component.Instance, begun bool) error {
	p := named(in, b.f.World())
	if begun && b.snapshot != nil {
		switch v, err := p.call(ctx, "grow", uint64(0)); {
		case err != nil:
			return err
		case v != uint64(3):
			t.Errorf("it begins with %v pages", v)
		}
	}
	var closing sync.WaitGroup
	if r.IntN(4) == 0 {
		closing.Go(func() { _ = in.Close(ctx) })
	}
	defer closing.Wait()
	for range 1 + r.IntN(4) {
		fn := p.funcs[b.fns[r.IntN(len(b.fns))]]
		var args []abi.Value
		for range fn.Type().Params {
			if b.hosts == nil {
				args = append(args, uint32(r.IntN(50)))
			} else {
				args = append(args, uint64(r.IntN(50)))
			}
		}
		if _, err := fn.Call(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// balance holds the books together while nothing is being done.
func (m *mayhem) balance(t *testing.T) {
	t.Helper()
	if begun, ended := m.begun.Load(), m.done.Load()+m.trapped.Load()+m.failed.Load(); begun != ended {
		t.Errorf("%d things were begun, %d ended", begun, ended)
	}
	// The pools fill up and drain by themselves.
	made, ready := 0, 0
	defer func() {
		if t.Failed() {
			t.Logf("made %d, ready %d, instances %d, usage %+v", made, ready, m.rt.Instances(), m.rt.Usage())
			for _, b := range m.mobs {
				t.Logf("%d instances, pool %+v", b.f.Instances(), b.pool.Stats())
			}
		}
	}()
	until(t, "there is an instance for each that a pool has ready", func() bool {
		made, ready = 0, 0
		for _, b := range m.mobs {
			s := b.pool.Stats()
			if s.InUse != 0 || s.Waiting != 0 {
				t.Fatalf("a pool is at work still: %+v", s)
			}
			made, ready = made+int(s.Made-s.Closed), ready+s.Ready
		}
		return made == ready && m.rt.Instances() == ready && m.rt.Usage().Instances.Used == uint64(ready)
	})
}

// A state is what the process has after a round.
type state struct {
	heap, resident uint64
	goroutines     int
}

func lookAtProcess(t *testing.T) state {
	t.Helper()
	s := state{resident: resident(t), goroutines: runtime.NumGoroutine()}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s.heap = mem.HeapAlloc
	return s
}

// compare holds the process to what it had after the first round.
func (s state) compare(t *testing.T, first state) {
	t.Helper()
	t.Logf("heap %d KiB, resident %d MiB, %d goroutines", s.heap>>10, s.resident>>20, s.goroutines)
	slack := uint64(memorySlack)
	if raceDetector {
		slack *= 4 // it keeps some 20 MiB a minute of its own, where without it there is no growth
	}
	if s.heap > first.heap+8<<20 || s.resident > first.resident+slack || s.goroutines > first.goroutines+8 {
		t.Errorf("the process has %+v, after the first round it had %+v", s, first)
	}
}
