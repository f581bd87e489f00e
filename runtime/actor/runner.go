package actor

import (
	"context"
	"errors"
	"time"
)

// A runner is what only the goroutine that runs a process may touch.
type runner struct {
	inst    Contract    // nil when there is none
	batches *batches    // of inst, if it takes several messages at a time; nil otherwise
	life    *scope      // of inst; written under mu
	fault   *fault      // what ended inst
	then    func(error) // what follows the call that is being made
	now     due         // the start that made inst
	lostAt  time.Time   // when the last instance that was ready ended; before there was one, when the first start began
	failed  *error      // what Stop answered, nil for nothing
	old     *Spec       // what to go back to if the new one does not start
}

// A fault is the end of an instance.
type fault struct {
	during  Op
	message *Message // the one in hand
	err     error
	reply   reply // to the one in hand
}

// run does what there is to do and ends.
func (p *process) run() {
	for p.step() {
	}
}

// step does one thing, and tells whether there may be another.
func (p *process) step() bool {
	if then := p.then; then != nil {
		p.then = nil
		then(errGoexit)
		return true
	}
	if p.fault != nil {
		f := *p.fault
		p.fault = nil
		p.lost(f)
		return true
	}
	p.mu.Lock()
	p.attention.Store(false)
	switch {
	case p.ended:
		p.conclude() // before anybody can see the system idle
		p.leave()
		p.mu.Unlock()
		return false
	case p.stopping && p.inst == nil:
		p.mu.Unlock()
		p.finish(StateTerminated, nil)
	case p.doomed != nil && p.inst == nil:
		p.mu.Unlock()
		p.finishDoomed()
	case p.hold && !p.stopping && p.inst == nil:
		p.hold, p.startDue, p.state = false, false, StateCreating
		stopTimer(&p.deadline)
		p.mu.Unlock()
		p.sys.isDown(p)
	case p.hold && !p.stopping:
		p.mu.Unlock()
		p.comeDown()
	case p.startDue && p.wishes != nil && p.wishes.spec != nil:
		p.mu.Unlock()
		p.adopt()
	case p.startDue:
		p.startDue, p.state, p.now = false, StateStarting, p.due
		p.starts++
		p.lifeCut.Store(false)
		p.life = &scope{clock: p.sys.clock}
		p.mu.Unlock()
		p.begin()
	case p.checkDue && p.inst != nil && !p.stopping:
		p.checkDue = false
		p.mu.Unlock()
		p.check()
	case p.inst != nil && !p.cut.Load() && p.box.take():
		p.mu.Unlock()
		p.handle()
	case p.stopping:
		p.mu.Unlock()
		p.shutdown()
	default:
		p.leave()
		p.mu.Unlock()
		return false
	}
	return true
}

// leave ends the runner's part. It needs the lock.
func (p *process) leave() {
	p.running = false
	p.sys.idle.leave()
}

// call makes one of the rare calls into the contract and goes on with its error. When the contract panics, that is the error; when
// it calls Goexit, then is called all the same, on the goroutine that goes on.
func (p *process) call(f func() error, then func(error)) {
	p.then = then
	err := guarded(f)
	p.then = nil
	then(err)
}

// guarded gives f's error, or its panic. It does not return if f calls Goexit.
func guarded(f func() error) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = panicked(recover())
		}
	}()
	err = f()
	returned = true
	return err
}

// begin makes an instance and starts it.
func (p *process) begin() {
	began := p.sys.clock.Now()
	if p.lostAt.IsZero() {
		p.lostAt = began
	}
	if p.now.restart > 0 {
		p.count.restarts.Add(1)
	}
	p.sys.emit(func() Event { return Starting{p.header(), p.now.restart} })
	limit := within(p.life, p.sys.clock, began, p.spec.StartTimeout)
	p.call(func() error { return p.makeInstance(limit) }, func(err error) {
		late := err != nil && limit.timedOut()
		limit.end(context.Canceled)
		switch {
		case late:
			p.lost(fault{during: OpStart, err: &TimeoutError{OpStart, p.spec.StartTimeout, err}})
		case err != nil:
			p.lost(fault{during: OpStart, err: err})
		default:
			p.ready(began)
		}
	})
}

func (p *process) makeInstance(ctx context.Context) error {
	p.makeState()
	inst, err := p.spec.Factory(ctx, p.address)
	if err != nil {
		return err
	}
	if b, ok := inst.(Batcher); ok {
		p.batches = &batches{Batcher: b, most: batchMost}
	}
	if p.inst = inst; inst == nil {
		return errors.New("the actor's factory gave no instance and no error")
	}
	return inst.Start(ctx)
}

