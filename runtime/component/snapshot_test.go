package component_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A grower is a guest with a memory of one page that may have max: "grow" grows
// it by so many pages and answers with what it had, "poke" writes into its last
// page and "peek" reads what is there.
func growerGuest(maximum int) *coreModule {
	last := join(0x3f, 0, i32c(16), 0x74, i32c(8), 0x6b) // the last eight bytes
	return &coreModule{
		memory: join(1, 1, uleb(maximum)),
		funcs: []coreFunc{
			{name: "grow", code: join(get(0), 0xa7, 0x40, 0, 0xad)},
			{name: "poke", code: join(last, get(0), 0x37, 3, 0, get(0))},
			{name: "peek", code: join(last, 0x29, 3, 0)},
			{name: "ask", code: join(get(0), callFn(0))},
			{name: "die", code: join(0x00)},
		},
	}
}

// TestResetTakesBackWhatGrew resets an instance whose memory grew, by a little
// and by much: it has the one page that it began with, and finds zeros where it
// had written. One that has all it may ever have is made anew.
func TestResetTakesBackWhatGrew(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), growerGuest(100).component())
		pool := f.Pool(component.PoolOptions{})
		for round, pages := range []uint64{1, 40, 3, 98, 1, 99, 1} {
			do(t, pool, f, 0, func(p *plugin) {
				if had := p.must(t, "grow", pages); had != uint64(1) {
					t.Errorf("round %d: it begins with %v pages", round, had)
				}
				if v := p.must(t, "peek", uint64(0)); v != uint64(0) {
					t.Errorf("round %d: what it grew by holds %v", round, v)
				}
				p.must(t, "poke", uint64(77))
				usage, err := p.Usage(context.Background())
				if want := (1 + pages) << 16; err != nil || usage.Memory.Used != want {
					t.Errorf("round %d: %v bytes are counted, want %d; %v", round, usage.Memory, want, err)
				}
			})
		}
		if s := pool.Stats(); s.Made != 2 || s.Reset != 6 || s.Closed != 1 || s.Anew != nil {
			t.Errorf("got %+v", s)
		}
	})
}

