package actor

// These break a system as a mistake in it would, where there is something to break at an address, and tell whether there was. They
// are for tests that are to notice.

// mailboxOf calls f with the lock of a process in whose mailbox two plain messages of one sender wait at the end.
func mailboxOf(s *System, a Address, f func(p *process, c *chunk, last *Message)) bool {
	p := s.lookup(a)
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.box.tail
	if c == nil || len(c.messages) < 2 || p.ended {
		return false
	}
	last := &c.messages[len(c.messages)-1]
	before := &c.messages[len(c.messages)-2]
	if last.Request != nil || before.Request != nil || last.Topic+before.Topic != "" || last.From != before.From {
		return false
	}
	f(p, c, last)
	return true
}

// LoseMessage drops a message that waits.
func LoseMessage(s *System, a Address) bool {
	return mailboxOf(s, a, func(p *process, c *chunk, last *Message) {
		p.box.withhold(len(last.Payload), p.box.room)
		c.messages = c.messages[:len(c.messages)-1]
	})
}

// RepeatMessage has a message that waits there twice.
func RepeatMessage(s *System, a Address) bool {
	return mailboxOf(s, a, func(p *process, _ *chunk, last *Message) {
		m := *last
		p.box.give(len(m.Payload))
		p.box.put(&m, p.box.room)
	})
}

// SwapMessages has two messages that wait the wrong way round.
func SwapMessages(s *System, a Address) bool {
	return mailboxOf(s, a, func(_ *process, c *chunk, last *Message) {
		before := &c.messages[len(c.messages)-2]
		*last, *before = *before, *last
	})
}

// LoseActor has an actor that does nothing taken for one that is at work.
func LoseActor(s *System, a Address) bool {
	p := s.lookup(a)
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running || p.state != StateReady {
		return false
	}
	p.running = true
	return true
}

// pendingOf gives a request of an actor that waits for its answer, or nil.
func pendingOf(s *System, a Address) *Request {
	p := s.lookup(a)
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.pending {
		return r
	}
	return nil
}

// LoseAnswer has nobody wait for the answer to a request any more.
func LoseAnswer(s *System, a Address) bool {
	r := pendingOf(s, a)
	return r != nil && r.forget()
}

// RepeatAnswer brings an answer to a request that is going to be answered once more.
func RepeatAnswer(s *System, a Address) bool {
	r := pendingOf(s, a)
	if r == nil {
		return false
	}
	r.asker.mu.Lock()
	r.asker.box.give(0)
	r.asker.mu.Unlock()
	r.asker.answer(r, r.asker.box.room)
	return true
}
