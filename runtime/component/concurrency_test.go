package component_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// TestOneInstanceManyGoroutines lets many goroutines call one instance: one
// call is in it at a time, and everybody gets its own answer.
func TestOneInstanceManyGoroutines(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		var inside atomic.Int32
		p := run(t, cfg, guest(t, "scalars"), ticker(func(_ context.Context, v uint32) (uint32, error) {
			if inside.Add(1) != 1 {
				t.Error("two calls are in the instance at a time")
			}
			defer inside.Add(-1)
			return v + 1, nil
		}))
		var all sync.WaitGroup
		for g := range 16 {
			all.Go(func() {
				for i := range 50 {
					n := uint32(g*3 + i%7)
					if v, err := p.call(context.Background(), "twice", n); err != nil || v != n {
						t.Errorf("twice(%d) = %v, %v", n, v, err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

// TestCallsComeInOrder lets callers queue up one after another: they enter in
// that order.
func TestCallsComeInOrder(t *testing.T) {
	t.Parallel()
	const callers = 20
	entered, leave := make(chan struct{}), make(chan struct{})
	var order []uint32
	p := run(t, component.Config{}, guest(t, "scalars"), func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
		if fn == "say" {
			order = append(order, uint32(len(args[0].(string))))
			return uint32(0), nil
		}
		close(entered)
		<-leave
		return args[0], nil
	})
	first := async(func() error { _, err := p.call(context.Background(), "twice", uint32(1)); return err })
	<-entered
	var calls []<-chan error
	for i := range uint32(callers) {
		queued := component.Waiters(p.Instance)
		calls = append(calls, async(func() error {
			_, err := p.call(context.Background(), "shout", string(make([]byte, i)))
			return err
		}))
		until(t, "the call waits", func() bool { return component.Waiters(p.Instance) > queued })
	}
	close(leave)
	for _, done := range append(calls, first) {
		if err := await(t, "a queued call", done); err != nil {
			t.Error(err)
		}
	}
	for i, got := range order {
		if got != uint32(i) {
			t.Fatalf("the calls came in the order %v", order)
		}
	}
	if len(order) != callers {
		t.Errorf("%d calls came, want %d", len(order), callers)
	}
}

// TestManyInstances makes, calls, traps and closes instances of one factory on
// many goroutines.
func TestManyInstances(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), guest(t, "runaway"))
		var all sync.WaitGroup
		for g := range 8 {
			all.Go(func() {
				for i := range 10 {
					p, err := tryStart(f, nil)
					if err != nil {
						t.Error(err)
						return
					}
					if v, err := p.call(context.Background(), "ok", uint32(i)); err != nil || v != uint32(i+1) {
						t.Errorf("ok(%d) = %v, %v", i, v, err)
					}
					if g%2 == 0 {
						_, err := p.call(context.Background(), "divide", uint32(1), uint32(0))
						if !errors.As(err, new(*component.Trap)) {
							t.Errorf("divide gave %v", err)
						}
					}
					if err := p.Close(context.Background()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

// TestLoadConcurrently loads, and closes the runtime meanwhile.
func TestLoadConcurrently(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "scalars")
	w := describe(t, wasm)
	for range 5 {
		rt, err := component.NewRuntime(context.Background(), component.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		loaded := make(chan struct{}, 8)
		for range 4 {
			all.Go(func() {
				defer func() { loaded <- struct{}{} }()
				f, err := rt.Load(context.Background(), wasm, w)
				if err != nil {
					if !errors.Is(err, component.ErrClosed) {
						t.Errorf("loading gave %v", err)
					}
					return
				}
				p, err := tryStart(f, ticker(countTick))
				if err != nil {
					if !errors.Is(err, component.ErrClosed) {
						t.Errorf("starting gave %v", err)
					}
					return
				}
				if _, err := p.call(context.Background(), "twice", uint32(9)); err != nil && !errors.Is(err, component.ErrClosed) {
					t.Errorf("calling gave %v", err)
				}
			})
		}
		<-loaded
		if err := rt.Close(context.Background()); err != nil {
			t.Error(err)
		}
		all.Wait()
		if err := rt.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
