package actor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestSendAfter(t *testing.T) {
	t.Parallel()
	w, a, l := newWorld(t), addr("a"), new(log)
	w.mustSpawn(actor.Spec{Address: a}, l.handler())
	w.SendAfter(2*time.Second, actor.Address{}, a, []byte("late"))
	w.SendAfter(time.Second, a, a, []byte("early"))
	taken := w.SendAfter(time.Second, a, a, []byte("never"))
	w.SendAfter(time.Second, a, addr("nobody"), []byte("lost"))
	w.SendAfter(time.Hour, a, a, []byte("the end comes first"))
	if !taken.Cancel() || taken.Cancel() {
		t.Error("cancelling tells the wrong thing")
	}
	w.clock.Advance(time.Second - 1)
	equal(t, "before", l.all(), nil)
	w.clock.Advance(2 * time.Second)
	if e := await[actor.Undelivered](w, 1); e.Actor != a || e.To != addr("nobody") || !errors.Is(e.Err, actor.ErrNotFound) {
		t.Errorf("%+v", e)
	}
	if err := w.Stop(w.ctx); err != nil { // drains; and no timer is left
		t.Fatal(err)
	}
	equal(t, "handled", l.all(), []string{"early", "late"})
	if w.SendAfter(time.Second, a, a, nil).Cancel() {
		t.Error("a stopped system takes a message")
	}
}

func TestHostState(t *testing.T) {
	t.Parallel()
	for keep, want := range map[bool]int{false: 1, true: 2} {
		w, a := newWorld(t), addr("a")
		spec := actor.Spec{Address: a, KeepState: keep, Backoff: actor.Backoff{Kind: actor.Immediate}, State: func() any { return new(int) }}
		w.mustSpawn(spec, func(int) *guest {
			return &guest{handle: func(_ context.Context, m *actor.Message) error {
				*w.State(a).(*int)++
				if string(m.Payload) == "crash" {
					return actor.Crash(errTrap)
				}
				return nil
			}}
		})
		w.mustSend(a, "crash", "1")
		w.mustIdle()
		if got := *w.State(a).(*int); got != want {
			t.Errorf("kept %v: %d, want %d", keep, got, want)
		}
		if w.State(addr("nobody")) != nil {
			t.Error("nobody has a state")
		}
	}
}
