package actor_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

// A clerk is a guest that answers requests, and notes the answers to its own.
type clerk struct {
	*guest
	answer func(ctx context.Context, m *actor.Message) ([]byte, error)

	mu  sync.Mutex
	got []string
}

func (c *clerk) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	return c.answer(ctx, m)
}

func (c *clerk) Callback(_ context.Context, m *actor.Message, failed error) error {
	text := string(m.Request.ID) + ": " + string(m.Payload)
	if failed != nil {
		text += failed.Error()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, text)
	return nil
}

func (c *clerk) notes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

var asker, oracle = addr("asker"), addr("oracle")

// newClerks spawns an asker, and an oracle that answers so.
func newClerks(t *testing.T, answer func(ctx context.Context, m *actor.Message) ([]byte, error), options ...actor.Option) (*world, *clerk) {
	t.Helper()
	w := newWorld(t, options...)
	c := &clerk{}
	spawn := func(a actor.Address, made *clerk) {
		spec := actor.Spec{Address: a, Backoff: actor.Backoff{Base: time.Second}}
		spec.Factory = func(context.Context, actor.Address) (actor.Contract, error) {
			g := &guest{}
			w.mu.Lock()
			w.guests = append(w.guests, g)
			w.mu.Unlock()
			if made != nil {
				made.guest = g
				return made, nil
			}
			return &clerk{guest: g, answer: answer}, nil
		}
		if err := w.Spawn(w.ctx, spec); err != nil {
			t.Fatal(err)
		}
	}
	spawn(asker, c)
	spawn(oracle, nil)
	return w, c
}

func (w *world) request(text string, timeout time.Duration) actor.RequestID {
	w.t.Helper()
	id, err := w.Request(asker, oracle, []byte(text), timeout)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestRequestsAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	w, c := newClerks(t, func(_ context.Context, m *actor.Message) ([]byte, error) {
		if m.From != asker || m.Request.From != asker || m.Request.To != oracle {
			return nil, errors.New("who asks?")
		}
		if string(m.Payload) == "no" {
			return nil, errors.New("no")
		}
		return append([]byte("re "), m.Payload...), nil
	})
	w.request("one", 0)
	w.request("no", time.Second)
	w.request("three", time.Second)
	w.mustIdle()
	equal(t, "callbacks", c.notes(), []string{"1: re one", "2: no", "3: re three"})
	if e := await[actor.Answered](w, 2); e.Actor != oracle || e.To != asker || e.Err == nil || e.Request != "2" {
		t.Errorf("%+v", e)
	}
	if s := w.info(oracle).Stats; s.Handled != 3 || s.Rejected != 1 {
		t.Errorf("%+v", s)
	}
}

// Who has an answer finds its request counted.
func TestRequestsAreCountedBeforeTheyAreAnswered(t *testing.T) {
	t.Parallel()
	var w *world
	var handled, rejected []uint64
	answered := make(chan struct{}, 3)
	w, _ = newClerks(t, func(_ context.Context, m *actor.Message) ([]byte, error) {
		switch string(m.Payload) {
		case "no":
			return nil, errors.New("no")
		case "exit":
			return nil, actor.ErrExit
		}
		return m.Payload, nil
	}, actor.WithObserver(func(e actor.Event) {
		if _, ok := e.(actor.Answered); ok {
			s := w.info(oracle).Stats
			handled, rejected = append(handled, s.Handled), append(rejected, s.Rejected)
			answered <- struct{}{}
		}
	}))
	for _, what := range []string{"yes", "no", "exit"} {
		w.request(what, 0)
	}
	for range 3 {
		<-answered
	}
	w.blockUntil(1) // the back-off
	w.clock.Advance(time.Minute)
	w.mustIdle()
	equal(t, "handled", handled, []uint64{1, 2, 3})
	equal(t, "rejected", rejected, []uint64{0, 1, 1})
}

func TestAskFromGo(t *testing.T) {
	t.Parallel()
	begun, never := make(chan struct{}), make(chan struct{})
	w, _ := newClerks(t, func(ctx context.Context, m *actor.Message) ([]byte, error) {
		switch string(m.Payload) {
		case "crash":
			return nil, actor.Crash(errTrap)
		case "wait":
			close(begun)
			<-never
		}
		return []byte("yes"), nil
	})
	if got, err := w.Ask(w.ctx, oracle, nil); string(got) != "yes" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_, err := w.Ask(w.ctx, oracle, []byte("crash"))
	lost, ok := errors.AsType[*actor.LostRequestError](err)
	if !ok || lost.Reason != actor.CrashedActor || !errors.Is(err, errTrap) {
		t.Errorf("%v", err)
	}
	if _, err := w.Ask(w.ctx, addr("nobody"), nil); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("%v", err)
	}
	await[actor.Restarting](w, 1)
	w.clock.Advance(time.Second) // a fresh oracle
	await[actor.Restarted](w, 1)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error)
	go func() {
		_, err := w.Ask(ctx, oracle, []byte("wait"))
		done <- err
	}()
	<-begun
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(never)
	w.mustIdle()
	if n := w.LateAnswers(); n != 1 {
		t.Errorf("%d late answers", n)
	}
}

