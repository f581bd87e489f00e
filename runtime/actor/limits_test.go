package actor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/quota"
)

// status is what is used of one of an actor's limits.
func (w *world) status(a actor.Address, of string) quota.Usage {
	w.t.Helper()
	for _, s := range w.info(a).Limits {
		if s.Of == of {
			return s.Usage
		}
	}
	w.t.Fatalf("%s has no limit of %s", a, of)
	return quota.Usage{}
}

// exceeded is the limit that a message met.
func exceeded(t *testing.T, err error) (*actor.SendError, *quota.ExceededError) {
	t.Helper()
	send, ok := errors.AsType[*actor.SendError](err)
	limit, limited := errors.AsType[*quota.ExceededError](err)
	if !ok || !limited {
		t.Fatalf("got %v", err)
	}
	return send, limit
}

// met are the limits that events told of.
func (w *world) met() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var texts []string
	for _, e := range w.events {
		switch e := e.(type) {
		case actor.LimitMet:
			texts = append(texts, fmt.Sprintf("%s met %s of %s", e.From, e.Err.Of, e.Actor))
		case actor.LimitNear:
			texts = append(texts, fmt.Sprintf("%s near %v", e.Actor, e.Status))
		}
	}
	return texts
}

func TestAMessageThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	w, l, a, b := newWorld(t), new(log), addr("a"), addr("b")
	w.mustSpawn(actor.Spec{Address: a, MaxMessageBytes: 10}, l.handler())
	w.mustSpawn(actor.Spec{Address: b}, l.handler())
	large := []byte("elf bytes ..")
	for what, err := range map[string]error{
		"Send":       w.Send(w.ctx, b, a, large),
		"TrySend":    w.TrySend(b, a, large),
		"TryPublish": w.TryPublish(b, a, "topic", large),
		"Request":    func() error { _, err := w.Request(b, a, large, 0); return err }(),
		"Ask":        func() error { _, err := w.Ask(w.ctx, a, large); return err }(),
	} {
		send, limit := exceeded(t, err)
		if send.To != a || what != "Ask" && send.From != b || send.Size != 12 || errors.Is(err, actor.ErrMailboxFull) ||
			limit.Of != actor.LimitMessageBytes || limit.Wanted != 12 || limit.Usage.Limit != 10 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if text := w.TrySend(b, a, large).Error(); text != "send 12 bytes from test:b to test:a: too many bytes of a message: 12, and the limit is 10" {
		t.Error(text)
	}
	w.mustSend(a, "ten bytes.")
	w.mustIdle()
	if _, dead := w.DeadLetters(); dead != 0 || w.Refused() != 6 || len(w.met()) != 6 {
		t.Errorf("%d dead letters, %d refused, told %v", dead, w.Refused(), w.met())
	}
	equal(t, "handled", l.all(), []string{"ten bytes."})
}

func TestMailboxOfBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	to, g := addr("slow"), newGate()
	w.mustSpawn(actor.Spec{Address: to, MailboxBytes: 10, DeliveryTimeout: time.Second}, func(int) *guest { return &guest{handle: g.pass} })
	w.mustSend(to, "in hand")
	<-g.entered
	w.mustSend(to, "12345678")
	if u := w.status(to, actor.LimitMailboxBytes); u != (quota.Usage{Used: 8, Limit: 10}) {
		t.Errorf("used %v", u)
	}
	for again := range 2 {
		err := w.TrySend(addr("me"), to, []byte("abc"))
		send, limit := exceeded(t, err)
		if !errors.Is(err, actor.ErrMailboxFull) || send.To != to || limit.Of != actor.LimitMailboxBytes || limit.Wanted != 3 ||
			limit.Usage != (quota.Usage{Used: 8, Limit: 10}) || limit.Again != (again > 0) {
			t.Fatalf("%d: %v", again, err)
		}
	}
	// What never fits does not wait for it.
	if _, limit := exceeded(t, w.Send(w.ctx, addr("me"), to, []byte("eleven byte"))); limit.Of != actor.LimitMessageBytes {
		t.Errorf("got %v", limit)
	}

	// Send waits on the clock ...
	sent := make(chan error)
	go func() { sent <- w.Send(w.ctx, addr("me"), to, []byte("late")) }()
	w.blockUntil(1)
	w.clock.Advance(time.Second)
	if err := <-sent; !errors.Is(err, actor.ErrMailboxFull) || !errors.As(err, new(*quota.ExceededError)) {
		t.Fatalf("got %v", err)
	}
	// ... or until there is room; and who comes later does not overtake.
	go func() { sent <- w.Send(w.ctx, addr("me"), to, []byte("abc")) }()
	w.blockUntil(1)
	if err := w.TrySend(addr("you"), to, []byte("y")); !errors.Is(err, actor.ErrMailboxFull) || errors.As(err, new(*quota.ExceededError)) {
		t.Errorf("overtaken: %v", err)
	}
	g.release <- struct{}{}
	<-g.entered
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	w.mustSend(to, "seven..")
	if u := w.status(to, actor.LimitMailboxBytes); u.Used != 10 {
		t.Errorf("used %v", u)
	}
	for range 2 {
		g.release <- struct{}{}
		<-g.entered
	}
	g.release <- struct{}{}
	w.mustIdle()
	if u := w.status(to, actor.LimitMailboxBytes); u.Used != 0 {
		t.Errorf("left: %v", u)
	}
	equal(t, "dead letters", w.letters(), []string{"abc: mailbox full", "abc: mailbox full", "late: mailbox full", "y: mailbox full"})
	equal(t, "limits", w.met(), []string{
		"test:me met bytes in the mailbox of test:slow", "test:me met bytes of a message of test:slow",
		"test:slow near bytes in the mailbox: 10 of 10 (100%)",
	})
	if s := w.info(to).Stats; s.Handled != 4 || s.DeadLetters != 4 || w.Refused() != 1 {
		t.Errorf("%+v, %d refused", s, w.Refused())
	}
}

// What waits counts when an actor gets a limit that it had not, or another.
func TestMailboxOfBytesThatIsReplaced(t *testing.T) {
	t.Parallel()
	w, g, a := newWorld(t), newGate(), addr("a")
	spec := actor.Spec{Address: a, Factory: w.factory(func(int) *guest { return &guest{handle: g.pass} })}
	if err := w.Spawn(w.ctx, spec); err != nil {
		t.Fatal(err)
	}
	w.mustSend(a, "1")
	<-g.entered
	w.mustSend(a, "22", "333", "4444", "55555", "666666")
	for i, limit := range []int{100, 50, 0, 100} {
		spec.MailboxBytes = limit
		replaced := make(chan error)
		go func() { replaced <- w.Replace(w.ctx, spec) }()
		w.blockUntil(1) // the deadline of taking it down
		g.release <- struct{}{}
		<-g.entered
		if err := <-replaced; err != nil {
			t.Fatal(err)
		}
		left := uint64([]int{18, 15, 11, 6}[i])
		if limit == 0 {
			if n := len(w.info(a).Limits); n != 1 {
				t.Errorf("%d limits", n)
			}
		} else if u := w.status(a, actor.LimitMailboxBytes); u != (quota.Usage{Used: left, Limit: uint64(limit)}) {
			t.Errorf("limit %d: %v, want %d", limit, u, left)
		}
	}
	g.release <- struct{}{}
	<-g.entered
	g.release <- struct{}{}
	w.mustIdle()
	if u := w.status(a, actor.LimitMailboxBytes); u.Used != 0 {
		t.Errorf("left: %v", u)
	}
}

