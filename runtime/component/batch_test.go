package component_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// A taker is an instance of the guest batches, and what its host saw.
type taker struct {
	*plugin
	seen  []string
	rooms uint32                          // that were allocated for batches, and no call saw
	host  func(ctx context.Context) error // what seen does besides; nil for nothing
}

func startTaker(t testing.TB, cfg component.Config, opts ...component.Option) *taker {
	t.Helper()
	wasm := handmade(t, "batches")
	f, err := newRuntime(t, cfg).Load(context.Background(), wasm, describe(t, wasm),
		component.WithBatches("take"), component.WithBatches("note"), component.WithBatches("spread"), component.WithBatches("numbers"))
	if err != nil {
		t.Fatal(err)
	}
	k := &taker{}
	k.plugin = start(t, f, func(ctx context.Context, fn string, args []abi.Value) (abi.Value, error) {
		k.seen = append(k.seen, fmt.Sprintf("%s %q, %d allocated, %d returned", args[0], args[1], args[2].(uint32)-k.rooms, args[3]))
		if k.host != nil {
			return "", k.host(ctx)
		}
		return "thanks", nil
	}, opts...)
	return k
}

// A taking is one call of take.
type taking struct{ key, data string }

// alone makes the calls one by one, until one does not succeed.
func (k *taker) alone(calls []taking) (done int, answer abi.Value, err error) {
	for _, c := range calls {
		v, err := k.call(context.Background(), "take", c.key, []byte(c.data))
		if err != nil {
			return done, nil, err
		}
		if r := v.(abi.VariantValue); r.Case != 0 {
			return done, v, nil
		}
		done++
	}
	return done, nil, nil
}

// batched makes them in batches of at most so many bytes.
func (k *taker) batched(t testing.TB, ctx context.Context, calls []taking, size int) (done int, answer abi.Value, err error) {
	t.Helper()
	b, err := k.Batch("take", size)
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) > 0 {
		k.rooms++
	}
	for done < len(calls) {
		for i, c := range calls[done:] {
			var err error
			if i > 0 && c.key == calls[done+i-1].key {
				err = b.Repeat(1)
			} else {
				err = b.String(c.key)
			}
			if err == nil {
				err = b.Bytes([]byte(c.data))
			}
			if errors.Is(err, component.ErrBatchFull) && i > 0 {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		staged := b.Calls()
		n, v, err := b.Run(ctx)
		if done += n; v != nil || err != nil {
			return done, v, err
		}
		if n != staged {
			t.Fatalf("%d calls were staged and %d made", staged, n)
		}
	}
	return done, nil, nil
}

// TestBatchIsCalls compares random calls in batches with the same ones made one
// by one: what each answers, what the host sees, how the guest is afterwards.
func TestBatchIsCalls(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		verbs := []string{"", "s", "s", "see this", "x", "x", "f", "t", "u"}
		for seed := range uint64(60) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			calls := make([]taking, rnd.IntN(40))
			for i := range calls {
				verb := verbs[rnd.IntN(len(verbs))]
				if i < 20 && strings.ContainsAny(verb, "ftu") {
					verb = "s"
				}
				calls[i] = taking{verb + strings.Repeat("k", rnd.IntN(4)), strings.Repeat("d", rnd.IntN(100))}
			}
			one, all := startTaker(t, cfg), startTaker(t, cfg)
			wantDone, wantAnswer, wantErr := one.alone(calls)
			done, answer, err := all.batched(t, context.Background(), calls, 600)
			if done != wantDone || (err != nil) != (wantErr != nil) {
				t.Fatalf("seed %d: batches make %d calls and then %v, want %d and %v", seed, done, err, wantDone, wantErr)
			}
			if err != nil && wantErr.(*component.Trap).Cause.Error() != err.(*component.Trap).Cause.Error() {
				t.Fatalf("seed %d: batches end in\n%v\nwant\n%v", seed, err, wantErr)
			}
			if diff := cmp.Diff(wantAnswer, answer); diff != "" {
				t.Fatalf("seed %d: the answer (-alone +batched):\n%s", seed, diff)
			}
			if diff := cmp.Diff(one.seen, all.seen); diff != "" {
				t.Fatalf("seed %d: the host saw (-alone +batched):\n%s", seed, diff)
			}
			if err == nil {
				wantSameGuest(t, one, all)
			}
			closeAll(t, one, all)
		}
	})
}

// wantSameGuest compares what both guests count, but for the room of the batch.
func wantSameGuest(t *testing.T, one, all *taker) {
	t.Helper()
	one.must(t, "take", "s", []byte("end"))
	all.must(t, "take", "s", []byte("end"))
	if diff := cmp.Diff(one.seen, all.seen); diff != "" {
		t.Fatalf("afterwards the host saw (-alone +batched):\n%s", diff)
	}
}

