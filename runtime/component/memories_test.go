package component_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component"
)

// TestMemories runs the script about modules of several memories in every way
// that a component can be run.
func TestMemories(t *testing.T) {
	t.Parallel()
	path := filepath.Join(ownScripts, "memories", "memories.json")
	engines(t, func(t *testing.T, cfg component.Config) {
		t.Run("metered", func(t *testing.T) { newScript(t, path, cfg).run() })
		t.Run("unmetered", func(t *testing.T) { newScript(t, path, cfg, component.Unmetered()).run() })
	})
}

// TestMemoryTraps looks at the stack of a trap at a further memory: it shows the
// guest's functions and instructions alone.
func TestMemoryTraps(t *testing.T) {
	t.Parallel()
	wasm := handmade(t, "memories")
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), wasm)
		for _, test := range []struct {
			fn string
			op byte // of the innermost frame
		}{{"reach", 0x28}, {"copy", 0xfc}} {
			p := start(t, f, nil)
			p.must(t, test.fn, uint32(0))
			_, err := p.call(context.Background(), test.fn, uint32(65536-7))
			trap := wantTrap(t, err, "out of bounds memory access")
			if !errors.As(err, new(*component.GuestError)) {
				t.Errorf("%s: the cause is a %T", test.fn, trap.Cause)
			}
			var names []string
			for _, fr := range trap.Frames {
				names = append(names, fr.Func)
				if fr.Module != 0 {
					t.Errorf("%s: frame %v", test.fn, fr)
				}
			}
			if diff := cmp.Diff([]string{test.fn, test.fn}, names); diff != "" {
				t.Fatalf("%s: stack (-want +got):\n%s", test.fn, diff)
			}
			if op := wasm[trap.Frames[0].Offset]; op != test.op {
				t.Errorf("%s: the innermost frame points at opcode %#x", test.fn, op)
			}
			if op := wasm[trap.Frames[1].Offset]; op != 0x10 {
				t.Errorf("%s: the outer frame points at opcode %#x, want call", test.fn, op)
			}
		}
	})
}

// TestMemoryLimits holds both memories together to the instance's limit, and what is
// done to it to fuel.
func TestMemoryLimits(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), handmade(t, "memories"))
		p := start(t, f, nil, component.WithLimits(component.Limits{Memory: 4 << 16}))
		if v := p.must(t, "grow", uint32(2)); v != int32(1) {
			t.Errorf("the memory grows within the limit, from %v", v)
		}
		if v := p.must(t, "grow", uint32(1)); v != int32(-1) {
			t.Errorf("the memory grows beyond the limit, from %v", v)
		}
		for _, fn := range []string{"spin", "spin-copying"} {
			p := start(t, f, nil, component.WithLimits(component.Limits{Fuel: 2_000_000}))
			_, err := p.call(context.Background(), fn)
			if !errors.As(wantTrap(t, err, "out of fuel").Cause, new(*component.OutOfFuelError)) {
				t.Error(err)
			}
			p = start(t, f, nil)
			err = entered(t, func() error {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				_, err := p.call(ctx, fn)
				return err
			})
			wantTrap(t, err, context.DeadlineExceeded.Error())
		}
	})
}
