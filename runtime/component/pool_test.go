package component_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// A counter is a guest that keeps what it was told: "keep" stores its argument
// and answers what it had, "ask" calls tick, "die" traps.
func counterGuest() *coreModule {
	return &coreModule{
		memory:  join(1, 1, 1),
		globals: [][]byte{join(0x7e, 1, i64c(7), 0x0b)},
		funcs: []coreFunc{
			{name: "keep", code: join(0x23, 0, get(0), 0x24, 0, i32c(64), get(0), 0x37, 3, 0)},
			{name: "ask", code: join(get(0), callFn(0))},
			{name: "die", code: join(0x00)},
		},
	}
}

func counterPool(t *testing.T, o component.PoolOptions) (*component.Factory, *component.Pool) {
	t.Helper()
	f := load(t, newRuntime(t, component.Config{}), counterGuest().component())
	o.Options = append(o.Options, tickGrant)
	return f, f.Pool(o)
}

// answering gives tick that answer.
func answering(v uint64) []any {
	return []any{component.DynamicHost(func(context.Context, string, []abi.Value) (abi.Value, error) { return v, nil })}
}

func do(t *testing.T, p *component.Pool, f *component.Factory, host uint64, work func(*plugin), opts ...component.Option) {
	t.Helper()
	err := p.Do(context.Background(), answering(host), func(in *component.Instance) error {
		work(named(in, f.World()))
		return nil
	}, opts...)
	if err != nil {
		t.Fatal(err)
	}
}

// TestPoolGivesEachWorkItsOwn has tenants work one after another: each finds a
// new instance, its own imports and its own grants.
func TestPoolGivesEachWorkItsOwn(t *testing.T) {
	t.Parallel()
	f, pool := counterPool(t, component.PoolOptions{})
	for i := range uint64(10) {
		subject := fmt.Sprint("tenant ", i)
		do(t, pool, f, i, func(p *plugin) {
			if v := p.must(t, "keep", i+100); v != uint64(7) {
				t.Errorf("it finds %v of another", v)
			}
			if v := p.must(t, "ask", i); v != i {
				t.Errorf("%s asked the host of %v", subject, v)
			}
			if p.Subject() != subject {
				t.Errorf("it is called %s", p.Subject())
			}
		}, component.WithSubject(subject))
	}
	if s := pool.Stats(); s.Made != 1 || s.Reset != 10 || s.Ready != 1 || s.InUse != 0 {
		t.Errorf("got %+v", s)
	}
	wantLive(t, f, 1)
	mustClose(t, pool)
	mustClose(t, pool)
	wantLive(t, f, 0)
}

// TestPoolHoldsTenantsToTheirGrants refuses a tenant what another one may.
func TestPoolHoldsTenantsToTheirGrants(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), counterGuest().component())
	pool := f.Pool(component.PoolOptions{})
	for i := range 4 {
		var opts []component.Option
		if i%2 == 0 {
			opts = append(opts, tickGrant)
		}
		err := pool.Do(context.Background(), answering(1), func(in *component.Instance) error {
			_, err := named(in, f.World()).call(context.Background(), "ask", uint64(1))
			return err
		}, opts...)
		if denied := errors.As(err, new(*capability.Denial)); denied != (i%2 == 1) {
			t.Errorf("round %d: %v", i, err)
		}
	}
}

// TestPoolEndsWhatWasKept keeps an instance and its functions beyond the work.
func TestPoolEndsWhatWasKept(t *testing.T) {
	t.Parallel()
	f, pool := counterPool(t, component.PoolOptions{})
	var kept *plugin
	do(t, pool, f, 1, func(p *plugin) { kept = p; p.must(t, "keep", uint64(1)) })
	do(t, pool, f, 1, func(p *plugin) {
		p.must(t, "keep", uint64(2))
		if _, err := kept.call(context.Background(), "keep", uint64(3)); !errors.Is(err, component.ErrClosed) {
			t.Errorf("a function kept beyond its work gives %v", err)
		}
		if _, err := kept.Fuel(context.Background()); !errors.Is(err, component.ErrClosed) {
			t.Errorf("its fuel gives %v", err)
		}
		for i := range f.World().Exports {
			kept.Funcs(i)
		}
		mustClose(t, kept)
		if v := p.must(t, "keep", uint64(2)); v != uint64(2) {
			t.Errorf("the one who has it finds %v", v)
		}
	})
}