func closeAll(t *testing.T, ks ...*taker) {
	t.Helper()
	for _, k := range ks {
		if err := k.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBatchTraps stops at the call that traps, and says which it was.
func TestBatchTraps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		calls []taking
		done  int
		cause string
	}{
		{"the function traps", []taking{{"s", ""}, {"s", ""}, {"t", ""}, {"s", ""}}, 2, "unreachable"},
		{"realloc leaves", []taking{{"s", ""}, {"l", ""}, {"s", ""}}, 2, "within a realloc or post-return"},
		{"realloc leaves for an import's result", []taking{{"s", ""}, {"l", ""}, {"x", ""}}, 2, "within a realloc or post-return"},
		{"post-return leaves", []taking{{"x", ""}, {"p", ""}, {"x", ""}}, 1, "within a realloc or post-return"},
		{"the result is nowhere", []taking{{"x", ""}, {"u", ""}}, 1, "unaligned pointer"},
	}
	engines(t, func(t *testing.T, cfg component.Config) {
		for _, test := range tests {
			k := startTaker(t, cfg)
			done, answer, err := k.batched(t, context.Background(), test.calls, 1024)
			wantTrap(t, err, test.cause)
			if done != test.done || answer != nil {
				t.Errorf("%s: %d calls ended and the answer was %v, want %d and none", test.name, done, answer, test.done)
			}
			if _, _, err := k.batched(t, context.Background(), test.calls, 1024); !errors.As(err, new(*component.PoisonedError)) {
				t.Errorf("%s: the next batch ends in %v, want a PoisonedError", test.name, err)
			}
			closeAll(t, k)
		}
	})
}

// TestBatchIsInterrupted holds each call to its own time, and a batch to its
// context.
func TestBatchIsInterrupted(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		t.Run("time limit", func(t *testing.T) {
			k := startTaker(t, cfg, component.WithLimits(component.Limits{CallTime: 20 * time.Millisecond}))
			defer closeAll(t, k)
			k.host = func(ctx context.Context) error { // half of its time each: together more than one has
				d, _ := ctx.Deadline()
				<-time.After(time.Until(d) / 2)
				return nil
			}
			done, _, err := k.batched(t, context.Background(), []taking{{"s", ""}, {"s", ""}, {"s", ""}, {"s", ""}, {"o", ""}}, 1024)
			if done != 4 || !errors.As(err, new(*component.TimeLimitError)) {
				t.Errorf("%d calls ended and then %v, want 4 and a TimeLimitError", done, err)
			}
		})
		t.Run("cancelled", func(t *testing.T) {
			k := startTaker(t, cfg)
			defer closeAll(t, k)
			ctx, cancel := context.WithCancel(context.Background())
			k.host = func(context.Context) error { cancel(); return nil }
			done, _, err := k.batched(t, ctx, []taking{{"s", ""}, {"o", ""}, {"s", ""}}, 1024)
			if done != 1 || !errors.As(err, new(*component.CancelledError)) {
				t.Errorf("%d calls ended and then %v, want 1 and a CancelledError", done, err)
			}
		})
		t.Run("closed", func(t *testing.T) {
			k := startTaker(t, cfg)
			k.host = func(context.Context) error { return k.Close(context.Background()) }
			_, _, err := k.batched(t, context.Background(), []taking{{"s", ""}, {"o", ""}}, 1024)
			wantTrap(t, err, "")
		})
	})
}

// TestBatchContexts gives each call of a batch a context of its own.
func TestBatchContexts(t *testing.T) {
	t.Parallel()
	k := startTaker(t, component.Config{})
	defer closeAll(t, k)
	var contexts []context.Context
	k.host = func(ctx context.Context) error {
		for i, c := range contexts {
			if c.Err() == nil {
				t.Errorf("the context of call %d lives on in call %d", i, len(contexts))
			}
		}
		if _, ok := component.Caller(ctx); !ok {
			t.Error("the context names no caller")
		}
		if _, err := k.Batch("take", 64); err != nil {
			t.Error(err)
		}
		if _, err := k.funcs["take"].Call(ctx, "x", []byte{}); !errors.Is(err, component.ErrReentered) {
			t.Errorf("a call from within ends in %v, want ErrReentered", err)
		}
		contexts = append(contexts, ctx)
		return ctx.Err()
	}
	if done, _, err := k.batched(t, context.Background(), []taking{{"s", ""}, {"s", ""}, {"x", ""}, {"s", ""}}, 1024); done != 4 || err != nil {
		t.Fatal(done, err)
	}
}

