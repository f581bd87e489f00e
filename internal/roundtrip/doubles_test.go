package roundtrip_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/internal/roundtrip/vault"
	"github.com/airsstack/witgen/internal/roundtrip/vault/demo/vault/store"
	"github.com/airsstack/witgen/internal/roundtrip/vault/vaulttest"
)

// TestDoubles runs the guest vault on the generated doubles of its host.
func TestDoubles(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	host := vaulttest.NewHost()
	host.AppraiseFunc = func(context.Context, store.Bucket) (uint32, error) { return 7, nil }
	host.Store.BucketOpenFunc = func(_ context.Context, name string) (store.Bucket, error) {
		return nil, store.ErrorCodeNoSuchBucket
	}
	factory, err := vault.Load(ctx, newRuntime(t), wasm(t, "vault"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := factory.New(ctx, host.Imports(), everything(&vault.World))
	if err != nil {
		t.Fatal(err)
	}
	b, err := v.Store().NewBucket(ctx, "b") // a double, since nothing is set
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(ctx, "key", []byte("value")); err != nil {
		t.Error(err)
	}
	if _, err := v.Store().BucketOpen(ctx, "none"); err == nil {
		t.Error("opened")
	}
	mine := &vaulttest.StoreBucket{NameFunc: func(context.Context) (string, error) { return "mine", nil }}
	if got, err := v.Ask(ctx, mine); got != "mine: 7" || err != nil {
		t.Errorf("asked: %q, %v", got, err)
	}
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
	var got []string
	for _, c := range host.Calls() {
		got = append(got, c.Func)
	}
	if diff := cmp.Diff([]string{
		"demo:vault/store@0.1.0#[constructor]bucket",
		"demo:vault/store@0.1.0#[method]bucket.put",
		"demo:vault/store@0.1.0#[static]bucket.open",
		"appraise",
		"demo:vault/store@0.1.0#[resource-drop]bucket",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	put := host.Calls("bucket.put")
	if len(put) != 1 || put[0].Args[1] != "key" || put[0].Err != nil {
		t.Errorf("put: %v", put)
	}
	if open := host.Calls("open"); len(open) != 1 || open[0].Err != store.ErrorCodeNoSuchBucket {
		t.Errorf("open: %v", open)
	}
	host.Reset()
	if left := host.Calls(); len(left) != 0 {
		t.Errorf("after Reset: %v", left)
	}
}
