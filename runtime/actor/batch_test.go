package actor_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

// A batcher is a guest that takes several messages at a time, and notes how many.
type batcher struct {
	*guest
	taken *sizes
}

type sizes struct {
	mu    sync.Mutex
	given []int
}

func (b *batcher) HandleBatch(ctx context.Context, all *actor.Batch) error {
	defer func() {
		b.taken.mu.Lock()
		defer b.taken.mu.Unlock()
		b.taken.given = append(b.taken.given, len(all.Messages))
	}()
	for i := range all.Messages {
		if err := b.Handle(ctx, &all.Messages[i]); err != nil {
			return err
		}
		if all.Done++; all.Wanted() {
			break
		}
	}
	return nil
}

// spawnBatcher spawns a guest that takes batches behind a gate.
func spawnBatcher(w *world, spec actor.Spec, g *gate, build func(int) *guest) *sizes {
	w.t.Helper()
	taken := new(sizes)
	instances := w.factory(func(life int) *guest {
		inner := build(life)
		handle := inner.handle
		inner.handle = func(ctx context.Context, m *actor.Message) error {
			if string(m.Payload) == "gate" {
				return g.pass(ctx, m)
			}
			return handle(ctx, m)
		}
		return inner
	})
	spec.Factory = func(ctx context.Context, self actor.Address) (actor.Contract, error) {
		c, err := instances(ctx, self)
		return &batcher{c.(*guest), taken}, err
	}
	if err := w.Spawn(w.ctx, spec); err != nil {
		w.t.Fatal(err)
	}
	return taken
}

var errNoThanks = errors.New("no, thanks")

// TestBatchIsMessages has an actor take its messages in batches: what comes of
// each is what came of it alone.
func TestBatchIsMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		bad     func() error // what handling "bad" does
		handled []string
		letters []string
		stats   actor.Stats
	}{
		{
			"all well", func() error { return nil },
			[]string{"1", "2", "3", "4", "5"},
			nil,
			actor.Stats{Handled: 7},
		},
		{
			"an error", func() error { return errNoThanks },
			[]string{"1", "2", "3", "4", "5"},
			nil,
			actor.Stats{Handled: 7, Rejected: 1},
		},
		{
			"a crash", func() error { return actor.Crash(errTrap) },
			[]string{"1", "2", "3", "4", "5"},
			[]string{"bad: the message crashed its actor"},
			actor.Stats{Handled: 6, Crashes: 1, Restarts: 1, DeadLetters: 1},
		},
		{
			"a panic", func() error { panic("as asked") },
			[]string{"1", "2", "3", "4", "5"},
			[]string{"bad: the message crashed its actor"},
			actor.Stats{Handled: 6, Crashes: 1, Restarts: 1, DeadLetters: 1},
		},
		{
			"the goroutine's end", func() error { runtime.Goexit(); return nil },
			[]string{"1", "2", "3", "4", "5"},
			[]string{"bad: the message crashed its actor"},
			actor.Stats{Handled: 6, Crashes: 1, Restarts: 1, DeadLetters: 1},
		},
		{
			"its own end", func() error { return actor.ErrExit },
			[]string{"1", "2"},
			[]string{"3: actor stopped", "4: actor stopped", "5: actor stopped"},
			actor.Stats{Handled: 4, DeadLetters: 3},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, g, l := addr("a"), newGate(), new(log)
			taken := spawnBatcher(w, actor.Spec{Address: a, Restart: actor.Transient}, g, func(int) *guest {
				return &guest{handle: func(_ context.Context, m *actor.Message) error {
					if string(m.Payload) == "bad" {
						return test.bad()
					}
					l.add(string(m.Payload))
					return nil
				}}
			})
			w.mustSend(a, "gate")
			<-g.entered
			w.mustSend(a, "1", "2", "bad", "3", "4", "5")
			g.release <- struct{}{}
			if test.stats.Restarts > 0 {
				await[actor.Restarting](w, 1)
				w.clock.Advance(100 * time.Millisecond)
			}
			w.mustIdle()
			equal(t, "handled", l.all(), test.handled)
			equal(t, "dead letters", w.letters(), test.letters)
			if s := w.info(a).Stats; s != test.stats {
				t.Errorf("%+v, want %+v", s, test.stats)
			}
			if len(taken.given) == 0 {
				t.Error("it took no batches")
			}
		})
	}
}

// TestBatchIsLeftWhenWanted has an actor asked how it feels in the middle of a
// batch: it answers after the message in hand.
func TestBatchIsLeftWhenWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g, l := addr("a"), newGate(), new(log)
	asked := make(chan struct{})
	spawnBatcher(w, actor.Spec{Address: a, Health: actor.HealthCheck{Interval: time.Second}}, g, func(int) *guest {
		inner := l.handler()(0)
		inner.health = func(context.Context) (actor.Health, error) {
			l.add("well")
			close(asked)
			return actor.Healthy, nil
		}
		return inner
	})
	w.mustSend(a, "gate")
	<-g.entered
	w.mustSend(a, "1", "gate", "2", "3", "4", "5")
	g.release <- struct{}{}
	<-g.entered // in a batch, after the first message
	w.clock.Advance(time.Second)
	g.release <- struct{}{}
	<-asked
	w.mustIdle()
	equal(t, "handled", l.all(), []string{"1", "well", "2", "3", "4", "5"})
}

// TestBatchesKeepTheTime gives messages one by one where each has a limit.
func TestBatchesKeepTheTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g, l := addr("a"), newGate(), new(log)
	taken := spawnBatcher(w, actor.Spec{Address: a, HandleTimeout: time.Minute}, g, l.handler())
	w.mustSend(a, "gate")
	<-g.entered
	w.mustSend(a, "1", "2", "3")
	g.release <- struct{}{}
	w.mustIdle()
	equal(t, "handled", l.all(), []string{"1", "2", "3"})
	if len(taken.given) > 0 {
		t.Errorf("batches of %v", taken.given)
	}
}

// Who waits for room gets it from a batch that ends in an error, or in no return, as from any other.
func TestBatchThatFailsMakesRoom(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"reject", "crash", "exit"} {
		w, g, a := newWorld(t), newGate(), addr("a")
		spec := actor.Spec{Address: a, MailboxSize: 2, Backoff: actor.Backoff{Kind: actor.Immediate}}
		spawnBatcher(w, spec, g, func(int) *guest {
			return &guest{handle: func(_ context.Context, m *actor.Message) error {
				switch string(m.Payload) {
				case "reject":
					return errTrap
				case "crash":
					return actor.Crash(errTrap)
				case "exit":
					runtime.Goexit()
				}
				return nil
			}}
		})
		w.mustSend(a, "gate")
		<-g.entered
		w.mustSend(a, "well", how)
		sent := make(chan error)
		for range 2 {
			go func() { sent <- w.Send(w.ctx, actor.Address{}, a, nil) }()
		}
		w.blockUntil(2)
		g.release <- struct{}{}
		for range 2 {
			if err := <-sent; err != nil {
				t.Errorf("%s: %v", how, err)
			}
		}
		w.mustIdle()
	}
}
