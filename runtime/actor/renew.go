package actor

import (
	"context"
	"fmt"
	"slices"
)

// A renewal is somebody's wish for a fresh instance.
type renewal struct {
	after uint64     // starts that had begun: a later one fulfils it
	done  chan error // gets how that one ended, once
}

// wishes are what somebody wants of a process while it runs.
type wishes struct {
	spec     *Spec // what it is to be from its next start on, nil for what it is
	renewals []renewal
}

// Restart has an actor go on with a fresh instance, and returns when that is ready or its start has failed. The old one finishes the
// message in hand and is stopped in good order, within its StopTimeout; what waits in the mailbox stays there. It is nothing to the
// siblings, and no restart that the supervisor counts. One that waits for a restart has it at once. An actor that has ended is spawned
// again, as it was.
//
// Errors are [ErrNotFound], [ErrNotRunning] of an actor that is stopping or fails before, the context's, and a [*StartError], with which the
// supervisor goes on as the Spec says. ctx ends the waiting, not the restart. An actor that waits for its own restart waits until
// it is cut short.
func (s *System) Restart(ctx context.Context, address Address) error {
	return s.renew(ctx, "restart", address, nil)
}

// Replace has an actor go on as what spec says, with a fresh instance: [System.Restart] with another Factory, other limits of its
// mailbox, timeouts, policies. Where the new one does not start, the actor goes back to what it was, which is told by a [Reverted]
// event, and Replace returns the [*StartError]. Messages that wait are handled by the one or the other.
//
// Errors beyond those of Restart are a [*SpecError]: spec.Supervisor must be what it was.
func (s *System) Replace(ctx context.Context, spec Spec) error {
	spec, err := spec.complete()
	if err != nil {
		return err
	}
	return s.renew(ctx, "replace", spec.Address, &spec)
}

func (s *System) renew(ctx context.Context, verb string, address Address, spec *Spec) error {
	p := s.lookup(address)
	if p == nil {
		return fmt.Errorf("%s %s: %w", verb, address, ErrNotFound)
	}
	if p.gone.Load() {
		if spec == nil {
			spec = &p.spec
		}
		return s.Spawn(ctx, *spec)
	}
	done, err := s.takeAnew(p, spec)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, address, err)
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// takeAnew has the supervisor take one child down and start it.
func (s *System) takeAnew(p *process, spec *Spec) (<-chan error, error) {
	s.tree.Lock()
	defer s.unlockTree()
	done, err := p.renew(spec)
	if err != nil {
		return nil, err
	}
	p.seat.doom(0, Intensity{})
	p.parent.begin()
	p.parent.advance()
	return done, nil
}

// renew notes that the process is to have a fresh instance.
func (p *process) renew(spec *Spec) (<-chan error, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopping, p.ended, p.doomed != nil:
		return nil, ErrNotRunning
	case spec != nil && spec.Supervisor != p.spec.Supervisor:
		return nil, &SpecError{p.address, "Supervisor", "cannot change while the actor runs: stop it, and spawn it there"}
	}
	if p.wishes == nil {
		p.wishes = &wishes{}
	}
	if spec != nil {
		p.wishes.spec = spec
	}
	r := renewal{p.starts, make(chan error, 1)}
	p.wishes.renewals = append(p.wishes.renewals, r)
	return r.done, nil
}

// renewed tells those who wait for a fresh instance how its start has ended; all of them when there will be none.
func (p *process) renewed(err error, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wishes == nil {
		return
	}
	p.wishes.renewals = slices.DeleteFunc(p.wishes.renewals, func(r renewal) bool {
		told := all || p.starts > r.after
		if told {
			r.done <- err
		}
		return told
	})
}

// adopt makes the process, which has no instance, what it is to be. It is the runner's to call.
func (p *process) adopt() {
	p.change(func() {
		if p.old == nil {
			old := p.spec
			p.old = &old
		}
		p.spec, p.wishes.spec = *p.wishes.spec, nil
	})
}

// revert makes the process what it was before it adopted what does not start, and has that started.
func (p *process) revert(err error) {
	p.change(func() {
		p.spec, p.old = *p.old, nil
		p.startDue = true
	})
	p.sys.emit(func() Event { return Reverted{p.header(), err} })
}

func (p *process) change(f func()) {
	p.sys.tree.Lock()
	p.mu.Lock()
	f()
	p.limit()
	p.mu.Unlock()
	p.sys.unlockTree()
}
