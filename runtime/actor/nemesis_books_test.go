package actor_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
	"github.com/airsstack/witgen/runtime/quota"
)

// books are what a nemesis has done and seen.
type books struct {
	tried, refused, full, dropped atomic.Int64
	unsent                        atomic.Int64 // of the refused: requests that the system did not even try to send

	mu       sync.Mutex
	open     int                             // instances
	sequence map[string]int                  // the last number that somebody gave to a letter, in this step
	seen     map[[2]string]int               // the last number that came from one to another
	asked    map[actor.RequestID]*asked      // in this step
	lives    map[actor.Address]int           // instances made
	current  map[actor.Address]*nemesisGuest // instances that live
	requests int                             // in all

	renewed, replaced, reverted           atomic.Int64
	guestSent, guestAsked, guestPublished atomic.Int64 // by components, of their own
	batches, batched                      atomic.Int64 // of more than one message

	dead uint64 // dead letters when the step began
	left []left // after each step
}

// left is what a step leaves: bytes of the heap and of memories of components, and goroutines.
type left struct{ heap, linear, goroutines uint64 }

// asked is a request that an instance has made.
type asked struct {
	by        *nemesisGuest
	self      actor.Address
	callbacks int
	cancelled bool
}

func (b *books) reset() {
	b.sequence, b.seen, b.asked = map[string]int{}, map[[2]string]int{}, map[actor.RequestID]*asked{}
	if b.lives == nil {
		b.lives, b.current = map[actor.Address]int{}, map[actor.Address]*nemesisGuest{}
	}
}

// A letter is what the nemesis sends.
type letter struct {
	From string
	N    int    // of those from From
	Do   string // one of deeds; else nothing
	To   actor.Address
	Hops int
	For  time.Duration
}

// seal numbers a letter. Only one goroutine at a time sends for one name.
func (n *nemesis) seal(name string, l letter) []byte {
	n.mu.Lock()
	n.sequence[name]++
	l.From, l.N = name, n.sequence[name]
	n.mu.Unlock()
	payload, err := json.Marshal(l)
	if err != nil {
		n.t.Error(err)
	}
	return payload
}

// unseal opens a letter that has come to somebody, and holds that none came before it that was sent later.
func (n *nemesis) unseal(self actor.Address, payload []byte) letter {
	l := n.read(self, payload)
	way := [2]string{l.From, self.String()}
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.N <= n.seen[way] {
		n.t.Errorf("%s got %d of %s after %d", self, l.N, l.From, n.seen[way])
	}
	n.seen[way] = l.N
	return l
}

// read reads a letter to somebody.
func (n *nemesis) read(self actor.Address, payload []byte) (l letter) {
	if err := json.Unmarshal(payload, &l); err != nil {
		n.t.Errorf("%s got %q: %v", self, payload, err)
	}
	return l
}

// send sends without waiting.
func (n *nemesis) send(name string, from, to actor.Address, l letter) {
	payload := n.seal(name, l)
	n.tried.Add(1)
	n.book(n.sys.TrySend(from, to, payload))
}

func (n *nemesis) sendWaiting(ctx context.Context, name string, to actor.Address, l letter) {
	payload := n.seal(name, l)
	n.tried.Add(1)
	n.book(n.sys.Send(ctx, actor.Address{}, to, payload))
}

// book books what came of sending.
func (n *nemesis) book(err error) {
	switch {
	case err == nil:
	case errors.Is(err, actor.ErrMailboxFull):
		n.full.Add(1)
	default:
		n.refused.Add(1)
	}
}

func (n *nemesis) publish(name string, from actor.Address, l letter) {
	receipt, err := n.topics.Publish(from, n.topic(l), n.seal(name, l))
	if err != nil && !errors.As(err, new(*quota.ExceededError)) {
		n.t.Error(err)
	}
	n.bookReceipt(receipt, err)
}

func (n *nemesis) topic(l letter) string { return []string{"t.0.paid", "t.1.paid", "t.1"}[l.Hops%3] }

// bookReceipt books what came of publishing. An error is that of a publisher that does so too often.
func (n *nemesis) bookReceipt(receipt broker.Receipt, err error) {
	if err != nil {
		n.tried.Add(1)
		n.book(err)
		return
	}
	n.tried.Add(int64(receipt.Delivered + receipt.Dropped))
	n.dropped.Add(int64(receipt.Dropped))
}

// ask asks as Go code does.
func (n *nemesis) ask(ctx context.Context, to actor.Address, l letter) {
	payload := n.seal(l.From, l)
	n.tried.Add(1)
	if _, err := n.sys.Ask(ctx, to, payload); err != nil {
		if _, unsent := errors.AsType[*actor.SendError](err); unsent {
			n.book(err)
		}
	}
}

