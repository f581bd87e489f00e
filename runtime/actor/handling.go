package actor

import (
	"context"
	"errors"
	"time"
)

// batches are for an instance that takes several messages at a time.
type batches struct {
	Batcher
	batch Batch
	most  int // how many messages
}

// handle gives the instance what was taken from the mailbox, message by message or many at once, until it is used up or the
// instance ends.
func (p *process) handle() {
	var m *Message
	var answered reply
	returned := false
	defer func() {
		if !returned {
			p.fault = &fault{during: OpHandle, message: m, err: panicked(recover())}
		}
	}()
	for !p.attention.Load() {
		var err error
		if ms := p.together(); len(ms) > 1 {
			if err = p.handleBatch(ms, &m); err == nil {
				p.letIn()
				continue
			}
			m = p.box.next()
			p.letIn()
		} else {
			if m = p.box.next(); m == nil {
				break
			}
			p.letIn()
			err = p.handleOne(m, &answered)
		}
		if err != nil {
			if IsCrash(err) || errors.Is(err, ErrExit) || p.isCut() {
				p.fault = &fault{OpHandle, m, err, answered}
				break
			}
			p.count.rejected.Add(1)
			if m.Request == nil || m.Answer { // of a request the answer tells
				p.sys.emit(func() Event { return Rejected{p.header(), m.From, m.Payload, err} })
			}
		}
		p.count.handled.Add(1)
		answered.give()
	}
	returned = true
}

// letIn gives places in the mailbox to senders that wait.
func (p *process) letIn() {
	if p.box.waiting.Load() {
		p.mu.Lock()
		p.box.admit()
		p.mu.Unlock()
	}
}

// A batch is to take no longer than a message may that somebody waits for: so many at first, and as many as the time allows.
const (
	batchMost = largeChunk
	batchTime = time.Millisecond
)

// together are the messages that the instance may be given at once, none where it takes them one by one.
func (p *process) together() []Message {
	if p.batches == nil || p.spec.HandleTimeout > 0 {
		return nil
	}
	return p.box.ahead(p.batches.most)
}

// handleBatch gives the instance several messages at once. An error is that of the next one in the mailbox, which is *m where
// there is no return.
func (p *process) handleBatch(ms []Message, m **Message) error {
	all, returned := p.batches, false
	b := &all.batch
	b.Messages, b.Done, b.attention = ms, 0, &p.attention
	defer func() {
		b.Messages = nil
		p.box.skip(b.Done)
		p.count.handled.Add(uint64(b.Done))
		if !returned {
			*m = p.box.next()
		}
	}()
	began := time.Now() // the machine's: what counts is for how long nobody can interrupt
	err := all.HandleBatch(p.life, b)
	switch took := time.Since(began); {
	case took > 2*batchTime:
		all.most = max(2, len(ms)/2)
	case took < batchTime/2:
		all.most = min(batchMost, 2*all.most)
	}
	if err == nil && b.Done == 0 {
		err = Crash(errors.New("the contract's HandleBatch handled nothing and gave no error"))
	}
	returned = true
	return err
}

// take gives the instance one message. Its answer is left in re.
func (p *process) take(ctx context.Context, m *Message, re *reply) error {
	if m.Request != nil {
		return p.exchange(ctx, m, re)
	}
	return p.inst.Handle(ctx, m)
}

func (p *process) handleOne(m *Message, re *reply) error {
	limit := p.spec.HandleTimeout
	if limit <= 0 {
		return p.take(p.life, m, re)
	}
	ctx := within(p.life, p.sys.clock, p.sys.clock.Now(), limit)
	defer ctx.end(context.Canceled)
	err := p.take(ctx, m, re)
	if err != nil && ctx.timedOut() {
		return &TimeoutError{OpHandle, limit, err}
	}
	return err
}