// TestPoolsOfRealGuests resets guests whose allocators grow their memories: in
// one instance after another they answer as new ones do, at the same cost.
func TestPoolsOfRealGuests(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	ctx := context.Background()
	for name, fns := range map[string][]string{
		"rust-kit": {"total", "describe"},
		"counter":  {"init", "handle-message", "execute", "metadata", "health"},
		"tally":    {"lookup", "weigh", "events"},
	} {
		f := load(t, rt, guest(t, name))
		pool := f.Pool(component.PoolOptions{})
		hosts := make([]any, len(f.World().Imports))
		for i := range hosts {
			hosts[i] = component.DynamicHost(func(context.Context, string, []abi.Value) (abi.Value, error) { return nil, nil })
		}
		grew := false
		for round := range uint64(20) {
			work := func(seen *[]any) func(in *component.Instance) error {
				return func(in *component.Instance) error {
					p := named(in, f.World())
					values := synth.Values{Rand: rand.New(rand.NewPCG(3, round)), Room: 1 + 50<<(round%14)}
					before, _ := in.Usage(ctx)
					for _, name := range fns {
						fn, ok := p.funcs[name]
						if !ok {
							t.Errorf("%s has no function %s", f.World().Name, name)
							continue
						}
						args := values.Args(fn.Type())
						if name == "weigh" { // what is drawn for it is small
							args[0] = abi.VariantValue{Case: 1, Payload: strings.Repeat("x", int(30_000*round))}
						}
						v, err := fn.Call(ctx, args...)
						*seen = append(*seen, v, err)
					}
					after, err := in.Usage(ctx)
					*seen = append(*seen, before, after)
					grew = grew || before.Memory.Used != after.Memory.Used
					return err
				}
			}
			var fresh, kept []any
			in, err := f.New(ctx, hosts)
			if err != nil {
				t.Fatal(err)
			}
			if err := work(&fresh)(in); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			mustClose(t, in)
			if err := pool.Do(ctx, hosts, work(&kept)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(fresh, kept, cmpopts.EquateNaNs(), cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s, round %d (-new +pool):\n%.2000s", name, round, diff)
			}
		}
		if s := pool.Stats(); s.Made != 1 || s.Reset != 20 || s.Anew != nil {
			t.Errorf("%s: %+v", name, s)
		}
		if !grew {
			t.Errorf("%s never grew its memory: the test shows too little", name)
		}
	}
}

// TestSnapshotRefuses names what cannot be in a snapshot.
func TestSnapshotRefuses(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	ctx := context.Background()
	f := load(t, rt, growerGuest(9).component())
	calls := func(fn string) component.InitFunc {
		return func(ctx context.Context, in *component.Instance) error {
			_, err := named(in, f.World()).call(ctx, fn, uint64(1))
			return err
		}
	}
	refused := func(what string, err error) {
		t.Helper()
		var none *component.SnapshotError
		if !errors.As(err, &none) || !strings.Contains(none.Why, what) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	_, err := f.NewSnapshot(ctx, calls("ask"), tickGrant)
	refused("tick", err)
	_, err = load(t, rt, handmade(t, "imports-to-begin")).NewSnapshot(ctx, nil, tickGrant)
	refused("tick", err)
	_, err = load(t, rt, (&coreModule{
		memory: join(1, 1, 1), table: join(0x70, 1, 1, 1),
		funcs: []coreFunc{{name: "set", code: join(i32c(0), 0xd0, 0x70, 0x26, 0, get(0))}},
	}).component()).NewSnapshot(ctx, nil)
	refused("table.set", err)

	_, err = f.NewSnapshot(ctx, calls("die"))
	wantTrap(t, err, "unreachable")
	mine := errors.New("mine")
	if _, err = f.NewSnapshot(ctx, func(context.Context, *component.Instance) error { return mine }); err != mine {
		t.Errorf("init's own error becomes %v", err)
	}
	wantLive(t, f, 0)

	big, err := f.NewSnapshot(ctx, calls("grow"))
	if err != nil {
		t.Fatal(err)
	}
	var limit *component.LimitError
	_, err = f.New(ctx, answering(1), component.WithSnapshot(big), component.WithLimits(component.Limits{Memory: 1 << 16}))
	if !errors.As(err, &limit) || limit.Wanted != 2<<16 || limit.Usage.Limit != 1<<16 {
		t.Errorf("more than the instance may have: %v", err)
	}
	if _, err = load(t, rt, growerGuest(9).component()).New(ctx, answering(1), component.WithSnapshot(big)); err == nil {
		t.Error("a snapshot of another factory is taken")
	}
	pool := f.Pool(component.PoolOptions{})
	if err = pool.Do(ctx, answering(1), func(*component.Instance) error { return nil }, component.WithSnapshot(big)); err == nil {
		t.Error("one work has a snapshot of its own")
	}
	wantLive(t, f, 0)
}

// TestPoolInitialises runs Init once, or for each instance of those that there
// is no snapshot of.
func TestPoolInitialises(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), growerGuest(9).component())
	runs := 0
	init := func(fn string) component.PoolOptions {
		return component.PoolOptions{Max: 1, Options: []component.Option{tickGrant}, Init: func(ctx context.Context, in *component.Instance) error {
			runs++
			_, err := named(in, f.World()).call(ctx, fn, uint64(3))
			return err
		}}
	}
	begun, asks, dies := f.Pool(init("grow")), f.Pool(init("ask")), f.Pool(init("die"))
	for range 4 {
		do(t, begun, f, 0, func(p *plugin) {
			if had := p.must(t, "grow", uint64(1)); had != uint64(4) {
				t.Errorf("it begins with %v pages", had)
			}
		})
	}
	if s := begun.Stats(); runs != 1 || s.Made != 1 || s.Reset != 4 || s.Anew != nil {
		t.Errorf("Init ran %d times; %+v", runs, s)
	}
	runs = 0
	for range 4 {
		do(t, asks, f, 9, func(p *plugin) { p.must(t, "ask", uint64(1)) })
	}
	if s := asks.Stats(); runs != 5 || s.Made != 4 || s.Reset != 0 || !errors.As(s.Anew, new(*component.SnapshotError)) {
		t.Errorf("Init ran %d times; %+v", runs, s)
	}
	for range 2 {
		err := dies.Do(context.Background(), answering(1), func(*component.Instance) error { t.Error("it works"); return nil })
		wantTrap(t, err, "unreachable")
	}
	wantLive(t, f, 1)
}

// TestPoolOfSnapshot begins its work where a snapshot was taken.
func TestPoolOfSnapshot(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), counterGuest().component())
	s, err := f.NewSnapshot(context.Background(), func(ctx context.Context, in *component.Instance) error {
		_, err := named(in, f.World()).call(ctx, "keep", uint64(41))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Size() == 0 || s.Size() > 1<<16 {
		t.Errorf("it takes %d bytes", s.Size())
	}
	pool := f.Pool(component.PoolOptions{Options: []component.Option{component.WithSnapshot(s)}})
	for i := range uint64(4) {
		do(t, pool, f, 0, func(p *plugin) {
			if v := p.must(t, "keep", i); v != uint64(41) {
				t.Errorf("it begins with %v", v)
			}
		})
	}
	if s := pool.Stats(); s.Made != 1 || s.Reset != 4 {
		t.Errorf("got %+v", s)
	}
}
