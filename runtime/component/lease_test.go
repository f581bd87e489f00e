package component_test

import (
	"context"
	"errors"
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