// makeState makes the host's state, unless there is one that is to be kept.
func (p *process) makeState() {
	if p.spec.State == nil || p.spec.KeepState && p.hostState != nil { // written by the runner only
		return
	}
	state := p.spec.State()
	p.mu.Lock()
	p.hostState = state
	p.mu.Unlock()
}

// ready opens the mailbox to a started instance.
func (p *process) ready(began time.Time) {
	now := p.sys.clock.Now()
	p.sys.emit(func() Event {
		if p.now.restart == 0 {
			return Started{p.header(), now.Sub(began)}
		}
		return Restarted{p.header(), now.Sub(p.lostAt), p.now.restart, p.now.intensity}
	})
	p.mu.Lock()
	if !p.stopping {
		p.state = StateReady
	}
	p.readySince = now
	p.mu.Unlock()
	p.awaitCheck()
	p.old = nil
	p.settle(nil)
	p.renewed(nil, false)
	p.sys.isUp(p)
}

// lost does what the end of an instance asks for.
func (p *process) lost(f fault) {
	p.mu.Lock()
	stopping := p.stopping
	if !stopping {
		p.state = StateCreating
	}
	if !p.readySince.IsZero() {
		p.lostAt = p.sys.clock.Now()
	}
	p.readySince = time.Time{}
	p.box.admit() // a call that did not return may have left room
	p.mu.Unlock()

	if exited(f.err) && f.message != nil {
		p.count.handled.Add(1)
	}
	f.reply.give()
	switch {
	case exited(f.err):
	case p.isCut(): // the instance was interrupted: its error says nothing about it
		if f.message != nil {
			reason := ActorStopped
			if !p.cut.Load() {
				reason = TakenDownActor
			}
			p.sys.bury(p, f.message, reason, nil)
		}
	default:
		p.count.crashes.Add(1)
		p.sys.emit(func() Event { return Crashed{p.header(), f.during, f.message, f.err} })
		if f.message != nil {
			p.sys.bury(p, f.message, CrashedActor, f.err)
		}
	}
	p.closeInstance(func() {
		failedStart := f.during == OpStart && !p.isCut()
		switch {
		case stopping:
		case failedStart && p.old != nil && !exited(f.err):
			p.revert(f.err)
		default:
			p.sys.instanceEnded(p, f.err)
			p.finishDoomed()
		}
		if f.during == OpStart {
			p.settle(f.err)
		}
		if failedStart {
			p.renewed(p.startError(f.err), false)
		}
	})
}

// finishDoomed ends the process if its supervisor has said so.
func (p *process) finishDoomed() {
	p.mu.Lock()
	doomed := p.doomed
	p.mu.Unlock()
	switch {
	case doomed == nil:
	case doomed.reason == nil:
		p.finish(StateTerminated, nil)
	default:
		p.finish(StateFailed, doomed.reason)
	}
}

// comeDown stops an instance in good order, if there is time left for it, so that a fresh one can take its place.
func (p *process) comeDown() {
	p.stopInstance(p.lifeCut.Load(), func(err error) {
		p.mu.Lock()
		if !p.stopping {
			p.state = StateCreating
		}
		p.lostAt, p.readySince = p.sys.clock.Now(), time.Time{}
		p.mu.Unlock()
		p.closeInstance(func() {
			p.sys.emit(func() Event { return TakenDown{p.header(), err} })
		})
	})
}

// stopErr is what Stop answered.
func (p *process) stopErr() error {
	if p.failed == nil {
		return nil
	}
	return *p.failed
}

// shutdown stops an instance in good order, if there is time left for it.
func (p *process) shutdown() {
	p.stopInstance(p.cut.Load(), func(err error) {
		if err != nil {
			p.failed = &err
		}
		p.closeInstance(func() {})
	})
}

func (p *process) stopInstance(late bool, then func(error)) {
	if late {
		then(nil)
		return
	}
	p.call(func() error { return p.inst.Stop(p.life) }, then)
}

// closeInstance frees the instance, if one was made.
func (p *process) closeInstance(then func()) {
	p.life.end(context.Canceled)
	p.forgetChecks()
	p.abandon()
	inst := p.inst
	if inst == nil {
		then()
		return
	}
	p.inst, p.batches = nil, nil
	limit := within(nil, p.sys.clock, p.sys.clock.Now(), p.spec.StopTimeout)
	p.call(func() error { return inst.Close(limit) }, func(err error) {
		limit.end(context.Canceled)
		if err != nil {
			p.sys.emit(func() Event { return CloseFailed{p.header(), err} })
		}
		then()
	})
}

// settle tells how the first start ended.
func (p *process) settle(err error) {
	if p.first == nil {
		return
	}
	if err != nil {
		err = p.startError(err)
	}
	p.first <- err
	p.first = nil
}

// startError says why a start failed.
func (p *process) startError(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &StartError{p.address, !p.ended && !p.stopping, err}
}
