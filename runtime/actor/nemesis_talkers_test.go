package actor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
	"github.com/airsstack/witgen/runtime/component"
)

// converse has a prober do what a letter says, by the means of its world.
func (w *watched) converse(ctx context.Context, m *actor.Message, l letter) error {
	n, self := w.guest.n, w.guest.self
	tell := func(command string) error {
		own := *m
		own.Payload = []byte(command)
		return w.Contract.Handle(ctx, &own)
	}
	ask := func() error {
		payload := n.seal(self.String(), letter{Do: []string{"", "reject", "slow", "crash"}[l.Hops%4], For: l.For})
		return tell(fmt.Sprintf("request %s %s %d", l.To, payload, 1+requestLimit.Milliseconds()/2*int64(l.Hops%2)))
	}
	switch l.Do {
	case "forward", "publish", "later":
		if l.Hops == 0 {
			return tell("whoami")
		}
		return tell(fmt.Sprintf("send %s %s", l.To, n.seal(self.String(), letter{Do: "forward", To: self, Hops: l.Hops - 1})))
	case "ask":
		return ask()
	case "ask and cancel":
		w.guest.asked = ""
		if err := ask(); err != nil || w.guest.asked == "" {
			return err
		}
		return tell("cancel " + string(w.guest.asked))
	case "ask and crash":
		if err := ask(); err != nil {
			return err
		}
		return tell("trap")
	}
	return tell(w.harmless(l))
}

// harmless is what a letter has a prober do that speaks to nobody.
func (w *watched) harmless(l letter) string {
	switch l.Do {
	case "crash", "panic":
		return "trap"
	case "goexit", "exit":
		return "spin" // until its fuel is used up
	case "reject":
		return "fail internal-error as told"
	case "slow":
		return fmt.Sprint("sleep ", l.For.Milliseconds())
	}
	return "whoami"
}

// broadcast is what a letter has a feed do.
func (w *watched) broadcast(l letter) string {
	n := w.guest.n
	switch l.Do {
	case "crash", "panic", "goexit", "exit":
		return "crash"
	case "publish", "forward":
		return fmt.Sprintf("pub %s %s", n.topic(l), n.seal(w.guest.self.String(), letter{Hops: l.Hops}))
	case "ask", "ask and cancel":
		return "sub t.*.paid"
	case "later", "slow":
		return "unsub t.*.paid"
	}
	return "listen"
}

// heard books what a component has done by its imports, when they return and before the component does anything with it.
func (k *kit) heard(e component.TraceEvent) {
	if !e.Import || !e.End || e.Err != nil {
		return // of those that trapped nothing was done
	}
	n := k.n
	_, name, _ := strings.Cut(e.Name, "#")
	switch result := e.Result; name {
	case "send-message":
		n.guestSent.Add(1)
		n.tried.Add(1)
		n.book(k.refusal(result))
	case "send-request":
		n.guestAsked.Add(1)
		n.tried.Add(1)
		err := k.refusal(result)
		n.book(err)
		if errors.Is(err, actor.ErrTooManyRequests) {
			n.unsent.Add(1)
		}
		if err == nil {
			k.asked(e.Subject, actor.RequestID(result.(abi.VariantValue).Payload.(string)))
		}
	case "cancel-request":
		if result.(abi.VariantValue).Case == 0 { // else the answer was quicker
			n.mu.Lock()
			n.asked[actor.RequestID(e.Args[0].(string))].cancelled = true
			n.mu.Unlock()
		}
	case "publish":
		n.guestPublished.Add(1)
		v := result.(abi.VariantValue)
		if v.Case != 0 {
			n.bookReceipt(broker.Receipt{}, k.refusal(result))
			return
		}
		r := v.Payload.(abi.RecordValue)
		n.bookReceipt(broker.Receipt{Delivered: int(r[0].(uint32)), Dropped: int(r[1].(uint32))}, nil)
	}
}

// refusal is the error that a component was told.
func (k *kit) refusal(result abi.Value) error {
	v := result.(abi.VariantValue)
	if v.Case == 0 {
		return nil
	}
	text, _ := v.Payload.(abi.VariantValue).Payload.(string)
	for _, err := range []error{actor.ErrMailboxFull, actor.ErrTooManyRequests} {
		if strings.Contains(text, err.Error()) {
			return err
		}
	}
	switch {
	case strings.HasSuffix(text, " is full"):
		return actor.ErrMailboxFull
	case strings.HasSuffix(text, "does not run"), strings.Contains(text, actor.LimitRate), strings.Contains(text, actor.LimitMessageBytes):
		return errors.New(text)
	}
	k.n.t.Errorf("a component was refused what it may: %+v", result)
	return errors.New(text)
}

// asked notes a request of the component that lives at an address.
func (k *kit) asked(subject string, id actor.RequestID) {
	self, err := actor.Parse(subject)
	if err != nil {
		k.n.t.Error(err)
	}
	k.n.mu.Lock()
	defer k.n.mu.Unlock()
	g := k.n.current[self]
	g.asked = id
	k.n.asked[id] = &asked{by: g, self: self}
}
