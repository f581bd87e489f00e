package actor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

// A process is an actor as its supervisor sees it: a mailbox, the instance that drains it now, and what becomes of both.
//
// Everything that happens to the instance happens on the runner, a goroutine that exists only while there is something to do
// (runner.go). Others ask for something by setting a field under mu and waking the runner.
type process struct {
	// What the registry compares comes first: a cache line.
	hash    uint64 // of the address
	address Address
	sys     *System

	seat         // in its supervisor; under the tree's lock
	order uint64 // of spawning
	spec  Spec   // changed by the runner only, under the tree's lock and mu; see adopt

	// What the runner looks at between two messages; it stands apart from what senders write.
	attention atomic.Bool                // the runner is wanted between two messages; set under mu
	cut       atomic.Bool                // the time for stopping has run out
	lifeCut   atomic.Bool                // the time for taking the instance down has run out
	gone      atomic.Bool                // the very end has come; set under mu
	rate      atomic.Pointer[quota.Rate] // of sending, nil for any; changed as spec is
	count     counters
	runner    // fields that only the runner touches

	first chan error // gets how the first start ended, once; nil then

	// Under mu. What every message needs comes last.
	reason     error // of StateFailed
	readySince time.Time
	due        due   // the start that is to be made
	doomed     *doom // the supervisor has ended it
	deadline   Timer // of stopping, or of being taken down
	checkTimer Timer // makes checkDue true
	hostState  any   // the host's state
	monitors   []func()
	done       chan struct{} // closed at the very end; nil while nobody waits for it
	pending    map[RequestID]*Request
	generation uint64 // of instances: one that ended gets no answers
	starts     uint64 // that have begun
	wishes     *wishes

	behind   *process // in the crew, under its lock
	mu       sync.Mutex
	state    State
	health   Health // as it said last
	startDue bool   // a (re)start is to be made
	checkDue bool   // the instance is to be asked how it feels
	hold     bool   // the supervisor wants the instance down
	closed   bool   // takes no new messages
	stopping bool   // somebody asked it to stop
	ended    bool   // terminated or failed: nothing reads the mailbox any more
	running  bool   // there is a runner, and it counts as busy
	unwell   int32  // failed checks in a row
	box      mailbox
}

func newProcess(s *System, spec Spec, order uint64) *process {
	p := &process{sys: s, address: spec.Address, spec: spec, order: order, first: make(chan error, 1)}
	p.seat.child = p
	p.limit()
	return p
}

// wake makes sure that there is a runner. It needs the lock.
func (p *process) wake() {
	if p.running {
		return
	}
	p.running = true
	p.sys.idle.enter()
	p.sys.crew.add(p)
}

// send puts m into the mailbox, waiting for a place if need be and allowed.
func (p *process) send(ctx context.Context, m *Message, wait bool) error {
	p.mu.Lock()
	bytes := len(m.Payload)
	counted := p.box.room
	switch {
	case p.closed:
		p.mu.Unlock()
		return ErrNotRunning
	case p.box.tooLarge(bytes):
		err := p.oversized(bytes)
		p.mu.Unlock()
		return err
	case p.box.reserve(bytes):
		if p.sys.observe == nil {
			p.put(m, counted)
			p.mu.Unlock()
			return nil
		}
		p.sys.idle.enter() // the message is under way although no mailbox shows it yet
		p.mu.Unlock()
	case !wait:
		err := p.box.full(bytes)
		p.mu.Unlock()
		p.sys.bury(p, m, MailboxFull, nil)
		return err
	default:
		p.sys.idle.enter()
		w := p.box.wait(bytes)
		if err := p.await(ctx, w); err != nil {
			if errors.Is(err, ErrMailboxFull) {
				p.sys.bury(p, m, MailboxFull, nil)
			}
			p.sys.idle.leave()
			return err
		}
		counted = w.counted
	}
	defer p.sys.idle.leave()
	p.sys.emit(func() Event { return sent(p, m) }) // before the message can cause anything, and outside of the lock
	p.mu.Lock()
	if p.ended {
		p.box.withhold(bytes, counted)
		p.mu.Unlock()
		p.sys.bury(p, m, p.deadReason(), nil)
		return nil
	}
	p.put(m, counted)
	near, usage := p.box.nearlyFull()
	p.mu.Unlock()
	if near {
		p.near(LimitMailboxBytes, usage)
	}
	return nil
}

// put adds a message that has a place, whose bytes were counted there. It needs the lock.
func (p *process) put(m *Message, counted *room) {
	p.box.put(m, counted)
	if p.state == StateReady {
		p.wake()
	}
}

