package actor_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestOrderIsKeptBetweenAnyTwoActors(t *testing.T) {
	t.Parallel()
	const producers, each = 8, 2000
	for _, size := range []int{1, 7, 1000} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, actor.WithObserver(nil))
			to := addr("sink")
			got := map[actor.Address][]uint32{}
			w.mustSpawn(actor.Spec{Address: to, MailboxSize: size, DeliveryTimeout: -1}, func(int) *guest {
				return &guest{handle: func(_ context.Context, m *actor.Message) error {
					got[m.From] = append(got[m.From], binary.LittleEndian.Uint32(m.Payload))
					return nil
				}}
			})
			var wg sync.WaitGroup
			for i := range producers {
				wg.Go(func() {
					from := addr(fmt.Sprint("producer", i))
					for n := range uint32(each) {
						if err := w.Send(w.ctx, from, to, binary.LittleEndian.AppendUint32(nil, n)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			w.mustIdle()
			if len(got) != producers {
				t.Fatalf("messages of %d producers", len(got))
			}
			for from, numbers := range got {
				if len(numbers) != each || !slices.IsSorted(numbers) {
					t.Errorf("%s: %d messages, sorted %v", from, len(numbers), slices.IsSorted(numbers))
				}
			}
			if n := w.info(to).Stats.Handled; n != producers*each {
				t.Errorf("handled %d", n)
			}
		})
	}
}

func TestFullMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	to, g := addr("slow"), newGate()
	w.mustSpawn(actor.Spec{Address: to, MailboxSize: 2, DeliveryTimeout: time.Second}, func(int) *guest {
		return &guest{handle: g.pass}
	})
	w.mustSend(to, "1")
	<-g.entered // 1 is being handled: it does not count
	w.mustSend(to, "2", "3")

	err := w.TrySend(addr("me"), to, []byte("4"))
	var send *actor.SendError
	if !errors.Is(err, actor.ErrMailboxFull) || !errors.As(err, &send) || send.To != to || send.Size != 1 {
		t.Fatalf("TrySend: %v", err)
	}

	// Send waits on the clock, to the end of its patience ...
	refused := make(chan error)
	go func() { refused <- w.Send(w.ctx, addr("me"), to, []byte("5")) }()
	w.blockUntil(1)
	w.clock.Advance(time.Second - 1)
	select {
	case err := <-refused:
		t.Fatalf("too early: %v", err)
	default:
	}
	w.clock.Advance(1)
	if err := <-refused; !errors.Is(err, actor.ErrMailboxFull) {
		t.Fatalf("Send: %v", err)
	}
	equal(t, "dead letters", w.letters(), []string{"4: mailbox full", "5: mailbox full"})

	// ... or of its context's: then the message was never sent ...
	ctx, cancel := context.WithCancel(w.ctx)
	go func() { refused <- w.Send(ctx, addr("me"), to, []byte("6")) }()
	w.blockUntil(1)
	cancel()
	if err := <-refused; !errors.Is(err, context.Canceled) {
		t.Fatalf("Send: %v", err)
	}

	// ... or until there is room.
	go func() { refused <- w.Send(w.ctx, addr("me"), to, []byte("7")) }()
	w.blockUntil(1)
	for _, want := range []string{"2", "3", "7"} {
		g.release <- struct{}{}
		if got := <-g.entered; got != want {
			t.Errorf("handled %s, want %s", got, want)
		}
		if want == "2" {
			if err := <-refused; err != nil {
				t.Fatal(err)
			}
		}
	}
	g.release <- struct{}{}
	w.mustIdle()
	if s := w.info(to).Stats; s.Handled != 4 || s.DeadLetters != 2 {
		t.Errorf("%+v", s)
	}
}

func TestSendToOwnFullMailboxFailsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	self := addr("self")
	var errs []error
	w.mustSpawn(actor.Spec{Address: self, MailboxSize: 1}, func(int) *guest {
		return &guest{handle: func(ctx context.Context, m *actor.Message) error {
			if string(m.Payload) == "go" {
				errs = append(errs, w.Send(ctx, self, self, []byte("kept")), w.Send(ctx, self, self, nil), w.TrySend(self, self, nil))
			}
			return nil
		}}
	})
	w.mustSend(self, "go")
	w.mustIdle()
	if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], actor.ErrMailboxFull) || !errors.Is(errs[2], actor.ErrMailboxFull) {
		t.Errorf("errors %v", errs)
	}
	if n := w.info(self).Stats.Handled; n != 2 {
		t.Errorf("handled %d", n)
	}
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := addr("a")
	if err := w.TrySend(a, addr("b"), []byte("x")); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	} else if want := "send 1 bytes from test:a to test:b: " + actor.ErrNotFound.Error(); err.Error() != want {
		t.Errorf("text %q", err)
	}
	w.mustSpawn(actor.Spec{Address: a}, new(log).handler())
	if err := w.StopActor(w.ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := w.Send(w.ctx, actor.Address{}, a, nil); !errors.Is(err, actor.ErrNotRunning) {
		t.Errorf("stopped: %v", err)
	}
	if _, n := w.DeadLetters(); n != 0 {
		t.Errorf("%d dead letters of messages that were refused", n)
	}
}

