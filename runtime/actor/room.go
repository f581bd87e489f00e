package actor

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/airsstack/witgen/runtime/quota"
)

// A room counts the bytes of what waits in a mailbox, where these have a limit. As with messages, writers and the reader count for
// themselves.
type room struct {
	limit       int64
	given, seen int64         // to writers; begun, when one looked last. Under the actor's lock
	near, met   quota.Warning // that it is nearly full; that it was too full for somebody

	_ [64]byte // to another cache line

	begun atomic.Int64 // by the reader
}

// fits tells whether n bytes more may wait. It needs the lock.
func (r *room) fits(n int64) bool {
	if r.given-r.seen+n > r.limit {
		r.seen = r.begun.Load()
	}
	return r.given-r.seen+n <= r.limit
}

// usage is what waits. It needs the lock.
func (r *room) usage() quota.Usage {
	return quota.Usage{Used: uint64(max(0, r.given-r.begun.Load())), Limit: uint64(r.limit)}
}

// give takes room for n bytes that fit. It needs the lock.
func (r *room) give(n int64) {
	r.given += n
	if r.met.Given() {
		r.met.Lower(r.usage())
	}
}

// refuse gives the error for n bytes that do not fit. It needs the lock.
func (r *room) refuse(n int64) error {
	e := &quota.ExceededError{Of: LimitMailboxBytes, Wanted: uint64(n), Usage: r.usage(), Again: r.met.Give()}
	return fmt.Errorf("%w: %w", ErrMailboxFull, e)
}

// bound has the mailbox hold so many messages, bytes, and bytes of each; of bytes 0 stands for any. It needs the lock, and is the
// reader's to call.
func (b *mailbox) bound(messages, bytes, each int) {
	b.size, b.most = int64(messages), uint32(min(uint64(each), math.MaxUint32))
	switch {
	case bytes == 0:
		b.room = nil
	case b.room == nil || b.room.limit != int64(bytes):
		b.room = &room{limit: int64(bytes), given: b.bytes()}
	}
	b.admit()
}

// tooLarge tells whether the mailbox takes no message of so many bytes.
func (b *mailbox) tooLarge(bytes int) bool { return b.most > 0 && uint64(bytes) > uint64(b.most) }

// bytes are those of the messages that wait; what has a place and is not put yet counts when it is put. It
// needs the lock, and is the reader's to call.
func (b *mailbox) bytes() (sum int64) {
	at := b.at
	for _, first := range []*chunk{b.taken, b.head} {
		for c := first; c != nil; c = c.next {
			for i := range c.messages[at:] {
				sum += int64(len(c.messages[at+i].Payload))
			}
			at = 0
		}
		at = 0
	}
	return sum
}

// nearlyFull tells, once, that little room is left. It needs the lock.
func (b *mailbox) nearlyFull() (bool, quota.Usage) {
	if b.room == nil {
		return false, quota.Usage{}
	}
	u := b.room.usage()
	return b.room.near.Due(u), u
}
