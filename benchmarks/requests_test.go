package benchmarks

import (
	"context"
	"slices"
	"testing"
	"time"

	proto "github.com/asynkron/protoactor-go/actor"

	"github.com/airsstack/witgen/runtime/actor"
)

// BenchmarkActorRequest asks an actor that answers at once, and waits: from Go,
// and from an actor whose callback asks the next time. Of the times of all it
// tells the median, and what one in a hundred and in a thousand takes longer
// than.
func BenchmarkActorRequest(b *testing.B) {
	b.Run("by=witgen", func(b *testing.B) {
		s, ctx := newActors(b), context.Background()
		spec := taker{}.spec(0)
		check(b, s.Spawn(ctx, spec))
		latencies(b, func() error {
			_, err := s.Ask(ctx, spec.Address, payload)
			return err
		})
	})
	b.Run("by=witgen-actor", func(b *testing.B) {
		s, ctx := newActors(b), context.Background()
		to := taker{}.spec(0)
		check(b, s.Spawn(ctx, to))
		a := &asker{system: s, self: actor.Address{Namespace: "bench", Name: "asker"}, to: to.Address, done: make(chan error, 1)}
		check(b, s.Spawn(ctx, actor.Spec{
			Address: a.self, Factory: func(context.Context, actor.Address) (actor.Contract, error) { return a, nil },
		}))
		a.took = make([]time.Duration, 0, b.N)
		b.ReportAllocs()
		b.ResetTimer()
		check(b, s.Send(ctx, actor.Address{}, a.self, nil))
		check(b, <-a.done)
		b.StopTimer()
		percentiles(b, a.took)
	})
	b.Run("by=protoactor", func(b *testing.B) {
		s := newPeer(b)
		pid := s.Root.Spawn(proto.PropsFromProducer(func() proto.Actor { return taker{} }))
		latencies(b, func() error {
			_, err := s.Root.RequestFuture(pid, &parcel{payload}, time.Minute).Result()
			return err
		})
	})
}

func latencies(b *testing.B, ask func() error) {
	b.Helper()
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		check(b, ask())
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	percentiles(b, took)
}

func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	for unit, per1000 := range map[string]int{"p50-ns": 500, "p99-ns": 990, "p999-ns": 999} {
		b.ReportMetric(float64(took[len(took)*per1000/1000]), unit)
	}
}

// An asker is an actor that asks again and again.
type asker struct {
	taker
	system   *actor.System
	self, to actor.Address
	began    time.Time
	took     []time.Duration
	done     chan error
}

func (a *asker) Handle(context.Context, *actor.Message) error {
	a.ask()
	return nil
}

func (a *asker) Callback(_ context.Context, _ *actor.Message, failed error) error {
	a.took = append(a.took, time.Since(a.began))
	switch {
	case failed != nil:
		a.done <- failed
	case len(a.took) == cap(a.took):
		a.done <- nil
	default:
		a.ask()
	}
	return nil
}

func (a *asker) ask() {
	a.began = time.Now()
	if _, err := a.system.Request(a.self, a.to, payload, time.Minute); err != nil {
		a.done <- err
	}
}
