package roundtrip_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/airsstack/witgen/internal/roundtrip/ckit"
	capi "github.com/airsstack/witgen/internal/roundtrip/ckit/demo/c/api"
	"github.com/airsstack/witgen/internal/roundtrip/ckit/demo/c/host"
	"github.com/airsstack/witgen/internal/roundtrip/vault"
	ours "github.com/airsstack/witgen/internal/roundtrip/vault/demo/vault/exports/store"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
)

// vaults are the guests that implement the world vault: in Rust, C and JavaScript.
var vaults = []string{"vault", "vault-c", "vault-js"}

// inVaults runs a test with each of them.
func inVaults(t *testing.T, test func(*testing.T, string)) {
	t.Parallel()
	for _, name := range vaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name)
		})
	}
}

func newVault(t *testing.T, name string, k *keeper) *vault.Vault {
	t.Helper()
	factory, err := vault.Load(t.Context(), newRuntime(t), wasm(t, name))
	if err != nil {
		t.Fatal(err)
	}
	v, err := factory.New(t.Context(), vault.Imports{Store: k, Appraise: k.appraise}, everything(&vault.World))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestResources sends buckets through the guest vault, whose buckets are the
// host's: each crosses the boundary four times, in every position of a value.
func TestResources(t *testing.T) { inVaults(t, resources) }

func resources(t *testing.T, guest string) {
	ctx, k := t.Context(), &keeper{}
	v := newVault(t, guest, k)
	s := v.Store()
	bucket, text := must[*ours.Bucket](t), must[string](t)
	named := func(b *ours.Bucket, want string) {
		t.Helper()
		if got := text(b.Name(ctx)); got != want {
			t.Errorf("bucket %q, want %q", got, want)
		}
	}

	a := bucket(s.NewBucket(ctx, "a"))
	named(a, "a")
	for _, key := range []string{"x", "y", "z"} {
		if err := a.Put(ctx, key, []byte("value of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Put(ctx, "one too many", nil); !errors.Is(err, ours.ErrorCodeFull) {
		t.Errorf("put into a full bucket: %v", err)
	}
	if got, ok := must[cm.Option[[]byte]](t)(a.Get(ctx, "y")).Get(); !ok || string(got) != "value of y" {
		t.Errorf("got %q %v", got, ok)
	}
	if _, err := s.BucketOpen(ctx, ""); !errors.Is(err, ours.ErrorCodeNoSuchBucket) {
		t.Errorf("open: %v", err)
	}
	b := bucket(s.BucketOpen(ctx, "b"))
	if got := text(s.First(ctx, cm.Tuple2[cm.Option[*ours.Bucket], *ours.Bucket]{F1: b})); got != "B" {
		t.Errorf("first of one: %q", got)
	}
	if got := text(s.First(ctx, cm.Tuple2[cm.Option[*ours.Bucket], *ours.Bucket]{F0: cm.Some(a), F1: b})); got != "a" {
		t.Errorf("first of two: %q", got)
	}
	if got := must[[]string](t)(s.Names(ctx, []*ours.Bucket{b, a})); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("names: %q", got)
	}

	// Given away, it is somebody else's.
	b = bucket(s.BucketMerge(ctx, b, a))
	p := must[ours.Pair](t)(s.Split(ctx, b))
	if _, err := b.Name(ctx); !errors.Is(err, abi.ErrTaken) {
		t.Errorf("a method of a bucket that was given away: %v", err)
	}
	if right, ok := p.Right.Get(); !ok || p.Label != "b" {
		t.Errorf("split: %v", p)
	} else {
		named(right, "right of b")
	}
	b = bucket(s.Join(ctx, p))
	named(b, "b+right of b")

	c := bucket(b.Copy(ctx))
	many, ok := must[ours.Slot](t)(s.Fill(ctx, []*ours.Bucket{a, b, c})).(*ours.SlotMany)
	if !ok || len(many.Value) != 3 {
		t.Fatalf("fill: %v", many)
	}
	all := must[[]*ours.Bucket](t)(s.Spill(ctx, many))
	_, err := s.Keep(ctx, all)
	refused, ok := errors.AsType[*ours.RefusalTooMany](err)
	if !ok {
		t.Fatalf("keep: %v", err)
	}
	named(refused.Value[2], "b+right of b'")
	if n := must[uint32](t)(s.Keep(ctx, refused.Value[:2])); n != 2 {
		t.Errorf("kept %d", n)
	}
	if got := text(s.Swap(ctx, cm.OK[*ours.Bucket, string](refused.Value[2]))); got != "b+right of b'" {
		t.Errorf("swapped for %q", got)
	}
	_, err = s.Swap(ctx, cm.Err[*ours.Bucket]("d"))
	d, ok := errors.AsType[*cm.Error[*ours.Bucket]](err)
	if !ok {
		t.Fatalf("swap: %v", err)
	}
	named(d.Value, "d")
	if n := must[uint32](t)(d.Value.CloseMethod(ctx)); n != 99 {
		t.Errorf("the function close: %d", n)
	}
	if n, m := must[uint32](t)(v.Live(ctx)), k.owned(); n != 1 || m != 1 {
		t.Errorf("%d buckets of the component and %d of the host are left, and only d is here", n, m)
	}
	for range 2 { // twice is no error
		if err := d.Value.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if n, m := must[uint32](t)(v.Live(ctx)), k.owned(); n != 0 || m != 0 {
		t.Errorf("%d buckets of the component and %d of the host are left", n, m)
	}
	if !slices.Equal(k.calls, []string{"drop d"}) {
		t.Errorf("dropped: %v", k.calls)
	}
}

// TestHostResourcesOfTheWorld hands the host's own buckets to the functions of
// the world, owned and lent.
func TestHostResourcesOfTheWorld(t *testing.T) { inVaults(t, hostResourcesOfTheWorld) }

func hostResourcesOfTheWorld(t *testing.T, guest string) {
	ctx, k := t.Context(), &keeper{}
	v := newVault(t, guest, k)
	b := k.give("mine")
	b.values["x"] = nil
	for range 3 { // a lent one can be lent again
		if got := must[string](t)(v.Ask(ctx, b)); got != "mine: 1" {
			t.Errorf("asked: %q", got)
		}
	}
	back, err := v.Pass(ctx, b)
	if err != nil || back != b {
		t.Errorf("passed %v, got %v back, %v", b, back, err)
	}
	if _, err := v.Ask(ctx, nil); err == nil || !strings.Contains(err.Error(), "the host gave no bucket") {
		t.Errorf("asked about nothing: %v", err)
	}
}

// TestResourcesAtTheEnd closes an instance whose guest still owns buckets of the
// host, and traps one in the middle of a call.
func TestResourcesAtTheEnd(t *testing.T) { inVaults(t, resourcesAtTheEnd) }

func resourcesAtTheEnd(t *testing.T, guest string) {
	ctx, k := t.Context(), &keeper{}
	v := newVault(t, guest, k)
	other := newVault(t, guest, k)
	var left []*ours.Bucket
	for _, name := range []string{"a", "b", "c"} {
		left = append(left, must[*ours.Bucket](t)(v.Store().NewBucket(ctx, name)))
	}
	if _, err := other.Store().Split(ctx, left[0]); !errors.Is(err, abi.ErrForeign) {
		t.Errorf("a bucket of another instance: %v", err)
	}
	if _, err := v.Store().Split(ctx, nil); !errors.Is(err, component.ErrNoResource) {
		t.Errorf("no bucket: %v", err)
	}
	if _, err := v.Store().Split(ctx, &ours.Bucket{}); !errors.Is(err, component.ErrNoResource) {
		t.Errorf("a bucket that no component gave: %v", err)
	}
	if got := must[string](t)(left[1].Name(ctx)); got != "b" {
		t.Errorf("after mistakes of the host: %q", got)
	}
	if err := left[1].Close(ctx); err != nil {
		t.Error(err)
	}
	if err := v.Close(ctx); err != nil {
		t.Error(err)
	}
	slices.Sort(k.calls)
	if want := []string{"drop a", "drop b", "drop c"}; !slices.Equal(k.calls, want) || k.owned() != 0 {
		t.Errorf("dropped %v, %d are left", k.calls, k.owned())
	}
	if _, err := left[0].Name(ctx); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a method after the end: %v", err)
	}
	if err := left[2].Close(ctx); err != nil {
		t.Errorf("close after the end: %v", err)
	}
}

// sinks implements what the guest c-kit imports.
type sinks struct{ log []string }

func (s *sinks) Log(_ context.Context, msg string) error {
	s.log = append(s.log, msg)
	return nil
}

func (s *sinks) NewSink(_ context.Context, n string) (host.Sink, error) {
	return &sink{s, n}, nil
}

type sink struct {
	s    *sinks
	name string
}

func (k *sink) Push(_ context.Context, b []byte) (uint32, error) {
	k.s.log = append(k.s.log, "push "+k.name+" "+string(b))
	return uint32(len(b)), nil
}

func (k *sink) Drop(context.Context) { k.s.log = append(k.s.log, "drop "+k.name) }

// TestResourcesInC does the same with bindings that somebody wrote in C.
func TestResourcesInC(t *testing.T) {
	t.Parallel()
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		resourcesInC(t)
	})
	t.Run("traced", func(t *testing.T) {
		t.Parallel()
		var incr int
		resourcesInC(t, component.WithTrace(func(e component.TraceEvent) {
			if e.End && strings.HasSuffix(e.Name, "counter.incr") {
				incr++
			}
		}))
		if incr != 2 {
			t.Errorf("%d calls of incr were traced", incr)
		}
	})
}

