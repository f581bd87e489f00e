package component_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
)

func kept(t *testing.T, cfg component.Config, o component.PoolOptions) (*component.Runtime, *component.Factory) {
	t.Helper()
	rt := newRuntime(t, cfg)
	wasm := counterGuest().component()
	f, err := rt.Load(context.Background(), wasm, describe(t, wasm), component.WithPool(o))
	if err != nil {
		t.Fatal(err)
	}
	return rt, f
}

func begin(t *testing.T, f *component.Factory) *plugin {
	t.Helper()
	in, err := f.New(context.Background(), answering(1), tickGrant)
	if err != nil {
		t.Fatal(err)
	}
	return named(in, f.World())
}

// TestKeptInstancesAreAsNew has New give one that was used before: nothing of
// that is left, its fuel neither, and what was kept of the old one is refused.
func TestKeptInstancesAreAsNew(t *testing.T) {
	t.Parallel()
	_, f := kept(t, component.Config{}, component.PoolOptions{})
	var first component.InstanceUsage
	for i := range uint64(3) {
		p := begin(t, f)
		if v := p.must(t, "keep", i+100); v != uint64(7) {
			t.Errorf("it finds %v of another", v)
		}
		u, err := p.Usage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = u
		}
		if u != first {
			t.Errorf("round %d uses %+v, the first %+v", i, u, first)
		}
		mustClose(t, p)
		mustClose(t, p)
		if _, err := p.call(context.Background(), "keep", uint64(1)); !errors.Is(err, component.ErrClosed) {
			t.Errorf("one that was closed answers %v", err)
		}
	}
	if s := f.Kept(); s.Made != 1 || s.Reset != 3 || s.Ready != 1 || s.InUse != 0 {
		t.Errorf("got %+v", s)
	}
	mustClose(t, f)
	wantLive(t, f, 0)
}

// TestKeptInstancesThatTrappedAreNot makes the next one anew.
func TestKeptInstancesThatTrappedAreNot(t *testing.T) {
	t.Parallel()
	_, f := kept(t, component.Config{}, component.PoolOptions{})
	p := begin(t, f)
	_, err := p.call(context.Background(), "die", uint64(1))
	wantTrap(t, err, "unreachable")
	mustClose(t, p)
	if s := f.Kept(); s.Closed != 1 || s.Ready != 0 || s.InUse != 0 {
		t.Errorf("got %+v", s)
	}
	wantLive(t, f, 0)
}

// TestKeptInstancesMakeRoom has one component want what another's kept instances
// take of the host's limits, and spares never want it.
func TestKeptInstancesMakeRoom(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]component.HostLimits{
		"instances": {Instances: 2}, "memory": {Memory: 2 * wasmPage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt, f := kept(t, component.Config{Host: limits}, component.PoolOptions{Min: 1})
			a := begin(t, f)
			until(t, "a spare is ready", func() bool { return rt.Usage().Ready == 1 })
			wasm := counterGuest().component()
			other, err := rt.Load(context.Background(), wasm, describe(t, wasm))
			if err != nil {
				t.Fatal(err)
			}
			b := begin(t, other)
			if u := rt.Usage(); u.Ready != 0 || u.Instances.Used != 2 {
				t.Errorf("got %+v", u)
			}
			mustClose(t, b)
			mustClose(t, a)
		})
	}
}

// TestKeptInstancesHaveABound closes those beyond PoolOptions.Keep.
func TestKeptInstancesHaveABound(t *testing.T) {
	t.Parallel()
	rt, f := kept(t, component.Config{}, component.PoolOptions{Keep: 2})
	var all []*plugin
	for range 5 {
		all = append(all, begin(t, f))
	}
	for _, p := range all {
		mustClose(t, p)
	}
	if u := rt.Usage(); u.Ready != 2 || u.Instances.Used != 2 {
		t.Errorf("got %+v", u)
	}
}

// TestGrowingGuestsTakeTheRoomOfKeptInstances has guests that run grow into what kept
// instances take of the host's memory: those are closed within the call, no more
// is given than there is, and all of it comes back.
func TestGrowingGuestsTakeTheRoomOfKeptInstances(t *testing.T) {
	t.Parallel()
	const pages = 12
	engines(t, func(t *testing.T, cfg component.Config) {
		cfg.Host.Memory = pages * wasmPage
		rt, f := kept(t, cfg, component.PoolOptions{})
		keep := func(n int) {
			var all []*plugin
			for range n {
				all = append(all, begin(t, f))
			}
			for _, p := range all {
				mustClose(t, p)
			}
			if u := rt.Usage(); u.Ready != n {
				t.Fatalf("%d instances are ready, want %d", u.Ready, n)
			}
		}
		used := func(ready int, memory uint64) {
			t.Helper()
			if u := rt.Usage(); u.Ready != ready || u.Memory.Used != memory*wasmPage {
				t.Errorf("%d are ready and %d pages used, want %d and %d", u.Ready, u.Memory.Used/wasmPage, ready, memory)
			}
		}
		wasm := growerGuest(100).component()
		growers, err := rt.Load(context.Background(), wasm, describe(t, wasm), component.WithPool(component.PoolOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		keep(4)
		a := begin(t, growers)
		a.must(t, "grow", uint64(7)) // which leaves the others alone: they fit
		used(4, 12)
		if v := a.must(t, "grow", uint64(1)); v != uint64(8) {
			t.Errorf("it grows from %v pages, want 8", v)
		}
		used(0, 9)
		a.must(t, "poke", uint64(5))
		keep(2)
		if v := a.must(t, "grow", uint64(4)); v != uint64(1<<32-1) {
			t.Errorf("it grew to 13 of 12 pages: %v", v)
		}
		used(0, 9) // they were asked all the same
		if v := a.must(t, "peek", uint64(0)); v != uint64(5) {
			t.Errorf("the guest that grew holds %v", v)
		}
		keep(1)
		mustClose(t, a) // which is kept from now on, small again
		used(2, 2)
		mustClose(t, f)
		mustClose(t, growers)
		used(0, 0)
		wantLive(t, f, 0)
		wantLive(t, growers, 0)
	})
}

// TestGuestsGrowAtOnce has many guests grow, end and be kept at the same time,
// in less room than all of them want.
func TestGuestsGrowAtOnce(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{Host: component.HostLimits{Memory: 20 * wasmPage}})
	wasm := growerGuest(100).component()
	f, err := rt.Load(context.Background(), wasm, describe(t, wasm), component.WithPool(component.PoolOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	var grown, refused atomic.Int64
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for round := range 60 {
				in, err := f.New(context.Background(), answering(1), tickGrant)
				if err != nil { // there is no page left
					refused.Add(1)
					continue
				}
				p := named(in, f.World())
				switch v, err := p.call(context.Background(), "grow", uint64(1+(worker+round)%5)); {
				case err != nil:
					t.Errorf("a growth ends in %v", err)
				case v == uint64(1<<32-1):
					refused.Add(1)
				default:
					grown.Add(1)
				}
				if u := rt.Usage(); u.Memory.Used > u.Memory.Limit {
					t.Errorf("more is used than there is: %+v", u)
				}
				if err := p.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d grew, %d were refused; %+v", grown.Load(), refused.Load(), f.Kept())
	if grown.Load() == 0 {
		t.Error("none grew")
	}
	mustClose(t, f)
	if u := rt.Usage(); u.Memory.Used != 0 || u.Instances.Used != 0 || u.Ready != 0 || u.Quarantined != 0 {
		t.Errorf("afterwards %+v are left", u)
	}
}