// await gives the verdict over w. It is called with the lock and gives it up.
func (p *process) await(ctx context.Context, w *waiter) error {
	limit := p.spec.DeliveryTimeout
	p.mu.Unlock()
	withdraw := func(err error) {
		p.mu.Lock()
		p.box.withdraw(w, err)
		p.mu.Unlock()
	}
	if limit > 0 {
		defer p.sys.clock.AfterFunc(limit, func() { withdraw(ErrMailboxFull) }).Stop()
	}
	select {
	case err := <-w.verdict:
		return err
	case <-ctx.Done():
		withdraw(ctx.Err())
		return <-w.verdict // a place may have been given in the same moment
	}
}

// requestStop has the process stop in good order, within its timeout.
func (p *process) requestStop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping || p.ended {
		return
	}
	p.stopping, p.closed, p.state = true, true, StateStopping
	p.box.refuse(ErrNotRunning)
	stopTimer(&p.deadline)
	if limit := p.spec.StopTimeout; limit > 0 {
		p.deadline = p.sys.clock.AfterFunc(limit, p.cutOff)
	}
	p.wake()
}

// wait waits for the end of a process that was asked to stop.
func (p *process) wait(ctx context.Context) error {
	p.mu.Lock()
	if p.gone.Load() {
		p.mu.Unlock()
		return nil
	}
	if p.done == nil {
		p.done = make(chan struct{})
	}
	done := p.done
	p.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// conclude tells that the very end has come. It needs the lock.
func (p *process) conclude() {
	p.gone.Store(true)
	if p.done != nil {
		close(p.done)
	}
}

// cutOff ends what still goes on in a process that is stopping.
func (p *process) cutOff() {
	p.mu.Lock()
	p.cut.Store(true)
	p.attention.Store(true)
	life := p.life
	p.mu.Unlock()
	if life != nil {
		life.end(context.Canceled)
	}
}

func (p *process) monitor(ended func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return ErrNotRunning
	}
	p.monitors = append(p.monitors, ended)
	return nil
}

// A due is a start that is to be made.
type due struct {
	restart   int // which one within the window; 0 is the first start
	intensity Intensity
}

// A doom is how a process is to end.
type doom struct{ reason error }

func (p *process) name() Address              { return p.address }
func (p *process) policy() Restart            { return p.spec.Restart }
func (p *process) pace() (Intensity, Backoff) { return p.spec.Intensity, p.spec.Backoff }

// start has an instance made. It does nothing to a process that is told to stop: its end will be heard of.
func (p *process) start(restart int, intensity Intensity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping || p.ended {
		return
	}
	p.hold, p.startDue, p.due = false, true, due{restart, intensity}
	p.wake()
}

// takeDown has the instance stopped after the message in hand, within the time for stopping. The mailbox stays as it is.
func (p *process) takeDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping || p.ended {
		return
	}
	p.hold = true
	p.attention.Store(true)
	if limit := p.spec.StopTimeout; limit > 0 {
		p.deadline = p.sys.clock.AfterFunc(limit, p.cutLife)
	}
	p.wake()
}

// cutLife ends what still goes on in an instance that is to be taken down.
func (p *process) cutLife() {
	p.mu.Lock()
	life := p.life
	cut := p.hold && life != nil
	p.lifeCut.Store(p.lifeCut.Load() || cut)
	p.mu.Unlock()
	if cut {
		life.end(context.Canceled)
	}
}

// end has a process that has no instance finish.
func (p *process) end(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doomed = &doom{reason}
	p.wake()
}

// isCut tells whether what the instance answers now says nothing about it.
func (p *process) isCut() bool { return p.cut.Load() || p.lifeCut.Load() }

// finish ends the process. What is left in its mailbox is dead. It is the runner's to call.
func (p *process) finish(state State, reason error) {
	p.mu.Lock()
	p.state, p.reason, p.closed, p.ended = state, reason, true, true
	p.readySince = time.Time{}
	p.box.refuse(ErrNotRunning)
	left := p.box.clear()
	stopTimer(&p.deadline)
	monitors := p.monitors
	p.monitors = nil
	p.mu.Unlock()
	p.renewed(goneBecause(reason), true)
	for _, ended := range monitors {
		ended()
	}

	if state == StateFailed {
		p.sys.emit(func() Event { return Failed{p.header(), reason, len(left)} })
	} else {
		p.sys.emit(func() Event { return Stopped{p.header(), p.stopErr(), len(left)} })
	}
	for i := range left {
		p.sys.bury(p, &left[i], p.deadReason(), reason)
	}
	p.settle(cmp.Or(reason, ErrNotRunning))
	p.sys.isGone(p)
}

// goneBecause is what they are told who waited for a process that has ended.
func goneBecause(reason error) error {
	if reason == nil {
		return ErrNotRunning
	}
	return fmt.Errorf("%w: %w", ErrNotRunning, reason)
}

// deadReason is why messages to an ended process are dead.
func (p *process) deadReason() Reason {
	if p.state == StateFailed { // not changed any more once the process has ended
		return ActorFailed
	}
	return ActorStopped
}

func (p *process) header() Header { return p.sys.header(p.address) }
