package actor

import (
	"context"
	"fmt"
	"slices"
)

// Supervise adds a supervisor below another. Children take their places by being spawned with its address as Spec.Supervisor, and
// keep them, in the order of spawning. It stands until [System.StopSupervisor], or until it fails for good; then its address is
// free again.
//
// Errors are an [*AddressError] or [*SpecError], [ErrNotFound] or [ErrNotRunning] of the parent, [ErrRunning] and [ErrSystemStopped].
func (s *System) Supervise(spec SupervisorSpec) error {
	spec, err := spec.complete()
	if err != nil {
		return err
	}
	s.tree.Lock()
	defer s.unlockTree()
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, err := s.supervisorOf(spec.Parent)
	switch old := s.supervisors[spec.Address]; {
	case err != nil:
		return fmt.Errorf("supervise %s: %w", spec.Address, err)
	case s.stopped:
		return fmt.Errorf("supervise %s: %w", spec.Address, ErrSystemStopped)
	case old != nil && !old.closed, s.actors.find(&spec.Address) != nil:
		return fmt.Errorf("supervise %s: %w", spec.Address, ErrRunning)
	case old != nil:
		old.parent.remove(&old.seat)
	}
	v := &supervisor{sys: s, spec: spec}
	v.seat.child = v
	s.supervisors[spec.Address] = v
	parent.take(&v.seat)
	return nil
}

// supervisorOf finds the supervisor that is to take a child. It needs both locks.
func (s *System) supervisorOf(a Address) (*supervisor, error) {
	if a.IsZero() {
		return s.root, nil
	}
	v := s.supervisors[a]
	switch {
	case v == nil:
		return nil, fmt.Errorf("its supervisor %s: %w", a, ErrNotFound)
	case v.closed:
		return nil, fmt.Errorf("its supervisor %s: %w", a, ErrNotRunning)
	}
	return v, nil
}

// take seats a new child. It starts in its turn if the supervisor is in a round, else it may start by itself, which take tells.
func (s *supervisor) take(c *seat) (now bool) {
	s.add(c)
	if now = s.seat.phase == phaseUp && s.seat.retry == nil && !s.busy; !now {
		c.be(phaseDown)
		s.advance()
	}
	return now
}

// StopSupervisor stops all actors below a supervisor as [System.StopActor] does, one after another, the last spawned first, and
// then removes it and the supervisors below it. Its errors are [ErrNotFound] and the context's, with which it is left half done and
// may be called again.
func (s *System) StopSupervisor(ctx context.Context, address Address) error {
	s.tree.Lock()
	v := s.supervisors[address]
	if v == nil {
		s.unlockTree()
		return fmt.Errorf("stop supervisor %s: %w", address, ErrNotFound)
	}
	all := v.close()
	s.unlockTree()
	slices.Reverse(all)
	for _, p := range all {
		p.requestStop()
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
	s.tree.Lock()
	defer s.unlockTree()
	if s.supervisors[address] != v { // somebody else has done the same meanwhile
		return nil
	}
	v.dismiss()
	v.parent.remove(&v.seat)
	v.parent.advance()
	return nil
}

// close has v and what is below it take no more children, and gives its actors in their order.
func (s *supervisor) close() []*process {
	s.closed = true
	var all []*process
	for c := s.first; c != nil; c = c.next {
		switch c := c.child.(type) {
		case *supervisor:
			all = append(all, c.close()...)
		case *process:
			all = append(all, c)
		}
	}
	return all
}

// dismiss takes a supervisor without living actors, and those below it, out of the system.
func (s *supervisor) dismiss() {
	s.rest()
	s.seat.be(phaseGone)
	if s.sys.supervisors[s.spec.Address] == s {
		delete(s.sys.supervisors, s.spec.Address)
	}
	for c := s.first; c != nil; c = c.next {
		if below, ok := c.child.(*supervisor); ok {
			below.dismiss()
		}
	}
}

// rest ends what a supervisor waits for, when nothing is left that could be restarted.
func (s *supervisor) rest() {
	s.failing = nil
	stopTimer(&s.pause)
	s.seat.stopRetry()
	s.settle()
}

// instanceEnded is a runner's word that an instance has ended, with the error that ended it.
func (s *System) instanceEnded(p *process, err error) {
	s.tree.Lock()
	defer s.unlockTree()
	c := &p.seat
	crashed := !exited(err)
	switch {
	case c.phase == phaseDoomed, c.phase == phaseLeaving: // it was to go anyway
		c.be(phaseDown)
		c.parent.advance()
	case p.spec.Restart.allows(crashed):
		c.parent.restart(c, err)
	case crashed:
		c.endChild(err)
	default:
		c.endChild(nil)
	}
}

// isDown is a runner's word that an actor that was to be taken down has no instance any more.
func (s *System) isDown(p *process) {
	s.tree.Lock()
	defer s.unlockTree()
	if c := &p.seat; c.phase == phaseLeaving || c.phase == phaseDoomed {
		c.be(phaseDown)
		c.parent.advance()
	}
}

// isUp is a runner's word that an instance is ready.
func (s *System) isUp(p *process) {
	s.tree.Lock()
	defer s.unlockTree()
	if c := &p.seat; c.phase == phaseStarting {
		c.be(phaseUp)
		c.parent.advance()
	}
}

// isGone is a runner's word that an actor has ended.
func (s *System) isGone(p *process) {
	s.tree.Lock()
	defer s.unlockTree()
	p.seat.be(phaseGone)
	p.seat.stopRetry()
	p.seat.parent.advance()
}

// note keeps an event until the tree's lock is given up: observers may ask for the tree.
func (s *System) note(e func() Event) {
	if s.observe != nil {
		s.notes = append(s.notes, e())
	}
}

func (s *System) unlockTree() {
	notes := s.notes
	s.notes = nil
	s.tree.Unlock()
	for _, e := range notes {
		s.observe(e)
	}
}

// A Node is an actor or a supervisor in the tree of a system.
type Node struct {
	Address    Address         // zero for the root
	Actor      *Info           // nil for a supervisor
	Supervisor *SupervisorInfo // nil for an actor
	Children   []Node          // of a supervisor, in the order of spawning; those that have ended too, until they are forgotten
}

// SupervisorInfo is what is known of a supervisor at one moment.
type SupervisorInfo struct {
	Strategy  Strategy
	Intensity Intensity
	Recent    int    // restarts of its children that count now; the root counts for each child apart, and has 0
	Restarts  uint64 // of itself, by its parent
	Busy      bool   // it takes children down and starts them
	Ended     bool
	Reason    error // why it has ended
}

// Tree tells of all supervisors and actors as they stand below the root.
func (s *System) Tree() Node {
	s.tree.Lock()
	defer s.unlockTree()
	return s.root.node()
}

func (s *supervisor) node() Node {
	s.lives.forget(s.spec.Intensity, s.sys.clock.Now())
	n := Node{Address: s.spec.Address, Supervisor: &SupervisorInfo{
		Strategy: s.spec.Strategy, Intensity: s.spec.Intensity, Recent: len(s.lives.restarts), Restarts: s.restarts,
		Busy: s.busy || s.seat.retry != nil, Ended: s.seat.phase == phaseGone, Reason: s.reason,
	}}
	for c := s.first; c != nil; c = c.next {
		switch c := c.child.(type) {
		case *supervisor:
			n.Children = append(n.Children, c.node())
		case *process:
			info := c.info()
			n.Children = append(n.Children, Node{Address: info.Address, Actor: &info})
		}
	}
	return n
}
