package actor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// DefaultDeadLetters is how many dead letters a [System] keeps.
const DefaultDeadLetters = 1000

// A System holds actors and carries messages between them. Its methods may be called from any goroutine. Stop frees it.
type System struct {
	clock   Clock
	observe func(Event)
	random  func() float64
	idle    idler
	crew    crew
	dead    deadLetters

	later delayed

	tree        sync.Mutex // of root and all below; taken before mu and before the lock of any process
	root        *supervisor
	supervisors map[Address]*supervisor // under tree; those that have ended too
	notes       []Event                 // of what happens under tree

	requests, late, refused atomic.Uint64
	rated                   atomic.Bool // an actor has, or had, a SendRate

	actors  *registry // changed under mu, read without
	mu      sync.Mutex
	spawned uint64
	past    Stats // of processes that the registry does not have any more
	stopped bool
}

// An Option configures a [System].
type Option func(*System)

// WithClock has the system wait on clock in place of [RealClock].
func WithClock(clock Clock) Option { return func(s *System) { s.clock = clock } }

// WithObserver has observe called with each event, on the goroutine that causes it and from several at once. It must return soon,
// must not panic, and may call the System but for what waits: Spawn, Stop, StopActor, WaitIdle.
func WithObserver(observe func(Event)) Option { return func(s *System) { s.observe = observe } }

// WithDeadLetters sets how many dead letters are kept, the latest; all are counted and observed.
func WithDeadLetters(limit int) Option { return func(s *System) { s.dead.limit = max(limit, 0) } }

// WithRandom sets where jitter comes from: numbers from [0, 1). It is called from several goroutines at once.
func WithRandom(random func() float64) Option { return func(s *System) { s.random = random } }

// New gives a system without actors.
func New(options ...Option) *System {
	s := &System{
		clock:  RealClock{},
		random: rand.Float64,
		dead:   deadLetters{limit: DefaultDeadLetters},
		actors: newRegistry(),

		supervisors: make(map[Address]*supervisor),
	}
	s.root = &supervisor{sys: s}
	for _, option := range options {
		option(s)
	}
	return s
}

// Spawn starts an actor under its supervisor and returns when its first start has succeeded or failed.
//
// An actor that has ended gives its address free; the counts of the new one begin at zero. Errors are an [*AddressError] or
// [*SpecError], [ErrRunning], [ErrSystemStopped], [ErrNotFound] or [ErrNotRunning] of the supervisor, the context's, or a [*StartError]. With the last two the actor exists and its
// supervisor goes on as the Spec says: ctx ends the waiting, not the actor.
func (s *System) Spawn(ctx context.Context, spec Spec) error {
	spec, err := spec.complete()
	if err != nil {
		return err
	}
	first, err := s.register(spec)
	if err != nil {
		return err
	}
	select {
	case err := <-first:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// register has an actor started, and gives what tells how that ends.
func (s *System) register(spec Spec) (first <-chan error, err error) {
	s.tree.Lock()
	defer s.unlockTree()
	s.mu.Lock()
	old := s.actors.find(&spec.Address)
	parent, err := s.supervisorOf(spec.Supervisor)
	switch v := s.supervisors[spec.Address]; {
	case err != nil:
	case s.stopped:
		err = ErrSystemStopped
	case old != nil && !old.gone.Load(), v != nil && !v.closed:
		err = ErrRunning
	}
	if err != nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("spawn %s: %w", spec.Address, err)
	}
	if old != nil {
		s.past.add(old.count.stats())
	}
	s.spawned++
	p := newProcess(s, spec, s.spawned)
	s.actors.put(p)
	s.mu.Unlock()
	if old != nil {
		old.parent.remove(&old.seat)
	}
	first = p.first
	if parent.take(&p.seat) {
		p.start(0, Intensity{})
	}
	return first, nil
}

// Send puts a message into the mailbox of the actor to. If that is full it waits, up to the receiver's DeliveryTimeout and until
// ctx ends; an actor's send to itself never waits, for nobody else could make room. from may be zero.
//
// payload is handed over: nobody may write to it afterwards, whatever Send returns. The error is a [*SendError]; after
// [ErrMailboxFull] the message is a dead letter too.
func (s *System) Send(ctx context.Context, from, to Address, payload []byte) error {
	return s.send(ctx, &Message{From: from, Payload: payload}, &to, from != to)
}

// TrySend is [System.Send] without waiting: what a guest's send is, so that no ring of full mailboxes can stand still.
func (s *System) TrySend(from, to Address, payload []byte) error {
	return s.send(context.Background(), &Message{From: from, Payload: payload}, &to, false)
}

// TryPublish is [System.TrySend] for what was published under a topic. It counts for no SendRate: a publication counts once, by
// [System.Spend], to however many it goes.
func (s *System) TryPublish(from, to Address, topic string, payload []byte) error {
	return s.send(context.Background(), &Message{From: from, Payload: payload, Topic: topic}, &to, false)
}

// Monitor has ended called once when the actor has terminated or failed; a restart is no end. It is called on a goroutine of the
// actor's, must not wait, and may call the System but for what waits. Errors are [ErrNotFound] and [ErrNotRunning].
func (s *System) Monitor(address Address, ended func()) error {
	p := s.lookup(address)
	err := ErrNotFound
	if p != nil {
		err = p.monitor(ended)
	}
	if err != nil {
		return fmt.Errorf("monitor %s: %w", address, err)
	}
	return nil
}

// send takes pointers because it is in every message's way; it keeps neither.
func (s *System) send(ctx context.Context, m *Message, to *Address, wait bool) error {
	if s.rated.Load() && m.Topic == "" { // what was published has been counted
		if err := s.spend(&m.From, to, len(m.Payload)); err != nil {
			return err
		}
	}
	err := ErrNotFound
	if p := s.actors.find(to); p != nil {
		err = p.send(ctx, m, wait)
	}
	if err == nil {
		return nil
	}
	return s.refuse(&m.From, to, to, len(m.Payload), err)
}

// Refused counts the messages that were refused; see the package's words on delivery.
func (s *System) Refused() uint64 { return s.refused.Load() }

// StopActor stops one actor: it takes no new messages, handles those in its mailbox, is asked to stop and is freed, cut short when
// its StopTimeout has passed. It returns when the actor has ended, at once if it had; its errors are [ErrNotFound] and the
// context's, with which the stopping goes on. The actor stays known, with its counts, until [System.Forget] or a new Spawn. An actor
// that waits for its own end waits until it is cut short.
func (s *System) StopActor(ctx context.Context, address Address) error {
	p := s.lookup(address)
	if p == nil {
		return fmt.Errorf("stop %s: %w", address, ErrNotFound)
	}
	p.requestStop()
	return p.wait(ctx)
}

// Forget removes an actor that has ended. Its errors are [ErrNotFound] and [ErrRunning].
func (s *System) Forget(address Address) error {
	s.tree.Lock()
	defer s.unlockTree()
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.lookup(address)
	switch {
	case p == nil:
		return fmt.Errorf("forget %s: %w", address, ErrNotFound)
	case !p.gone.Load():
		return fmt.Errorf("forget %s: %w", address, ErrRunning)
	}
	p.parent.remove(&p.seat)
	s.past.add(p.count.stats())
	s.actors.remove(p)
	return nil
}

// Stop takes back what waits to be sent and stops all actors as StopActor does, one after another, the last spawned first; nothing can be spawned any more. When ctx
// ends before, those left are cut short at once, and a [*StopError] names those that have still to end. It may be called again,
// to wait for them or for nothing.
func (s *System) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.later.stop()
	all := s.actors.inOrder() // whoever spawns now finds the system stopped, or is among them
	slices.Reverse(all)
	for i, p := range all {
		p.requestStop()
		if err := p.wait(ctx); err != nil {
			return cutAll(all[i:], err)
		}
	}
	s.tree.Lock()
	for _, v := range s.supervisors {
		v.rest()
	}
	s.unlockTree()
	return nil
}

