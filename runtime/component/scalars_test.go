package component_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// TestScalars calls on the short path for numbers: it ends as the other does.
func TestScalars(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "runaway"))
	p := start(t, f, nil)
	scalars := func(ctx context.Context, fn string, args ...uint64) (uint64, error) {
		export := p.funcs[fn]
		return export.Scalars(ctx, args...)
	}
	if v, err := scalars(context.Background(), "divide", 9, 2); v != 4 || err != nil {
		t.Errorf("divide = %d, %v", v, err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := scalars(ended, "divide", 9, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended gives %v", err)
	}
	_, err := scalars(context.Background(), "divide", 9, 0)
	trap := wantTrap(t, err, "integer divide by zero")
	if _, err := scalars(context.Background(), "divide", 9, 2); !errors.As(err, new(*component.PoisonedError)) || trap != p.Trapped() {
		t.Errorf("a call after the trap gives %v", err)
	}
	mustClose(t, p)
	if _, err := scalars(context.Background(), "divide", 9, 2); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a call after Close gives %v", err)
	}
	p = start(t, f, nil)
	err = entered(t, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), brief)
		defer cancel()
		_, err := scalars(ctx, "spin")
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("spin ended with %v", err)
	}
}

// TestScalarCallsDoNotAllocate counts what one call of each direction
// allocates.
func TestScalarCallsDoNotAllocate(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the engine has no compiler here, and its interpreter allocates")
	}
	w := scalarsWorld(t, "tick", func(f *component.HostFunc) {
		f.Call = func(_ *component.Call, _ any, stack []uint64) { stack[0]++ }
	})
	p := scalars(t, w, ticker(countTick), component.WithGrants(capability.Grant{Kind: capability.Import, Resource: scalarsHost}))
	ctx := context.Background()
	add, twice := p.funcs["add"], p.funcs["twice"]
	calls := map[string]func() (uint64, error){
		"add":   func() (uint64, error) { return add.Scalars(ctx, 1, 2) },
		"twice": func() (uint64, error) { return twice.Scalars(ctx, 3) },
	}
	for name, call := range calls {
		n := testing.AllocsPerRun(100, func() {
			if v, err := call(); v != 3 || err != nil {
				t.Fatalf("%s = %d, %v", name, v, err)
			}
		})
		if n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
