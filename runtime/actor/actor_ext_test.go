package actor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(compiled())
		os.Exit(code)
	}))
}

var errTrap = errors.New("trap: unreachable")

// A guest is a contract made of functions; those that are nil succeed.
type guest struct {
	start  func(ctx context.Context) error
	handle func(ctx context.Context, m *actor.Message) error
	stop   func(ctx context.Context) error
	close  func(ctx context.Context) error
	health func(ctx context.Context) (actor.Health, error)
	closed int
}

func (g *guest) Start(ctx context.Context) error {
	if g.start == nil {
		return nil
	}
	return g.start(ctx)
}

func (g *guest) Handle(ctx context.Context, m *actor.Message) error {
	if g.handle == nil {
		return nil
	}
	return g.handle(ctx, m)
}

func (g *guest) Health(ctx context.Context) (actor.Health, error) {
	if g.health == nil {
		return actor.Healthy, nil
	}
	return g.health(ctx)
}

func (g *guest) Stop(ctx context.Context) error {
	if g.stop == nil {
		return nil
	}
	return g.stop(ctx)
}

func (g *guest) Close(ctx context.Context) error {
	g.closed++
	if g.close == nil {
		return nil
	}
	return g.close(ctx)
}

// world is a system on a manual clock, with what it told.
type world struct {
	*actor.System
	t     *testing.T
	ctx   context.Context
	clock *actor.ManualClock

	mu     sync.Mutex
	events []actor.Event
	news   chan struct{} // closed and replaced at each event
	guests []*guest
}

var epoch = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// newWorld gives a system that is stopped at the test's end, when every guest must have been closed exactly once.
func newWorld(t *testing.T, options ...actor.Option) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a hang ends as a failure with a place
	w := &world{t: t, ctx: ctx, clock: actor.NewManualClock(epoch), news: make(chan struct{})}
	w.System = actor.New(append([]actor.Option{actor.WithClock(w.clock), actor.WithObserver(w.record)}, options...)...)
	t.Cleanup(func() {
		ctx, cancelStop := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancelStop()
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
		for i, g := range w.guests {
			if g.closed != 1 {
				t.Errorf("guest %d was closed %d times", i, g.closed)
			}
		}
		if n := w.clock.Pending(); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
	return w
}

func (w *world) record(e actor.Event) {
	if c, ok := e.(actor.Crashed); ok && c.Message != nil {
		m := *c.Message
		c.Message = &m
		e = c
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
	close(w.news)
	w.news = make(chan struct{})
}

// await waits for the n-th event of type E, from 1.
func await[E actor.Event](w *world, n int) E {
	w.t.Helper()
	for {
		w.mu.Lock()
		events, news := all[E](w.events), w.news
		w.mu.Unlock()
		if len(events) >= n {
			return events[n-1]
		}
		select {
		case <-news:
		case <-w.ctx.Done():
			var e E
			w.t.Fatalf("waited in vain for %T %d", e, n)
		}
	}
}

// seen are the events of type E so far.
func seen[E actor.Event](w *world) []E {
	w.mu.Lock()
	defer w.mu.Unlock()
	return all[E](w.events)
}

func all[E actor.Event](events []actor.Event) []E {
	var seen []E
	for _, e := range events {
		if e, ok := e.(E); ok {
			seen = append(seen, e)
		}
	}
	return seen
}

// story tells the events of an actor by name.
func (w *world) story(a actor.Address) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, e := range w.events {
		if e.Head().Actor == a {
			names = append(names, e.Name())
		}
	}
	return names
}

// keep registers a guest for the check at the end.
func (w *world) keep(g *guest) *guest {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.guests = append(w.guests, g)
	return g
}

// spawn starts an actor whose every instance is made by build, which is told how many there were before.
func (w *world) spawn(spec actor.Spec, build func(life int) *guest) error {
	w.t.Helper()
	spec.Factory = w.factory(build)
	return w.Spawn(w.ctx, spec)
}

func (w *world) factory(build func(life int) *guest) actor.Factory {
	life := 0
	return func(context.Context, actor.Address) (actor.Contract, error) {
		g := w.keep(build(life))
		life++
		return g, nil
	}
}

func (w *world) mustSpawn(spec actor.Spec, build func(life int) *guest) {
	w.t.Helper()
	if err := w.spawn(spec, build); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) mustSend(to actor.Address, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if err := w.Send(w.ctx, actor.Address{}, to, []byte(text)); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) mustIdle() {
	w.t.Helper()
	if err := w.WaitIdle(w.ctx); err != nil {
		w.t.Fatalf("not idle: %v\n%+v", err, w.Actors())
	}
}

func (w *world) blockUntil(timers int) {
	w.t.Helper()
	if err := w.clock.BlockUntil(w.ctx, timers); err != nil {
		w.t.Fatalf("no %d timers: %v", timers, err)
	}
}

func (w *world) info(a actor.Address) actor.Info {
	w.t.Helper()
	info, ok := w.Actor(a)
	if !ok {
		w.t.Fatalf("no actor %s", a)
	}
	return info
}

func (w *world) letters() []string {
	letters, _ := w.DeadLetters()
	var texts []string
	for _, l := range letters {
		texts = append(texts, fmt.Sprintf("%s: %s", l.Payload, l.Reason))
	}
	return texts
}

func addr(name string) actor.Address { return actor.Address{Namespace: "test", Name: name} }

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// A log is what instances have handled, over all lives.
type log struct {
	mu    sync.Mutex
	texts []string
}

func (l *log) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = append(l.texts, text)
}

func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.texts)
}

// handler keeps what it is sent in l and crashes at what poison names.
func (l *log) handler(poison ...string) func(life int) *guest {
	return func(int) *guest {
		return &guest{handle: func(_ context.Context, m *actor.Message) error {
			if slices.Contains(poison, string(m.Payload)) {
				return actor.Crash(errTrap)
			}
			l.add(string(m.Payload))
			return nil
		}}
	}
}

// gate holds the handling of messages: Handle tells entered, and returns when released.
type gate struct {
	entered chan string
	release chan struct{}
}

func newGate() *gate { return &gate{make(chan string), make(chan struct{})} }

func (g *gate) pass(ctx context.Context, m *actor.Message) error {
	select {
	case g.entered <- string(m.Payload):
	case <-ctx.Done():
		return actor.Crash(ctx.Err())
	}
	select {
	case <-g.release:
		return nil
	case <-ctx.Done():
		return actor.Crash(ctx.Err())
	}
}
