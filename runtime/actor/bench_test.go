package actor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/actor"
)

type sink func(m *actor.Message) error

func (s sink) Start(context.Context) error                                    { return nil }
func (s sink) Handle(_ context.Context, m *actor.Message) error               { return s(m) }
func (s sink) Health(context.Context) (actor.Health, error)                   { return actor.Healthy, nil }
func (s sink) Stop(context.Context) error                                     { return nil }
func (s sink) Close(context.Context) error                                    { return nil }
func (s sink) factory(context.Context, actor.Address) (actor.Contract, error) { return s, nil }

func benchSystem(b *testing.B, specs ...actor.Spec) *actor.System {
	s := actor.New()
	b.Cleanup(func() { _ = s.Stop(context.Background()) })
	for _, spec := range specs {
		spec.DeliveryTimeout = -1
		if err := s.Spawn(b.Context(), spec); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	return s
}

func rate(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mmsg/s") }

// BenchmarkProducers is from the first send to the last message handled by one actor.
func BenchmarkProducers(b *testing.B) {
	for _, producers := range []int{1, 2, 8} {
		b.Run(fmt.Sprint(producers), func(b *testing.B) {
			to := addr("sink")
			s := benchSystem(b, actor.Spec{Address: to, Factory: sink(func(*actor.Message) error { return nil }).factory})
			ctx, payload := context.Background(), make([]byte, 64)
			var wg sync.WaitGroup
			for i := range producers {
				wg.Go(func() {
					for n := i; n < b.N; n += producers {
						if err := s.Send(ctx, actor.Address{}, to, payload); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			if err := s.WaitIdle(ctx); err != nil {
				b.Fatal(err)
			}
			rate(b)
		})
	}
}

// BenchmarkPingPong hands one message between two actors: each hop wakes an idle actor.
func BenchmarkPingPong(b *testing.B) {
	ping, pong := addr("ping"), addr("pong")
	left := b.N
	var s *actor.System
	hop := func(from, to actor.Address) actor.Factory {
		return sink(func(m *actor.Message) error {
			if left--; left <= 0 {
				return nil
			}
			return s.TrySend(from, to, m.Payload)
		}).factory
	}
	s = benchSystem(b, actor.Spec{Address: ping, Factory: hop(ping, pong)}, actor.Spec{Address: pong, Factory: hop(pong, ping)})
	if err := s.TrySend(actor.Address{}, ping, nil); err != nil {
		b.Fatal(err)
	}
	if err := s.WaitIdle(context.Background()); err != nil {
		b.Fatal(err)
	}
	rate(b)
}

// BenchmarkSpawn spawns, then stops and forgets, an actor without a component.
func BenchmarkSpawn(b *testing.B) {
	s := benchSystem(b)
	spec := actor.Spec{Address: addr("a"), Factory: sink(nil).factory}
	ctx := context.Background()
	for b.Loop() {
		if err := s.Spawn(ctx, spec); err != nil {
			b.Fatal(err)
		}
		if err := s.StopActor(ctx, spec.Address); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLimits is a send of an actor's to another that takes it, by what limits there are.
func BenchmarkLimits(b *testing.B) {
	from, to := addr("from"), addr("sink")
	for _, test := range []struct {
		name     string
		from, to actor.Spec
	}{
		{name: "none"},
		{name: "message", to: actor.Spec{MaxMessageBytes: 1 << 20}},
		{name: "mailbox", to: actor.Spec{MailboxBytes: 1 << 30}},
		{name: "rate", from: actor.Spec{SendRate: 1e9}},
		{name: "all", from: actor.Spec{SendRate: 1e9}, to: actor.Spec{MailboxBytes: 1 << 30}},
	} {
		b.Run(test.name, func(b *testing.B) {
			nothing := sink(func(*actor.Message) error { return nil })
			test.from.Address, test.from.Factory = from, nothing.factory
			test.to.Address, test.to.Factory = to, nothing.factory
			s := benchSystem(b, test.from, test.to)
			ctx, payload := context.Background(), make([]byte, 64)
			for range b.N {
				if err := s.Send(ctx, from, to, payload); err != nil {
					b.Fatal(err)
				}
			}
			if err := s.WaitIdle(ctx); err != nil {
				b.Fatal(err)
			}
			rate(b)
		})
	}
}