// check holds the books when nothing goes on.
func (n *nemesis) check() {
	sum, live := n.sys.Stats(), 0
	for _, info := range n.sys.Actors() {
		for _, l := range info.Limits {
			if l.Of == actor.LimitMailboxBytes && l.Used != 0 {
				n.t.Errorf("%s has %v although nothing goes on", info.Address, l)
			}
		}
		if info.Queued != 0 {
			n.t.Errorf("%s has %d messages although nothing goes on: %+v", info.Address, info.Queued, info)
		}
		switch info.State {
		case actor.StateTerminated, actor.StateFailed:
		case actor.StateReady:
			live++
		default:
			n.t.Errorf("%s is lost: %+v", info.Address, info)
		}
	}
	letters, total := n.sys.DeadLetters()
	if total-n.dead > deadLetters {
		n.t.Fatalf("%d dead letters in a step: keep more", total-n.dead)
	}
	full := int64(0) // of topics: the rest of what was dropped was refused
	for _, letter := range letters[uint64(len(letters))-(total-n.dead):] {
		if letter.Topic != "" && letter.Reason == actor.MailboxFull {
			full++
		}
	}
	n.dead = total
	if gone := n.dropped.Swap(0) - full; gone < 0 {
		n.t.Errorf("%d publications more found a full mailbox than were dropped", -gone)
	} else {
		n.refused.Add(gone)
	}
	in, out := uint64(n.tried.Load())+sum.Answers, sum.Handled+sum.DeadLetters+uint64(n.refused.Load())
	if in != out || sum.DeadLetters < uint64(n.full.Load()) {
		n.t.Errorf("tried %d + answers %d = %d, but handled %d + dead letters %d + refused %d = %d (%d found a full mailbox)",
			n.tried.Load(), sum.Answers, in, sum.Handled, sum.DeadLetters, n.refused.Load(), out, n.full.Load())
	}
	if counted := n.sys.Refused() + uint64(n.unsent.Load()); counted != uint64(n.refused.Load()) {
		n.t.Errorf("%d refused, but the system counts %d, and %d had too many requests", n.refused.Load(), n.sys.Refused(), n.unsent.Load())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open != live {
		n.t.Errorf("%d instances for %d living actors", n.open, live)
	}
	n.checkRequests()
	n.kit.check()
}

// checkRequests holds that each was answered once. It needs the lock.
func (n *nemesis) checkRequests() {
	for id, r := range n.asked {
		want := 1
		if r.cancelled {
			want = 0
		}
		if r.callbacks > want || r.callbacks < want && n.current[r.self] == r.by {
			n.t.Errorf("request %s of %s was answered %d times, want %d", id, r.self, r.callbacks, want)
		}
	}
	n.requests += len(n.asked)
	clear(n.asked)
}

// callTheRoll sends to everybody: who runs must take it.
func (n *nemesis) callTheRoll() {
	for _, a := range n.actors {
		n.send("roll", actor.Address{}, a, letter{})
	}
	n.quiesce()
	for i, a := range n.actors {
		info, there := n.sys.Actor(a)
		n.mu.Lock()
		got := n.seen[[2]string{"roll", a.String()}]
		n.mu.Unlock()
		if there && info.State == actor.StateReady && got != i+1 {
			n.t.Errorf("%s is ready and has not taken what was sent: %+v", a, info)
		}
		n.audit(a)
	}
	n.quiesce() // an answer comes before its request counts as handled
}

// checkDeeds holds that all that a nemesis can do was done.
func (n *nemesis) checkDeeds() {
	for what, count := range map[string]*atomic.Int64{
		"restarted": &n.renewed, "replaced": &n.replaced,
		"sent by guests": &n.guestSent, "asked by guests": &n.guestAsked, "published by guests": &n.guestPublished, "handled in batches": &n.batched,
	} {
		if count.Load() == 0 {
			n.t.Errorf("nothing was %s", what)
		}
	}
}

// clear forgets who has ended, and what was seen in the step.
func (n *nemesis) clear() {
	for _, a := range n.extras {
		n.join(func() { _ = n.sys.StopActor(context.Background(), a) }) // of those that never came to be there is nothing to stop
	}
	n.extras = nil
	n.quiesce()
	for _, info := range n.sys.Actors() {
		if info.State != actor.StateTerminated && info.State != actor.StateFailed {
			continue
		}
		if err := n.sys.Forget(info.Address); err != nil {
			n.t.Error(err)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.books.reset()
}

// checkMemory holds that a step leaves nothing behind.
func (n *nemesis) checkMemory() {
	runtime.GC()
	runtime.GC() // pools give up what they keep at the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := n.kit.runtime.Usage()
	n.left = append(n.left, left{m.HeapAlloc, u.Memory.Used + u.Kept.Used, uint64(runtime.NumGoroutine())})
	const warm = 6 // until as many dead letters are kept as ever are
	if len(n.left) <= warm {
		return
	}
	var most left
	for _, first := range n.left[:warm] {
		most = left{max(most.heap, first.heap), max(most.linear, first.linear), max(most.goroutines, first.goroutines)}
	}
	limit := left{most.heap + most.heap/4 + 8<<20, most.linear + most.linear/4 + 16<<20, most.goroutines + 16}
	if now := n.left[len(n.left)-1]; now.heap > limit.heap || now.linear > limit.linear || now.goroutines > limit.goroutines {
		n.t.Errorf("%+v, at most %+v in the first steps", now, most)
	}
}

// planHash sums up what a nemesis has done.
type planHash struct{ hash.Hash64 }

func (h planHash) note(what int, to actor.Address, by uint64) {
	h.Write(binary.LittleEndian.AppendUint64([]byte{byte(what)}, by))
	h.Write([]byte(to.Name))
}
