package actor

import (
	"errors"

	"github.com/airsstack/witgen/runtime/quota"
)

// What an actor's limits are of, in a [quota.Status] and a [quota.ExceededError].
const (
	LimitMessages     = "messages in the mailbox"
	LimitMailboxBytes = "bytes in the mailbox"
	LimitMessageBytes = "bytes of a message"
	LimitRate         = "messages a second"
)

// The events of limits. Those of [Spec.MailboxSize] have none: what finds a mailbox full of messages is told by a [DeadLettered].
type (
	// LimitNear says that 90 percent of a limit of Actor's are used. It is told again only after less than 80 were.
	LimitNear struct {
		Header
		quota.Status
	}

	// LimitMet says that a message of From's was refused because of a limit of Actor's, or is a dead letter; or, where To is the
	// zero Address, that something else was, such as memory that a component wanted. Of those that are refused because of a
	// [Spec.SendRate] or [Spec.MailboxBytes], or of what is no message, the first is told, and another only after less was used.
	LimitMet struct {
		Header
		From, To Address
		Err      *quota.ExceededError
	}
)

// Name is "limit-near".
func (LimitNear) Name() string { return "limit-near" }

// Name is "limit-met".
func (LimitMet) Name() string { return "limit-met" }

// limit has the process held to the limits of its spec. It needs the lock, and is the runner's to call.
func (p *process) limit() {
	p.box.bound(p.spec.MailboxSize, p.spec.MailboxBytes, p.spec.MaxMessageBytes)
	limit, now := uint64(p.spec.SendRate), p.rate.Load()
	switch {
	case limit == 0:
		p.rate.Store(nil)
	case now == nil || now.Limit() != limit:
		p.rate.Store(quota.NewRate(limit, p.sys.clock.Now(), func(u quota.Usage) { p.near(LimitRate, u) }))
		p.sys.rated.Store(true)
	}
}

func (p *process) near(of string, u quota.Usage) {
	p.sys.emit(func() Event { return LimitNear{p.header(), quota.Status{Of: of, Usage: u}} })
}

// oversized is why a message of so many bytes is not taken.
func (p *process) oversized(bytes int) error {
	return &quota.ExceededError{Of: LimitMessageBytes, Wanted: uint64(bytes), Usage: quota.Usage{Limit: uint64(p.spec.MaxMessageBytes)}}
}

// limits are the limits of the process, and what is used of them. It needs the lock.
func (p *process) limits() []quota.Status {
	all := []quota.Status{{Of: LimitMessages, Usage: quota.Usage{Used: uint64(p.box.queued()), Limit: uint64(p.spec.MailboxSize)}}}
	if p.box.room != nil {
		all = append(all, quota.Status{Of: LimitMailboxBytes, Usage: p.box.room.usage()})
	}
	if n := p.spec.MaxMessageBytes; n > 0 {
		all = append(all, quota.Status{Of: LimitMessageBytes, Usage: quota.Usage{Limit: uint64(n)}})
	}
	if r := p.rate.Load(); r != nil {
		all = append(all, quota.Status{Of: LimitRate, Usage: r.Usage(p.sys.clock.Now())})
	}
	return all
}

// Spend counts one message for the SendRate of the actor from, as Send, TrySend and Request do for each of theirs: for who sends
// one message of an actor's to many. Where there have been too many, nothing of it is to be sent; the error is a [*SendError] without
// a receiver, and the message counts as refused. An address that is no actor's has no rate.
func (s *System) Spend(from Address, bytes int) error {
	if !s.rated.Load() {
		return nil
	}
	return s.spend(&from, &Address{}, bytes)
}

func (s *System) spend(from, to *Address, bytes int) error {
	if from.IsZero() {
		return nil
	}
	p := s.actors.find(from)
	if p == nil {
		return nil
	}
	r := p.rate.Load()
	if r == nil {
		return nil
	}
	if err := r.Take(s.clock.Now(), 1, LimitRate); err != nil {
		return s.refuse(from, to, from, bytes, err)
	}
	return nil
}

// refuse counts and shows a message that is not sent because of err, and gives what its sender is told. A limit that it met is
// owner's.
func (s *System) refuse(from, to, owner *Address, bytes int, err error) error {
	if !errors.Is(err, ErrMailboxFull) {
		s.refused.Add(1)
	}
	s.tellMet(from, to, owner, err)
	return &SendError{*from, *to, bytes, err}
}

func (s *System) tellMet(from, to, owner *Address, err error) {
	if e, ok := errors.AsType[*quota.ExceededError](err); ok && !e.Again {
		s.emit(func() Event { return LimitMet{s.header(*owner), *from, *to, e} })
	}
}