// However many send at a time, no more waits than may, and in the end nothing does.
func TestMailboxOfBytesHolds(t *testing.T) {
	t.Parallel()
	const most, producers, each = 1000, 4, 2000
	for _, observed := range []bool{false, true} {
		for _, batches := range []bool{false, true} {
			t.Run(fmt.Sprintf("observed=%v/batches=%v", observed, batches), func(t *testing.T) {
				t.Parallel()
				var waits, high atomic.Int64
				options := []actor.Option{actor.WithObserver(nil)}
				if observed {
					options[0] = actor.WithObserver(func(actor.Event) {})
				}
				w := newWorld(t, options...)
				to := addr("sink")
				take := func(_ context.Context, m *actor.Message) error {
					waits.Add(-int64(len(m.Payload)))
					if string(m.Payload) == "crash" {
						return actor.Crash(errTrap)
					}
					return nil
				}
				spec := actor.Spec{Address: to, MailboxBytes: most, DeliveryTimeout: -1, Backoff: actor.Backoff{Kind: actor.Immediate}, Intensity: actor.Intensity{Max: 1000, Within: time.Hour}}
				build := func(int) *guest { return &guest{handle: take} }
				if batches {
					spawnBatcher(w, spec, newGate(), build)
				} else {
					w.mustSpawn(spec, build)
				}
				var wg sync.WaitGroup
				var crashes atomic.Uint64
				for i := range producers {
					wg.Go(func() {
						random := rand.New(rand.NewPCG(1, uint64(i)))
						for range each {
							payload := make([]byte, random.IntN(most/2))
							if random.IntN(100) == 0 {
								payload = []byte("crash")
								crashes.Add(1)
							}
							if err := w.Send(w.ctx, actor.Address{}, to, payload); err != nil {
								t.Error(err)
								return
							}
							now := waits.Add(int64(len(payload)))
							high.Store(max(high.Load(), now))
						}
					})
				}
				wg.Wait()
				w.mustIdle()
				if u := w.status(to, actor.LimitMailboxBytes); u.Used != 0 || waits.Load() != 0 {
					t.Errorf("%v wait, %d counted", u, waits.Load())
				}
				// What is in hand, what a batch has begun and what was counted late come on top.
				if high.Load() > most*(producers+2) {
					t.Errorf("%d bytes waited", high.Load())
				}
				if s := w.info(to).Stats; s.Handled+s.DeadLetters != producers*each || s.DeadLetters != crashes.Load() {
					t.Errorf("%+v, %d crashes", s, crashes.Load())
				}
			})
		}
	}
}

func TestRateOfSending(t *testing.T) {
	t.Parallel()
	w, l, a, b := newWorld(t), new(log), addr("a"), addr("b")
	w.mustSpawn(actor.Spec{Address: a, SendRate: 4, Backoff: actor.Backoff{Kind: actor.Immediate}}, l.handler("poison"))
	w.mustSpawn(actor.Spec{Address: b}, l.handler())
	send := func() error { return w.TrySend(a, b, nil) }
	request := func() error { _, err := w.Request(a, b, nil, 0); return err }
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	must(send(), w.Send(w.ctx, a, b, nil), request(), w.Spend(a, 3))
	for _, f := range []func() error{send, request, func() error { return w.Send(w.ctx, a, b, nil) }} {
		s, limit := exceeded(t, f())
		if s.From != a || s.To != b || limit.Of != actor.LimitRate || limit.Retry != 250*time.Millisecond || limit.Usage != (quota.Usage{Used: 4, Limit: 4}) {
			t.Errorf("got %v", s)
		}
	}
	if text := w.Spend(a, 3).Error(); text != "send 3 bytes from test:a: too many messages a second: 1 more than 4 of 4 (100%); try again in 250ms" {
		t.Error(text)
	}
	must(w.TrySend(b, a, nil), w.TrySend(actor.Address{}, a, nil), w.TrySend(addr("nobody"), a, nil), w.TryPublish(a, b, "topic", nil), w.Spend(b, 0), w.Spend(actor.Address{}, 0))
	if n := w.Refused(); n != 4 {
		t.Errorf("%d refused", n)
	}

	// A restart gives nothing back.
	w.mustSend(a, "poison")
	await[actor.Restarted](w, 1)
	if send() == nil {
		t.Error("the restart made room")
	}
	w.clock.Advance(250*time.Millisecond - 1)
	if send() == nil {
		t.Error("too early")
	}
	w.clock.Advance(1)
	must(send())
	if send() == nil {
		t.Error("two at a time")
	}
	w.clock.Advance(time.Second)
	must(send(), send(), send(), send())
	if send() == nil {
		t.Error("more than a second's worth")
	}
	if u := w.status(a, actor.LimitRate); u.Used != 4 {
		t.Errorf("used %v", u)
	}
	w.mustIdle()
	near, met := "test:a near messages a second: 4 of 4 (100%)", "test:a met messages a second of test:a"
	equal(t, "limits", w.met(), []string{near, met, near, met})

	// Another rate begins anew, the same one does not.
	spec := actor.Spec{Address: a, SendRate: 4, Factory: w.factory(l.handler())}
	must(w.Replace(w.ctx, spec))
	if send() == nil {
		t.Error("replacing made room")
	}
	spec.SendRate = 0
	must(w.Replace(w.ctx, spec), send(), send(), send(), send(), send())
	spec.SendRate = 1
	must(w.Replace(w.ctx, spec), send())
	if send() == nil {
		t.Error("it has no rate")
	}
}

