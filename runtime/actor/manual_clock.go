package actor

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A ManualClock stands still until it is told to move: the clock for tests. Its methods may be called from any goroutine.
type ManualClock struct {
	mu      sync.Mutex
	now     time.Time
	timers  []*manualTimer // by time, then by age
	changed chan struct{}  // closed and replaced when a timer is added
}

type manualTimer struct {
	clock *ManualClock
	at    time.Time
	f     func()
}

// NewManualClock gives a clock that shows start.
func NewManualClock(start time.Time) *ManualClock {
	return &ManualClock{now: start, changed: make(chan struct{})}
}

// Now gives the time that the clock was last moved to.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc has f called by the [ManualClock.Advance] that reaches now + d.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{clock: c, at: c.now.Add(d), f: f}
	i, _ := slices.BinarySearchFunc(c.timers, t.at, func(have *manualTimer, at time.Time) int {
		if have.at.After(at) {
			return 1
		}
		return -1 // after all that are due at the same time
	})
	c.timers = slices.Insert(c.timers, i, t)
	close(c.changed)
	c.changed = make(chan struct{})
	return t
}

// Advance moves the clock forward by d. On its way it stops at each call that falls due, and makes it on the caller's goroutine.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.now.Add(d)
	for len(c.timers) > 0 && !c.timers[0].at.After(end) {
		due := c.timers[0]
		c.timers = c.timers[1:]
		if due.at.After(c.now) {
			c.now = due.at
		}
		c.mu.Unlock()
		due.f()
		c.mu.Lock()
	}
	c.now = end
}

// Pending gives the number of calls that have not been made yet.
func (c *ManualClock) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// BlockUntil waits until at least n calls are pending, which tells a test that somebody has begun to wait on the clock. Its error
// is the context's.
func (c *ManualClock) BlockUntil(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		have, changed := len(c.timers), c.changed
		c.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	i := slices.Index(t.clock.timers, t)
	if i < 0 {
		return false
	}
	t.clock.timers = slices.Delete(t.clock.timers, i, i+1)
	return true
}
