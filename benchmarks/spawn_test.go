package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	proto "github.com/asynkron/protoactor-go/actor"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

var population = []int{1, 10, 100, 1_000, 10_000}

// BenchmarkActorStart starts an actor without a component beside so many
// others, and waits until it is ready; stopping is not timed.
func BenchmarkActorStart(b *testing.B) {
	for _, n := range population {
		b.Run(fmt.Sprintf("beside=%d/by=witgen", n), func(b *testing.B) {
			s, ctx := newActors(b), context.Background()
			for i := range n {
				check(b, s.Spawn(ctx, taker{}.spec(-1-i)))
			}
			specs := make([]actor.Spec, 1000)
			for i := range specs {
				specs[i] = taker{}.spec(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if i > 0 && i%len(specs) == 0 {
					b.StopTimer()
					for _, spec := range specs {
						check(b, s.StopActor(ctx, spec.Address))
						check(b, s.Forget(spec.Address))
					}
					b.StartTimer()
				}
				check(b, s.Spawn(ctx, specs[i%len(specs)]))
			}
		})
		b.Run(fmt.Sprintf("beside=%d/by=protoactor", n), func(b *testing.B) {
			s := newPeer(b)
			props := proto.PropsFromProducer(func() proto.Actor { return taker{} })
			for range n {
				s.Root.Spawn(props)
			}
			pids := make([]*proto.PID, 1000)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if i > 0 && i%len(pids) == 0 {
					b.StopTimer()
					for _, pid := range pids {
						check(b, s.Root.StopFuture(pid).Wait())
					}
					b.StartTimer()
				}
				pids[i%len(pids)] = s.Root.Spawn(props) // which does not wait until it has started
			}
		})
	}
}

// BenchmarkActorStartComponent starts an actor of the guest counter, waits until
// it is ready, and stops it: with an instance that is made for it, and with one
// that comes reset out of a warm pool and goes back there.
func BenchmarkActorStartComponent(b *testing.B) {
	for _, way := range []struct {
		name string
		opts []component.LoadOption
	}{{"new", []component.LoadOption{component.WithoutPool()}}, {"pool", nil}} {
		b.Run("by="+way.name, func(b *testing.B) {
			s, ctx := newActors(b), context.Background()
			c, err := host.Load(b.Context(), newRuntime(b), file(b, counterFile), way.opts...)
			check(b, err)
			spec := actor.Spec{
				Address: actor.Address{Namespace: "bench", Name: "counter"},
				Factory: c.Factory(host.Setup{Services: &host.Services{System: s, Log: slog.Default(), Clock: actor.RealClock{}}}),
			}
			b.ReportAllocs()
			for b.Loop() {
				check(b, s.Spawn(ctx, spec))
				check(b, s.StopActor(ctx, spec.Address))
			}
		})
	}
}

