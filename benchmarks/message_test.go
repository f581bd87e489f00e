package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	wazycomponent "github.com/samyfodil/wazy/component"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/bindings"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
	"github.com/airsstack/witgen/runtime/host/runtimehost"
	latertypes "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/types"
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
		inBatches(b, batch, func(first bool) error {
			if first {
				check(b, errors.Join(batch.String(sender.Namespace), batch.String(sender.Name), batch.String(sender.Version)))
			} else {
				check(b, batch.Repeat(3))
			}
			return batch.Bytes(payload)
		})
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

// BenchmarkHandleLater is the same of the later world, whose messages are records
// that go through memory: guest turnstile. In "answered" each message has an
// answer, which nobody wants.
func BenchmarkHandleLater(b *testing.B) {
	ctx := context.Background()
	const function = "airssys:core/component-lifecycle@1.0.0#handle-message"
	for _, way := range []struct {
		name string
		text []byte
	}{{"", payload}, {"-answered", append([]byte("?"), payload[1:]...)}} {
		f, err := runtimehost.Load(ctx, newRuntime(b), file(b, laterFile), component.WithBatches(function))
		check(b, err)
		p, err := f.New(ctx, runtimehost.Imports{})
		check(b, err)
		now := time.Now()
		at := latertypes.Timestamp{Seconds: uint64(now.Unix()), Nanoseconds: uint32(now.Nanosecond())}
		b.Run("by=generated"+way.name, func(b *testing.B) {
			life := p.ComponentLifecycle()
			m := latertypes.ComponentMessage{
				Sender:  latertypes.ComponentID{Namespace: sender.Namespace, Name: sender.Name},
				Payload: way.text, Metadata: latertypes.MessageMetadata{Timestamp: at},
			}
			perMessage(b, func() error {
				_, err := life.HandleMessage(ctx, m)
				return err
			})
		})
		b.Run("by=batch"+way.name, func(b *testing.B) {
			batch, err := p.Instance().Batch(function, 16<<10)
			check(b, err)
			inBatches(b, batch, func(first bool) error {
				if first {
					check(b, errors.Join(batch.String(sender.Namespace), batch.String(sender.Name), batch.String("")))
				} else {
					check(b, batch.Repeat(3))
				}
				return errors.Join(batch.Bytes(way.text), batch.None(), batch.None(), batch.Uint(at.Seconds), batch.Uint(uint64(at.Nanoseconds)), batch.None())
			})
		})
	}
}

// inBatches runs batches of 64 calls that stage stages, the first of each and the
// others.
func inBatches(b *testing.B, batch *component.Batch, stage func(first bool) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		for batch.Calls() < min(64, b.N-n) {
			check(b, stage(batch.Calls() == 0))
		}
		done, answer, err := batch.Run(b.Context())
		if n += done; answer != nil || err != nil {
			b.Fatal(answer, err)
		}
	}
	rate(b)
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
// component of either of the system's worlds, in batches and one by one. The floor
// is an actor that does nothing, in Go: what remains is the actor runtime.
func BenchmarkActors(b *testing.B) {
	for _, actors := range []int{1, 2} {
		b.Run(fmt.Sprintf("actors=%d/by=empty", actors), func(b *testing.B) {
			deliver(b, actor.New(), actors, func(context.Context, actor.Address) (actor.Contract, error) { return empty{}, nil })
		})
		for _, way := range []struct {
			name, guest string
			wrap        func(actor.Contract) actor.Contract
		}{
			{"generated", counterFile, asItIs},
			{"one-by-one", counterFile, oneByOne},
			{"later", laterFile, asItIs},
			{"later-one-by-one", laterFile, oneByOne},
		} {
			b.Run(fmt.Sprintf("actors=%d/by=%s", actors, way.name), func(b *testing.B) {
				system := actor.New()
				c, err := host.Load(b.Context(), newRuntime(b), file(b, way.guest))
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

func asItIs(c actor.Contract) actor.Contract { return c }

// oneByOne hides that a contract takes batches.
func oneByOne(c actor.Contract) actor.Contract { return struct{ actor.Contract }{c} }

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