func TestApplicationErrorIsCountedAndTheInstanceLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := addr("a")
	w.mustSpawn(actor.Spec{Address: a}, func(int) *guest {
		return &guest{handle: func(context.Context, *actor.Message) error { return errors.New("no such order") }}
	})
	w.mustSend(a, "1", "2")
	w.mustIdle()
	if s := w.info(a).Stats; s != (actor.Stats{Handled: 2, Rejected: 2}) {
		t.Errorf("%+v", s)
	}
	if e := await[actor.Rejected](w, 2); string(e.Payload) != "2" || e.Err.Error() != "no such order" {
		t.Errorf("%+v", e)
	}
}

func TestSentComesBeforeWhatItCauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := addr("a"), addr("b")
	w.mustSpawn(actor.Spec{Address: b}, new(log).handler("poison"))
	w.mustSpawn(actor.Spec{Address: a}, func(int) *guest {
		return &guest{handle: func(_ context.Context, m *actor.Message) error { return w.TrySend(a, b, m.Payload) }}
	})
	w.mustSend(a, "poison")
	await[actor.Crashed](w, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := slices.IndexFunc(w.events, func(e actor.Event) bool { s, ok := e.(actor.Sent); return ok && s.Actor == a && s.To == b })
	crashed := slices.IndexFunc(w.events, func(e actor.Event) bool { _, ok := e.(actor.Crashed); return ok })
	if sent < 0 || sent > crashed {
		t.Errorf("sent is event %d, crashed %d", sent, crashed)
	}
}

func TestDeadLetterRing(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 3} {
		w := newWorld(t, actor.WithDeadLetters(limit))
		a := addr("a")
		w.mustSpawn(actor.Spec{Address: a, Backoff: actor.Backoff{Kind: actor.Immediate}, Intensity: actor.Intensity{Max: 9, Within: time.Minute}},
			new(log).handler("0", "1", "2", "3", "4"))
		for i := range 5 {
			w.mustSend(a, strconv.Itoa(i))
			w.mustIdle()
			letters, n := w.DeadLetters()
			if n != uint64(i+1) || len(letters) != min(limit, i+1) {
				t.Fatalf("limit %d: %d letters of %d", limit, len(letters), n)
			}
			for j, l := range letters {
				if want := strconv.Itoa(i + 1 - len(letters) + j); string(l.Payload) != want || l.Reason != actor.CrashedActor || !errors.Is(l.Err, errTrap) {
					t.Errorf("limit %d: letter %d is %+v", limit, j, l)
				}
			}
		}
	}
}

func TestWaitIdleIsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, actor.WithObserver(nil))
	w.mustIdle() // without actors
	// A chain: each actor hands the number on until it is zero. Idle may not be seen in between.
	const actors, hops = 5, 20000
	left := hops // only ever touched by the actor that holds the message
	for i := range actors {
		next := addr(strconv.Itoa((i + 1) % actors))
		w.mustSpawn(actor.Spec{Address: addr(strconv.Itoa(i))}, func(int) *guest {
			return &guest{handle: func(_ context.Context, m *actor.Message) error {
				if left--; left > 0 {
					return w.TrySend(addr(strconv.Itoa(i)), next, m.Payload)
				}
				return nil
			}}
		})
	}
	w.mustSend(addr("0"), "token")
	w.mustIdle()
	if left != 0 {
		t.Errorf("idle with %d hops to go", left)
	}

	ctx, cancel := context.WithCancel(w.ctx)
	g := newGate()
	w.mustSpawn(actor.Spec{Address: addr("gate")}, func(int) *guest { return &guest{handle: g.pass} })
	w.mustSend(addr("gate"), "x")
	<-g.entered
	cancel()
	if err := w.WaitIdle(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("busy: %v", err)
	}
	g.release <- struct{}{}
	w.mustIdle()
}