// TestPoolGivesUpWhatTrapped throws instances away that trapped, and those whose
// work panics or leaves a call behind.
func TestPoolGivesUpWhatTrapped(t *testing.T) {
	t.Parallel()
	f, pool := counterPool(t, component.PoolOptions{})
	do(t, pool, f, 1, func(p *plugin) {
		_, err := p.call(context.Background(), "die", uint64(1))
		wantTrap(t, err, "unreachable")
	})
	if s := pool.Stats(); s.Closed != 1 || s.Reset != 0 || s.Ready != 0 {
		t.Errorf("after a trap: %+v", s)
	}
	func() {
		defer func() {
			if recover() != "work" {
				t.Error("the panic is lost")
			}
		}()
		_ = pool.Do(context.Background(), answering(1), func(*component.Instance) error { panic("work") })
	}()
	entered, free := make(chan struct{}), make(chan struct{})
	waits := []any{component.DynamicHost(func(ctx context.Context, _ string, _ []abi.Value) (abi.Value, error) {
		close(entered)
		<-ctx.Done()
		close(free)
		return nil, context.Cause(ctx)
	})}
	var left <-chan error
	if err := pool.Do(context.Background(), waits, func(in *component.Instance) error {
		left = async(func() error {
			_, err := named(in, f.World()).call(context.Background(), "ask", uint64(1))
			return err
		})
		await(t, "the import", entered)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	await(t, "the import's end", free)
	if err := await(t, "the call left behind", left); !errors.Is(err, component.ErrClosed) {
		t.Errorf("the call left behind gives %v", err)
	}
	wantLive(t, f, 0)
}

// TestPoolTakesTurns has one tenant with much work and one with little.
func TestPoolTakesTurns(t *testing.T) {
	t.Parallel()
	f, pool := counterPool(t, component.PoolOptions{Max: 1, TenantQueue: 8})
	ctx := context.Background()
	var mu sync.Mutex
	var order []string
	work := func(tenant string) error {
		return pool.Do(ctx, answering(1), func(*component.Instance) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, tenant)
			return nil
		}, component.WithSubject(tenant))
	}
	var all sync.WaitGroup
	do(t, pool, f, 1, func(*plugin) {
		for i, tenant := range []string{"a", "a", "a", "a", "b", "b"} {
			all.Go(func() {
				if err := work(tenant); err != nil {
					t.Error(err)
				}
			})
			until(t, "it waits", func() bool { return pool.Stats().Waiting == i+1 })
		}
		cancelled, cancel := context.WithCancel(ctx)
		gone := async(func() error {
			return pool.Do(cancelled, answering(1), func(*component.Instance) error { return nil }, component.WithSubject("b"))
		})
		until(t, "the one that will go waits", func() bool { return pool.Stats().Waiting == 7 })
		cancel()
		if err := await(t, "the one that goes", gone); !errors.Is(err, context.Canceled) {
			t.Errorf("who does not want to wait any more gets %v", err)
		}
		for range 4 {
			all.Go(func() { _ = work("a") })
		}
		until(t, "the queue is full", func() bool { return pool.Stats().Waiting == 10 })
		var busy *component.BusyError
		if err := work("a"); !errors.As(err, &busy) || busy.Tenant != "a" || busy.Waiting != 8 {
			t.Errorf("beyond the queue: %v", err)
		}
	})
	all.Wait()
	if want := []string{"a", "b", "a", "b", "a", "a", "a", "a", "a", "a"}; !slices.Equal(order, want) {
		t.Errorf("the order is %v, want %v", order, want)
	}
	if s := pool.Stats(); s.Waiting != 0 || s.InUse != 0 || s.Made != 1 {
		t.Errorf("left: %+v", s)
	}
}

// TestPoolBoundsATenant leaves room for others beside one that has all it may.
func TestPoolBoundsATenant(t *testing.T) {
	t.Parallel()
	f, pool := counterPool(t, component.PoolOptions{Max: 3, TenantMax: 2})
	hold := make(chan struct{})
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			_ = pool.Do(context.Background(), answering(1), func(*component.Instance) error { <-hold; return nil }, component.WithSubject("a"))
		})
	}
	until(t, "two are in", func() bool { s := pool.Stats(); return s.InUse == 2 && s.Waiting == 3 })
	do(t, pool, f, 1, func(*plugin) {}, component.WithSubject("b"))
	close(hold)
	all.Wait()
}

// TestPoolKeepsReady has instances made in the background, and closed when
// nobody wants them.
func TestPoolKeepsReady(t *testing.T) {
	t.Parallel()
	f, pool := counterPool(t, component.PoolOptions{Min: 2, Idle: 5 * time.Millisecond})
	until(t, "two are ready", func() bool { return pool.Stats().Ready == 2 })
	var all sync.WaitGroup
	inside, out := make(chan struct{}), make(chan struct{})
	for range 6 {
		all.Go(func() {
			_ = pool.Do(context.Background(), answering(1), func(*component.Instance) error {
				inside <- struct{}{}
				<-out
				return nil
			})
		})
	}
	for range 6 {
		await(t, "work", inside)
	}
	close(out)
	all.Wait()
	until(t, "those beyond the minimum are closed", func() bool { return pool.Stats().Ready == 2 && f.Instances() == 2 })
	mustClose(t, f)
	if err := pool.Do(context.Background(), answering(1), func(*component.Instance) error { return nil }); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a closed pool gives %v", err)
	}
	mustClose(t, pool)
}

