package actor

import (
	"context"
	"sync"
	"time"
)

// A scope is the context of calls into a contract: of an instance's life, or of one call within it that has a time limit. Most
// contracts never look at theirs, so what a context is made of — a channel, a timer, a place with the scope above — is made when
// somebody does.
type scope struct {
	above *scope    // ends this one when it ends; nil for none
	clock Clock     // of until
	until time.Time // zero for no limit

	mu     sync.Mutex
	looked bool // somebody has
	done   chan struct{}
	err    error
	timer  Timer
	leave  func() bool // gives up the place with the scope above
	then   map[*func()]bool
}

// within gives a scope below another that ends d after now, if d is positive. Its end is the caller's to bring about.
func within(above *scope, clock Clock, now time.Time, d time.Duration) *scope {
	s := &scope{above: above, clock: clock}
	if d > 0 {
		s.until = now.Add(d)
	}
	return s
}

// Deadline tells the limit, which a contract can compare with its own clock only if it is the same.
func (s *scope) Deadline() (time.Time, bool) {
	_, real := s.clock.(RealClock)
	return s.until, real && !s.until.IsZero()
}

func (s *scope) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	if s.done == nil {
		s.done = make(chan struct{})
		if s.err != nil {
			close(s.done)
		}
	}
	return s.done
}

func (s *scope) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return s.err
}

func (s *scope) Value(any) any { return nil }

// AfterFunc has f called on a goroutine of its own when the scope ends. It is what package context looks for, to spare a goroutine
// that waits.
func (s *scope) AfterFunc(f func()) (stop func() bool) { return s.atEnd(func() { go f() }) }

func (s *scope) atEnd(f func()) (stop func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	if s.err != nil {
		go f() // the caller may hold a lock that f needs
		return func() bool { return false }
	}
	if s.then == nil {
		s.then = map[*func()]bool{}
	}
	s.then[&f] = true
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		waited := s.then[&f]
		delete(s.then, &f)
		return waited
	}
}

// look makes the scope end by itself. It needs the lock; the lock of the scope above is taken under it.
func (s *scope) look() {
	if s.looked || s.err != nil {
		return
	}
	s.looked = true
	if s.above != nil {
		if s.err = s.above.Err(); s.err != nil {
			return
		}
	}
	if !s.until.IsZero() {
		left := s.until.Sub(s.clock.Now())
		if left <= 0 {
			s.err = context.DeadlineExceeded
			return
		}
		s.timer = s.clock.AfterFunc(left, func() { s.end(context.DeadlineExceeded) })
		if !s.clock.Now().Before(s.until) { // it came while the timer was made, which is set too late
			s.err = context.DeadlineExceeded
			stopTimer(&s.timer)
			return
		}
	}
	if s.above != nil {
		s.leave = s.above.atEnd(func() { s.end(s.above.Err()) })
	}
}

// end ends the scope with err, unless it has ended.
func (s *scope) end(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	if s.done != nil {
		close(s.done)
	}
	stopTimer(&s.timer)
	leave, then := s.leave, s.then
	s.leave, s.then = nil, nil
	s.mu.Unlock()
	if leave != nil {
		leave()
	}
	for f := range then {
		(*f)()
	}
}

// timedOut tells whether the limit has passed, be it that nobody looked.
func (s *scope) timedOut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looked || s.err != nil {
		return s.err == context.DeadlineExceeded
	}
	return !s.until.IsZero() && !s.clock.Now().Before(s.until)
}
