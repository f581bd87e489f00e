package component_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

var chaos = flag.Duration("chaos", time.Second, "how long TestChaos goes on")

// TestChaos spawns, calls, traps, cancels and closes at random from many
// goroutines, in pools and without. When all is over nothing is left.
func TestChaos(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{
		Limits: component.Limits{CallTime: 20 * time.Millisecond, Memory: 8 << 20},
		Host:   component.HostLimits{Memory: 256 << 20, Instances: 100},
	})
	calm := load(t, rt, counterGuest().component())
	hungry := load(t, rt, hungryGuest().component())
	grower := load(t, rt, growerGuest(120).component())
	begin := func(ctx context.Context, in *component.Instance) error {
		_, err := named(in, grower.World()).call(ctx, "grow", uint64(2))
		return err
	}
	snapshot, err := grower.NewSnapshot(context.Background(), begin)
	if err != nil {
		t.Fatal(err)
	}
	pools := []*component.Pool{
		calm.Pool(component.PoolOptions{Min: 2, Max: 6, Idle: 3 * time.Millisecond, TenantMax: 3, Options: []component.Option{tickGrant}}),
		hungry.Pool(component.PoolOptions{Max: 4, TenantQueue: 2, Options: []component.Option{tickGrant}}),
		grower.Pool(component.PoolOptions{Min: 1, Max: 4, Idle: 3 * time.Millisecond, Init: begin, Options: []component.Option{tickGrant}}),
	}
	var done, failed, trapped atomic.Int64
	end := time.Now().Add(*chaos)
	var all sync.WaitGroup
	for g := range uint64(12) {
		all.Go(func() {
			r := rand.New(rand.NewPCG(3, g))
			for time.Now().Before(end) {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+r.IntN(10_000))*time.Microsecond)
				f, pool, fns := calm, pools[0], []string{"keep", "ask", "die", "keep"}
				var opts []component.Option
				switch r.IntN(4) {
				case 0:
					f, pool, fns = hungry, pools[1], []string{"spin", "nest", "fan", "table", "memory", "down"}
				case 1:
					f, pool, fns = grower, pools[2], []string{"grow", "poke", "peek", "ask", "die", "grow", "poke"}
					if r.IntN(2) == 0 {
						opts = append(opts, component.WithSnapshot(snapshot))
					}
					if r.IntN(10) == 0 { // one that comes and goes meanwhile
						pool = f.Pool(component.PoolOptions{Min: 2, Init: begin, Options: []component.Option{tickGrant}})
						all.Go(func() { mustClose(t, pool) })
					}
				}
				host := []any{component.DynamicHost(func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
					if args[0].(uint64)%7 == 0 {
						return nil, errors.New("the host fails")
					}
					return args[0], nil
				})}
				closes, pooled := r.IntN(4) == 0, r.IntN(2) == 0
				work := func(in *component.Instance) error {
					p := named(in, f.World())
					if f == grower && (opts != nil || pooled) {
						if v, err := p.call(ctx, "grow", uint64(0)); err != nil {
							return err
						} else if v != uint64(3) {
							t.Errorf("it begins with %v pages", v)
						}
					}
					var closing sync.WaitGroup
					if closes {
						closing.Go(func() { _ = in.Close(ctx) })
					}
					defer closing.Wait()
					for range 1 + r.IntN(4) {
						if _, err := p.call(ctx, fns[r.IntN(len(fns))], uint64(r.IntN(50))); err != nil {
							return err
						}
					}
					return nil
				}
				var err error
				if pooled {
					err = pool.Do(ctx, host, work, component.WithSubject(fmt.Sprint("tenant ", r.IntN(5))))
				} else if in, e := f.New(ctx, host, append(opts, tickGrant)...); e != nil {
					err = e
				} else {
					err = work(in)
					if e := in.Close(context.Background()); e != nil {
						t.Error(e)
					}
				}
				switch {
				case err == nil:
					done.Add(1)
				case errors.As(err, new(*component.Trap)):
					trapped.Add(1)
				default:
					failed.Add(1)
				}
				cancel()
			}
		})
	}
	all.Wait()
	for i, p := range pools {
		s := p.Stats()
		if mustClose(t, p); s.InUse != 0 || s.Waiting != 0 || s.Made+s.Reset == 0 {
			t.Errorf("pool %d: %+v", i, s)
		}
		t.Logf("pool %d: %+v", i, s)
	}
	t.Logf("%d done, %d trapped, %d refused or cancelled", done.Load(), trapped.Load(), failed.Load())
	if u := rt.Usage(); u.Instances.Used != 0 || u.Memory.Used != 0 || rt.Instances() != 0 {
		t.Errorf("left: %+v, %d instances", u, rt.Instances())
	}
}
