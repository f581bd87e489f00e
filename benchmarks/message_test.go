package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	wazycomponent "github.com/samyfodil/wazy/component"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/bindings"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
)

var (
	payload = make([]byte, 64)
	sender  = types.ComponentID{Namespace: "bench", Name: "producer", Version: "1.0.0"}
)

// BenchmarkHandleMessage is one call of handle-message of the guest counter, 64
// bytes from a sender of three short strings, without actors: what delivering a
// message costs at least.
func BenchmarkHandleMessage(b *testing.B) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			h := newRawHandler(rawCounter(b, way.metered))
			perMessage(b, func() error {
				return h.call(ctx, sender.Namespace, sender.Name, sender.Version, payload)
			})
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			f, err := bindings.Load(ctx, newRuntime(b), file(b, counterFile), way.opts...)
			check(b, err)
			p, err := f.New(ctx, bindings.Imports{})
			check(b, err)
			life := p.ComponentLifecycle()
			perMessage(b, func() error { return life.HandleMessage(ctx, sender, payload) })
		})
	}
	b.Run("by=batch", func(b *testing.B) {
		const function = "airssys:core/component-lifecycle@1.0.0#handle-message"
		f, err := bindings.Load(ctx, newRuntime(b), file(b, counterFile), component.WithBatches(function))
		check(b, err)
		p, err := f.New(ctx, bindings.Imports{})
		check(b, err)
		batch, err := p.Instance().Batch(function, 16<<10)
		check(b, err)
		b.ReportAllocs()
		b.ResetTimer()
		for n := 0; n < b.N; {
			for batch.Calls() < min(64, b.N-n) {
				if batch.Calls() > 0 {
					check(b, batch.Repeat(3))
				} else {
					check(b, errors.Join(batch.String(sender.Namespace), batch.String(sender.Name), batch.String(sender.Version)))
				}
				check(b, batch.Bytes(payload))
			}
			done, answer, err := batch.Run(ctx)
			if n += done; answer != nil || err != nil {
				b.Fatal(answer, err)
			}
		}
		rate(b)
	})
	b.Run("by=wazy", func(b *testing.B) {
		in, err := wazycomponent.Instantiate(ctx, newWazy(b), file(b, counterFile))
		check(b, err)
		b.Cleanup(func() { check(b, in.Close(ctx)) })
		id := []wazycomponent.Value{sender.Namespace, sender.Name, sender.Version}
		perMessage(b, func() error {
			out, err := in.CallExport(ctx, "airssys:core/component-lifecycle@1.0.0", "handle-message", id, payload)
			if err == nil && out[0].(wazycomponent.ResultValue).IsErr {
				err = errors.New("the guest gave an error")
			}
			return err
		})
	})
}

func perMessage(b *testing.B, handle func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := handle(); err != nil {
			b.Fatal(err)
		}
	}
	rate(b)
}

// BenchmarkActors is from the first of b.N messages that two goroutines send to
// the last one handled, on one and on two actors: into a metered and guarded
// component, in batches and one by one. The floor is an actor that does nothing,
// in Go: what remains is the actor runtime.
func BenchmarkActors(b *testing.B) {
	for _, actors := range []int{1, 2} {
		b.Run(fmt.Sprintf("actors=%d/by=empty", actors), func(b *testing.B) {
			deliver(b, actor.New(), actors, func(context.Context, actor.Address) (actor.Contract, error) { return empty{}, nil })
		})
		for _, way := range []struct {
			name string
			wrap func(actor.Contract) actor.Contract
		}{
			{"generated", func(c actor.Contract) actor.Contract { return c }},
			{"one-by-one", func(c actor.Contract) actor.Contract { return struct{ actor.Contract }{c} }}, // which hides that it takes batches
		} {
			b.Run(fmt.Sprintf("actors=%d/by=%s", actors, way.name), func(b *testing.B) {
				system := actor.New()
				c, err := host.Load(b.Context(), newRuntime(b), file(b, counterFile))
				check(b, err)
				services := &host.Services{System: system, Log: slog.Default(), Clock: actor.RealClock{}}
				instances := c.Factory(host.Setup{Services: services})
				deliver(b, system, actors, func(ctx context.Context, self actor.Address) (actor.Contract, error) {
					inst, err := instances(ctx, self)
					if err != nil {
						return nil, err
					}
					return way.wrap(inst), nil
				})
			})
		}
	}
}

func deliver(b *testing.B, system *actor.System, actors int, factory actor.Factory) {
	b.Helper()
	ctx := context.Background()
	b.Cleanup(func() { check(b, system.Stop(ctx)) })
	to := make([]actor.Address, actors)
	for i := range to {
		to[i] = actor.Address{Namespace: "bench", Name: fmt.Sprint("actor", i)}
		check(b, system.Spawn(ctx, actor.Spec{Address: to[i], Factory: factory, DeliveryTimeout: -1}))
	}
	from := actor.Address{Namespace: sender.Namespace, Name: sender.Name}
	const producers = 2
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range producers {
		wg.Go(func() {
			for n := i; n < b.N; n += producers {
				if err := system.Send(ctx, from, to[i%actors], payload); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	check(b, system.WaitIdle(ctx))
	b.StopTimer()
	rate(b)
	var handled uint64
	for _, info := range system.Actors() {
		handled += info.Stats.Handled - info.Stats.Rejected
	}
	if handled != uint64(b.N) {
		b.Fatalf("%d messages were sent and %d handled", b.N, handled)
	}
}

func rate(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
}

// empty is an actor that does nothing.
type empty struct{}

func (empty) Start(context.Context) error                  { return nil }
func (empty) Handle(context.Context, *actor.Message) error { return nil }
func (empty) Health(context.Context) (actor.Health, error) { return actor.Healthy, nil }
func (empty) Stop(context.Context) error                   { return nil }
func (empty) Close(context.Context) error                  { return nil }
