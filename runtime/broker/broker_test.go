package broker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
	"github.com/airsstack/witgen/runtime/quota"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// matches says the same as the broker, one pattern at a time.
func matches(pattern, topic string) bool {
	p, t := strings.Split(pattern, "."), strings.Split(topic, ".")
	for i, segment := range p {
		switch {
		case segment == "#":
			return true
		case segment == ">":
			return len(t) > i
		case i >= len(t), segment != "*" && segment != t[i]:
			return false
		}
	}
	return len(p) == len(t)
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern string
		yes, no string
	}{
		{"a", "a", "b a.b"},
		{"a.b", "a.b", "a a.c a.b.c"},
		{"*", "a b", "a.b"},
		{"a.*", "a.b a.c", "a a.b.c b.a"},
		{"*.b", "a.b c.b", "b a.b.c"},
		{"a.*.c", "a.b.c", "a.c a.b.b.c"},
		{"#", "a a.b a.b.c", ""},
		{"a.#", "a a.b a.b.c", "b b.a"},
		{">", "a a.b", ""},
		{"a.>", "a.b a.b.c", "a b.a"},
		{"*.#", "a a.b", ""},
		{"a.*.>", "a.b.c a.b.c.d", "a.b"},
		{"ä.é", "ä.é", "a.e"},
	} {
		b := broker.New(actor.New())
		s, err := b.Subscribe(test.pattern, 100)
		if err != nil {
			t.Fatal(err)
		}
		for want, topics := range map[int]string{1: test.yes, 0: test.no} {
			for topic := range strings.FieldsSeq(topics) {
				r, err := b.Publish(actor.Address{}, topic, nil)
				if err != nil || r.Delivered != want || matches(test.pattern, topic) != (want == 1) {
					t.Errorf("%s on %s: %+v, %v", test.pattern, topic, r, err)
				}
			}
		}
		s.Close()
		s.Close()
		if !b.Unused() {
			t.Errorf("%s leaves something behind", test.pattern)
		}
	}
}

func TestWrongTopics(t *testing.T) {
	t.Parallel()
	long, deep := strings.Repeat("x", 256), strings.Repeat("x.", 32)+"x"
	for _, test := range []struct {
		text        string
		patternOnly bool // right as a pattern
	}{
		{text: ""},
		{text: "."},
		{text: "a..b"},
		{text: "a."},
		{text: ".a"},
		{text: "a b"},
		{text: "a\x00"},
		{text: "\xff"},
		{text: "a*"},
		{text: "#.a"},
		{text: "a.>.b"},
		{text: "a.b#"},
		{text: long},
		{text: deep},
		{text: "*", patternOnly: true},
		{text: "a.#", patternOnly: true},
		{text: "a.>", patternOnly: true},
	} {
		var e *broker.TopicError
		if err := broker.CheckTopic(test.text); !errors.As(err, &e) {
			t.Errorf("topic %q: %v", test.text, err)
		}
		if err := broker.CheckPattern(test.text); errors.As(err, &e) == test.patternOnly {
			t.Errorf("pattern %q: %v", test.text, err)
		}
	}
	b := broker.New(actor.New())
	if _, err := b.Publish(actor.Address{}, "a.*", nil); err == nil {
		t.Error("published under a pattern")
	}
	if _, err := b.Subscribe("a..b", 1); err == nil {
		t.Error("subscribed to what is no pattern")
	}
	if err := b.SubscribeActor(addr("a"), "a"); !errors.Is(err, actor.ErrNotFound) {
		t.Error(err)
	}
}

// FuzzMatch holds many subscriptions at once to each by itself.
func FuzzMatch(f *testing.F) {
	f.Add("a.b", "a.*", "a.#", "*.>")
	f.Add("a", "#", "a.#", "a.>")
	f.Fuzz(func(t *testing.T, topic, one, two, three string) {
		b := broker.New(actor.New())
		want := 0
		var all []*broker.Subscription
		for _, pattern := range []string{one, two, three} {
			s, err := b.Subscribe(pattern, 1)
			if err != nil {
				continue
			}
			all = append(all, s)
			if broker.CheckTopic(topic) == nil && matches(pattern, topic) {
				want++
			}
		}
		r, err := b.Publish(actor.Address{}, topic, nil)
		if err == nil && r.Delivered != want {
			t.Errorf("%+v, want %d", r, want)
		}
		for _, s := range all {
			s.Close()
		}
		if !b.Unused() {
			t.Error("something is left behind")
		}
	})
}

