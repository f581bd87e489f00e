package actor

import (
	"sync/atomic"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

// State is where an actor stands in its life.
type State uint8

// The states of an actor.
const (
	StateCreating   State = iota // it has no instance: before its first start, or waiting for a restart
	StateStarting                // an instance is being made and started
	StateReady                   // it handles messages
	StateStopping                // it takes no new messages, and handles those that wait
	StateTerminated              // it was stopped, or ended by itself
	StateFailed                  // it crashed and is not restarted
)

func (s State) String() string {
	return name(s, "creating", "starting", "ready", "stopping", "terminated", "failed")
}

// Stats counts what happened to an actor since it was spawned.
type Stats struct {
	Handled     uint64 // messages handled, rejected ones among them
	Rejected    uint64 // messages that the instance answered with an error
	Denied      uint64 // what it asked for and was refused, as told by System.CountDenied
	Crashes     uint64 // instances that died, in starting too
	Restarts    uint64 // instances made after the first
	DeadLetters uint64 // messages to it that will not be handled
	// Answers counts what came into its mailbox as the answer to a request of its own, and so without being sent: of all messages to an
	// actor, Handled + DeadLetters - Answers have been sent.
	Answers uint64
}

func (s *Stats) add(t Stats) {
	s.Handled += t.Handled
	s.Rejected += t.Rejected
	s.Denied += t.Denied
	s.Crashes += t.Crashes
	s.Restarts += t.Restarts
	s.DeadLetters += t.DeadLetters
	s.Answers += t.Answers
}

// Stats sums up what happened to all actors there ever were, those among them that were forgotten, or spawned anew after their end.
func (s *System) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.past
	for p := range s.actors.each {
		sum.add(p.count.stats())
	}
	sum.DeadLetters = s.dead.total() // an actor that has ended may still get some
	return sum
}

// Info is what is known of an actor at one moment.
type Info struct {
	Address Address
	State   State
	Reason  error // why it failed
	Stats   Stats
	Health  Health        // as its instance said last; unknown before its first check
	Queued  int           // messages that wait
	Uptime  time.Duration // since its instance became ready; 0 when it has none
	// Limits are those of its mailbox and its sending, and what is used of them: those of the constants Limit…, as far as there are any.
	Limits []quota.Status
}

type counters struct {
	handled, rejected, denied, crashes, restarts, deadLetters, answers atomic.Uint64
}

func (c *counters) stats() Stats {
	return Stats{
		Handled:     c.handled.Load(),
		Rejected:    c.rejected.Load(),
		Denied:      c.denied.Load(),
		Crashes:     c.crashes.Load(),
		Restarts:    c.restarts.Load(),
		DeadLetters: c.deadLetters.Load(),
		Answers:     c.answers.Load(),
	}
}

func (p *process) info() Info {
	p.mu.Lock()
	defer p.mu.Unlock()
	info := Info{
		Address: p.address,
		State:   p.state,
		Reason:  p.reason,
		Stats:   p.count.stats(),
		Health:  p.health,
		Queued:  p.box.queued(),
		Limits:  p.limits(),
	}
	if !p.readySince.IsZero() {
		info.Uptime = p.sys.clock.Now().Sub(p.readySince)
	}
	return info
}
