package component_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

var errNoTea = errors.New("there is no tea left")

// TestImportFails ends a call with an import's error, and with what an import
// panics with.
func TestImportFails(t *testing.T) {
	t.Parallel()
	var nowhere *component.World
	tests := []struct {
		name string
		tick func() error
		want string
	}{
		{"error", func() error { return fmt.Errorf("brewing: %w", errNoTea) }, "brewing: there is no tea left"},
		{"panic with error", func() error { panic(errNoTea) }, "there is no tea left"},
		{"panic with text", func() error { panic("there is\nno tea left") }, "there is"},
		{"nil dereference", func() error { return errors.New(nowhere.Name) }, "invalid memory address or nil pointer dereference"},
		{"index", func() error { return errors.New(make([]string, 1)[len(fmt.Sprint())+1]) }, "index out of range [1] with length 1"},
		{"misleading text", func() error {
			return errors.New("wasm stack trace:\n\tm0.$0()\n\t\t0x1: wasm error: unreachable\nwasm stack trace:\n\tm0.$1()")
		}, "wasm stack trace:"},
		{"misleading panic", func() error { panic(errors.New("wasm error: unreachable\nwasm stack trace:\n\tm0.$0()")) }, "wasm error: unreachable"},
		{"nil panic", func() error { panic(nil) }, "panic called with nil argument"},
		{"wrong type", nil, "a string given for a value of type u32"},
	}
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), guest(t, "scalars"))
		for _, test := range tests {
			p := start(t, f, func(context.Context, string, []abi.Value) (abi.Value, error) {
				if test.tick == nil {
					return "a string", nil
				}
				return uint32(0), test.tick()
			})
			_, err := p.call(context.Background(), "twice", uint32(1))
			trap := wantTrap(t, err, test.want)
			if text := err.Error(); strings.Contains(text, "goroutine") || strings.Contains(text, ".go:") || strings.Contains(text, "wazero") {
				t.Errorf("%s: the error's text is %q", test.name, text)
			}
			if strings.Contains(test.want, "tea left") && !errors.Is(err, errNoTea) {
				t.Errorf("%s: errors.Is does not find the cause of %v", test.name, err)
			}
			if len(trap.Frames) != 3 || trap.Frames[1].Func != "exports_demo_scalars_api_twice" {
				t.Errorf("%s: the guest's stack is %v", test.name, trap.Frames)
			}
			wantRefused(t, p)
		}
		if v := start(t, f, ticker(countTick)).must(t, "twice", uint32(3)); v != uint32(3) {
			t.Errorf("a fresh instance gives %v", v)
		}
	})
}

func wantRefused(t *testing.T, p *plugin) {
	t.Helper()
	_, err := p.call(context.Background(), "add", uint32(1), uint32(2))
	if !errors.As(err, new(*component.PoisonedError)) {
		t.Errorf("a call after the trap gives %v", err)
	}
}

// TestTrapOfAnotherInstance fails an import because of another instance's trap:
// that trap is the cause, with its own stack.
func TestTrapOfAnotherInstance(t *testing.T) {
	t.Parallel()
	broken := run(t, component.Config{}, guest(t, "runaway"), nil)
	p := run(t, component.Config{}, guest(t, "scalars"), ticker(func(ctx context.Context, v uint32) (uint32, error) {
		_, err := broken.funcs["trap"].Call(ctx)
		return v, err
	}))
	_, err := p.call(context.Background(), "twice", uint32(1))
	if want := scalarsAPI + "#twice: trap: trap: trap: unreachable"; err.Error() != want {
		t.Errorf("the error reads %q, want %q", err, want)
	}
	outer := wantTrap(t, err, "unreachable")
	if len(outer.Frames) != 3 || outer.Frames[1].Func != "exports_demo_scalars_api_twice" {
		t.Errorf("the outer stack is %v", outer.Frames)
	}
	inner := wantTrap(t, outer.Cause, "unreachable")
	if len(inner.Frames) != 3 || inner.Frames[0].Func != "fall" {
		t.Errorf("the inner stack is %v", inner.Frames)
	}
}

// TestGoexit ends the goroutine of an import, as a failing test does: the
// instance is poisoned and not left held.
func TestGoexit(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "scalars"))
	host := ticker(func(context.Context, uint32) (uint32, error) {
		runtime.Goexit()
		return 0, nil
	})
	p := start(t, f, host)
	q := start(t, f, host)
	ended := make(chan struct{}, 2)
	go func() {
		defer func() { ended <- struct{}{} }()
		_, _ = p.funcs["twice"].Call(context.Background(), uint32(1))
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		twice := q.funcs["twice"]
		_, _ = twice.Scalars(context.Background(), 1)
	}()
	await(t, "a goroutine", ended)
	await(t, "a goroutine", ended)
	for _, x := range []*plugin{p, q} {
		wantRefused(t, x)
		mustClose(t, x)
	}
}