// A publication counts once for its publisher's rate, to however many it goes; one that is too many goes to nobody.
func TestRateOfPublishing(t *testing.T) {
	t.Parallel()
	s, clock := newSystem(t)
	b := broker.New(s)
	me := addr("me")
	var all []*listener
	for _, spec := range []actor.Spec{{Address: me, SendRate: 2}, {Address: addr("a")}, {Address: addr("b"), MaxMessageBytes: 3}} {
		all = append(all, spawn(t, s, spec))
		if err := b.SubscribeActor(spec.Address, "#"); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []struct {
		payload string
		receipt broker.Receipt
	}{{"1", broker.Receipt{Delivered: 3}}, {"2 is large", broker.Receipt{Delivered: 2, Dropped: 1}}} {
		if r, err := b.Publish(me, "topic", []byte(want.payload)); err != nil || r != want.receipt {
			t.Errorf("%s: %+v, %v", want.payload, r, err)
		}
	}
	r, err := b.Publish(me, "topic", []byte("3"))
	if e, ok := errors.AsType[*quota.ExceededError](err); !ok || r != (broker.Receipt{}) || e.Of != actor.LimitRate || e.Retry != 500*time.Millisecond {
		t.Errorf("%+v, %v", r, err)
	}
	if n := s.Refused(); n != 2 {
		t.Errorf("%d refused", n)
	}
	publish(t, b, "topic", "4", broker.Receipt{Delivered: 3}) // not an actor's
	clock.Advance(500 * time.Millisecond)
	if r, err := b.Publish(me, "topic", []byte("5")); err != nil || r.Delivered != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := s.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"topic 1 topic 2 is large topic 4 topic 5", "topic 1 topic 2 is large topic 4 topic 5", "topic 1 topic 4 topic 5"} {
		if got := strings.Join(all[i].got, " "); got != want {
			t.Errorf("listener %d got %s", i, got)
		}
	}
}

// A listener is an actor that keeps what it gets, and crashes at "crash".
type listener struct {
	mu  sync.Mutex
	got []string
}

func (l *listener) Start(context.Context) error                  { return nil }
func (l *listener) Health(context.Context) (actor.Health, error) { return actor.Healthy, nil }
func (l *listener) Stop(context.Context) error                   { return nil }
func (l *listener) Close(context.Context) error                  { return nil }
func (l *listener) Handle(_ context.Context, m *actor.Message) error {
	if string(m.Payload) == "crash" {
		return actor.Crash(errors.New("crash"))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, strings.TrimSpace(m.Topic+" "+string(m.Payload)))
	return nil
}

func addr(name string) actor.Address { return actor.Address{Namespace: "test", Name: name} }

func newSystem(t *testing.T) (*actor.System, *actor.ManualClock) {
	t.Helper()
	clock := actor.NewManualClock(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	s := actor.New(actor.WithClock(clock))
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, clock
}

func spawn(t *testing.T, s *actor.System, spec actor.Spec) *listener {
	t.Helper()
	l := new(listener)
	spec.Factory = func(context.Context, actor.Address) (actor.Contract, error) { return l, nil }
	if err := s.Spawn(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	return l
}

func publish(t *testing.T, b *broker.Broker, topic, payload string, want broker.Receipt) {
	t.Helper()
	if r, err := b.Publish(actor.Address{}, topic, []byte(payload)); err != nil || r != want {
		t.Errorf("%s: %+v, %v; want %+v", topic, r, err, want)
	}
}

func TestActorsSubscriptions(t *testing.T) {
	t.Parallel()
	s, clock := newSystem(t)
	b := broker.New(s)
	a, other := spawn(t, s, actor.Spec{Address: addr("a")}), spawn(t, s, actor.Spec{Address: addr("other")})
	for _, pattern := range []string{"orders.*", "orders.#", "orders.#"} { // each publication comes once
		if err := b.SubscribeActor(addr("a"), pattern); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.SubscribeActor(addr("other"), "orders.paid"); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "orders.paid", "1", broker.Receipt{Delivered: 2})
	publish(t, b, "orders.sent", "2", broker.Receipt{Delivered: 1})
	publish(t, b, "elsewhere", "3", broker.Receipt{})
	if err := s.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}

	publish(t, b, "orders.sent", "crash", broker.Receipt{Delivered: 1})
	publish(t, b, "orders.sent", "4", broker.Receipt{Delivered: 1}) // while it waits for its restart, or before
	if err := clock.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "orders.sent", "5", broker.Receipt{Delivered: 1})
	for info, _ := s.Actor(addr("a")); info.Stats.Restarts == 0; info, _ = s.Actor(addr("a")) {
		clock.Advance(100 * time.Millisecond)
	}
	if err := s.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"orders.paid 1", "orders.sent 2", "orders.sent 4", "orders.sent 5"}; !slices.Equal(a.got, want) {
		t.Errorf("%q, want %q", a.got, want)
	}
	if want := []string{"orders.paid 1"}; !slices.Equal(other.got, want) {
		t.Errorf("%q, want %q", other.got, want)
	}

	if !b.UnsubscribeActor(addr("a"), "orders.*") || b.UnsubscribeActor(addr("a"), "orders.*") || b.UnsubscribeActor(addr("nobody"), "x") {
		t.Error("unsubscribing tells the wrong thing")
	}
	if got := b.Subscriptions(addr("a")); !slices.Equal(got, []string{"orders.#"}) {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"a", "other"} { // their subscriptions end with them
		if err := s.StopActor(t.Context(), addr(name)); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, b, "orders.paid", "6", broker.Receipt{})
	if !b.Unused() || b.Subscriptions(addr("a")) != nil {
		t.Error("something is left behind")
	}
	spawn(t, s, actor.Spec{Address: addr("a")}) // a new actor of the same address begins anew
	publish(t, b, "orders.paid", "7", broker.Receipt{})
}

