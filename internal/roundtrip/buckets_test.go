package roundtrip_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/airsstack/witgen/internal/roundtrip/vault/demo/vault/store"
	"github.com/airsstack/witgen/runtime/cm"
)

// keeper implements the buckets that the guest vault imports, and counts those
// that are the guest's.
type keeper struct {
	mu    sync.Mutex
	given int // owned by the guest
	calls []string
}

type bucket struct {
	k      *keeper
	name   string
	values map[string][]byte
}

func (k *keeper) note(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, fmt.Sprintf(format, args...))
}

// give hands a bucket to the guest, take gets it back.
func (k *keeper) give(name string) *bucket { return k.hand(&bucket{k: k, name: name}) }

func (k *keeper) hand(b *bucket) *bucket {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b.values == nil {
		b.values = map[string][]byte{}
	}
	k.given++
	return b
}

func (k *keeper) take(bs ...store.Bucket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.given -= len(bs)
}

func (k *keeper) owned() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.given
}

func (b *bucket) Name(context.Context) (string, error) { return b.name, nil }

func (b *bucket) Get(_ context.Context, key string) (cm.Option[[]byte], error) {
	v, ok := b.values[key]
	return cm.Option[[]byte]{Value: v, Valid: ok}, nil
}

func (b *bucket) Put(_ context.Context, key string, value []byte) error {
	if len(b.values) == 3 {
		return fmt.Errorf("put %s: %w", key, store.ErrorCodeFull)
	}
	b.values[key] = value
	return nil
}

func (b *bucket) Copy(context.Context) (store.Bucket, error) {
	return b.k.hand(&bucket{b.k, b.name + "'", maps.Clone(b.values)}), nil
}

func (b *bucket) DropMethod(context.Context) (uint32, error) {
	n := len(b.values)
	clear(b.values)
	return uint32(n), nil
}

func (b *bucket) Close(context.Context) (uint32, error) { return 99, nil }

func (b *bucket) Drop(context.Context) {
	b.k.note("drop %s", b.name)
	b.k.take(b)
}

func (k *keeper) NewBucket(_ context.Context, name string) (store.Bucket, error) {
	return k.give(name), nil
}

func (k *keeper) BucketOpen(_ context.Context, name string) (store.Bucket, error) {
	if name == "" {
		return nil, store.ErrorCodeNoSuchBucket
	}
	return k.give(name), nil
}

func (k *keeper) BucketMerge(_ context.Context, a, b store.Bucket) (store.Bucket, error) {
	maps.Copy(a.(*bucket).values, b.(*bucket).values)
	clear(b.(*bucket).values)
	return a, nil
}

func (k *keeper) Split(_ context.Context, b store.Bucket) (store.Pair, error) {
	p := store.Pair{Left: b, Label: b.(*bucket).name}
	if len(b.(*bucket).values) > 0 {
		p.Right = cm.Some[store.Bucket](k.give("right of " + p.Label))
	}
	return p, nil
}

func (k *keeper) Join(_ context.Context, p store.Pair) (store.Bucket, error) {
	b := p.Left.(*bucket)
	b.name = p.Label
	if right, ok := p.Right.Get(); ok {
		b.name += "+" + right.(*bucket).name
		k.take(right)
	}
	return b, nil
}

func (k *keeper) Spill(_ context.Context, s store.Slot) ([]store.Bucket, error) {
	switch s := s.(type) {
	case *store.SlotFull:
		return []store.Bucket{s.Value}, nil
	case *store.SlotMany:
		return s.Value, nil
	}
	return nil, nil
}

func (k *keeper) Fill(_ context.Context, b []store.Bucket) (store.Slot, error) {
	switch len(b) {
	case 0:
		return &store.SlotEmpty{}, nil
	case 1:
		return &store.SlotFull{Value: b[0]}, nil
	}
	return &store.SlotMany{Value: b}, nil
}

func (k *keeper) Keep(_ context.Context, b []store.Bucket) (uint32, error) {
	switch {
	case len(b) > 2:
		return 0, &store.RefusalTooMany{Value: b}
	case len(b) == 0:
		return 0, &store.RefusalUnnamed{}
	}
	k.take(b...)
	return uint32(len(b)), nil
}

func (k *keeper) Swap(_ context.Context, r cm.Result[store.Bucket, string]) (string, error) {
	if r.IsErr {
		return "", &cm.Error[store.Bucket]{Value: k.give(r.Err)}
	}
	k.take(r.OK)
	return r.OK.(*bucket).name, nil
}

func (k *keeper) Names(_ context.Context, b []store.Bucket) ([]string, error) {
	names := make([]string, len(b))
	for i := range b {
		names[i] = b[i].(*bucket).name
	}
	return names, nil
}

func (k *keeper) First(_ context.Context, b cm.Tuple2[cm.Option[store.Bucket], store.Bucket]) (string, error) {
	if first, ok := b.F0.Get(); ok {
		return first.(*bucket).name, nil
	}
	return strings.ToUpper(b.F1.(*bucket).name), nil
}

func (k *keeper) appraise(_ context.Context, b store.Bucket) (uint32, error) {
	return uint32(len(b.(*bucket).values)), nil
}
