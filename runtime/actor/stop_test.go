package actor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestStopDrainsInReverseOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	order, g, seen := new(log), newGate(), make(chan struct{})
	first, last := addr("first"), addr("last")
	w.mustSpawn(actor.Spec{Address: first}, func(int) *guest {
		return &guest{
			handle: func(_ context.Context, m *actor.Message) error {
				order.add("first " + string(m.Payload))
				if string(m.Payload) == "2" {
					close(seen)
				}
				return nil
			},
			stop:  func(context.Context) error { order.add("stop first"); return nil },
			close: func(context.Context) error { order.add("close first"); return nil },
		}
	})
	w.mustSpawn(actor.Spec{Address: last}, func(int) *guest {
		return &guest{
			handle: func(ctx context.Context, m *actor.Message) error {
				if err := g.pass(ctx, m); err != nil {
					return err
				}
				return w.TrySend(last, first, m.Payload)
			},
			stop: func(context.Context) error {
				<-seen
				order.add("stop last")
				return w.TrySend(last, first, []byte("bye"))
			},
		}
	})
	w.mustSend(last, "1", "2")
	<-g.entered
	stopped := make(chan error)
	go func() { stopped <- w.Stop(w.ctx) }()
	w.blockUntil(1) // the deadline of stopping
	if err := w.Send(w.ctx, actor.Address{}, last, nil); !errors.Is(err, actor.ErrNotRunning) {
		t.Errorf("send to a stopping actor: %v", err)
	}
	if s := w.info(last).State; s != actor.StateStopping {
		t.Errorf("state %v", s)
	}
	g.release <- struct{}{}
	<-g.entered
	g.release <- struct{}{}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	equal(t, "order", order.all(), []string{"first 1", "first 2", "stop last", "first bye", "stop first", "close first"})
	for _, info := range w.Actors() {
		if info.State != actor.StateTerminated {
			t.Errorf("%+v", info)
		}
	}
	if err := w.Stop(w.ctx); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := w.Spawn(w.ctx, actor.Spec{Address: addr("new"), Factory: func(context.Context, actor.Address) (actor.Contract, error) { return new(guest), nil }}); !errors.Is(err, actor.ErrSystemStopped) {
		t.Errorf("spawn: %v", err)
	}
}

func TestStopCutsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g := addr("a"), newGate()
	w.mustSpawn(actor.Spec{Address: a, StopTimeout: 2 * time.Second}, func(int) *guest {
		return &guest{handle: g.pass, stop: func(context.Context) error { t.Error("Stop after the time for it"); return nil }}
	})
	w.mustSend(a, "1", "2")
	<-g.entered
	stopped := make(chan error)
	go func() { stopped <- w.StopActor(w.ctx, a) }()
	w.blockUntil(1)
	w.clock.Advance(2 * time.Second)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	equal(t, "dead letters", w.letters(), []string{"1: actor stopped", "2: actor stopped"})
	info := w.info(a)
	if info.State != actor.StateTerminated || info.Stats != (actor.Stats{DeadLetters: 2}) {
		t.Errorf("%+v", info)
	}
}

func TestStopWhoseContextEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hold, entered := make(chan struct{}), make(chan struct{})
	w.mustSpawn(actor.Spec{Address: addr("bystander")}, new(log).handler())
	w.mustSpawn(actor.Spec{Address: addr("deaf")}, func(int) *guest {
		return &guest{handle: func(context.Context, *actor.Message) error {
			close(entered)
			<-hold // against the contract: its context has ended
			return nil
		}}
	})
	w.mustSend(addr("deaf"), "1")
	<-entered
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	err := w.Stop(ctx)
	var stop *actor.StopError
	if !errors.As(err, &stop) || !errors.Is(err, context.Canceled) || stop.Left[0] != addr("deaf") {
		t.Fatalf("%v", err)
	}
	close(hold)
	if err := w.Stop(w.ctx); err != nil {
		t.Fatal(err)
	}
	if s := w.info(addr("deaf")).Stats.Handled; s != 1 {
		t.Errorf("handled %d", s)
	}
}

func TestStopWhileWaitingForARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := addr("a")
	w.mustSpawn(actor.Spec{Address: a}, new(log).handler("poison"))
	w.mustSend(a, "poison", "left")
	await[actor.Restarting](w, 1)
	ended, cancel := context.WithCancel(w.ctx)
	cancel()
	if err := w.WaitIdle(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("idle while a restart is pending: %v", err)
	}
	if err := w.StopActor(w.ctx, a); err != nil {
		t.Fatal(err)
	}
	w.mustIdle()
	if n := w.clock.Pending(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
	equal(t, "dead letters", w.letters(), []string{"poison: the message crashed its actor", "left: actor stopped"})
	equal(t, "story", w.story(a), []string{"starting", "started", "crashed", "dead-letter", "restarting", "stopped", "dead-letter"})
}

func TestStopDuringTheFirstStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, started := addr("a"), make(chan struct{})
	spawned := make(chan error)
	go func() {
		spawned <- w.spawn(actor.Spec{Address: a, StartTimeout: -1, StopTimeout: time.Second}, func(int) *guest {
			return &guest{start: func(ctx context.Context) error { close(started); <-ctx.Done(); return ctx.Err() }}
		})
	}()
	<-started
	stopped := make(chan error)
	go func() { stopped <- w.StopActor(w.ctx, a) }()
	w.blockUntil(1)
	w.clock.Advance(time.Second)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	var failed *actor.StartError
	if err := <-spawned; !errors.As(err, &failed) || failed.Restarting {
		t.Errorf("%v", err)
	}
}

func TestCrashWhileStoppingEndsTheActor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g := addr("a"), newGate()
	w.mustSpawn(actor.Spec{Address: a}, func(int) *guest {
		return &guest{handle: func(ctx context.Context, m *actor.Message) error {
			if string(m.Payload) == "poison" {
				return actor.Crash(errTrap)
			}
			return g.pass(ctx, m)
		}}
	})
	w.mustSend(a, "gate", "poison", "left")
	<-g.entered
	stopped := make(chan error)
	go func() { stopped <- w.StopActor(w.ctx, a) }()
	w.blockUntil(1)
	g.release <- struct{}{}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if info := w.info(a); info.State != actor.StateTerminated || info.Stats != (actor.Stats{Handled: 1, Crashes: 1, DeadLetters: 2}) {
		t.Errorf("%+v", info)
	}
}

func TestStopRefusesWaitingSenders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g := addr("a"), newGate()
	w.mustSpawn(actor.Spec{Address: a, MailboxSize: 1}, func(int) *guest { return &guest{handle: g.pass} })
	w.mustSend(a, "1")
	<-g.entered
	w.mustSend(a, "2")
	refused := make(chan error)
	go func() { refused <- w.Send(w.ctx, actor.Address{}, a, []byte("3")) }()
	w.blockUntil(1)
	stopped := make(chan error)
	go func() { stopped <- w.StopActor(w.ctx, a) }()
	if err := <-refused; !errors.Is(err, actor.ErrNotRunning) {
		t.Errorf("%v", err)
	}
	g.release <- struct{}{}
	<-g.entered
	g.release <- struct{}{}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestStopAndCloseMayFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := addr("a")
	w.mustSpawn(actor.Spec{Address: a}, func(int) *guest {
		return &guest{
			stop:  func(context.Context) error { panic("stop") },
			close: func(context.Context) error { return errTrap },
		}
	})
	if err := w.StopActor(w.ctx, a); err != nil {
		t.Fatal(err)
	}
	if e := await[actor.CloseFailed](w, 1); !errors.Is(e.Err, errTrap) {
		t.Errorf("%+v", e)
	}
	if e := await[actor.Stopped](w, 1); e.Err == nil || e.Err.Error() != "panic: stop" {
		t.Errorf("%+v", e)
	}
}

// TestBooksBalance sends, crashes, stops and spawns at once, and counts what became of each message.
func TestBooksBalance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, actor.WithObserver(nil), actor.WithDeadLetters(10))
	addresses := []actor.Address{addr("a"), addr("b"), addr("c")}
	spec := func(a actor.Address) actor.Spec {
		return actor.Spec{
			Address: a, MailboxSize: 8, DeliveryTimeout: -1,
			Backoff: actor.Backoff{Kind: actor.Immediate}, Intensity: actor.Intensity{Max: 1 << 30, Within: time.Hour},
		}
	}
	var mu sync.Mutex
	handled, accepted, dead := 0, 0, 0
	build := func(int) *guest {
		return &guest{handle: func(_ context.Context, m *actor.Message) error {
			if m.Payload[0]%17 == 0 {
				return actor.Crash(errTrap)
			}
			mu.Lock()
			defer mu.Unlock()
			handled++
			return nil
		}}
	}
	for _, a := range addresses {
		w.mustSpawn(spec(a), build)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 3000 {
				var err error
				if a := addresses[i%3]; i%2 == 0 {
					err = w.TrySend(actor.Address{}, a, []byte{byte(i)})
				} else {
					err = w.Send(w.ctx, actor.Address{}, a, []byte{byte(i)})
				}
				mu.Lock()
				if err == nil {
					accepted++
				} else if errors.Is(err, actor.ErrMailboxFull) {
					dead++
				} else if !errors.Is(err, actor.ErrNotRunning) {
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			if err := w.StopActor(w.ctx, addresses[2]); err != nil {
				t.Error(err)
			}
			if err := w.spawn(spec(addresses[2]), build); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	w.mustIdle()
	_, letters := w.DeadLetters()
	if accepted+dead != handled+int(letters) {
		t.Errorf("accepted %d and found full %d, handled %d and dead letters %d", accepted, dead, handled, letters)
	}
	for _, info := range w.Actors() {
		if info.Queued != 0 || info.State != actor.StateReady {
			t.Errorf("%+v", info)
		}
	}
}
