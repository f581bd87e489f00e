package actor

import (
	"errors"
	"slices"
	"time"
)

// A child is what a supervisor supervises: an actor or a supervisor. All is called under the tree's lock and must not wait.
type child interface {
	name() Address
	policy() Restart
	pace() (Intensity, Backoff)
	// takeDown has it end all that runs in it; its seat becomes phaseDown when nothing does.
	takeDown()
	// start has what is down start, as the restart-th time in the window; 0 is the first start.
	start(restart int, intensity Intensity)
	// end says that what is down does not start again, because of reason, or nil for a normal end.
	end(reason error)
}

// phase is where a child stands with its supervisor.
type phase uint8

const (
	phaseUp       phase = iota // it runs, or waits for a restart that is nothing to its siblings
	phaseDoomed                // it is to be taken down when its turn comes
	phaseLeaving               // it has been told
	phaseDown                  // nothing of it runs; the round is going to start it
	phaseStarting              // the round has started it, and waits
	phaseGone                  // it has ended

	phases = iota
)

// A seat is a child's place in its supervisor.
type seat struct {
	parent     *supervisor
	prev, next *seat
	child      child
	phase      phase
	nth        int // restart within the window that the next start is; 0 is the first start
	intensity  Intensity
	retry      Timer // to a restart that is nothing to the siblings
	own        lives // what the root counts
}

// be moves a child to another phase.
func (c *seat) be(now phase) {
	s := c.parent
	s.in[c.phase]--
	s.in[now]++
	c.phase = now
	switch now {
	case phaseDoomed:
		s.leaves = s.last
	case phaseDown:
		s.starts = s.first
	}
}

// doom has a child that is up taken down in the round; its restart is the n-th.
func (c *seat) doom(n int, intensity Intensity) {
	if c.phase == phaseUp || c.phase == phaseStarting {
		c.be(phaseDoomed)
	}
	c.nth, c.intensity = n, intensity
}

// startAfter starts the child by itself, after d.
func (c *seat) startAfter(d time.Duration) {
	if d <= 0 {
		c.child.start(c.nth, c.intensity)
		return
	}
	sys := c.parent.sys
	sys.idle.enter()
	var own Timer
	own = sys.clock.AfterFunc(d, func() {
		sys.tree.Lock()
		if c.retry == own {
			c.retry = nil
			c.child.start(c.nth, c.intensity)
			sys.idle.leave()
		}
		sys.unlockTree()
	})
	c.retry = own
}

func (c *seat) stopRetry() {
	if stopTimer(&c.retry) {
		c.parent.sys.idle.leave()
	}
}

func (c *seat) endChild(reason error) {
	c.be(phaseGone)
	c.stopRetry()
	c.child.end(reason)
}

func stopTimer(t *Timer) bool {
	if *t == nil {
		return false
	}
	(*t).Stop()
	*t = nil
	return true
}

// lives remembers when a child was restarted.
type lives struct{ restarts []time.Time }

// next tells whether there may be another life at now, and which restart within the window that is, from 1.
func (l *lives) next(i Intensity, now time.Time) (restart int, allowed bool) {
	l.forget(i, now)
	if len(l.restarts) >= i.Max {
		return 0, false
	}
	l.restarts = append(l.restarts, now)
	return len(l.restarts), true
}

// forget drops what the window has left behind.
func (l *lives) forget(i Intensity, now time.Time) {
	windowStart := now.Add(-i.Within)
	l.restarts = slices.DeleteFunc(l.restarts, func(t time.Time) bool { return !t.After(windowStart) })
}

// exited tells an end that the instance meant from a crash.
func exited(err error) bool { return errors.Is(err, ErrExit) && !IsCrash(err) }
