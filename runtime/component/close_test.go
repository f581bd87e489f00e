package component_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component"
)

func mustClose(t *testing.T, c interface{ Close(context.Context) error }) {
	t.Helper()
	if err := c.Close(context.Background()); err != nil {
		t.Errorf("Close of %T: %v", c, err)
	}
}

func wantClosed(t *testing.T, p *plugin) {
	t.Helper()
	if _, err := p.call(context.Background(), "add", uint32(1), uint32(2)); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a call after Close gives %v, want ErrClosed", err)
	}
}

func wantLive(t *testing.T, f *component.Factory, n int) {
	t.Helper()
	if live := f.Instances(); live != n {
		t.Errorf("the factory holds %d instances, want %d", live, n)
	}
}

// TestCloseIdle closes an instance twice, and from several goroutines.
func TestCloseIdle(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
	p := start(t, f, ticker(countTick))
	p.must(t, "twice", uint32(3))
	wantLive(t, f, 1)
	mustClose(t, p)
	wantLive(t, f, 0)
	mustClose(t, p)
	wantClosed(t, p)

	p = start(t, f, ticker(countTick))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { mustClose(t, p) })
		all.Go(func() {
			if v, err := p.call(context.Background(), "add", uint32(1), uint32(2)); !errors.Is(err, component.ErrClosed) && (err != nil || v != uint32(3)) {
				t.Errorf("a call beside Close gives %v, %v", v, err)
			}
		})
	}
	all.Wait()
	wantLive(t, f, 0)
	wantClosed(t, p)
}

// A held is an instance of scalars whose import has been entered and comes back
// when it is let go.
type held struct {
	*plugin
	rt   *component.Runtime
	f    *component.Factory
	call <-chan error
	free chan struct{}

	reported []string // as quarantined
}

// hold begins a call whose import waits: for free alone, or for its context too.
func hold(t *testing.T, honours bool, opts ...component.Option) *held {
	t.Helper()
	h := &held{free: make(chan struct{})}
	h.rt = newRuntime(t, component.Config{Quarantined: func(subject string) { h.reported = append(h.reported, subject) }})
	h.f = load(t, h.rt, guest(t, "scalars"))
	entered := make(chan struct{})
	h.plugin = start(t, h.f, ticker(func(ctx context.Context, v uint32) (uint32, error) {
		close(entered)
		if !honours {
			<-h.free
			return v, nil
		}
		select {
		case <-h.free:
			return v, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}), opts...)
	h.call = async(func() error {
		_, err := h.funcs["twice"].Call(context.Background(), uint32(1))
		return err
	})
	await(t, "the import", entered)
	return h
}

// TestCloseDuringImport closes while an import waits that honours its context.
func TestCloseDuringImport(t *testing.T) {
	t.Parallel()
	h := hold(t, true)
	mustClose(t, h)
	wantLive(t, h.f, 0)
	err := await(t, "the call", h.call)
	wantTrap(t, err, "")
	if !errors.Is(err, component.ErrClosed) {
		t.Errorf("the call ended with %v, want ErrClosed as the cause that its import saw", err)
	}
	wantClosed(t, h.plugin)
}

// TestEnd is told once that an instance has ended, closed or given back to a pool,
// and not before its handles are dropped.
func TestEnd(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
	ended := 0
	p := start(t, f, ticker(countTick), component.WithEnd(func() { ended++ }))
	p.must(t, "twice", uint32(3))
	if ended != 0 {
		t.Error("an instance that lives has ended")
	}
	mustClose(t, p)
	mustClose(t, p)
	if ended != 1 {
		t.Errorf("a closed instance has ended %d times", ended)
	}
	pool := f.Pool(component.PoolOptions{})
	for range 3 {
		err := pool.Do(context.Background(), []any{ticker(countTick)}, func(*component.Instance) error { return nil }, component.WithEnd(func() { ended++ }))
		if err != nil {
			t.Error(err)
		}
	}
	if stats := pool.Stats(); ended != 4 || stats.Reset == 0 {
		t.Errorf("instances of a pool have ended %d times, want 3; %+v", ended-1, stats)
	}
	mustClose(t, pool)
	if ended != 4 {
		t.Errorf("the pool's end made it %d times", ended-1)
	}
}

// TestQuarantine closes while an import waits that ignores its context: the
// instance is condemned at once and freed when the import returns.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	h := hold(t, false, component.WithLimits(component.Limits{CloseTime: brief}), component.WithSubject("that one"))
	waiting := async(func() error {
		_, err := h.funcs["add"].Call(context.Background(), uint32(1), uint32(2))
		return err
	})
	until(t, "a call waits", func() bool { return component.Waiters(h.Instance) > 0 })
	if err := h.Close(context.Background()); !errors.Is(err, component.ErrQuarantined) {
		t.Errorf("Close gives %v, want ErrQuarantined", err)
	}
	if err := await(t, "a call that waited", waiting); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a call that waited ended with %v, want ErrClosed", err)
	}
	if _, err := h.funcs["add"].Call(context.Background(), uint32(1), uint32(2)); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a call of a quarantined instance gives %v, want ErrClosed", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := h.f.Close(ctx); !errors.Is(err, component.ErrQuarantined) {
		t.Errorf("Close of the factory gives %v, want ErrQuarantined", err)
	}
	if _, err := tryStart(h.f, ticker(countTick)); !errors.Is(err, component.ErrClosed) {
		t.Errorf("New of a closed factory gives %v, want ErrClosed", err)
	}
	wantLive(t, h.f, 1)
	if u := h.rt.Usage(); u.Quarantined != 1 || u.Memory.Used == 0 || !slices.Equal(h.reported, []string{"that one"}) {
		t.Errorf("counted %+v, reported %q", u, h.reported)
	}
	close(h.free)
	await(t, "the call", h.call)
	wantLive(t, h.f, 0)
	if u := h.rt.Usage(); u.Quarantined != 0 || u.Memory.Used != 0 {
		t.Errorf("left: %+v", u)
	}
	mustClose(t, h)
	mustClose(t, h.f)
}

