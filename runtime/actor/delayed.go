package actor

import (
	"sync"
	"time"
)

// A Delayed is a message that is going to be sent.
type Delayed struct {
	sys   *System
	timer Timer
}

// delayed are the messages that wait for their time.
type delayed struct {
	mu      sync.Mutex
	waiting map[*Delayed]bool // nil once the system has stopped
	stopped bool
}

// SendAfter sends payload after d on the system's clock, as [System.TrySend] does. It survives the restarts and the end of both
// actors, but not the system's. What cannot be sent then is told by an [Undelivered] event. payload is handed over.
func (s *System) SendAfter(d time.Duration, from, to Address, payload []byte) *Delayed {
	m := &Delayed{sys: s}
	l := &s.later
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return m
	}
	if l.waiting == nil {
		l.waiting = map[*Delayed]bool{}
	}
	l.waiting[m] = true
	s.idle.enter()
	m.timer = s.clock.AfterFunc(d, func() {
		if !m.take() {
			return
		}
		if err := s.TrySend(from, to, payload); err != nil {
			s.emit(func() Event { return Undelivered{s.header(from), to, payload, err} })
		}
		s.idle.leave()
	})
	return m
}

// Cancel takes the message back and tells whether it was in time to do so.
func (m *Delayed) Cancel() bool {
	if !m.take() {
		return false
	}
	m.timer.Stop()
	m.sys.idle.leave()
	return true
}

// take tells whether the message still waited, which it does no more.
func (m *Delayed) take() bool {
	l := &m.sys.later
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.waiting[m] {
		return false
	}
	delete(l.waiting, m)
	return true
}

// stop takes all messages back.
func (l *delayed) stop() {
	l.mu.Lock()
	l.stopped = true
	waiting := l.waiting
	l.mu.Unlock()
	for {
		var next *Delayed
		l.mu.Lock()
		for next = range waiting {
			break
		}
		l.mu.Unlock()
		if next == nil {
			return
		}
		next.Cancel()
	}
}

// Undelivered says that a message of [System.SendAfter] from Actor was refused when its time had come.
type Undelivered struct {
	Header
	To      Address
	Payload []byte
	Err     error
}

// Name is "undelivered".
func (Undelivered) Name() string { return "undelivered" }
