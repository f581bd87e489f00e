package roundtrip_test

import (
	"context"
	"errors"
	"testing"

	"github.com/airsstack/witgen/internal/roundtrip/guarded"
	ours "github.com/airsstack/witgen/internal/roundtrip/guarded/demo/vault/exports/store"
	"github.com/airsstack/witgen/internal/roundtrip/guarded/demo/vault/store"
	"github.com/airsstack/witgen/internal/roundtrip/guarded/guardedtest"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
)

var (
	readA   = capability.Grant{Kind: capability.Storage, Action: "read", Resource: "a"}
	writeA  = capability.Grant{Kind: capability.Storage, Action: "write", Resource: "a"}
	theRest = capability.Grant{Kind: capability.Import, Resource: "demo:vault/store"}
)

// newGuarded makes an instance of the guest vault whose host asks the guard for
// each put, but for the key "quiet".
func newGuarded(t *testing.T) (*guarded.Vault, *guardedtest.Host) {
	t.Helper()
	host := guardedtest.NewHost()
	bucketOf := func(name string) *guardedtest.StoreBucket {
		return &guardedtest.StoreBucket{
			Recorder: host.Recorder,
			NameFunc: func(context.Context) (string, error) { return name, nil },
			GetFunc: func(context.Context, string) (cm.Option[[]byte], error) {
				return cm.Some([]byte("value")), nil
			},
			PutFunc: func(ctx context.Context, key string, _ []byte) error {
				if key == "quiet" {
					return nil
				}
				return component.Ask(ctx, "", name)
			},
		}
	}
	host.Store.NewBucketFunc = func(_ context.Context, name string) (store.Bucket, error) { return bucketOf(name), nil }
	host.Store.BucketOpenFunc = host.Store.NewBucketFunc
	factory, err := guarded.Load(t.Context(), newRuntime(t), wasm(t, "vault"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := factory.New(t.Context(), host.Imports(), component.WithGrants(readA, writeA, theRest))
	if err != nil {
		t.Fatal(err)
	}
	return v, host
}

// TestCovered works on what was opened under a grant, until that is revoked.
func TestCovered(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	v, _ := newGuarded(t)
	opened := must[*ours.Bucket](t)(v.Store().BucketOpen(ctx, "a"))
	made := must[*ours.Bucket](t)(v.Store().NewBucket(ctx, "a"))
	if _, err := v.Store().BucketOpen(ctx, "b"); !errors.Is(err, ours.ErrorCodeFull) {
		t.Errorf("open what is not granted: %v", err)
	}
	for range 2 {
		if got := must[cm.Option[[]byte]](t)(opened.Get(ctx, "x")); string(got.Value) != "value" {
			t.Errorf("got %v", got)
		}
	}
	if got := must[string](t)(made.Name(ctx)); got != "a" {
		t.Errorf("name %q", got)
	}
	if !v.Instance().Guard().Revoke(writeA) { // no matter for what was opened to read
		t.Error("not revoked")
	}
	must[cm.Option[[]byte]](t)(opened.Get(ctx, "x"))
	v.Instance().Guard().Revoke(readA)
	denied(t, "get of a bucket whose grant was revoked", func() error {
		_, err := opened.Get(ctx, "x")
		return err
	}, "the grant was revoked")
}

// TestCoveredByAnother refuses a resource that another function gave out.
func TestCoveredByAnother(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	v, _ := newGuarded(t)
	made := must[*ours.Bucket](t)(v.Store().NewBucket(ctx, "a"))
	denied(t, "get of a bucket that was not opened", func() error {
		_, err := made.Get(ctx, "x")
		return err
	}, "it was not opened under any grant")
}

// TestAskedByHost has implementations ask: they may, they may be refused, and
// they must.
func TestAskedByHost(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	v, _ := newGuarded(t)
	b := must[*ours.Bucket](t)(v.Store().BucketOpen(ctx, "a"))
	if err := b.Put(ctx, "key", nil); err != nil {
		t.Errorf("put: %v", err)
	}
	v.Instance().Guard().Revoke(writeA)
	if err := b.Put(ctx, "key", nil); !errors.Is(err, ours.ErrorCodeFull) {
		t.Errorf("put without the grant: %v", err)
	}
	if err := b.Put(ctx, "quiet", nil); !errors.Is(err, component.ErrNotAsked) {
		t.Errorf("put without a question: %v", err)
	}
	if err := component.Ask(ctx, "write", "a"); err == nil {
		t.Error("asked outside of a call")
	}
}

func denied(t *testing.T, what string, call func() error, reason string) {
	t.Helper()
	err := call()
	d, ok := errors.AsType[*capability.Denial](err)
	if !ok || d.Reason != reason {
		t.Errorf("%s: %v", what, err)
	}
}
