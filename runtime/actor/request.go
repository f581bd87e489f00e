package actor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A RequestID tells the requests of a system apart.
type RequestID string

// A Request is a message that is to be answered once: with what the receiver gives, with its error, or with why there is no answer.
type Request struct {
	ID       RequestID
	From, To Address
	// Deadline is when the asker gives up, on the system's clock; zero for never.
	Deadline time.Time

	sys    *System
	asked  time.Time
	done   atomic.Bool // answered, given up or cancelled
	mu     sync.Mutex
	timer  Timer       // under mu; none once done
	asker  *process    // nil where Go code asks
	life   uint64      // of the asker's instance
	reply  chan answer // to Go code
	result answer      // of the message that brings the answer
}

type answer struct {
	payload []byte
	err     error
}

// An Answerer is a [Contract] that takes part in requests. One that is none refuses them with [ErrNoAnswers].
type Answerer interface {
	// Answer takes a request, m.Request, and gives what is answered. The error means for the instance what Handle's means; the asker
	// gets its text.
	Answer(ctx context.Context, m *Message) ([]byte, error)
	// Callback takes the answer to a request that this instance has made: m.Request, with the answer in m.Payload or an error. Its
	// own error is as that of Handle.
	Callback(ctx context.Context, m *Message, failed error) error
}

// Why a request has no answer; errors.Is finds them in what the asker gets.
var (
	ErrNoAnswers       = errors.New("the actor takes no requests")
	ErrRequestTimeout  = errors.New("no answer came in time")
	ErrNoSuchRequest   = errors.New("no request of this actor with that id waits for an answer")
	ErrTooManyRequests = errors.New("too many requests of this actor wait for their answers")
)

// A LostRequestError says that a request was accepted and will not be answered.
type LostRequestError struct {
	To     Address
	Reason Reason
	Err    error // as in DeadLetter
}

func (e *LostRequestError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s did not answer: %v: %v", e.To, e.Reason, e.Err)
	}
	return fmt.Sprintf("%s did not answer: %v", e.To, e.Reason)
}

func (e *LostRequestError) Unwrap() error { return e.Err }

// DefaultRequestTimeout is how long an answer is waited for where nobody says.
const DefaultRequestTimeout = 30 * time.Second

// Request sends a request from an actor to another, as [System.TrySend] sends a message. The asker's [Answerer.Callback] gets the
// answer, or why there is none, exactly once; unless the request is cancelled before, or the instance that asked ends, with which
// all that it asked is forgotten. A timeout of 0 is [DefaultRequestTimeout]. As many requests of an actor may wait as its mailbox
// has places. Errors are a *SendError, and ErrTooManyRequests: then nothing was sent.
func (s *System) Request(from, to Address, payload []byte, timeout time.Duration) (RequestID, error) {
	asker := s.lookup(from)
	if asker == nil {
		return "", &SendError{from, to, len(payload), fmt.Errorf("the asker %s: %w", from, ErrNotFound)}
	}
	r := s.newRequest(from, to, timeout)
	r.asker = asker
	if err := asker.expect(r); err != nil {
		return "", &SendError{from, to, len(payload), err}
	}
	return r.ID, r.send(context.Background(), payload, false)
}

// Ask sends a request from Go code and waits for the answer, at most until ctx ends. The error is a *SendError where the request
// was not accepted, the receiver's own, a *LostRequestError, or ctx's.
func (s *System) Ask(ctx context.Context, to Address, payload []byte) ([]byte, error) {
	r := s.newRequest(Address{}, to, 0)
	r.reply = make(chan answer, 1)
	if err := r.send(ctx, payload, true); err != nil {
		return nil, err
	}
	select {
	case a := <-r.reply:
		return a.payload, a.err
	case <-ctx.Done():
		r.forget()
		return nil, ctx.Err()
	}
}

// Cancel ends the waiting of an actor for an answer: there will be no callback. Its error is ErrNoSuchRequest.
func (s *System) Cancel(from Address, id RequestID) error {
	if p := s.lookup(from); p != nil {
		p.mu.Lock()
		r := p.pending[id]
		p.mu.Unlock()
		if r != nil && r.forget() {
			return nil
		}
	}
	return fmt.Errorf("cancel %s: %w", id, ErrNoSuchRequest)
}

// LateAnswers counts answers for which nobody waited any more.
func (s *System) LateAnswers() uint64 { return s.late.Load() }

func (s *System) newRequest(from, to Address, timeout time.Duration) *Request {
	r := &Request{
		ID: RequestID(strconv.FormatUint(s.requests.Add(1), 10)), From: from, To: to,
		sys: s, asked: s.clock.Now(),
	}
	if !from.IsZero() && timeout <= 0 {
		timeout = DefaultRequestTimeout
	}
	if timeout > 0 {
		r.Deadline = r.asked.Add(timeout)
	}
	return r
}

