package component

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// A baton lets one call at a time into an instance, the others in the order in
// which they came. Taking a free one is one atomic operation.
type baton struct {
	state   atomic.Int32
	mu      sync.Mutex
	waiters []chan struct{}
}

const (
	batonFree = iota
	batonHeld
	batonWanted // held, and somebody waits
)

// try takes the baton if it is free.
func (b *baton) try() bool { return b.state.CompareAndSwap(batonFree, batonHeld) }

// drop sets the baton free if nobody waits for it.
func (b *baton) drop() bool { return b.state.CompareAndSwap(batonHeld, batonFree) }

// acquire takes the baton, waiting for it until one of done is closed. It
// reports whether it has it.
func (b *baton) acquire(done, orDone <-chan struct{}) bool {
	b.mu.Lock()
	for !b.state.CompareAndSwap(batonHeld, batonWanted) && b.state.Load() != batonWanted {
		if b.try() {
			b.mu.Unlock()
			return true
		}
	}
	turn := make(chan struct{})
	b.waiters = append(b.waiters, turn)
	b.mu.Unlock()

	select {
	case <-turn:
		return true
	case <-done:
	case <-orDone:
	}
	b.mu.Lock()
	i := slices.Index(b.waiters, turn)
	if i >= 0 {
		b.waiters = slices.Delete(b.waiters, i, i+1)
	}
	b.mu.Unlock()
	if i < 0 { // it was handed over at the same moment
		b.release()
	}
	return false
}

// release gives the baton to who waits longest, or sets it free.
func (b *baton) release() {
	if b.drop() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiters) == 0 {
		b.state.Store(batonFree)
		return
	}
	turn := b.waiters[0]
	b.waiters = slices.Delete(b.waiters, 0, 1)
	if len(b.waiters) == 0 {
		b.state.Store(batonHeld)
	}
	close(turn)
}

// wait is acquire with the error of what ended the waiting: a context, or the
// instance's being closed.
func (b *baton) wait(ctx context.Context, closed <-chan struct{}) error {
	switch {
	case b.acquire(ctx.Done(), closed):
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return ErrClosed
}

// An ending comes once. Most that it may come to do not wait for it, so what
// tells them is made when somebody asks.
type ending struct {
	mu   sync.Mutex
	c    chan struct{}
	came bool
}

// coming is closed when the end has come.
func (e *ending) coming() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.c == nil {
		e.c = make(chan struct{})
		if e.came {
			close(e.c)
		}
	}
	return e.c
}

// come ends it, and is called once.
func (e *ending) come() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.came = true
	if e.c != nil {
		close(e.c)
	}
}
