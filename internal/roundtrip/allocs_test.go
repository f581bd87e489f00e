package roundtrip_test

import (
	"context"
	"testing"

	"github.com/airsstack/witgen/internal/roundtrip/ckit"
	"github.com/airsstack/witgen/internal/roundtrip/ckit/demo/c/api"
	"github.com/airsstack/witgen/internal/roundtrip/ckit/demo/c/host"
	"github.com/airsstack/witgen/internal/roundtrip/scalars"
)

// counter implements the imports of the guest scalars without allocating.
type counter struct{}

func (counter) Tick(_ context.Context, v uint32) (uint32, error)   { return v + 1, nil }
func (counter) Say(_ context.Context, s string) (uint32, error)    { return uint32(len(s)), nil }
func (counter) Repeat(_ context.Context, s string) (string, error) { return s, nil }

// TestAllocations counts what generated code allocates: a call that moves
// scalars nothing, and its imports nothing beyond the context that the first
// one is given.
func TestAllocations(t *testing.T) { // not parallel: it counts for the whole process
	if interpreter() {
		t.Skip("the interpreter allocates by itself")
	}
	ctx := context.Background()
	factory := must[*scalars.Factory](t)(scalars.Load(ctx, newRuntime(t), wasm(t, "scalars")))
	plugin := must[*scalars.Scalars](t)(factory.New(ctx, scalars.Imports{Host: counter{}}, everything(&scalars.World)))
	api := plugin.API()

	export := func(call func() (uint32, error), want uint32) float64 {
		return testing.AllocsPerRun(100, func() {
			if v, err := call(); err != nil || v != want {
				t.Fatalf("got %d, %v, want %d", v, err, want)
			}
		})
	}
	ticks := func(n uint32) float64 {
		return export(func() (uint32, error) { return api.Twice(ctx, n) }, n)
	}
	if n := export(func() (uint32, error) { return api.Add(ctx, 2, 3) }, 5); n != 0 {
		t.Errorf("a call of scalars makes %v allocations", n)
	}
	if n := export(func() (uint32, error) { return api.Measure(ctx, "four") }, 4); n != 0 {
		t.Errorf("a call with a string makes %v allocations", n)
	}
	none, one, many := ticks(0), ticks(1), ticks(1000)
	if none != 0 || one > 1 || many != one {
		t.Errorf("a call makes %v allocations without an import, %v with one, %v with a thousand; want 0, 1, 1", none, one, many)
	}
}

// quiet implements the imports of the guest c-kit without allocating.
type quiet struct{ host.Host }

func (quiet) Log(context.Context, string) error { return nil }

// TestResourceAllocations counts the same for resources of the guest: a method
// allocates nothing; one that is made and closed what the host holds it by, and
// the string and the context of the import that its destructor calls.
func TestResourceAllocations(t *testing.T) { // not parallel: it counts for the whole process
	if interpreter() {
		t.Skip("the interpreter allocates by itself")
	}
	ctx := context.Background()
	factory := must[*ckit.Factory](t)(ckit.Load(ctx, newRuntime(t), wasm(t, "c-kit")))
	guest := must[*ckit.Guest](t)(factory.New(ctx, ckit.Imports{Host: quiet{}}, everything(&ckit.World)))
	counter := must[*api.Counter](t)(guest.API().NewCounter(ctx, 1))
	if n := testing.AllocsPerRun(100, func() { must[uint32](t)(counter.Incr(ctx, 2)) }); n != 0 {
		t.Errorf("a method makes %v allocations", n)
	}
	n := testing.AllocsPerRun(100, func() {
		if err := must[*api.Counter](t)(guest.API().NewCounter(ctx, 1)).Close(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if n > 3 {
		t.Errorf("a resource that is made and closed makes %v allocations", n)
	}
}
