package actor

import (
	"context"
	"sync"
	"sync/atomic"
)

// An idler counts what is busy, and wakes who waits for the moment at which nothing is. An actor counts as one, from the message
// that wakes it until its mailbox is empty, so that messages between busy actors do not touch the counter.
type idler struct {
	busy    atomic.Int64
	waiting atomic.Int32
	mu      sync.Mutex
	idle    chan struct{} // closed and replaced when busy falls to zero while somebody waits
}

func (i *idler) enter() { i.busy.Add(1) }

func (i *idler) leave() {
	// wait raises waiting before it reads busy, and here it is the other way round: one of the two sees the other.
	if i.busy.Add(-1) == 0 && i.waiting.Load() > 0 {
		i.mu.Lock()
		// Who waits may have come after somebody was busy again: then that one wakes it.
		if i.idle != nil && i.busy.Load() == 0 {
			close(i.idle)
			i.idle = nil
		}
		i.mu.Unlock()
	}
}

func (i *idler) wait(ctx context.Context) error {
	i.waiting.Add(1)
	defer i.waiting.Add(-1)
	i.mu.Lock()
	if i.idle == nil {
		i.idle = make(chan struct{})
	}
	idle := i.idle
	i.mu.Unlock()
	if i.busy.Load() == 0 {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
