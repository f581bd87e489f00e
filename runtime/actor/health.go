package actor

import (
	"context"
	"fmt"
	"time"
)

// A HealthCheck says how an actor's instance is asked how it feels: between two messages, never while it handles one, for then only
// HandleTimeout can tell whether it is well.
type HealthCheck struct {
	Interval time.Duration // from its start, and from one check to the next; 0 for no checks
	Timeout  time.Duration // of one check; default a second, negative for none
	Failures int           // checks in a row that fail before the instance counts as crashed; default 3
}

// An UnhealthyError is the crash of an instance that failed too many health checks in a row.
type UnhealthyError struct {
	Failures int
	Err      error // what the last check answered; nil if it said Unhealthy
}

func (e *UnhealthyError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("unhealthy in %d checks in a row; the last: %v", e.Failures, e.Err)
	}
	return fmt.Sprintf("unhealthy in %d checks in a row", e.Failures)
}

func (e *UnhealthyError) Unwrap() error { return e.Err }

// Crash says that the instance is dead.
func (e *UnhealthyError) Crash() bool { return true }

// A HealthChanged says that an instance feels otherwise than at the last check. It begins as HealthUnknown.
type HealthChanged struct {
	Header
	Health   Health
	Failures int   // in a row
	Err      error // of the check
}

// Name is "health".
func (HealthChanged) Name() string { return "health" }

// awaitCheck has the instance checked when the interval has passed.
func (p *process) awaitCheck() {
	if p.spec.Health.Interval <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checkTimer = p.sys.clock.AfterFunc(p.spec.Health.Interval, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.checkTimer == nil || p.state != StateReady { // the instance has gone in the same moment
			return
		}
		p.checkTimer, p.checkDue = nil, true
		p.attention.Store(true)
		p.wake()
	})
}

// forgetChecks ends the checks of an instance.
func (p *process) forgetChecks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	stopTimer(&p.checkTimer)
	p.checkDue, p.health, p.unwell = false, HealthUnknown, 0
}

// check asks the instance how it feels.
func (p *process) check() {
	limit := within(p.life, p.sys.clock, p.sys.clock.Now(), p.spec.Health.Timeout)
	health := Unhealthy
	p.call(func() (err error) {
		health, err = p.inst.Health(limit)
		return err
	}, func(err error) {
		if err != nil {
			health = Unhealthy
			if limit.timedOut() {
				err = fmt.Errorf("health took longer than %v: %w", p.spec.Health.Timeout, err)
			}
		}
		limit.end(context.Canceled)
		p.feels(health, err)
	})
}

// feels does what the answer to a check asks for.
func (p *process) feels(health Health, err error) {
	if IsCrash(err) || err != nil && p.isCut() {
		p.fault = &fault{during: OpHealth, err: err}
		return
	}
	p.mu.Lock()
	changed := health != p.health
	p.health = health
	if p.unwell++; health != Unhealthy {
		p.unwell = 0
	}
	unwell := int(p.unwell)
	p.mu.Unlock()
	if changed {
		p.sys.emit(func() Event { return HealthChanged{p.header(), health, unwell, err} })
	}
	if unwell >= p.spec.Health.Failures {
		p.fault = &fault{during: OpHealth, err: &UnhealthyError{unwell, err}}
		return
	}
	p.awaitCheck()
}