// TestPoolOfOneThatCallsToBegin has a component whose start function calls an
// import: each work has an instance of its own.
func TestPoolOfOneThatCallsToBegin(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), handmade(t, "imports-to-begin"))
	pool := f.Pool(component.PoolOptions{Min: 1, Options: []component.Option{tickGrant}})
	for i := range uint64(3) {
		do(t, pool, f, i, func(p *plugin) {
			if v := p.must(t, "begun"); v != i {
				t.Errorf("it began with %v", v)
			}
		})
	}
	if s := pool.Stats(); s.Made != 3 || s.Closed != 3 || s.Reset != 0 {
		t.Errorf("got %+v", s)
	}
}

// TestPoolKnowsManyTenantsGrants gives more tenants their own grants than are
// kept worked out, in turns: each asks for what it may and no more.
func TestPoolKnowsManyTenantsGrants(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), counterGuest().component())
	pool := f.Pool(component.PoolOptions{})
	for round := range 200 {
		tenant := round % 100
		grants := []capability.Grant{{Kind: capability.Filesystem, Action: "read", Resource: fmt.Sprintf("/tenant/%d/**", tenant)}}
		if tenant%2 == 0 {
			grants = append(grants, capability.Grant{Kind: capability.Import, Resource: "tick"})
		}
		err := pool.Do(context.Background(), answering(1), func(in *component.Instance) error {
			if got := in.Guard().Grants(); !slices.Equal(got, grants) {
				t.Errorf("tenant %d has %v", tenant, got)
			}
			_, err := named(in, f.World()).call(context.Background(), "ask", uint64(1))
			return err
		}, component.WithGrants(grants...))
		if denied := errors.As(err, new(*capability.Denial)); denied != (tenant%2 == 1) {
			t.Errorf("tenant %d: %v", tenant, err)
		}
	}
}

// TestPoolKeepsTenantsOptionsApart has tenants work at once whose grants and
// implementations come on top of the pool's: none is given to another one.
func TestPoolKeepsTenantsOptionsApart(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	wasm := counterGuest().component()
	world := describe(t, wasm)
	offered := world.Imports[0]
	world.Imports = nil
	host := func(v uint64) any {
		return component.DynamicHost(func(context.Context, string, []abi.Value) (abi.Value, error) { return v, nil })
	}
	f, err := rt.Load(context.Background(), wasm, world, component.WithProvider(offered, host(1)))
	if err != nil {
		t.Fatal(err)
	}
	var options []component.Option
	for i := range 3 { // one by one, so that there is room behind them
		options = append(options, component.WithGrants(capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: fmt.Sprintf("/%d", i)}))
	}
	pool := f.Pool(component.PoolOptions{Options: append(options, tickGrant, component.WithHost(offered, host(2)), tickGrant)})
	ask := func(want uint64, opts ...component.Option) {
		err := pool.Do(context.Background(), nil, func(in *component.Instance) error {
			if v, err := named(in, f.World()).call(context.Background(), "ask", uint64(0)); err != nil || v != want {
				t.Errorf("asked %v, %v; want %d", v, err, want)
			}
			return nil
		}, opts...)
		if err != nil {
			t.Error(err)
		}
	}
	ask(3, component.WithHost(offered, host(3)))
	ask(2)
	var all sync.WaitGroup
	for tenant := range 4 {
		own := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: fmt.Sprintf("/tenant/%d", tenant)}
		all.Go(func() {
			for range 500 {
				err := pool.Do(context.Background(), nil, func(in *component.Instance) error {
					if got := in.Guard().Grants(); got[len(got)-1] != own {
						t.Errorf("tenant %d has %v", tenant, got)
					}
					return nil
				}, component.WithGrants(own))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// TestPoolQuarantines has work leave a call behind whose import ignores its
// context: its instance is counted, and its memory is nobody else's meanwhile.
func TestPoolQuarantines(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	f := load(t, rt, counterGuest().component())
	pool := f.Pool(component.PoolOptions{Max: 2, Options: []component.Option{tickGrant, component.WithLimits(component.Limits{CloseTime: brief})}})
	entered, free := make(chan struct{}), make(chan struct{})
	ignores := []any{component.DynamicHost(func(context.Context, string, []abi.Value) (abi.Value, error) {
		close(entered)
		<-free
		return uint64(1), nil
	})}
	var left <-chan error
	if err := pool.Do(context.Background(), ignores, func(in *component.Instance) error {
		left = async(func() error {
			_, err := named(in, f.World()).call(context.Background(), "ask", uint64(1))
			return err
		})
		await(t, "the import", entered)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if s, u := pool.Stats(), rt.Usage(); s.Quarantined != 1 || s.Closed != 1 || s.InUse != 0 || u.Quarantined != 1 || u.Instances.Used != 1 {
		t.Errorf("got %+v, %+v", s, u)
	}
	for i := range uint64(5) {
		do(t, pool, f, i, func(p *plugin) { p.must(t, "keep", i) })
	}
	close(free)
	await(t, "the call left behind", left)
	if s, u := pool.Stats(), rt.Usage(); s.Made != 2 || s.Reset != 5 || u.Quarantined != 0 || u.Instances.Used != 1 {
		t.Errorf("got %+v, %+v", s, u)
	}
}
