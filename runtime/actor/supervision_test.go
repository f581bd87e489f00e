package actor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestCrashInMidBatchKeepsTheRestInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g, l := addr("a"), newGate(), new(log)
	build := l.handler("poison")
	w.mustSpawn(actor.Spec{Address: a}, func(life int) *guest {
		inner := build(life)
		return &guest{handle: func(ctx context.Context, m *actor.Message) error {
			if string(m.Payload) == "gate" {
				return g.pass(ctx, m)
			}
			return inner.Handle(ctx, m)
		}}
	})
	w.mustSend(a, "gate")
	<-g.entered // so that what follows is taken in one batch
	want := []string{"1", "2", "poison", "3", "4", "5"}
	w.mustSend(a, want...)
	g.release <- struct{}{}
	await[actor.Restarting](w, 1)
	if s := w.info(a).State; s != actor.StateCreating {
		t.Errorf("state %v while waiting for a restart", s)
	}
	w.mustSend(a, "6") // an actor that waits for a restart takes messages
	if n := w.info(a).Queued; n != 4 {
		t.Errorf("%d queued", n)
	}
	w.clock.Advance(100 * time.Millisecond)
	w.mustIdle()
	equal(t, "handled", l.all(), []string{"1", "2", "3", "4", "5", "6"})
	equal(t, "dead letters", w.letters(), []string{"poison: the message crashed its actor"})
	if s := w.info(a).Stats; s != (actor.Stats{Handled: 7, Crashes: 1, Restarts: 1, DeadLetters: 1}) {
		t.Errorf("%+v", s)
	}
	if e := await[actor.Crashed](w, 1); e.During != actor.OpHandle || string(e.Message.Payload) != "poison" || !errors.Is(e.Err, errTrap) {
		t.Errorf("%+v", e)
	}
	equal(t, "story", w.story(a), []string{"starting", "started", "crashed", "dead-letter", "restarting", "starting", "restarted"})
}

func TestBackoffIsExact(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	tests := []struct {
		name    string
		backoff actor.Backoff
		random  float64
		want    []time.Duration
	}{
		{"default", actor.Backoff{}, 0, []time.Duration{100 * ms, 150 * ms, 225 * ms, 337500 * time.Microsecond}},
		{"capped", actor.Backoff{Base: 10 * ms, Multiplier: 10, Max: 50 * ms}, 0, []time.Duration{10 * ms, 50 * ms, 50 * ms, 50 * ms}},
		{"linear", actor.Backoff{Kind: actor.Linear, Base: 30 * ms}, 0, []time.Duration{30 * ms, 60 * ms, 90 * ms, 120 * ms}},
		{"immediate", actor.Backoff{Kind: actor.Immediate}, 0, []time.Duration{0, 0, 0, 0}},
		{"jitter", actor.Backoff{Base: 80 * ms, Multiplier: 1, Jitter: true}, 0.5, []time.Duration{60 * ms, 60 * ms, 60 * ms, 60 * ms}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, actor.WithRandom(func() float64 { return test.random }))
			a := addr("a")
			spec := actor.Spec{Address: a, Backoff: test.backoff, Intensity: actor.Intensity{Max: len(test.want), Within: time.Hour}}
			w.mustSpawn(spec, new(log).handler("poison"))
			for i, want := range test.want {
				w.mustSend(a, "poison")
				await[actor.Restarting](w, i+1)
				if want > 0 {
					w.clock.Advance(want - 1)
					if s := w.info(a).State; s != actor.StateCreating {
						t.Fatalf("restart %d: state %v one nanosecond before its time", i+1, s)
					}
					w.clock.Advance(1)
				}
				if e := await[actor.Restarted](w, i+1); e.After != want || e.Restart != i+1 {
					t.Errorf("restart %d: %+v, want after %v", i+1, e, want)
				}
			}
		})
	}
}

func TestTooManyRestartsFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, g := addr("a"), newGate()
	spec := actor.Spec{Address: a, Intensity: actor.Intensity{Max: 2, Within: time.Second}, Backoff: actor.Backoff{Kind: actor.Immediate}}
	w.mustSpawn(spec, func(int) *guest {
		return &guest{handle: func(ctx context.Context, m *actor.Message) error {
			if string(m.Payload) == "gate" {
				return g.pass(ctx, m)
			}
			return actor.Crash(errTrap)
		}}
	})
	// Two in a second are allowed, again and again ...
	for range 3 {
		w.mustSend(a, "poison", "poison")
		w.mustIdle()
		w.clock.Advance(time.Second)
	}
	// ... the third is not.
	w.mustSend(a, "gate")
	<-g.entered
	w.mustSend(a, "poison", "poison", "poison", "left", "over")
	g.release <- struct{}{}
	w.mustIdle()
	info := w.info(a)
	var reason *actor.RestartsError
	if info.State != actor.StateFailed || !errors.As(info.Reason, &reason) || reason.Intensity.Max != 2 || !errors.Is(info.Reason, errTrap) {
		t.Errorf("%+v", info)
	}
	if info.Stats != (actor.Stats{Handled: 1, Crashes: 9, Restarts: 8, DeadLetters: 11}) || info.Queued != 0 || info.Uptime != 0 {
		t.Errorf("%+v", info)
	}
	if e := await[actor.Failed](w, 1); e.Left != 2 || e.Reason != info.Reason {
		t.Errorf("%+v", e)
	}
	equal(t, "last dead letters", w.letters()[9:], []string{"left: actor failed", "over: actor failed"})
	if err := w.Send(w.ctx, actor.Address{}, a, nil); !errors.Is(err, actor.ErrNotRunning) {
		t.Errorf("send: %v", err)
	}
	// Its address is free again.
	w.mustSpawn(spec, new(log).handler())
	if s := w.info(a); s.State != actor.StateReady || s.Stats != (actor.Stats{}) {
		t.Errorf("%+v", s)
	}
}

func TestRestartPolicies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		policy  actor.Restart
		message string
		state   actor.State
		lives   int
	}{
		{actor.Permanent, "crash", actor.StateReady, 2},
		{actor.Permanent, "exit", actor.StateReady, 2},
		{actor.Transient, "crash", actor.StateReady, 2},
		{actor.Transient, "exit", actor.StateTerminated, 1},
		{actor.Temporary, "crash", actor.StateFailed, 1},
		{actor.Temporary, "exit", actor.StateTerminated, 1},
	}
	for _, test := range tests {
		t.Run(test.policy.String()+" "+test.message, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := addr("a")
			w.mustSpawn(actor.Spec{Address: a, Restart: test.policy, Backoff: actor.Backoff{Kind: actor.Immediate}}, func(int) *guest {
				return &guest{handle: func(_ context.Context, m *actor.Message) error {
					if string(m.Payload) == "exit" {
						return actor.ErrExit
					}
					return actor.Crash(errTrap)
				}}
			})
			w.mustSend(a, test.message)
			w.mustIdle()
			info := w.info(a)
			if info.State != test.state || len(w.guests) != test.lives {
				t.Errorf("%v after %d lives, want %v after %d", info.State, len(w.guests), test.state, test.lives)
			}
			if exited := test.message == "exit"; exited != (info.Stats.Handled == 1) || exited != (info.Stats.Crashes == 0) {
				t.Errorf("%+v", info.Stats)
			}
		})
	}
}

func TestWhatCountsAsACrash(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		handle func() error
		want   string
	}{
		{"marked", func() error { return actor.Crash(errTrap) }, "trap: unreachable"},
		{"wrapped", func() error { return errors.Join(errors.New("call"), actor.Crash(errTrap)) }, "trap: unreachable"},
		{"panic", func() error { panic("oh") }, "panic: oh"},
		{"panic with an error", func() error { panic(errTrap) }, "panic: trap: unreachable"},
		{"nil dereference", func() error { var g *guest; return g.start(nil) }, "nil pointer"},
		{"goexit", func() error { runtime.Goexit(); return nil }, "runtime.Goexit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, l := addr("a"), new(log)
			w.mustSpawn(actor.Spec{Address: a, Backoff: actor.Backoff{Kind: actor.Immediate}}, func(life int) *guest {
				g := l.handler()(life)
				if life == 0 {
					g.handle = func(context.Context, *actor.Message) error { return test.handle() }
				}
				return g
			})
			w.mustSend(a, "bad", "good")
			w.mustIdle()
			equal(t, "handled", l.all(), []string{"good"})
			if e := await[actor.Crashed](w, 1); !strings.Contains(e.Err.Error(), test.want) || !actor.IsCrash(e.Err) {
				t.Errorf("%v", e.Err)
			}
		})
	}
}