// send sends the request; where that fails it is forgotten.
func (r *Request) send(ctx context.Context, payload []byte, wait bool) error {
	err := r.sys.send(ctx, &Message{From: r.From, Payload: payload, Request: r}, &r.To, wait)
	if err != nil {
		r.forget()
		return err
	}
	r.limit()
	return nil
}

// limit has the waiting end in time. Before the request is sent it would be too early: who is told that it was refused gets no answer.
func (r *Request) limit() {
	if r.Deadline.IsZero() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done.Load() {
		r.timer = r.sys.clock.AfterFunc(r.Deadline.Sub(r.asked), func() { r.settle(answer{err: ErrRequestTimeout}) })
	}
}

// forget ends the request without an answer, and tells whether it still waited.
func (r *Request) forget() bool {
	if !r.done.CompareAndSwap(false, true) {
		return false
	}
	r.end()
	return true
}

func (r *Request) end() {
	r.mu.Lock()
	stopTimer(&r.timer)
	r.mu.Unlock()
	if p := r.asker; p != nil {
		p.mu.Lock()
		delete(p.pending, r.ID)
		p.mu.Unlock()
	}
}

// settle brings the answer to the asker, if that still waits.
func (r *Request) settle(a answer) {
	if !r.done.CompareAndSwap(false, true) {
		r.sys.late.Add(1)
		return
	}
	r.end()
	var counted *room
	if r.asker != nil {
		counted = r.asker.expectAnswer(r, &a)
	}
	r.result = a
	r.sys.emit(func() Event {
		h := r.sys.header(r.To)
		return Answered{h, r.ID, r.From, a.payload, a.err, h.Time.Sub(r.asked)}
	})
	switch {
	case r.reply != nil:
		r.reply <- a
	case r.asker != nil:
		r.asker.answer(r, counted)
	}
}

// expect notes a request of the process's instance.
func (p *process) expect(r *Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) >= p.spec.MailboxSize {
		return ErrTooManyRequests
	}
	if p.pending == nil {
		p.pending = map[RequestID]*Request{}
	}
	r.life = p.generation
	p.pending[r.ID] = r
	return nil
}

// expectAnswer takes room in the asker's mailbox for the answer to a request. It has a place there whatever the mailbox holds: no
// more requests wait than it has places. One whose bytes the asker does not take, or has no room for, becomes an error without any.
func (p *process) expectAnswer(r *Request, a *answer) (counted *room) {
	p.mu.Lock()
	var err error
	switch bytes := len(a.payload); {
	case p.box.tooLarge(bytes):
		err = p.oversized(bytes)
	case p.box.room != nil && !p.box.room.fits(int64(bytes)):
		err = p.box.full(bytes)
	}
	if err != nil {
		*a = answer{err: &SendError{r.To, r.From, len(a.payload), err}}
	}
	p.box.give(len(a.payload))
	counted = p.box.room
	p.mu.Unlock()
	if err != nil {
		p.sys.tellMet(&r.To, &p.address, &p.address, err)
	}
	return counted
}

// answer puts the answer to a request into the asker's mailbox, where room was taken for it.
func (p *process) answer(r *Request, counted *room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || r.life != p.generation {
		p.box.withhold(len(r.result.payload), counted)
		p.sys.late.Add(1)
		return
	}
	p.count.answers.Add(1)
	p.put(&Message{From: r.To, Payload: r.result.payload, Request: r, Answer: true}, counted)
}

// abandon forgets what an instance that ended has asked.
func (p *process) abandon() {
	p.mu.Lock()
	pending := p.pending
	p.pending = nil
	p.generation++
	p.mu.Unlock()
	for _, r := range pending {
		r.forget()
	}
}

// A reply is an answer that goes out when the message it is to has been counted: who has it finds it counted.
type reply struct {
	to *Request // nil for none
	answer
}

func (re *reply) give() {
	if r := *re; r.to != nil {
		*re = reply{}
		r.to.settle(r.answer)
	}
}

// exchange gives the instance a request, or an answer. What it answers is left in re.
func (p *process) exchange(ctx context.Context, m *Message, re *reply) error {
	a, ok := p.inst.(Answerer)
	switch r := m.Request; {
	case m.Answer && r.life != p.generation:
		p.sys.late.Add(1)
		return nil
	case m.Answer && ok:
		return a.Callback(ctx, m, r.result.err)
	case r.done.Load(): // nobody waits any more
		return nil
	case !ok:
		*re = reply{r, answer{err: ErrNoAnswers}}
		return nil
	default:
		payload, err := a.Answer(ctx, m)
		switch {
		case errors.Is(err, ErrExit):
			*re = reply{r, answer{payload: payload}}
		case !IsCrash(err): // else the message's death is the answer
			*re = reply{r, answer{payload, err}}
		}
		return err
	}
}