// TestBatchRefused says which functions and instances take no batches.
func TestBatchRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tests := []struct {
		name, function string
		opts           []component.Option
		want           string
	}{
		{"no such function", "nothing", nil, "the world exports no such function"},
		{"numbers", "numbers", nil, "something else than strings, lists of bytes"},
		{"traced", "take", []component.Option{component.WithTrace(func(component.TraceEvent) {})}, "traced"},
		{"limited fuel", "take", []component.Option{component.WithLimits(component.Limits{Fuel: 1e6})}, "the fuel of each call is limited"},
		{"limited arguments", "take", []component.Option{component.WithLimits(component.Limits{Arguments: 1e6})}, "the arguments of each call are limited"},
	}
	for _, test := range tests {
		k := startTaker(t, component.Config{}, test.opts...)
		_, err := k.Batch(test.function, 1024)
		if !errors.As(err, new(*component.UnsupportedError)) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an UnsupportedError with %q", test.name, err, test.want)
		}
		closeAll(t, k)
	}
	k := run(t, component.Config{}, handmade(t, "batches"), func(context.Context, string, []abi.Value) (abi.Value, error) { return "", nil })
	if _, err := k.Batch("take", 1024); err == nil || !strings.Contains(err.Error(), "without WithBatches") {
		t.Errorf("not asked for: got %v", err)
	}
	if err := k.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestBatchStaging says what does not fit and what is no string, and keeps what
// was staged before.
func TestBatchStaging(t *testing.T) {
	t.Parallel()
	k := startTaker(t, component.Config{})
	defer closeAll(t, k)
	b, err := k.Batch("take", 64)
	if err != nil {
		t.Fatal(err)
	}
	if done, answer, err := b.Run(context.Background()); done != 0 || answer != nil || err != nil {
		t.Errorf("an empty batch gives %d, %v, %v", done, answer, err)
	}
	if err := errors.Join(b.String("s"), b.Bytes([]byte("one"))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.String("s")); err != nil {
		t.Fatal(err)
	}
	if err := b.Bytes(make([]byte, 60)); !errors.Is(err, component.ErrBatchFull) {
		t.Errorf("too much is %v, want ErrBatchFull", err)
	}
	if err := b.String("\xff"); !errors.As(err, new(*abi.ValueError)) {
		t.Errorf("invalid UTF-8 is %v, want a ValueError", err)
	}
	if err := errors.Join(b.String("s"), b.Bytes([]byte("two")), b.String("s")); err != nil { // the last one has no data
		t.Fatal(err)
	}
	if n := b.Calls(); n != 2 {
		t.Errorf("%d calls are staged, want 2", n)
	}
	if done, _, err := b.Run(context.Background()); done != 2 || err != nil {
		t.Fatal(done, err)
	}
	if diff := cmp.Diff([]string{`s "one", 3 allocated, 0 returned`, `s "two", 6 allocated, 1 returned`}, k.seen); diff != "" {
		t.Errorf("the host saw (-want +got):\n%s", diff)
	}
}

// TestBatchAllocates nothing in Go once it is warm.
func TestBatchAllocates(t *testing.T) {
	k := startTaker(t, component.Config{})
	defer closeAll(t, k)
	b, err := k.Batch("take", 1024)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	n := testing.AllocsPerRun(100, func() {
		for range 10 {
			if b.String("x") != nil || b.Bytes(nil) != nil {
				t.Fatal("not staged")
			}
		}
		if done, _, err := b.Run(ctx); done != 10 || err != nil {
			t.Fatal(done, err)
		}
	})
	if n > 0 {
		t.Errorf("a batch of ten allocates %v times", n)
	}
}

// TestBatchInPool makes batches in instances of a pool, one after another of
// which each is as new, the module of the batch with it.
func TestBatchInPool(t *testing.T) {
	t.Parallel()
	wasm := handmade(t, "batches")
	f, err := newRuntime(t, component.Config{}).Load(context.Background(), wasm, describe(t, wasm), component.WithBatches("take"))
	if err != nil {
		t.Fatal(err)
	}
	grant := component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:batches/host"})
	pool := f.Pool(component.PoolOptions{Options: []component.Option{grant}})
	var first []string
	for round := range 5 {
		k := &taker{}
		host := component.DynamicHost(func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
			k.seen = append(k.seen, fmt.Sprint(args...))
			return "thanks", nil
		})
		hosts := make([]any, len(f.World().Imports))
		for i := range hosts {
			hosts[i] = host
		}
		err := pool.Do(context.Background(), hosts, func(in *component.Instance) error {
			k.plugin = named(in, f.World())
			done, _, err := k.batched(t, context.Background(), []taking{{"s", "b"}, {"s", "c"}, {"sd", strings.Repeat("e", 300)}}, 1000)
			if done != 3 {
				t.Errorf("round %d: %d calls ended", round, done)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			first = k.seen
		} else if diff := cmp.Diff(first, k.seen); diff != "" {
			t.Errorf("round %d (-first +now):\n%s", round, diff)
		}
	}
	if s := pool.Stats(); s.Made != 1 || s.Reset != 5 || len(first) != 3 {
		t.Errorf("%d seen; %+v", len(first), s)
	}
}