func cutAll(processes []*process, err error) error {
	stop := &StopError{Err: err}
	for _, p := range processes {
		p.requestStop()
		p.cutOff()
		if !p.gone.Load() {
			stop.Left = append(stop.Left, p.address)
		}
	}
	return stop
}

// WaitIdle returns when no message waits, waits for its time or is being handled, no instance is starting or stopping and no restart is pending, at
// some moment after the call began. Its error is the context's.
func (s *System) WaitIdle(ctx context.Context) error { return s.idle.wait(ctx) }

// Actors tells of all actors, in the order of spawning, those that have ended too.
func (s *System) Actors() []Info {
	all := s.actors.inOrder()
	infos := make([]Info, len(all))
	for i, p := range all {
		infos[i] = p.info()
	}
	return infos
}

// Actor tells of one actor.
func (s *System) Actor(address Address) (info Info, ok bool) {
	p := s.lookup(address)
	if p == nil {
		return Info{}, false
	}
	return p.info(), true
}

// State gives the host's state for an actor, as its Spec.State made it; nil if there is none.
func (s *System) State(address Address) any {
	p := s.lookup(address)
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hostState
}

// CountDenied adds one to what the actor asked for and was refused. It does nothing if there is no such actor.
func (s *System) CountDenied(address Address) {
	if p := s.lookup(address); p != nil {
		p.count.denied.Add(1)
	}
}

// DeadLetters gives the latest dead letters, oldest first, and the number of all there ever were.
func (s *System) DeadLetters() (latest []DeadLetter, total uint64) { return s.dead.latest() }

func (s *System) lookup(address Address) *process { return s.actors.find(&address) }

func (s *System) header(actor Address) Header { return Header{s.clock.Now(), actor} }

// emit shows an event to the observer, and makes it only if there is one.
func (s *System) emit(e func() Event) {
	if s.observe != nil {
		s.observe(e())
	}
}

// bury makes a dead letter of m, which was for p.
func (s *System) bury(p *process, m *Message, reason Reason, err error) {
	p.count.deadLetters.Add(1)
	letter := DeadLetter{*m, p.address, s.clock.Now(), reason, err}
	s.dead.add(letter)
	s.emit(func() Event { return DeadLettered{Header{letter.Time, letter.To}, letter} })
	if r := m.Request; r != nil && !m.Answer && reason != MailboxFull { // that one the asker is told at once
		r.settle(answer{err: &LostRequestError{p.address, reason, err}})
	}
}
