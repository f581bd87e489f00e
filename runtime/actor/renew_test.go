package actor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestRestartKeepsTheMailbox(t *testing.T) {
	t.Parallel()
	w, l, a, g := newWorld(t), new(log), addr("a"), newGate()
	w.mustSpawn(actor.Spec{Address: a}, func(n int) *guest {
		return &guest{
			start:  func(context.Context) error { l.add("+"); return nil },
			stop:   func(context.Context) error { l.add("-"); return nil },
			handle: func(ctx context.Context, m *actor.Message) error { l.add(string(m.Payload)); return g.pass(ctx, m) },
		}
	})
	w.mustSend(a, "1", "2", "3")
	<-g.entered
	restarted := make(chan error)
	go func() { restarted <- w.Restart(w.ctx, a) }()
	w.blockUntil(1) // the deadline of taking it down
	g.release <- struct{}{}
	<-g.entered
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	g.release <- struct{}{}
	<-g.entered
	g.release <- struct{}{}
	w.mustIdle()
	equal(t, "order", l.all(), []string{"+", "1", "-", "+", "2", "3"})
	if got := w.info(a).Stats; got != (actor.Stats{Handled: 3}) {
		t.Errorf("%+v", got)
	}
	equal(t, "story", w.story(a), []string{"starting", "started", "taken-down", "starting", "started"})
}

func TestRestartOfWhatWaitsForOne(t *testing.T) {
	t.Parallel()
	w, a := newWorld(t), addr("a")
	w.mustSpawn(actor.Spec{Address: a}, new(log).handler("poison"))
	w.mustSend(a, "poison", "left")
	await[actor.Restarting](w, 1)
	if err := w.Restart(w.ctx, a); err != nil {
		t.Fatal(err)
	}
	w.mustIdle()
	if got := w.info(a).Stats; got != (actor.Stats{Handled: 1, Crashes: 1, DeadLetters: 1}) {
		t.Errorf("%+v", got)
	}
}

func TestRestartOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	w, l, sup := newWorld(t), new(log), addr("sup")
	w.mustSupervise(actor.SupervisorSpec{Address: sup})
	w.family(l, sup, "a", "b")
	for range 2 { // in its place below the supervisor each time
		if err := w.StopActor(w.ctx, addr("a")); err != nil {
			t.Fatal(err)
		}
		if err := w.Restart(w.ctx, addr("a")); err != nil {
			t.Fatal(err)
		}
	}
	w.mustSend(addr("a"), "again")
	w.mustIdle()
	equal(t, "order", l.all(), []string{"+a", "+b", "-a", "+a", "-a", "+a", "a again"})
	if err := w.Restart(w.ctx, addr("none")); !errors.Is(err, actor.ErrNotFound) {
		t.Error(err)
	}
}

func TestRestartLeavesTheSiblings(t *testing.T) {
	t.Parallel()
	for _, strategy := range []actor.Strategy{actor.OneForOne, actor.OneForAll, actor.RestForOne} {
		w, l, sup := newWorld(t), new(log), addr("sup")
		w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: strategy})
		w.family(l, sup, "a", "b", "c")
		l.drop()
		for range 10 { // which would be too many, if they counted
			if err := w.Restart(w.ctx, addr("b")); err != nil {
				t.Fatal(err)
			}
			equal(t, strategy.String(), l.all(), []string{"-b", "+b"})
			l.drop()
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	w, l, a, g := newWorld(t), new(log), addr("a"), newGate()
	version := func(name string, startErr error) func(int) *guest {
		return func(int) *guest {
			return &guest{
				start: func(context.Context) error { l.add("+" + name); return startErr },
				stop:  func(context.Context) error { l.add("-" + name); return nil },
				handle: func(ctx context.Context, m *actor.Message) error {
					l.add(name + " " + string(m.Payload))
					if string(m.Payload) == "gate" {
						return g.pass(ctx, m)
					}
					return nil
				},
			}
		}
	}
	w.mustSpawn(actor.Spec{Address: a, MailboxSize: 2}, version("v1", nil))
	replace := func(spec actor.Spec, make func(int) *guest) error {
		spec.Address, spec.Factory = a, w.factory(make)
		return w.Replace(w.ctx, spec)
	}

	// What waits is handled by the new one, which has a larger mailbox.
	w.mustSend(a, "gate", "1", "2")
	<-g.entered
	replaced := make(chan error)
	go func() { replaced <- replace(actor.Spec{MailboxSize: 3}, version("v2", nil)) }()
	w.blockUntil(1)
	g.release <- struct{}{}
	if err := <-replaced; err != nil {
		t.Fatal(err)
	}
	w.mustIdle()
	equal(t, "order", l.all(), []string{"+v1", "v1 gate", "-v1", "+v2", "v2 1", "v2 2"})
	l.drop()

	// One that does not start gives way to the one before it.
	w.mustSend(a, "gate", "3", "4", "5")
	<-g.entered
	go func() { replaced <- replace(actor.Spec{MailboxSize: 9}, version("bad", errTrap)) }()
	w.blockUntil(1)
	g.release <- struct{}{}
	start, ok := errors.AsType[*actor.StartError](<-replaced)
	if !ok || !errors.Is(start, errTrap) {
		t.Errorf("%v", start)
	}
	w.mustIdle()
	equal(t, "order", l.all(), []string{"v2 gate", "-v2", "+bad", "+v2", "v2 3", "v2 4", "v2 5"})
	if e := await[actor.Reverted](w, 1); !errors.Is(e.Err, errTrap) {
		t.Errorf("%+v", e)
	}
	if got := w.info(a); got.State != actor.StateReady || got.Stats != (actor.Stats{Handled: 7, Crashes: 1}) {
		t.Errorf("%+v", got)
	}

	// Its place in the tree cannot change.
	w.mustSupervise(actor.SupervisorSpec{Address: addr("sup")})
	if _, ok := errors.AsType[*actor.SpecError](replace(actor.Spec{Supervisor: addr("sup")}, version("v3", nil))); !ok {
		t.Error("it moved")
	}
}

func TestReplaceInAStopThatComesBetween(t *testing.T) {
	t.Parallel()
	w, a, g := newWorld(t), addr("a"), newGate()
	w.mustSpawn(actor.Spec{Address: a, StopTimeout: 2 * time.Second}, func(int) *guest { return &guest{handle: g.pass} })
	w.mustSend(a, "1")
	<-g.entered
	restarted := make(chan error)
	go func() { restarted <- w.Restart(w.ctx, a) }()
	w.blockUntil(1)
	ended, cancel := context.WithCancel(w.ctx)
	cancel()
	if err := w.StopActor(ended, a); !errors.Is(err, context.Canceled) { // the stopping goes on
		t.Error(err)
	}
	g.release <- struct{}{}
	if err := w.StopActor(w.ctx, a); err != nil {
		t.Error(err)
	}
	if err := <-restarted; !errors.Is(err, actor.ErrNotRunning) {
		t.Error(err)
	}
}
