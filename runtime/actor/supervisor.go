package actor

import (
	"cmp"
	"time"
)

// Strategy is whom a supervisor restarts when one of its children is to be restarted, in OTP's words.
type Strategy uint8

// The strategies.
const (
	OneForOne  Strategy = iota // that child alone
	OneForAll                  // all its children
	RestForOne                 // that child and those that were spawned after it
)

func (s Strategy) String() string { return name(s, "one-for-one", "one-for-all", "rest-for-one") }

// A SupervisorSpec describes a supervisor to [System.Supervise]. Address is required; each other zero value stands for its default.
type SupervisorSpec struct {
	Address Address // its name in the tree; nothing can be sent to it, and no actor can have it
	Parent  Address // the supervisor above; default the root

	Strategy Strategy // default OneForOne
	// Intensity bounds the restarts of all its children together; default 3 within a minute. One more, and the supervisor fails: it
	// takes its children down and its parent restarts all of it. A supervisor right below the root is itself restarted as often as
	// its Intensity says.
	Intensity Intensity
	Restart   Restart // default Permanent; Temporary has it end with its first failure
	Backoff   Backoff // before it is restarted; default as in Spec
}

func (s SupervisorSpec) complete() (SupervisorSpec, error) {
	if err := s.Address.check(); err != nil {
		return s, err
	}
	orElse(&s.Intensity, defaultIntensity)
	s.Backoff = s.Backoff.complete()
	switch {
	case s.Strategy > RestForOne:
		return s, &SpecError{s.Address, "Strategy", "is not a strategy"}
	case s.Restart > Temporary:
		return s, &SpecError{s.Address, "Restart", "is not a restart policy"}
	}
	return s, cmp.Or(s.Intensity.check(s.Address), s.Backoff.check(s.Address))
}

// A supervisor is a node of the tree that decides what follows when a child has ended. It never waits: it is told what happened to
// a child, and tells children what to do, always under the tree's lock.
//
// What involves more than one child is a round: those that are to be restarted are taken down one after another, the last spawned
// first; then there is a pause; then they are started one after another, the first spawned first. What happens during a round
// widens it. See [supervisor.advance].
type supervisor struct {
	seat // in its parent
	sys  *System
	spec SupervisorSpec

	first, last *seat
	in          [phases]int // children in each phase
	leaves      *seat       // none behind it is doomed or leaving
	starts      *seat       // none before it is down
	lives       lives       // of its children; the root counts each child's apart
	restarts    uint64
	busy        bool  // in a round, and counted as busy
	pause       Timer // of a round
	failing     error // it takes its children down because of this, and then its parent is to be told
	reason      error // why it is gone
	closed      bool  // takes no more children
}

func (s *supervisor) isRoot() bool    { return s.parent == nil }
func (s *supervisor) name() Address   { return s.spec.Address }
func (s *supervisor) policy() Restart { return s.spec.Restart }
func (s *supervisor) pace() (Intensity, Backoff) {
	return s.spec.Intensity, s.spec.Backoff
}

// restart has the child c, which has no instance any more, restarted, with whom the strategy says; or fails because of err.
func (s *supervisor) restart(c *seat, err error) {
	n, intensity, allowed := s.count(c)
	if !allowed {
		failure := &RestartsError{intensity, err}
		if s.isRoot() {
			c.endChild(failure)
			return
		}
		c.be(phaseDown)
		s.fail(failure)
		return
	}
	_, backoff := c.child.pace()
	d := backoff.delay(n, s.sys.random)
	s.sys.note(func() Event { return Restarting{s.sys.header(c.child.name()), d, n, intensity} })
	c.nth, c.intensity = n, intensity
	if s.spec.Strategy == OneForOne {
		c.be(phaseUp)
		c.startAfter(d)
		s.advance() // a round may have waited for c to start
		return
	}
	c.be(phaseDown)
	from := c.next
	if s.spec.Strategy == OneForAll {
		from = s.first
	}
	for other := from; other != nil; other = other.next {
		other.doom(n, intensity)
	}
	s.begin()
	s.pauseFor(d)
	s.advance()
}

// count notes one more restart of c, unless there have been too many.
func (s *supervisor) count(c *seat) (n int, intensity Intensity, allowed bool) {
	of, intensity := &s.lives, s.spec.Intensity
	if s.isRoot() {
		of = &c.own
		intensity, _ = c.child.pace()
	}
	n, allowed = of.next(intensity, s.sys.clock.Now())
	return n, intensity, allowed
}

// fail takes all children down, to tell the parent then.
func (s *supervisor) fail(err error) {
	s.failing = err
	s.takeDownAll()
}

// takeDown is the parent's word: all children go down.
func (s *supervisor) takeDown() { s.takeDownAll() }