func TestStartThatFailsIsACrash(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func() error{
		"error":  func() error { return errTrap },
		"panic":  func() error { panic(errTrap) },
		"goexit": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, l := addr("a"), new(log)
			err := w.spawn(actor.Spec{Address: a}, func(life int) *guest {
				g := l.handler()(life)
				if life < 2 {
					g.start = func(context.Context) error { return start() }
				}
				return g
			})
			var failed *actor.StartError
			if !errors.As(err, &failed) || !failed.Restarting {
				t.Fatalf("%v", err)
			}
			w.mustSend(a, "early")
			await[actor.Restarting](w, 1)
			w.clock.Advance(100 * time.Millisecond)
			await[actor.Restarting](w, 2)
			w.clock.Advance(150 * time.Millisecond)
			w.mustIdle()
			equal(t, "handled", l.all(), []string{"early"})
			if s := w.info(a).Stats; s != (actor.Stats{Handled: 1, Crashes: 2, Restarts: 2}) {
				t.Errorf("%+v", s)
			}
			if e := await[actor.Restarted](w, 1); e.Restart != 2 || e.After != 250*time.Millisecond {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestFactoryThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, factory := range map[string]actor.Factory{
		"error":   func(context.Context, actor.Address) (actor.Contract, error) { return nil, errTrap },
		"nothing": func(context.Context, actor.Address) (actor.Contract, error) { return nil, nil },
	} {
		err := w.Spawn(w.ctx, actor.Spec{Address: addr(name), Factory: factory, Restart: actor.Temporary})
		var failed *actor.StartError
		if !errors.As(err, &failed) || failed.Restarting {
			t.Errorf("%s: %v", name, err)
		}
		w.mustIdle()
		if s := w.info(addr(name)).State; s != actor.StateFailed {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	untilDone := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }

	t.Run("start", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		spawned := make(chan error)
		go func() {
			spawned <- w.spawn(actor.Spec{Address: addr("a"), StartTimeout: 3 * time.Second, Restart: actor.Temporary},
				func(int) *guest { return &guest{start: untilDone} })
		}()
		w.blockUntil(1)
		w.clock.Advance(3 * time.Second)
		var timeout *actor.TimeoutError
		if err := <-spawned; !errors.As(err, &timeout) || timeout.During != actor.OpStart || timeout.Limit != 3*time.Second {
			t.Errorf("%v", err)
		}
	})
	t.Run("handle", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		a, l := addr("a"), new(log)
		w.mustSpawn(actor.Spec{Address: a, HandleTimeout: time.Second, Backoff: actor.Backoff{Kind: actor.Immediate}}, func(life int) *guest {
			if life == 0 {
				return &guest{handle: func(ctx context.Context, _ *actor.Message) error { return untilDone(ctx) }}
			}
			return l.handler()(life)
		})
		w.mustSend(a, "slow", "next")
		w.blockUntil(1)
		w.clock.Advance(time.Second)
		w.mustIdle()
		equal(t, "handled", l.all(), []string{"next"})
		equal(t, "dead letters", w.letters(), []string{"slow: the message crashed its actor"})
		var timeout *actor.TimeoutError
		if e := await[actor.Crashed](w, 1); !errors.As(e.Err, &timeout) || timeout.During != actor.OpHandle {
			t.Errorf("%v", e.Err)
		}
	})
}

func TestOneForOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, l := addr("a"), addr("b"), new(log)
	w.mustSpawn(actor.Spec{Address: a, Restart: actor.Temporary}, new(log).handler("poison"))
	w.mustSpawn(actor.Spec{Address: b}, l.handler())
	w.mustSend(a, "poison")
	w.mustSend(b, "1")
	w.mustIdle()
	equal(t, "handled by the other", l.all(), []string{"1"})
	if n := len(w.guests); n != 2 {
		t.Errorf("%d instances", n)
	}
}
