package benchmarks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

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

// BenchmarkActorSend is from the first send of one producer to the last message
// handled by one actor, 64 bytes each.
func BenchmarkActorSend(b *testing.B) {
	b.Run("by=witgen", func(b *testing.B) {
		var left sync.WaitGroup
		s, ctx := newActors(b), context.Background()
		spec := taker{&left}.spec(0)
		check(b, s.Spawn(ctx, spec))
		left.Add(b.N)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			check(b, s.Send(ctx, actor.Address{}, spec.Address, payload))
		}
		left.Wait()
	})
	b.Run("by=protoactor", func(b *testing.B) {
		var left sync.WaitGroup
		s := newPeer(b)
		pid := s.Root.Spawn(proto.PropsFromProducer(func() proto.Actor { return taker{&left} }))
		left.Add(b.N)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			s.Root.Send(pid, &parcel{payload})
		}
		left.Wait()
	})
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

// BenchmarkActorRequest asks an actor that answers at once, and waits.
func BenchmarkActorRequest(b *testing.B) {
	b.Run("by=witgen", func(b *testing.B) {
		s, ctx := newActors(b), context.Background()
		spec := taker{}.spec(0)
		check(b, s.Spawn(ctx, spec))
		b.ReportAllocs()
		for b.Loop() {
			_, err := s.Ask(ctx, spec.Address, payload)
			check(b, err)
		}
	})
	b.Run("by=protoactor", func(b *testing.B) {
		s := newPeer(b)
		pid := s.Root.Spawn(proto.PropsFromProducer(func() proto.Actor { return taker{} }))
		b.ReportAllocs()
		for b.Loop() {
			_, err := s.Root.RequestFuture(pid, &parcel{payload}, time.Minute).Result()
			check(b, err)
		}
	})
}