func (s *supervisor) takeDownAll() {
	stopTimer(&s.pause)
	for c := s.first; c != nil; c = c.next {
		c.doom(c.nth, c.intensity)
	}
	s.begin()
	s.advance()
}

// start is the parent's word: all children, which are down, are started, and what was counted is forgotten.
func (s *supervisor) start(n int, intensity Intensity) {
	s.lives = lives{}
	if n > 0 {
		s.restarts++
	}
	for c := s.first; c != nil; c = c.next {
		c.nth, c.intensity = n, intensity
	}
	s.begin()
	s.advance()
}

// end is the parent's word: the supervisor, whose children are down, is not started again.
func (s *supervisor) end(reason error) {
	s.closed, s.reason = true, reason
	stopTimer(&s.pause)
	if reason != nil {
		s.sys.note(func() Event { return Failed{Header: s.sys.header(s.spec.Address), Reason: s.reason} })
		reason = &SupervisorError{s.spec.Address, reason}
	} else {
		s.sys.note(func() Event { return Stopped{Header: s.sys.header(s.spec.Address)} })
	}
	for c := s.first; c != nil; c = c.next {
		if c.phase != phaseGone {
			c.endChild(reason)
		}
	}
	s.settle()
}

// advance takes the round's next step: it is called whenever a child has come to where a round may wait for it.
func (s *supervisor) advance() {
	if s.in[phaseDoomed]+s.in[phaseLeaving] > 0 {
		s.takeDownNext()
		return
	}
	switch {
	case s.seat.phase == phaseLeaving: // all are down, as the parent wants it
		s.failing = nil
		s.seat.be(phaseDown)
		s.settle()
		s.parent.advance()
		return
	case s.failing != nil:
		s.escalate()
		return
	case s.seat.phase != phaseUp && s.seat.phase != phaseStarting, s.seat.retry != nil, s.pause != nil:
		return // until the parent says so, or the clock
	case s.in[phaseStarting] > 0, s.startNext():
		return
	}
	s.settle()
	if s.seat.phase == phaseStarting {
		s.seat.be(phaseUp)
		s.parent.advance()
	}
}

// takeDownNext tells the last of those that are to go, unless it has been told.
func (s *supervisor) takeDownNext() {
	c := s.leaves
	for c.phase != phaseDoomed && c.phase != phaseLeaving {
		c = c.prev
	}
	s.leaves = c
	if c.phase == phaseDoomed {
		c.be(phaseLeaving)
		c.stopRetry()
		c.child.takeDown()
	}
}

// startNext starts the first child that is down, and tells whether there is one.
func (s *supervisor) startNext() bool {
	for ; s.in[phaseDown] > 0; s.starts = s.starts.next {
		switch c := s.starts; {
		case c.phase != phaseDown:
		case c.child.policy() == Temporary && c.nth > 0:
			c.endChild(nil)
		default:
			c.be(phaseStarting)
			c.child.start(c.nth, c.intensity)
			return true
		}
	}
	return false
}

// escalate tells the parent that the supervisor has failed.
func (s *supervisor) escalate() {
	err := s.failing
	s.failing = nil
	s.settle()
	s.sys.note(func() Event { return Crashed{Header: s.sys.header(s.spec.Address), During: OpSupervise, Err: err} })
	switch {
	case s.seat.phase == phaseDoomed: // the parent is about to take it down, and it is
		return
	case s.spec.Restart == Temporary:
		s.seat.endChild(err)
		s.parent.advance()
	default:
		s.parent.restart(&s.seat, err)
	}
}

func (s *supervisor) begin() {
	if !s.busy {
		s.busy = true
		s.sys.idle.enter()
	}
}

// settle ends a round.
func (s *supervisor) settle() {
	if s.busy {
		s.busy = false
		s.sys.idle.leave()
	}
}

// pauseFor has the round go on after d; a pause that there is gives way.
func (s *supervisor) pauseFor(d time.Duration) {
	stopTimer(&s.pause)
	if d <= 0 {
		return
	}
	var own Timer
	own = s.sys.clock.AfterFunc(d, func() {
		s.sys.tree.Lock()
		if s.pause == own {
			s.pause = nil
			s.advance()
		}
		s.sys.unlockTree()
	})
	s.pause = own
}

// add seats a child behind the others.
func (s *supervisor) add(c *seat) {
	c.parent, c.prev = s, s.last
	if s.last == nil {
		s.first = c
	} else {
		s.last.next = c
	}
	s.last = c
	s.in[c.phase]++
}

// remove gives up a child's seat.
func (s *supervisor) remove(c *seat) {
	s.in[c.phase]--
	if s.leaves == c {
		s.leaves = c.prev
	}
	if s.starts == c {
		s.starts = c.next
	}
	if c.prev == nil {
		s.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		s.last = c.prev
	} else {
		c.next.prev = c.prev
	}
}
