package actor

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A chunk is a piece of a mailbox. Its messages stand together, and are what a batch is to whoever hands messages on in batches.
type chunk struct {
	messages []Message // as many as there are; the capacity is smallChunk or largeChunk
	next     *chunk
}

// An empty mailbox has no chunk. The first one is small, because many actors have one message or two; those behind it are large.
const (
	smallChunk = 4
	largeChunk = 64
)

// Chunks are shared by all mailboxes, and sending allocates nothing once the pools are warm.
var (
	smallChunks = sync.Pool{New: func() any {
		c := new(struct {
			chunk
			room [smallChunk]Message
		})
		c.messages = c.room[:0]
		return &c.chunk
	}}
	largeChunks = sync.Pool{New: func() any { return &chunk{messages: make([]Message, 0, largeChunk)} }}
)

// A mailbox is a bounded queue with many writers and one reader. Writers hold the actor's lock; the reader takes all there is
// under the lock and then goes through it without.
//
// Both count for themselves: how many places were ever given and how many messages were ever begun. A writer looks at the reader's
// count only when the mailbox would be full by what it saw last, and the reader looks at nothing of the writers', so that a
// processor that sends and one that handles do not take each other's cache lines with every message.
type mailbox struct {
	// Under the actor's lock.
	size       int64
	given      int64 // places
	seen       int64 // begun, when a writer looked last
	head, tail *chunk
	room       *room       // where bytes have a limit, else nil; written by the reader
	waiters    []*waiter   // senders that wait for a place, first come first served
	waiting    atomic.Bool // len(waiters) > 0, for the reader
	most       uint32      // bytes of one message, 0 for any

	_ [40]byte // to the next cache line, see TestLayout

	// The reader's. After a crash the rest of what was taken is still here, in order.
	begun atomic.Int64 // messages
	taken *chunk
	at    int
}

// A waiter is a sender that waits for a place in a mailbox.
type waiter struct {
	bytes   int
	verdict chan error // gets one value: nil gives the waiter a place
	counted *room      // where its bytes were counted when it got it
}

// reserve takes a place for a message of so many bytes that is going to be put, if there is one.
func (b *mailbox) reserve(bytes int) bool {
	if len(b.waiters) > 0 || !b.hasRoom(bytes) {
		return false
	}
	b.give(bytes)
	return true
}

func (b *mailbox) hasRoom(bytes int) bool {
	if b.given-b.seen >= b.size {
		b.seen = b.begun.Load()
	}
	return b.given-b.seen < b.size && (b.room == nil || b.room.fits(int64(bytes)))
}

func (b *mailbox) give(bytes int) {
	b.given++
	if b.room != nil {
		b.room.give(int64(bytes))
	}
}

// withhold gives back the place of a message that is not going to be put.
func (b *mailbox) withhold(bytes int, counted *room) {
	b.given--
	if b.room == counted && b.room != nil {
		b.room.given -= int64(bytes)
	}
	b.admit()
}

// full is why a message of so many bytes has no place.
func (b *mailbox) full(bytes int) error {
	if b.room != nil && !b.room.fits(int64(bytes)) {
		return b.room.refuse(int64(bytes))
	}
	return ErrMailboxFull
}

// queued is how many messages wait. It needs the lock.
func (b *mailbox) queued() int { return int(b.given - b.begun.Load()) }

// put adds a message for which a place is reserved, in a room where its bytes were counted.
func (b *mailbox) put(m *Message, counted *room) {
	if b.room != counted && b.room != nil {
		b.room.given += int64(len(m.Payload))
	}
	switch {
	case b.tail == nil:
		b.tail = smallChunks.Get().(*chunk)
		b.head = b.tail
	case len(b.tail.messages) == cap(b.tail.messages):
		b.tail.next = largeChunks.Get().(*chunk)
		b.tail = b.tail.next
	}
	b.tail.messages = append(b.tail.messages, *m)
}

// wait queues for a place.
func (b *mailbox) wait(bytes int) *waiter {
	w := &waiter{bytes: bytes, verdict: make(chan error, 1)}
	b.waiters = append(b.waiters, w)
	b.waiting.Store(true)
	b.admit() // the reader may have made room before it could see that somebody waits
	return w
}

// admit gives free places to those who wait.
func (b *mailbox) admit() {
	for len(b.waiters) > 0 && b.hasRoom(b.waiters[0].bytes) {
		w := b.waiters[0]
		b.give(w.bytes)
		w.counted = b.room
		w.verdict <- nil
		b.waiters = b.waiters[1:]
	}
	b.waiting.Store(len(b.waiters) > 0)
}

// withdraw ends w's wait with err, unless it has ended already.
func (b *mailbox) withdraw(w *waiter, err error) {
	if i := slices.Index(b.waiters, w); i >= 0 {
		if err == ErrMailboxFull {
			err = b.full(w.bytes)
		}
		w.verdict <- err
		b.waiters = slices.Delete(b.waiters, i, i+1)
		b.admit() // a smaller one behind w may fit
	}
}

// refuse ends all waits with err.
func (b *mailbox) refuse(err error) {
	for _, w := range b.waiters {
		w.verdict <- err
	}
	b.waiters = nil
	b.waiting.Store(false)
}

// take hands all messages to the reader, and tells whether it has any. It needs the lock.
func (b *mailbox) take() bool {
	if b.taken == nil {
		b.taken, b.at = b.head, 0
		b.head, b.tail = nil, nil
	}
	return b.taken != nil
}

// next gives the reader its next message, or nil when what was taken is used up. The message is valid until the next call.
func (b *mailbox) next() *Message {
	for b.taken != nil {
		if b.at < len(b.taken.messages) {
			m := &b.taken.messages[b.at]
			b.at++
			b.begun.Store(b.begun.Load() + 1)
			if b.room != nil {
				b.room.begun.Store(b.room.begun.Load() + int64(len(m.Payload))) // nobody else writes it
			}
			return m
		}
		b.taken, b.at = b.taken.recycle(), 0
	}
	return nil
}

// ahead shows the reader up to n of the messages that come next, as far as they stand together and ask for nothing.
func (b *mailbox) ahead(n int) []Message {
	for b.taken != nil && b.at == len(b.taken.messages) {
		b.taken, b.at = b.taken.recycle(), 0
	}
	if b.taken == nil {
		return nil
	}
	ms := b.taken.messages[b.at:min(b.at+n, len(b.taken.messages))]
	if i := slices.IndexFunc(ms, func(m Message) bool { return m.Request != nil }); i >= 0 {
		ms = ms[:i]
	}
	return ms
}

// skip is next, n times.
func (b *mailbox) skip(n int) {
	if b.room != nil {
		var sum int64
		for i := range n {
			sum += int64(len(b.taken.messages[b.at+i].Payload))
		}
		b.room.begun.Store(b.room.begun.Load() + sum)
	}
	b.at += n
	b.begun.Store(b.begun.Load() + int64(n))
}

// clear takes all messages out. It needs the lock, and nobody else may be reading.
func (b *mailbox) clear() []Message {
	var rest []Message
	for b.take() {
		for m := b.next(); m != nil; m = b.next() {
			rest = append(rest, *m)
		}
	}
	return rest
}

// recycle gives a chunk that has been read back, and the next one.
func (c *chunk) recycle() (next *chunk) {
	next = c.next
	clear(c.messages) // what the messages hold is not to be kept alive by the pool
	c.messages, c.next = c.messages[:0], nil
	if cap(c.messages) == smallChunk {
		smallChunks.Put(c)
	} else {
		largeChunks.Put(c)
	}
	return next
}
