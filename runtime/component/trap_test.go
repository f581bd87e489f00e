package component_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// TestTraps looks at the cause and the stack of each trap of the guest runaway.
// The offsets are those that `wasm-tools print --print-offsets` gives.
func TestTraps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fn    string
		args  []abi.Value
		cause string
		stack []component.Frame
	}{
		{"trap", nil, "unreachable", []component.Frame{
			{Func: "fall", Offset: 0x1c7}, {Func: "stumble", Offset: 0x1a8}, {Func: "trap", Offset: 0x19e},
		}},
		{"divide", []abi.Value{uint32(1), uint32(0)}, "integer divide by zero", []component.Frame{{Func: "divide", Offset: 0x1d8}}},
		{"peek", []abi.Value{uint32(0xffff_fff0)}, "out of bounds memory access", []component.Frame{{Func: "peek", Offset: 0x1ce}}},
	}
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), guest(t, "runaway"))
		bystander := start(t, f, nil)
		for _, test := range tests {
			p := start(t, f, nil)
			_, err := p.call(context.Background(), test.fn, test.args...)
			trap := wantTrap(t, err, test.cause)
			if trap.Func != test.fn {
				t.Errorf("the trap is in %q, want %q", trap.Func, test.fn)
			}
			if diff := cmp.Diff(test.stack, trap.Frames); diff != "" {
				t.Errorf("stack of %s (-want +got):\n%s", test.fn, diff)
			}
			var guest *component.GuestError
			if !errors.As(err, &guest) {
				t.Errorf("%s: the cause is a %T, want a *GuestError", test.fn, trap.Cause)
			}
			wantPoisoned(t, p, trap)
			if v := bystander.must(t, "ok", uint32(1)); v != uint32(2) {
				t.Errorf("another instance gives %v after the trap", v)
			}
		}
	})
}

// wantPoisoned holds an instance to refusing calls because of trap.
func wantPoisoned(t *testing.T, p *plugin, trap *component.Trap) {
	t.Helper()
	_, err := p.call(context.Background(), "ok", uint32(1))
	var poisoned *component.PoisonedError
	if !errors.As(err, &poisoned) || poisoned.Trap != trap {
		t.Errorf("a call after the trap gives %v (%T), want a *PoisonedError of that trap", err, err)
	}
	if p.Trapped() != trap {
		t.Errorf("Trapped is %v, want %v", p.Trapped(), trap)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Errorf("closing a poisoned instance: %v", err)
	}
	if _, err := p.call(context.Background(), "ok", uint32(1)); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a call after closing gives %v, want ErrClosed", err)
	}
}

// TestTrapText shows what a person sees of a trap.
func TestTrapText(t *testing.T) {
	t.Parallel()
	p := run(t, component.Config{}, guest(t, "runaway"), nil)
	_, err := p.call(context.Background(), "trap")
	if want := "trap: trap: unreachable"; err.Error() != want {
		t.Errorf("the error reads %q, want %q", err, want)
	}
	trap := wantTrap(t, err, "unreachable")
	want := strings.Join([]string{
		"fall     runaway.wasm +0x1c7",
		"stumble  runaway.wasm +0x1a8",
		"trap     runaway.wasm +0x19e",
		"",
	}, "\n")
	if got := trap.Stack("runaway.wasm"); got != want {
		t.Errorf("the stack reads\n%swant\n%s", got, want)
	}
	_, err = p.call(context.Background(), "ok", uint32(1))
	if want := "the instance trapped before and cannot be called again: trap: trap: unreachable"; err.Error() != want {
		t.Errorf("the next call's error reads %q, want %q", err, want)
	}
}

// TestTrapModuleIndex finds the frames of a stack through several core modules.
func TestTrapModuleIndex(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		p := run(t, cfg, handmade(t, "two-modules"), nil)
		_, err := p.call(context.Background(), "run")
		trap := wantTrap(t, err, "unreachable")
		want := []component.Frame{
			{Func: "inner", Module: 0, Offset: trap.Frames[0].Offset},
			{Func: "outer", Module: 1, Offset: trap.Frames[1].Offset},
		}
		if diff := cmp.Diff(want, trap.Frames); diff != "" {
			t.Errorf("stack (-want +got):\n%s", diff)
		}
		wasm := handmade(t, "two-modules")
		if op := wasm[trap.Frames[0].Offset]; op != 0x00 {
			t.Errorf("the innermost frame points at opcode 0x%x, want unreachable", op)
		}
		if op := wasm[trap.Frames[1].Offset]; op != 0x10 {
			t.Errorf("the outer frame points at opcode 0x%x, want call", op)
		}
	})
}

// TestStackOverflow recurses without a deadline: it ends by itself, in a trap.
func TestStackOverflow(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		p := run(t, cfg, guest(t, "runaway"), nil)
		_, err := p.call(context.Background(), "recurse")
		trap := wantTrap(t, err, "calls nest too deep")
		if len(trap.Frames) == 0 || trap.Frames[0].Func != "deeper" {
			t.Errorf("the stack is %v", trap.Frames)
		}
		if n := len(err.Error()); n > 200 {
			t.Errorf("the error's text is %d bytes long", n)
		}
	})
}