func TestSlowSubscribers(t *testing.T) {
	t.Parallel()
	s, _ := newSystem(t)
	b := broker.New(s)
	release := make(chan struct{})
	slow := actor.Spec{Address: addr("slow"), MailboxSize: 1, Factory: func(context.Context, actor.Address) (actor.Contract, error) {
		return blocked{new(listener), release}, nil
	}}
	if err := s.Spawn(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	if err := b.SubscribeActor(addr("slow"), "#"); err != nil {
		t.Fatal(err)
	}
	sub, err := b.Subscribe("#", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	delivered := 0
	for i := range 10 {
		r, err := b.Publish(actor.Address{}, "t", []byte(fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		delivered += r.Delivered
	}
	close(release)
	if _, dead := s.DeadLetters(); int(dead)+delivered-2 != 10 || sub.Dropped() != 8 {
		t.Errorf("%d dead, %d dropped, %d delivered", dead, sub.Dropped(), delivered)
	}
	if first, second := <-sub.C(), <-sub.C(); string(first.Payload) != "0" || string(second.Payload) != "1" {
		t.Errorf("%s, %s", first.Payload, second.Payload)
	}
}

// blocked handles nothing before it is released.
type blocked struct {
	*listener
	release chan struct{}
}

func (b blocked) Handle(ctx context.Context, m *actor.Message) error {
	select {
	case <-b.release:
	case <-ctx.Done():
	}
	return b.listener.Handle(ctx, m)
}

// TestOrderOfEachPublisher has many publish to many at once, while others come and go.
func TestOrderOfEachPublisher(t *testing.T) {
	t.Parallel()
	s, _ := newSystem(t)
	b := broker.New(s)
	const publishers, each = 8, 200
	var listeners []*listener
	for i := range 10 {
		a := addr(fmt.Sprint("l", i))
		listeners = append(listeners, spawn(t, s, actor.Spec{Address: a, MailboxSize: publishers * each}))
		if err := b.SubscribeActor(a, "from.*"); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for n := range each {
				if r, err := b.Publish(actor.Address{}, fmt.Sprint("from.", p), fmt.Appendf(nil, "%04d", n)); err != nil || r.Delivered < len(listeners) {
					t.Errorf("%+v %v", r, err)
				}
			}
		})
		wg.Go(func() {
			for range each / 4 {
				sub, err := b.Subscribe("from.#", 1)
				if err != nil {
					t.Error(err)
					return
				}
				sub.Close()
			}
		})
	}
	wg.Wait()
	if err := s.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range listeners {
		if len(l.got) != publishers*each {
			t.Errorf("%d", len(l.got))
		}
		last := map[string]string{}
		for _, text := range l.got {
			from, n, _ := strings.Cut(text, " ")
			if n <= last[from] && last[from] != "" {
				t.Fatalf("%s after %s of %s", n, last[from], from)
			}
			last[from] = n
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, subscribers := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(subscribers), func(b *testing.B) {
			s := actor.New()
			defer s.Stop(context.Background())
			topics := broker.New(s)
			for i := range subscribers {
				a := addr(fmt.Sprint("l", i))
				nothing := actor.Spec{Address: a, MailboxSize: 1 << 30, Factory: func(context.Context, actor.Address) (actor.Contract, error) { return sink{}, nil }}
				if err := s.Spawn(b.Context(), nothing); err != nil {
					b.Fatal(err)
				}
				if err := topics.SubscribeActor(a, "orders.*.paid"); err != nil {
					b.Fatal(err)
				}
			}
			payload := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := topics.Publish(actor.Address{}, "orders.eu.paid", payload); err != nil {
					b.Fatal(err)
				}
			}
			if err := s.WaitIdle(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// sink is a contract that takes everything.
type sink struct{ *listener }

func (sink) Handle(context.Context, *actor.Message) error { return nil }
