package actor

import (
	"errors"
	"slices"
	"time"
)

// A supervisor decides what follows when a child's instance has ended. It is one-for-one: what happens to one child is nothing to
// the others, and a child that may not be restarted any more ends alone. A strategy that involves siblings, and an escalation to a
// parent, are further verdicts of ended; carrying one out is asking a process to restartAfter or finish, which each does itself.
type supervisor struct {
	clock  Clock
	random func() float64
}

// ended is called by p's runner when its instance has been closed, with the error that ended it.
func (s *supervisor) ended(p *process, err error) {
	crashed := !exited(err)
	if !p.spec.Restart.allows(crashed) {
		if crashed {
			p.finish(StateFailed, err)
		} else {
			p.finish(StateTerminated, nil)
		}
		return
	}
	restart, allowed := p.lives.next(p.spec.Intensity, s.clock.Now())
	if !allowed {
		p.finish(StateFailed, &RestartsError{p.spec.Intensity, err})
		return
	}
	p.restartAfter(p.spec.Backoff.delay(restart, s.random), restart)
}

// exited tells an end that the instance meant from a crash.
func exited(err error) bool { return errors.Is(err, ErrExit) && !IsCrash(err) }

// lives remembers when a child was restarted.
type lives struct{ restarts []time.Time }

// next tells whether there may be another life at now, and which restart within the window that is, from 1.
func (l *lives) next(i Intensity, now time.Time) (restart int, allowed bool) {
	windowStart := now.Add(-i.Within)
	l.restarts = slices.DeleteFunc(l.restarts, func(t time.Time) bool { return !t.After(windowStart) })
	if len(l.restarts) >= i.Max {
		return 0, false
	}
	l.restarts = append(l.restarts, now)
	return len(l.restarts), true
}