// An answer that the asker does not take, or has no room for, is an error to both.
func TestAnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec actor.Spec
		want string
	}{
		{actor.Spec{MaxMessageBytes: 10}, "1: send 11 bytes from test:oracle to test:asker: too many bytes of a message: 11, and the limit is 10"},
		{actor.Spec{MailboxBytes: 15}, "1: send 11 bytes from test:oracle to test:asker: " + actor.ErrMailboxFull.Error() + ": too many bytes in the mailbox: 11 more than 6 of 15 (40%)"},
		{actor.Spec{MailboxBytes: 17}, "1: eleven byte"},
	} {
		w, g := newWorld(t), newGate()
		me := &clerk{guest: w.keep(&guest{handle: g.pass})}
		c.spec.Address = asker
		c.spec.Factory = func(context.Context, actor.Address) (actor.Contract, error) { return me, nil }
		if err := w.Spawn(w.ctx, c.spec); err != nil {
			t.Fatal(err)
		}
		if err := w.Spawn(w.ctx, actor.Spec{Address: oracle, Factory: func(context.Context, actor.Address) (actor.Contract, error) {
			return &clerk{guest: w.keep(&guest{}), answer: func(context.Context, *actor.Message) ([]byte, error) { return []byte("eleven byte"), nil }}, nil
		}}); err != nil {
			t.Fatal(err)
		}
		w.mustSend(asker, "in hand")
		<-g.entered
		w.mustSend(asker, "waits.")
		w.request("?", 0)
		told := await[actor.Answered](w, 1)
		if fits := told.Err == nil; fits != bytes.HasSuffix([]byte(c.want), []byte("eleven byte")) || !fits && told.Payload != nil {
			t.Errorf("answered %v, %v", told.Payload, told.Err)
		}
		g.release <- struct{}{}
		<-g.entered
		g.release <- struct{}{}
		w.mustIdle()
		equal(t, "notes", me.notes(), []string{c.want})
		if n := w.info(asker).Stats.Answers; n != 1 {
			t.Errorf("%d answers", n)
		}
		if c.spec.MailboxBytes > 0 {
			if u := w.status(asker, actor.LimitMailboxBytes); u.Used != 0 {
				t.Errorf("left: %v", u)
			}
		}
	}
}

func TestLimitsOfASpec(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for field, spec := range map[string]actor.Spec{
		"MailboxBytes": {MailboxBytes: -1}, "MaxMessageBytes": {MaxMessageBytes: -1}, "SendRate": {SendRate: -1},
	} {
		spec.Address = addr("a")
		err := w.spawn(spec, func(int) *guest { return &guest{} })
		if e, ok := errors.AsType[*actor.SpecError](err); !ok || e.Field != field || !strings.Contains(e.Error(), "negative") {
			t.Errorf("%s: %v", field, err)
		}
	}
	w.mustSpawn(actor.Spec{Address: addr("a"), MailboxBytes: 5, MaxMessageBytes: 10}, func(int) *guest { return &guest{} })
	if u := w.status(addr("a"), actor.LimitMessageBytes); u.Limit != 5 {
		t.Errorf("a message may have %v", u)
	}
}