func resourcesInC(t *testing.T, opts ...component.Option) {
	ctx, s := t.Context(), &sinks{}
	factory, err := ckit.Load(ctx, newRuntime(t), wasm(t, "c-kit"))
	if err != nil {
		t.Fatal(err)
	}
	guest, err := factory.New(ctx, ckit.Imports{Host: s}, append(opts, everything(&ckit.World))...)
	if err != nil {
		t.Fatal(err)
	}
	api := guest.API()
	a, err := api.NewCounter(ctx, 5)
	if err != nil {
		t.Fatal(err)
	}
	b, err := api.NewCounter(ctx, 30)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := a.Incr(ctx, 2); n != 7 || err != nil {
		t.Errorf("incr: %d, %v", n, err)
	}
	sum, err := api.CounterMerge(ctx, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Incr(ctx, 2); !errors.Is(err, abi.ErrTaken) {
		t.Errorf("a method of a counter that was given away: %v", err)
	}
	if _, err := new(capi.Counter).Incr(ctx, 2); !errors.Is(err, component.ErrNoResource) {
		t.Errorf("a method of no counter: %v", err)
	}
	if n, err := sum.Incr(ctx, 0); n != 37 || err != nil {
		t.Errorf("merged: %d, %v", n, err)
	}
	if got := must[string](t)(api.Greet(ctx, "you")); !strings.Contains(got, "you") {
		t.Errorf("greet: %q", got)
	}
	for _, r := range []interface{ Close(context.Context) error }{a, b, sum, guest} {
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"dtor", "Hello, you", "push s Hello, you", "drop s", "dtor", "dtor"}; !slices.Equal(s.log, want) {
		t.Errorf("the host was asked %q", s.log)
	}
	if _, err := sum.Incr(ctx, 0); !errors.Is(err, component.ErrClosed) {
		t.Errorf("a method after the end: %v", err)
	}
}

// TestResourcesInAPool leaves buckets open at the end of each work: nothing of
// them is left for the next, and the host hears of each.
func TestResourcesInAPool(t *testing.T) {
	t.Parallel()
	ctx, k := t.Context(), &keeper{}
	factory, err := vault.Load(ctx, newRuntime(t), wasm(t, "vault"))
	if err != nil {
		t.Fatal(err)
	}
	pool := factory.Pool(component.PoolOptions{Options: []component.Option{everything(&vault.World)}})
	var kept *ours.Bucket
	const works = 20
	for i := range works {
		err := pool.Do(ctx, vault.Imports{Store: k, Appraise: k.appraise}, func(v *vault.Vault) error {
			if n := must[uint32](t)(v.Live(ctx)); n != 0 {
				t.Errorf("work %d: %d buckets of the one before", i, n)
			}
			if kept != nil {
				if _, err := v.Store().Split(ctx, kept); !errors.Is(err, abi.ErrForeign) {
					t.Errorf("work %d: a bucket of the one before: %v", i, err)
				}
			}
			kept = must[*ours.Bucket](t)(v.Store().NewBucket(ctx, "b"))
			_ = must[*ours.Bucket](t)(kept.Copy(ctx))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Name(ctx); !errors.Is(err, component.ErrClosed) {
			t.Errorf("work %d: a bucket after its end: %v", i, err)
		}
		if err := kept.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if n := k.owned(); n != 0 || len(k.calls) != 2*works {
		t.Errorf("%d buckets of the host are left, %d were dropped", n, len(k.calls))
	}
	if s := pool.Stats(); s.Made+s.Reset < works || s.InUse != 0 {
		t.Errorf("%+v", s)
	}
	if err := pool.Close(ctx); err != nil {
		t.Error(err)
	}
}
