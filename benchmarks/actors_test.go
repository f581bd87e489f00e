package benchmarks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"

	proto "github.com/asynkron/protoactor-go/actor"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
)

// A taker is an actor in Go that counts down what it takes, without a
// component: what actors cost by themselves.
type taker struct{ left *sync.WaitGroup }

func (t taker) take() {
	if t.left != nil {
		t.left.Done()
	}
}

func (t taker) Start(context.Context) error                           { return nil }
func (t taker) Handle(context.Context, *actor.Message) error          { t.take(); return nil }
func (t taker) Health(context.Context) (actor.Health, error)          { return actor.Healthy, nil }
func (t taker) Stop(context.Context) error                            { return nil }
func (t taker) Close(context.Context) error                           { return nil }
func (t taker) Callback(context.Context, *actor.Message, error) error { return nil }

func (t taker) Answer(_ context.Context, m *actor.Message) ([]byte, error) { return m.Payload, nil }

// Receive is the same for the peer.
func (t taker) Receive(c proto.Context) {
	if m, ok := c.Message().(*parcel); ok {
		t.take()
		if c.Sender() != nil {
			c.Respond(m)
		}
	}
}

// A parcel is a message of the peer.
type parcel struct{ payload []byte }

func newActors(b *testing.B) *actor.System {
	s := actor.New()
	b.Cleanup(func() { check(b, s.Stop(context.Background())) })
	return s
}

// spec is an actor whose mailbox is, as the peer's, never full.
func (t taker) spec(i int) actor.Spec {
	return actor.Spec{
		Address: actor.Address{Namespace: "bench", Name: fmt.Sprint("taker-", i)}, MailboxSize: 1 << 30,
		Factory: func(context.Context, actor.Address) (actor.Contract, error) { return t, nil },
	}
}

func newPeer(b *testing.B) *proto.ActorSystem {
	quiet := func(*proto.ActorSystem) *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
	s := proto.NewActorSystem(proto.WithLoggerFactory(quiet))
	b.Cleanup(s.Shutdown)
	return s
}

// BenchmarkActorSpawn starts an actor, waits until it runs, and stops it.
func BenchmarkActorSpawn(b *testing.B) {
	b.Run("by=witgen", func(b *testing.B) {
		s, ctx := newActors(b), context.Background()
		spec := taker{}.spec(0)
		b.ReportAllocs()
		for b.Loop() {
			check(b, s.Spawn(ctx, spec))
			check(b, s.StopActor(ctx, spec.Address))
		}
	})
	b.Run("by=protoactor", func(b *testing.B) {
		s := newPeer(b)
		props := proto.PropsFromProducer(func() proto.Actor { return taker{} })
		b.ReportAllocs()
		for b.Loop() {
			check(b, s.Root.StopFuture(s.Root.Spawn(props)).Wait())
		}
	})
}

// BenchmarkActorSend is from the first send of so many producers to the last
// message handled by one actor, 64 bytes each.
func BenchmarkActorSend(b *testing.B) {
	for _, producers := range []int{1, 2} {
		b.Run(fmt.Sprintf("from=%d/by=witgen", producers), func(b *testing.B) {
			var left sync.WaitGroup
			s, ctx := newActors(b), context.Background()
			spec := taker{&left}.spec(0)
			check(b, s.Spawn(ctx, spec))
			send(b, producers, &left, func(int) error { return s.Send(ctx, actor.Address{}, spec.Address, payload) })
		})
		b.Run(fmt.Sprintf("from=%d/by=protoactor", producers), func(b *testing.B) {
			var left sync.WaitGroup
			s := newPeer(b)
			pid := s.Root.Spawn(proto.PropsFromProducer(func() proto.Actor { return taker{&left} }))
			send(b, producers, &left, func(int) error {
				s.Root.Send(pid, &parcel{payload})
				return nil
			})
		})
	}
}

// BenchmarkActorSendMany is the same of two producers to so many actors in turn.
func BenchmarkActorSendMany(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("to=%d/by=witgen", n), func(b *testing.B) {
			var left sync.WaitGroup
			s, ctx := newActors(b), context.Background()
			to := make([]actor.Address, n)
			for i := range to {
				spec := taker{&left}.spec(i)
				to[i] = spec.Address
				check(b, s.Spawn(ctx, spec))
			}
			send(b, 2, &left, func(i int) error { return s.Send(ctx, actor.Address{}, to[i%n], payload) })
		})
		b.Run(fmt.Sprintf("to=%d/by=protoactor", n), func(b *testing.B) {
			var left sync.WaitGroup
			s := newPeer(b)
			props := proto.PropsFromProducer(func() proto.Actor { return taker{&left} })
			to := make([]*proto.PID, n)
			for i := range to {
				to[i] = s.Root.Spawn(props)
			}
			send(b, 2, &left, func(i int) error {
				s.Root.Send(to[i%n], &parcel{payload})
				return nil
			})
		})
	}
}

// send has so many producers send b.N messages together, and waits until all are
// handled.
func send(b *testing.B, producers int, left *sync.WaitGroup, one func(i int) error) {
	b.Helper()
	left.Add(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for p := range producers {
		go func() {
			for i := p; i < b.N; i += producers {
				if err := one(i); err != nil {
					b.Error(err)
					left.Done()
				}
			}
		}()
	}
	left.Wait()
	rate(b)
}

// BenchmarkActorFanOut is one publication to so many actors, from publishing to
// the last one handled; the peer sends to each, which is what its broadcasting
// does.
func BenchmarkActorFanOut(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprintf("to=%d/by=witgen", n), func(b *testing.B) {
			var left sync.WaitGroup
			s, ctx := newActors(b), context.Background()
			topics := broker.New(s)
			for i := range n {
				spec := taker{&left}.spec(i)
				check(b, s.Spawn(ctx, spec))
				check(b, topics.SubscribeActor(spec.Address, "orders.*.paid"))
			}
			b.ReportAllocs()
			for b.Loop() {
				left.Add(n)
				_, err := topics.Publish(actor.Address{}, "orders.eu.paid", payload)
				check(b, err)
				left.Wait()
			}
		})
		b.Run(fmt.Sprintf("to=%d/by=protoactor", n), func(b *testing.B) {
			var left sync.WaitGroup
			s := newPeer(b)
			props := proto.PropsFromProducer(func() proto.Actor { return taker{&left} })
			var pids []*proto.PID
			for range n {
				pids = append(pids, s.Root.Spawn(props))
			}
			b.ReportAllocs()
			for b.Loop() {
				left.Add(n)
				m := &parcel{payload}
				for _, pid := range pids {
					s.Root.Send(pid, m)
				}
				left.Wait()
			}
		})
	}
}
