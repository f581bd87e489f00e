package component_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
)

// TestCharge has an import charge for its work: it counts as the guest's own, to
// the unit, and ends the call that has no more.
func TestCharge(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	engines(t, func(t *testing.T, cfg component.Config) {
		used := func(k *taker, charge uint64) uint64 {
			k.host = func(ctx context.Context) error { return component.Charge(ctx, charge) }
			before, _ := k.Fuel(ctx)
			k.must(t, "take", "s", []byte{})
			after, err := k.Fuel(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return after - before
		}
		free := startTaker(t, cfg)
		plain := used(free, 0)
		if n := used(free, 12_345); n != plain+12_345 {
			t.Errorf("a call that costs %d and is charged 12,345 used %d", plain, n)
		}
		closeAll(t, free)

		// The limit is met exactly, and missed by one.
		for _, limit := range []uint64{plain + 12_345, plain + 12_344} {
			k := startTaker(t, cfg, component.WithLimits(component.Limits{Fuel: limit}))
			k.host = func(ctx context.Context) error { return component.Charge(ctx, 12_345) }
			_, err := k.call(ctx, "take", "s", []byte{})
			if limit == plain+12_345 {
				if err != nil {
					t.Errorf("a call that uses its limit of %d ends with %v", limit, err)
				}
			} else if out := new(component.OutOfFuelError); !errors.As(err, &out) || out.Limit != limit || out.Used != limit+1 {
				t.Errorf("a call that uses one more than its limit of %d ends with %v", limit, err)
			}
			closeAll(t, k)
		}

		k := startTaker(t, cfg, component.WithLimits(component.Limits{Fuel: 100_000}))
		k.host = func(ctx context.Context) error { return component.Charge(ctx, math.MaxUint64) }
		_, err := k.call(ctx, "take", "s", []byte{})
		if trap := wantTrap(t, err, "fuel"); !errors.As(trap, new(*component.OutOfFuelError)) {
			t.Errorf("everything at once ends with %v", err)
		}
		closeAll(t, k)
	})
}

// TestChargeLater refuses to charge for a call that has ended, and for none.
func TestChargeLater(t *testing.T) {
	t.Parallel()
	k := startTaker(t, component.Config{})
	defer closeAll(t, k)
	var kept context.Context
	k.host = func(ctx context.Context) error { kept = ctx; return nil }
	k.must(t, "take", "s", []byte{})
	before, _ := k.Fuel(context.Background())
	for _, ctx := range []context.Context{kept, context.Background()} {
		if err := component.Charge(ctx, 1000); err == nil {
			t.Error("charging took effect when no import ran")
		}
	}
	if after, _ := k.Fuel(context.Background()); after != before {
		t.Errorf("%d units were charged for nothing", after-before)
	}
}