func TestRequestsEndInTime(t *testing.T) {
	t.Parallel()
	begun, hold := make(chan struct{}, 3), make(chan struct{})
	w, c := newClerks(t, func(context.Context, *actor.Message) ([]byte, error) {
		begun <- struct{}{}
		<-hold
		return []byte("late"), nil
	})
	w.request("held", time.Second)
	<-begun
	w.request("waits", 2*time.Second)
	cancelled := w.request("cancelled", 3*time.Second)
	if err := w.Cancel(asker, cancelled); err != nil {
		t.Error(err)
	}
	if err := w.Cancel(asker, cancelled); !errors.Is(err, actor.ErrNoSuchRequest) {
		t.Errorf("cancelled twice: %v", err)
	}
	if err := w.Cancel(oracle, "1"); !errors.Is(err, actor.ErrNoSuchRequest) {
		t.Errorf("cancelled for another: %v", err)
	}
	w.clock.Advance(time.Second)
	await[actor.Answered](w, 1)
	w.clock.Advance(time.Second)
	await[actor.Answered](w, 2)
	close(hold)
	w.mustIdle()
	equal(t, "callbacks", c.notes(), []string{"1: no answer came in time", "2: no answer came in time"})
	if n := w.LateAnswers(); n != 1 { // the others were not even begun
		t.Errorf("%d late answers", n)
	}
}

// An impatient clock makes each call at once.
type impatient struct{ actor.RealClock }

func (c impatient) AfterFunc(_ time.Duration, f func()) actor.Timer {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	return c.RealClock.AfterFunc(0, func() {})
}

func TestARefusedRequestIsNotAnswered(t *testing.T) {
	t.Parallel()
	s, c := actor.New(actor.WithClock(impatient{})), &clerk{guest: new(guest)}
	if err := s.Spawn(t.Context(), actor.Spec{
		Address: asker, StartTimeout: -1, StopTimeout: -1,
		Factory: func(context.Context, actor.Address) (actor.Contract, error) { return c, nil },
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Request(asker, oracle, nil, time.Second); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("%v, want %v", err, actor.ErrNotFound)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	equal(t, "callbacks", c.notes(), nil)
}

func TestRequestsOfAnInstanceThatEnds(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	w, c := newClerks(t, func(_ context.Context, m *actor.Message) ([]byte, error) {
		<-hold
		return []byte("answer"), nil
	})
	w.request("of the first", time.Minute)
	c.handle = func(context.Context, *actor.Message) error { return actor.Crash(errTrap) }
	w.mustSend(asker, "die")
	await[actor.Restarting](w, 1)
	w.clock.Advance(time.Second)
	await[actor.Restarted](w, 1)
	w.request("of the second", time.Minute)
	close(hold)
	w.mustIdle()
	equal(t, "callbacks", c.notes(), []string{"2: answer"})
}

func TestRequestsThatAreLost(t *testing.T) {
	t.Parallel()
	w, c := newClerks(t, func(context.Context, *actor.Message) ([]byte, error) { return nil, actor.Crash(errTrap) })
	w.request("crash", 0)
	await[actor.Restarting](w, 1)
	w.request("left behind", 0)
	if err := w.StopActor(w.ctx, oracle); err != nil {
		t.Error(err)
	}
	w.mustIdle()
	equal(t, "callbacks", c.notes(), []string{
		"1: test:oracle did not answer: the message crashed its actor: trap: unreachable",
		"2: test:oracle did not answer: actor stopped",
	})
	if _, err := w.Request(asker, oracle, nil, 0); !errors.Is(err, actor.ErrNotRunning) {
		t.Errorf("%v", err)
	}
	if _, err := w.Request(addr("nobody"), oracle, nil, 0); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestRequestsToWhoTakesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustSpawn(actor.Spec{Address: oracle}, func(int) *guest { return &guest{} })
	if _, err := w.Ask(w.ctx, oracle, nil); !errors.Is(err, actor.ErrNoAnswers) {
		t.Errorf("%v", err)
	}
}

// On the machine's clock a deadline can pass while its request is being sent.
func TestRequestWhoseDeadlineIsNow(t *testing.T) {
	t.Parallel()
	s := actor.New()
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, a := range []actor.Address{addr("asker"), addr("other")} {
		if err := s.Spawn(t.Context(), actor.Spec{Address: a, Factory: func(context.Context, actor.Address) (actor.Contract, error) { return new(guest), nil }}); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		if _, err := s.Request(addr("asker"), addr("other"), nil, time.Nanosecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
}
