package component_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

var tickGrant = component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "tick"})

// A workload is calls drawn from a seed, and what was seen of them.
type workload struct {
	seed uint64
	n    int
	seen []string
}

func (l *workload) note(format string, args ...any) {
	l.seen = append(l.seen, fmt.Sprintf(format, args...))
}

// host answers tick, and notes it.
func (l *workload) host() []any {
	return []any{component.DynamicHost(func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
		l.note("tick %v", args[0])
		return args[0].(uint64) * 3, nil
	})}
}

// run calls the guest's functions and looks at everything that it can see.
func (l *workload) run(w *component.World, in *component.Instance) error {
	p := named(in, w)
	r := rand.New(rand.NewPCG(11, l.seed))
	for i := range 6 {
		fn := "look"
		if i > 0 {
			fn = fmt.Sprintf("f%d", r.IntN(l.n))
		}
		v, err := p.call(context.Background(), fn, r.Uint64())
		l.note("%s: %v, %v", fn, v, err)
		if err != nil {
			return err
		}
		look, err := p.call(context.Background(), "look", uint64(0))
		l.note("look: %v, %v", look, err)
		fuel, err := in.Fuel(context.Background())
		l.note("fuel: %v, %v", fuel, err)
	}
	return nil
}

// TestResetIsAsNew draws guests that change everything that code can change, and
// has them work in instances of a pool and in new ones: all that they can see of
// themselves, all that they answer and call, and all that they cost is the same.
func TestResetIsAsNew(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		guests, rounds := 60, 6
		if cfg.Interpreter {
			guests, rounds = 9, 3 // as slow as that
		}
		ctx := context.Background()
		rt := newRuntime(t, cfg)
		var all component.PoolStats
		for seed := range guests {
			w := guestWriter{Rand: rand.New(rand.NewPCG(5, uint64(seed)))}
			if seed%2 == 0 {
				w.dirty = growMemory + seed/2%dirtyKinds
			}
			n := 2 + w.IntN(6)
			f := load(t, rt, w.draw(n).component())
			pool := f.Pool(component.PoolOptions{Max: 1, Options: []component.Option{tickGrant}})
			for round := range rounds {
				fresh, kept := workload{seed: uint64(seed*100 + round), n: n}, workload{seed: uint64(seed*100 + round), n: n}
				in, err := f.New(ctx, fresh.host(), tickGrant)
				if err != nil {
					t.Fatal(err)
				}
				_ = fresh.run(f.World(), in)
				mustClose(t, in)
				_ = pool.Do(ctx, kept.host(), func(in *component.Instance) error { return kept.run(f.World(), in) })
				if diff := cmp.Diff(fresh.seen, kept.seen); diff != "" {
					t.Fatalf("seed %d, round %d (-new +pool):\n%s", seed, round, diff)
				}
			}
			s := pool.Stats()
			all.Made, all.Reset, all.Closed = all.Made+s.Made, all.Reset+s.Reset, all.Closed+s.Closed
			mustClose(t, f)
		}
		t.Logf("made %d, reset %d, closed %d", all.Made, all.Reset, all.Closed)
		if int(all.Reset) < guests/2 || int(all.Closed) < guests/3 {
			t.Errorf("of %d pieces of work, %d ended in a reset and %d in none: the test shows too little", guests*rounds, all.Reset, all.Closed)
		}
	})
}

// TestSnapshotIsAsInitialised draws guests, and work that initialises them, and
// has them work in instances that were initialised one by one, that were made of
// a snapshot, and in those of a pool that initialises: all that they can see is
// the same, whether there can be a snapshot or not.
func TestSnapshotIsAsInitialised(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		guests, rounds := 80, 4
		if cfg.Interpreter {
			guests, rounds = 9, 2
		}
		ctx := context.Background()
		rt := newRuntime(t, cfg)
		var taken, refused, failed int
		var all component.PoolStats
		for seed := range guests {
			w := guestWriter{Rand: rand.New(rand.NewPCG(6, uint64(seed))), quiet: seed%4 > 0}
			if seed%3 > 0 {
				w.dirty = growMemory
			} else if seed%2 == 0 {
				w.dirty = growMemory + seed%dirtyKinds
			}
			n := 2 + w.IntN(6)
			f := load(t, rt, w.draw(n).component())
			begin := workload{seed: uint64(1000 + seed), n: n}
			init := func(_ context.Context, in *component.Instance) error { return begin.run(f.World(), in) }
			snapshot, err := f.NewSnapshot(ctx, init, tickGrant)
			var none *component.SnapshotError
			switch {
			case err == nil:
				taken++
			case errors.As(err, &none):
				refused++
			default: // the work traps
				failed++
			}
			pool := f.Pool(component.PoolOptions{Max: 1, Init: init, Options: []component.Option{tickGrant}})
			for round := range rounds {
				load := workload{seed: uint64(seed*100 + round), n: n}
				fresh, made, kept := load, load, load
				in, newErr := f.New(ctx, fresh.host(), tickGrant)
				if newErr != nil {
					t.Fatal(newErr)
				}
				if newErr = init(ctx, in); newErr == nil {
					_ = fresh.run(f.World(), in)
				}
				mustClose(t, in)
				if err == nil {
					in, err := f.New(ctx, made.host(), tickGrant, component.WithSnapshot(snapshot))
					if err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
					_ = made.run(f.World(), in)
					mustClose(t, in)
					if diff := cmp.Diff(fresh.seen, made.seen); diff != "" {
						t.Fatalf("seed %d, round %d (-new +snapshot):\n%s", seed, round, diff)
					}
				}
				poolErr := pool.Do(ctx, kept.host(), func(in *component.Instance) error { _ = kept.run(f.World(), in); return nil })
				if (poolErr == nil) != (newErr == nil) {
					t.Fatalf("seed %d: the pool's initialisation ends in %v, a new one's in %v", seed, poolErr, newErr)
				}
				if diff := cmp.Diff(fresh.seen, kept.seen); newErr == nil && diff != "" {
					t.Fatalf("seed %d, round %d (-new +pool):\n%s", seed, round, diff)
				}
			}
			s := pool.Stats()
			if (s.Anew == nil) != (none == nil) {
				t.Errorf("seed %d: the pool says %v, NewSnapshot %v", seed, s.Anew, err)
			}
			all.Made, all.Reset, all.Closed = all.Made+s.Made, all.Reset+s.Reset, all.Closed+s.Closed
			mustClose(t, f)
		}
		t.Logf("snapshots: %d taken, %d refused, %d not begun; made %d, reset %d, closed %d", taken, refused, failed, all.Made, all.Reset, all.Closed)
		if taken < guests/4 || refused < guests/10 || int(all.Reset) < guests/2 {
			t.Error("the test shows too little")
		}
	})
}
