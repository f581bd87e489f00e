package component_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
)

// TestProcessorTime has a guest that never ends wait for its share of a second,
// within its call's time, and another instance that has the same share wait for
// it too, before it begins.
func TestProcessorTime(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		var met atomic.Int32
		share := quota.NewThrottle(uint64(20*time.Millisecond), nil, func(quota.Usage) { met.Add(1) })
		f := load(t, newRuntime(t, cfg), hungryGuest().component())
		p := start(t, f, noTick, component.WithProcessor(share), component.WithLimits(component.Limits{CallTime: 100 * time.Millisecond}))
		other := start(t, f, noTick, component.WithProcessor(share))
		_, err := p.call(context.Background(), "spin", uint64(1))
		if _, limited := errors.AsType[*component.TimeLimitError](err); !limited {
			t.Errorf("it ended with %v", err)
		}
		if met.Load() == 0 { // more than once, where much of it was free before the guest was woken
			t.Error("nobody was told that the share is used up")
		}
		share.Use(uint64(time.Hour)) // however fast this machine is
		ctx, cancel := context.WithCancel(context.Background())
		waits := async(func() error { _, err := other.call(ctx, "table", uint64(1)); return err })
		until(t, "it waits", func() bool { return component.Entered(other.Instance) })
		cancel()
		if err := await(t, "the call", waits); !errors.Is(err, context.Canceled) {
			t.Errorf("a call that waits and is cancelled ends with %v", err)
		}
		if other.Trapped() != nil {
			t.Error("which is no trap: the guest had not begun")
		}
		waits = async(func() error { _, err := other.call(context.Background(), "table", uint64(1)); return err })
		until(t, "it waits", func() bool { return component.Entered(other.Instance) })
		if err := other.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := await(t, "the call", waits); !errors.Is(err, component.ErrClosed) {
			t.Errorf("a call that waits ends with %v where the instance is closed", err)
		}
	})
}

// TestProcessorTimeOfShortCalls counts calls that end before the host looks.
func TestProcessorTimeOfShortCalls(t *testing.T) {
	t.Parallel()
	share := quota.NewThrottle(uint64(100*time.Microsecond), nil, nil)
	w := describe(t, guest(t, "scalars"))
	p := scalars(t, w, ticker(func(_ context.Context, v uint32) (uint32, error) { return v, nil }), component.WithProcessor(share))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for n := 0; share.Owed() == 0; n++ {
		if n == 100_000 {
			t.Fatalf("after %d calls %v", n, share.Usage())
		}
		p.must(t, "add", uint32(1), uint32(2))
	}
	share.Use(uint64(time.Hour))
	if _, err := p.call(ctx, "add", uint32(1), uint32(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("beyond its share it ends with %v", err)
	}
}

// TestProcessorTimeIsNoTimeOfImports does not count what the host does.
func TestProcessorTimeIsNoTimeOfImports(t *testing.T) {
	t.Parallel()
	share := quota.NewThrottle(uint64(100*time.Hour), nil, nil)
	took := time.Duration(0)
	w := describe(t, guest(t, "scalars"))
	p := scalars(t, w, ticker(func(_ context.Context, v uint32) (uint32, error) {
		began := time.Now()
		for time.Since(began) < 20*time.Millisecond { // as a host that works
		}
		took += time.Since(began)
		return v, nil
	}), component.WithGrants(capability.Grant{Kind: capability.Import, Resource: scalarsHost}), component.WithProcessor(share))
	began := time.Now()
	p.must(t, "twice", uint32(5))
	all := time.Since(began)
	if used := time.Duration(share.Usage().Used); used > all-took {
		t.Errorf("%v count of %v, of which the host has taken %v", used, all, took)
	}
}
