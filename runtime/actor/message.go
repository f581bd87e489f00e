package actor

import (
	"sync"
	"time"
)

// A Message is what one actor sends to another.
type Message struct {
	From Address
	// Payload belongs to nobody once it is sent: everybody may read and keep it, nobody may write to it.
	Payload []byte
	// Request is what the message asks for or, with Answer, is the answer to; nil for a plain message.
	Request *Request
	Answer  bool
	// Topic is what the message was published under; "" for one that was sent.
	Topic string
}

// A DeadLetter is a message that reached its actor's mailbox, or found it full, and will never be handled.
type DeadLetter struct {
	Message
	To     Address
	Time   time.Time
	Reason Reason
	Err    error // the crash, or why the actor failed; nil where Reason says it all
}

// A Reason is why a message is dead.
type Reason uint8

// The reasons for which messages die.
const (
	CrashedActor   Reason = iota // handling it crashed its actor
	MailboxFull                  // the mailbox had no room for it within the delivery timeout
	ActorStopped                 // its actor was stopped, or ended by itself, before it was handled
	ActorFailed                  // its actor crashed and was not restarted
	TakenDownActor               // its actor was taken down along with a sibling while handling it, and did not finish in time
)

func (r Reason) String() string {
	return name(r, "the message crashed its actor", "mailbox full", "actor stopped", "actor failed", "cut short when its actor was taken down")
}

// deadLetters keeps the latest dead letters and counts all.
type deadLetters struct {
	mu    sync.Mutex
	ring  []DeadLetter // grows to limit, then wraps
	limit int
	count uint64
}

func (d *deadLetters) add(letter DeadLetter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ring) < d.limit {
		d.ring = append(d.ring, letter)
	} else if d.limit > 0 {
		d.ring[d.count%uint64(d.limit)] = letter
	}
	d.count++
}

func (d *deadLetters) total() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// latest gives what is kept, oldest first, and the number of all that there ever were.
func (d *deadLetters) latest() ([]DeadLetter, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ring) < d.limit || d.limit == 0 {
		return append([]DeadLetter(nil), d.ring...), d.count
	}
	oldest := d.count % uint64(d.limit)
	return append(append([]DeadLetter(nil), d.ring[oldest:]...), d.ring[:oldest]...), d.count
}
