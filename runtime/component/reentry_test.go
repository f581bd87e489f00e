package component_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// ticker answers the guest scalars's tick and gives its strings back.
func ticker(tick func(ctx context.Context, v uint32) (uint32, error)) component.DynamicHost {
	return func(ctx context.Context, fn string, args []abi.Value) (abi.Value, error) {
		switch fn {
		case "tick":
			return tick(ctx, args[0].(uint32))
		case "say":
			return uint32(len(args[0].(string))), nil
		}
		return args[0], nil
	}
}

func countTick(_ context.Context, v uint32) (uint32, error) { return v + 1, nil }

// A pair is two instances of the guest scalars that know each other.
type pair struct{ a, b *plugin }

// newPair makes two instances whose imports may call each other's exports.
func newPair(t *testing.T, tickA, tickB func(p *pair, ctx context.Context, v uint32) (uint32, error)) *pair {
	t.Helper()
	p := &pair{}
	f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
	bind := func(tick func(*pair, context.Context, uint32) (uint32, error)) component.DynamicHost {
		return ticker(func(ctx context.Context, v uint32) (uint32, error) { return tick(p, ctx, v) })
	}
	p.a, p.b = start(t, f, bind(tickA)), start(t, f, bind(tickB))
	return p
}

// TestReentryIsRefused calls an instance from within its own import, in every
// way in which the context may have come along.
func TestReentryIsRefused(t *testing.T) {
	t.Parallel()
	type keyType struct{}
	derive := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"as given": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"with value": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithValue(ctx, keyType{}, 1), func() {}
		},
		"with deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, patience)
		},
		"without cancel": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithoutCancel(ctx), func() {}
		},
	}
	for name, derived := range derive {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *plugin
			var inner error
			p = run(t, component.Config{}, guest(t, "scalars"), ticker(func(ctx context.Context, v uint32) (uint32, error) {
				ctx, cancel := derived(ctx)
				defer cancel()
				_, inner = p.funcs["add"].Call(ctx, uint32(1), uint32(2))
				return v + 1, nil
			}))
			if v := p.must(t, "twice", uint32(2)); v != uint32(2) {
				t.Errorf("twice = %v", v)
			}
			if !errors.Is(inner, component.ErrReentered) {
				t.Errorf("the call from within gave %v, want ErrReentered", inner)
			}
		})
	}
}

// TestReentryWithForeignContext hides where the call comes from: it waits until
// its own deadline, and the outer call goes on.
func TestReentryWithForeignContext(t *testing.T) {
	t.Parallel()
	var p *plugin
	var inner error
	p = run(t, component.Config{}, guest(t, "scalars"), ticker(func(_ context.Context, v uint32) (uint32, error) {
		ctx, cancel := context.WithTimeout(context.Background(), brief)
		defer cancel()
		inner = await(t, "the inner call", async(func() error {
			_, err := p.funcs["add"].Call(ctx, uint32(1), uint32(2))
			return err
		}))
		return v + 1, nil
	}))
	if v := p.must(t, "twice", uint32(1)); v != uint32(1) {
		t.Errorf("twice = %v", v)
	}
	if !errors.Is(inner, context.DeadlineExceeded) {
		t.Errorf("the call from within gave %v, want DeadlineExceeded", inner)
	}
	if v := p.must(t, "add", uint32(1), uint32(2)); v != uint32(3) {
		t.Errorf("add = %v afterwards", v)
	}
}

// TestNestedCalls calls from one instance into another, and back into the
// first, which is refused.
func TestNestedCalls(t *testing.T) {
	t.Parallel()
	var back error
	p := newPair(t,
		func(p *pair, ctx context.Context, v uint32) (uint32, error) {
			r, err := p.b.funcs["twice"].Call(ctx, uint32(3))
			if err != nil {
				return 0, err
			}
			return v + r.(uint32), nil
		},
		func(p *pair, ctx context.Context, v uint32) (uint32, error) {
			_, back = p.a.funcs["add"].Call(ctx, uint32(1), uint32(2))
			return v + 1, nil
		})
	if v := p.a.must(t, "twice", uint32(4)); v != uint32(12) {
		t.Errorf("twice = %v, want 12", v)
	}
	if !errors.Is(back, component.ErrReentered) {
		t.Errorf("the call back gave %v, want ErrReentered", back)
	}
}