// TestCloseWithEndedContext waits for nobody: an idle instance is closed, a
// busy one quarantined.
func TestCloseWithEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
	if err := start(t, f, ticker(countTick)).Close(ctx); err != nil {
		t.Errorf("closing an idle instance: %v", err)
	}
	h := hold(t, false)
	if err := h.Close(ctx); !errors.Is(err, component.ErrQuarantined) {
		t.Errorf("closing a busy instance gives %v, want ErrQuarantined", err)
	}
	close(h.free)
	await(t, "the call", h.call)
	wantLive(t, h.f, 0)
}

// TestCloseFromImport closes an instance from within its own import, directly
// and through another instance: it cannot wait for itself.
func TestCloseFromImport(t *testing.T) {
	t.Parallel()
	closing := make(chan error, 2)
	p := newPair(t,
		func(p *pair, ctx context.Context, v uint32) (uint32, error) {
			_, err := p.b.funcs["twice"].Call(ctx, uint32(1))
			return v + 1, err
		},
		func(p *pair, ctx context.Context, v uint32) (uint32, error) {
			closing <- p.b.Close(ctx)
			closing <- p.a.Close(ctx)
			return v + 1, nil
		})
	_, _ = p.a.call(context.Background(), "twice", uint32(1))
	for range 2 {
		if err := await(t, "Close", closing); !errors.Is(err, component.ErrReentered) {
			t.Errorf("Close from within gives %v, want ErrReentered", err)
		}
	}
	wantClosed(t, p.a)
	wantClosed(t, p.b)
}

// TestCloseFactoryAndRuntime closes what instances stand on while they live.
func TestCloseFactoryAndRuntime(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	wasm := guest(t, "scalars")
	f, g := load(t, rt, wasm), load(t, rt, wasm)
	p, q, r := start(t, f, ticker(countTick)), start(t, f, ticker(countTick)), start(t, g, ticker(countTick))
	p.must(t, "twice", uint32(3))
	mustClose(t, f)
	mustClose(t, f)
	wantClosed(t, p)
	wantClosed(t, q)
	r.must(t, "twice", uint32(3))
	mustClose(t, rt)
	mustClose(t, rt)
	wantClosed(t, r)
	if _, err := rt.Load(context.Background(), wasm, describe(t, wasm)); !errors.Is(err, component.ErrClosed) {
		t.Errorf("Load of a closed runtime gives %v, want ErrClosed", err)
	}
	if _, err := tryStart(g, ticker(countTick)); !errors.Is(err, component.ErrClosed) {
		t.Errorf("New of a closed runtime gives %v, want ErrClosed", err)
	}
}

// TestStartFails starts components whose instantiation traps or never ends:
// nothing of them stays.
func TestStartFails(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		rt := newRuntime(t, cfg)
		f := load(t, rt, handmade(t, "start-traps"))
		for range 50 {
			_, err := tryStart(f, nil)
			trap := wantTrap(t, err, "unreachable")
			if trap.Func != "instantiate" || len(trap.Frames) != 1 || trap.Frames[0].Module != 1 {
				t.Fatalf("the trap is %v with stack %v", trap, trap.Frames)
			}
		}
		wantLive(t, f, 0)

		f = load(t, rt, handmade(t, "start-spins"))
		ctx, cancel := context.WithTimeout(context.Background(), brief)
		defer cancel()
		if _, err := f.New(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a start function without end gives %v, want DeadlineExceeded", err)
		}
		_, err := tryStart(f, nil, component.WithLimits(component.Limits{Fuel: 200_000}))
		if !errors.As(err, new(*component.OutOfFuelError)) {
			t.Errorf("a start function without end gives %v, want *OutOfFuelError", err)
		}
		wantLive(t, f, 0)

		starting := async(func() error { _, err := tryStart(f, nil); return err })
		until(t, "the instance starts", func() bool { return f.Instances() > 0 })
		mustClose(t, f)
		if err := await(t, "the start", starting); !errors.Is(err, component.ErrClosed) {
			t.Errorf("a start beside Close gives %v, want ErrClosed", err)
		}
	})
}
