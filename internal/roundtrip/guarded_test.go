package roundtrip_test

import (
	"bytes"
	"context"
	"errors"
	"runtime/trace"
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
			CopyFunc: func(ctx context.Context) (store.Bucket, error) {
				return &guardedtest.StoreBucket{}, component.Ask(ctx, "", name)
			},
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
	must[*ours.Bucket](t)(b.Copy(ctx))
	v.Instance().Guard().Revoke(readA)
	denied(t, "copy, which has no error to answer with", func() error {
		_, err := b.Copy(ctx)
		return err
	}, "the grant was revoked")
	v, _ = newGuarded(t)
	b = must[*ours.Bucket](t)(v.Store().BucketOpen(ctx, "a"))
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

// TestFunctionsByPattern calls a stub, looks for the region of a traced call, and
// holds an argument that was lent against the component's memory.
func TestFunctionsByPattern(t *testing.T) {
	ctx := t.Context() // not parallel: there is one trace
	v, host := newGuarded(t)
	host.Store.BucketOpenFunc = func(context.Context, string) (store.Bucket, error) {
		return &guardedtest.StoreBucket{
			Recorder: host.Recorder,
			PutFunc: func(ctx context.Context, key string, value []byte) error {
				if key != "key" || len(value) != 5 {
					t.Errorf("put %q %q", key, value)
				}
				return component.Ask(ctx, "", "a")
			},
		}, nil
	}
	b := must[*ours.Bucket](t)(v.Store().BucketOpen(ctx, "a"))
	for _, value := range []string{"value", "OTHER"} {
		if err := b.Put(ctx, "key", []byte(value)); err != nil {
			t.Error(err)
		}
	}
	// The component puts both into one place, so that the first is the second now:
	// a copy would not be.
	if kept := host.Calls("bucket.put")[0].Args[2].([]byte); string(kept) != "OTHER" {
		t.Errorf("the bytes of the first call, that were lent, are %q", kept)
	}

	var out bytes.Buffer
	if err := trace.Start(&out); err != nil {
		t.Skipf("somebody traces the test already: %v", err)
	}
	_, err := b.Get(ctx, "key")
	trace.Stop()
	if err != nil {
		t.Error(err)
	}
	if region := "demo:vault/store@0.1.0#[method]bucket.get"; !bytes.Contains(out.Bytes(), []byte(region)) {
		t.Errorf("the trace has no region %s", region)
	}

	_, err = b.CloseMethod(ctx)
	stub, ok := errors.AsType[*component.StubError](err)
	if !ok || stub.Func != "demo:vault/store@0.1.0#[method]bucket.close" {
		t.Errorf("a stub: %v", err)
	}
}
