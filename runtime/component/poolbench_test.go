package component_test

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
)

// BenchmarkPool has one piece of work after another done in a pool: the instance
// is taken, called and given back, which resets it.
func BenchmarkPool(b *testing.B) {
	f := load(b, newRuntime(b, component.Config{}), counterGuest().component())
	pool := f.Pool(component.PoolOptions{Options: []component.Option{tickGrant}})
	hosts, ctx := answering(1), context.Background()
	work := func(in *component.Instance) error {
		fn := in.Funcs(0)[0]
		_, err := fn.Scalars(ctx, 3)
		return err
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := pool.Do(ctx, hosts, work); err != nil {
			b.Fatal(err)
		}
	}
}