// TestRingOfCalls lets instances wait for one another in a ring: one of them is
// told so, and nobody hangs.
func TestRingOfCalls(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 3, 5} {
		f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
		ring := make([]*plugin, size)
		var inside sync.WaitGroup
		inside.Add(size)
		for i := range ring {
			ring[i] = start(t, f, ticker(func(ctx context.Context, v uint32) (uint32, error) {
				inside.Done()
				inside.Wait()
				_, err := ring[(i+1)%size].funcs["add"].Call(ctx, uint32(1), uint32(2))
				return v, err
			}))
		}
		var calls []<-chan error
		for _, p := range ring {
			calls = append(calls, async(func() error {
				_, err := p.funcs["twice"].Call(context.Background(), uint32(1))
				return err
			}))
		}
		refused := 0
		for _, done := range calls {
			switch err := await(t, "a ring of calls", done); {
			case errors.Is(err, component.ErrReentered):
				refused++
			case err != nil && !errors.As(err, new(*component.PoisonedError)):
				t.Errorf("a call of the ring gave %v", err)
			}
		}
		if refused == 0 {
			t.Errorf("nobody in a ring of %d was refused", size)
		}
	}
}

// TestRingThroughFanOut closes a ring through an import that waits for two
// instances at a time.
func TestRingThroughFanOut(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
	var a, b, c *plugin
	inB, inC := make(chan struct{}), make(chan struct{})
	waiting, free := make(chan struct{}), make(chan struct{})
	a = start(t, f, ticker(func(ctx context.Context, v uint32) (uint32, error) {
		<-inB
		<-inC
		toB := async(func() error { _, err := b.funcs["add"].Call(ctx, uint32(1), uint32(2)); return err })
		toC := async(func() error { _, err := c.funcs["add"].Call(ctx, uint32(1), uint32(2)); return err })
		close(waiting)
		return v, errors.Join(<-toB, <-toC)
	}))
	b = start(t, f, ticker(func(ctx context.Context, v uint32) (uint32, error) {
		close(inB)
		<-waiting
		until(t, "both calls of a wait", func() bool {
			return component.Waiters(b.Instance) > 0 && component.Waiters(c.Instance) > 0
		})
		defer close(free)
		_, err := a.funcs["add"].Call(ctx, uint32(1), uint32(2))
		return v, err
	}))
	c = start(t, f, ticker(func(_ context.Context, v uint32) (uint32, error) {
		close(inC)
		<-free
		return v, nil
	}))
	tick := func(p *plugin) <-chan error {
		return async(func() error { _, err := p.funcs["twice"].Call(context.Background(), uint32(1)); return err })
	}
	calls := []<-chan error{tick(a), tick(b), tick(c)}
	var errs []error
	for _, done := range calls {
		errs = append(errs, await(t, "the calls", done))
	}
	if err := errors.Join(errs...); !errors.Is(err, component.ErrReentered) {
		t.Errorf("got %v, want ErrReentered of one of them", err)
	}
}

// TestContextOutlivesCall uses an import's context after its call: it has
// ended, and calls with it are refused.
func TestContextOutlivesCall(t *testing.T) {
	t.Parallel()
	for _, look := range []bool{false, true} {
		var kept context.Context
		p := run(t, component.Config{}, guest(t, "scalars"), ticker(func(ctx context.Context, v uint32) (uint32, error) {
			kept = ctx
			if look && ctx.Err() != nil {
				t.Errorf("the context has ended during the call: %v", ctx.Err())
			}
			return v + 1, nil
		}))
		p.must(t, "twice", uint32(1))
		select {
		case <-kept.Done():
		case <-time.After(patience):
			t.Fatal("the context of an import goes on after the call")
		}
		if !errors.Is(kept.Err(), context.Canceled) {
			t.Errorf("its error is %v, want context.Canceled", kept.Err())
		}
		if _, err := p.funcs["add"].Call(kept, uint32(1), uint32(2)); err == nil {
			t.Error("a call with a context that has ended was let through")
		}
		p.must(t, "add", uint32(1), uint32(2))
	}
}
