package actor_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
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
		random  []float64 // one after another; 0 where there are none
		want    []time.Duration
	}{
		{"default", actor.Backoff{}, nil, []time.Duration{100 * ms, 150 * ms, 225 * ms, 337500 * time.Microsecond}},
		{"capped", actor.Backoff{Base: 10 * ms, Multiplier: 10, Max: 50 * ms}, nil, []time.Duration{10 * ms, 50 * ms, 50 * ms, 50 * ms}},
		{"linear", actor.Backoff{Kind: actor.Linear, Base: 30 * ms}, nil, []time.Duration{30 * ms, 60 * ms, 90 * ms, 120 * ms}},
		{"immediate", actor.Backoff{Kind: actor.Immediate}, nil, []time.Duration{0, 0, 0, 0}},
		{"linear, capped", actor.Backoff{Kind: actor.Linear, Base: 30 * ms, Max: 70 * ms}, nil, []time.Duration{30 * ms, 60 * ms, 70 * ms, 70 * ms}},
		{"beyond what an integer holds", actor.Backoff{Base: time.Hour, Multiplier: 1e12, Max: 2 * time.Hour}, nil, []time.Duration{time.Hour, 2 * time.Hour, 2 * time.Hour}},
		{"jitter", actor.Backoff{Base: 80 * ms, Multiplier: 2, Jitter: true}, []float64{0, 0.25, 0.5, 0.75}, []time.Duration{80 * ms, 140 * ms, 240 * ms, 400 * ms}},
		{"jitter is of what is capped", actor.Backoff{Base: 80 * ms, Multiplier: 2, Max: 100 * ms, Jitter: true}, []float64{0.5, 0.5, 1, 0}, []time.Duration{60 * ms, 75 * ms, 50 * ms, 100 * ms}},
		{"linear with jitter", actor.Backoff{Kind: actor.Linear, Base: 10 * ms, Jitter: true}, []float64{1, 0.5, 0.5}, []time.Duration{5 * ms, 15 * ms, 22500 * time.Microsecond}},
		{"immediate with jitter", actor.Backoff{Kind: actor.Immediate, Jitter: true}, []float64{0.5, 0.5}, []time.Duration{0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, actor.WithRandom(sequence(test.random)))
			a := addr("a")
			spec := actor.Spec{Address: a, Backoff: test.backoff, Intensity: actor.Intensity{Max: len(test.want), Within: 24 * time.Hour}}
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

// sequence gives numbers one after another, then 0.
func sequence(numbers []float64) func() float64 {
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		if len(numbers) == 0 {
			return 0
		}
		x := numbers[0]
		numbers = numbers[1:]
		return x
	}
}

// TestIntensityWindow has actors crash at these times, and holds which of their restarts it is, or that it is one too many.
func TestIntensityWindow(t *testing.T) {
	t.Parallel()
	s := time.Second
	tests := []struct {
		name      string
		intensity actor.Intensity
		crashes   []time.Duration // since the beginning
		restarts  []int           // which one in the window each is; of the last crash none, if it is not there
	}{
		{"the default", actor.Intensity{}, []time.Duration{0, 20 * s, 40 * s, 60*s - 1}, []int{1, 2, 3}},
		{"the default, as the first one leaves", actor.Intensity{}, []time.Duration{0, 20 * s, 40 * s, 60 * s}, []int{1, 2, 3, 3}},
		{"it slides", actor.Intensity{Max: 2, Within: 10 * s}, []time.Duration{0, 4 * s, 10 * s, 14 * s, 20 * s, 24*s - 1}, []int{1, 2, 2, 2, 2}},
		{"all at once", actor.Intensity{Max: 3, Within: s}, []time.Duration{0, 0, 0, 0}, []int{1, 2, 3}},
		{"all leave at once", actor.Intensity{Max: 2, Within: s}, []time.Duration{0, 0, s, s, 2 * s}, []int{1, 2, 1, 2, 1}},
		{"a single life", actor.Intensity{Within: s}, []time.Duration{s}, nil},
		{"never two in a window", actor.Intensity{Max: 1, Within: s}, []time.Duration{0, s, 2 * s, 3 * s, 4*s - 1}, []int{1, 1, 1, 1}},
	}
	for _, test := range tests {
		for _, own := range []bool{true, false} { // the actor's own, right below the root, or its supervisor's
			t.Run(fmt.Sprintf("%s, own %v", test.name, own), func(t *testing.T) {
				t.Parallel()
				w, a := newWorld(t), addr("a")
				spec := actor.Spec{Address: a, Backoff: actor.Backoff{Kind: actor.Immediate}}
				if own {
					spec.Intensity = test.intensity
				} else {
					spec.Supervisor = addr("sup")
					w.mustSupervise(actor.SupervisorSpec{Address: spec.Supervisor, Intensity: test.intensity, Restart: actor.Temporary})
				}
				w.mustSpawn(spec, new(log).handler("poison"))
				for _, at := range test.crashes {
					w.clock.Advance(at - w.clock.Now().Sub(epoch))
					w.mustSend(a, "poison")
					w.mustIdle()
				}
				var restarts []int
				for _, e := range seen[actor.Restarted](w) {
					restarts = append(restarts, e.Restart)
				}
				equal(t, "restarts", restarts, test.restarts)
				want := actor.StateReady
				if len(test.restarts) < len(test.crashes) {
					want = actor.StateFailed
				}
				if info := w.info(a); info.State != want {
					t.Errorf("%+v, want it %s", info, want)
				}
			})
		}
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