// BenchmarkActorRestart is from the end of an instance that crashed to the start of
// the one that comes after it, as the supervisor sees it, without a back-off: of
// an actor in Go, and of the guest ledger, which traps, with an instance that is
// made for it and with one that was kept ready. "away" is what a crash costs
// together, from the message on: trap and stack trace, dead letter, the old
// instance freed.
func BenchmarkActorRestart(b *testing.B) {
	crash := func(b *testing.B, rt *component.Runtime, factory func(*actor.System) actor.Factory, payload string) {
		var restart time.Duration
		ctx := context.Background()
		s := actor.New(actor.WithObserver(func(e actor.Event) {
			if r, ok := e.(actor.Restarted); ok {
				restart += r.After
			}
		}))
		b.Cleanup(func() { check(b, s.Stop(ctx)) })
		spec := actor.Spec{
			Address: actor.Address{Namespace: "bench", Name: "crasher"}, Factory: factory(s),
			Backoff: actor.Backoff{Kind: actor.Immediate}, Intensity: actor.Intensity{Max: 1 << 20, Within: time.Microsecond},
		}
		check(b, s.Spawn(ctx, spec))
		b.ReportAllocs()
		var away time.Duration
		for range b.N {
			for rt != nil && rt.Usage().Ready == 0 {
				runtime.Gosched() // until there is one again
			}
			began := time.Now()
			check(b, s.Send(ctx, actor.Address{}, spec.Address, []byte(payload)))
			check(b, s.WaitIdle(ctx))
			away += time.Since(began)
		}
		b.ReportMetric(float64(restart)/float64(b.N), "ns/op")
		b.ReportMetric(float64(away)/float64(b.N), "away-ns")
		if n := s.Actors()[0].Stats.Restarts; n != uint64(b.N) {
			b.Fatalf("%d restarts after %d crashes", n, b.N)
		}
	}
	b.Run("by=empty", func(b *testing.B) {
		crash(b, nil, func(*actor.System) actor.Factory {
			return func(context.Context, actor.Address) (actor.Contract, error) { return crasher{}, nil }
		}, "")
	})
	for _, way := range []struct {
		name string
		opt  component.LoadOption
		kept bool
	}{{"new", component.WithoutPool(), false}, {"kept", host.Warm(1), true}} {
		b.Run("by="+way.name, func(b *testing.B) {
			rt := newRuntime(b)
			c, err := host.Load(b.Context(), rt, file(b, ledgerFile), way.opt)
			check(b, err)
			if !way.kept {
				rt = nil
			}
			log := slog.New(slog.DiscardHandler)
			crash(b, rt, func(s *actor.System) actor.Factory {
				return c.Factory(host.Setup{Services: &host.Services{System: s, Log: log, Clock: actor.RealClock{}}})
			}, "id=1;item=tea;amount=x")
		})
	}
}

// A crasher is an actor in Go whose messages end it.
type crasher struct{ taker }

func (crasher) Handle(context.Context, *actor.Message) error { return errCrash }

var errCrash = actor.Crash(errors.New("it had enough"))

// BenchmarkRouting is one publication under one of so many topics, each with one
// actor that listens, from publishing to having it in the mailbox; the actors
// handle it meanwhile.
func BenchmarkRouting(b *testing.B) {
	for _, n := range population {
		b.Run(fmt.Sprintf("topics=%d/by=witgen", n), func(b *testing.B) {
			s, ctx := newActors(b), context.Background()
			topics, names := broker.New(s), make([]string, n)
			for i := range names {
				spec := taker{}.spec(i)
				check(b, s.Spawn(ctx, spec))
				names[i] = fmt.Sprintf("orders.%d.paid", i)
				check(b, topics.SubscribeActor(spec.Address, names[i]))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if r, err := topics.Publish(actor.Address{}, names[i%n], payload); err != nil || r.Delivered != 1 {
					b.Fatal(r, err)
				}
			}
			b.StopTimer()
			check(b, s.WaitIdle(ctx))
		})
	}
}

// BenchmarkActorIdle is how much memory an actor holds that has handled a message
// and waits for the next.
func BenchmarkActorIdle(b *testing.B) {
	for _, n := range population {
		b.Run(fmt.Sprintf("actors=%d/by=witgen", n), func(b *testing.B) {
			s, ctx := newActors(b), context.Background()
			each(b, n, func(i int) {
				spec := taker{}.spec(i)
				check(b, s.Spawn(ctx, spec))
				check(b, s.Send(ctx, actor.Address{}, spec.Address, payload))
			})
			check(b, s.WaitIdle(ctx))
		})
		b.Run(fmt.Sprintf("actors=%d/by=protoactor", n), func(b *testing.B) {
			s := newPeer(b)
			props := proto.PropsFromProducer(func() proto.Actor { return taker{} })
			each(b, n, func(int) {
				pid := s.Root.Spawn(props)
				_, err := s.Root.RequestFuture(pid, &parcel{payload}, -1).Result()
				check(b, err)
			})
		})
	}
}

// each makes n of something and reports the bytes of one.
func each(b *testing.B, n int, one func(i int)) {
	b.Helper()
	before := inUse()
	for i := range n {
		one(i)
	}
	b.ReportMetric(float64(inUse()-before)/float64(n), "B/actor")
	b.ReportMetric(0, "ns/op")
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
