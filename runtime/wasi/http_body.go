package wasi

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
)

// An outgoingBody takes what the guest writes for the host's side to send: as much
// as maxQueued, then the guest has to wait.
type outgoingBody struct {
	parent
	said  int64                        // Content-Length; -1 where nothing is said
	wrong func(uint64) types.ErrorCode // for a body of another size

	mu       sync.Mutex
	under    netguard.Leave // what it is sent under
	queue    [][]byte
	size     int // of the queue, and of what was taken and is being sent
	written  uint64
	flushing bool
	given    bool // the stream to the guest
	ended    bool
	wanted   bool // somebody sends it
	held     bool // a flush that came before that
	trailers *fields
	err      error // why it is broken
	room     signal
	more     signal
}

// errIncomplete is what becomes of a body that was not finished.
var errIncomplete = errors.New("the component did not finish the body")

// errBodyRevoked is what bodies fail with whose grant was taken back.
var errBodyRevoked error = &types.ErrorCodeHTTPRequestDenied{}

// want says that the body is about to be sent.
func (b *outgoingBody) want() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wanted, b.flushing = true, b.held
}

// sendUnder says under which grants it is sent.
func (b *outgoingBody) sendUnder(leave netguard.Leave) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.under = leave
}

// broken says why nothing more can be written. A grant that was taken back breaks
// the body for who sends it, too.
func (b *outgoingBody) broken() error {
	if b.err == nil && !b.ended && b.under.Revoked() {
		b.err = errBodyRevoked
		b.more.raise()
	}
	return b.err
}

// take waits for what is to be sent. It gives io.EOF at the end; flush where all
// that it gives is to be sent at once. What was sent is told to sent.
func (b *outgoingBody) take(ctx context.Context) (chunks [][]byte, flush bool, err error) {
	for {
		b.mu.Lock()
		switch {
		case b.err != nil:
			b.mu.Unlock()
			return nil, false, b.err
		case len(b.queue) > 0 || b.flushing:
			chunks, flush = b.queue, b.flushing
			b.queue = nil
			b.mu.Unlock()
			return chunks, flush, nil
		case b.ended:
			b.mu.Unlock()
			return nil, false, io.EOF
		}
		changed := b.more.next()
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// sent says that what take gave has gone.
func (b *outgoingBody) sent(chunks [][]byte, flushed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range chunks {
		b.size -= len(c)
	}
	if flushed && b.size == 0 {
		b.flushing = false
	}
	b.room.raise()
}

// fail breaks the body, for both sides. The first reason stays.
func (b *outgoingBody) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil && !b.ended {
		b.err = err
	}
	b.room.raise()
	b.more.raise()
}

// end is the body's end; without it, it is broken.
func (b *outgoingBody) end(trailers *fields) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.more.raise()
	if err := b.broken(); err != nil {
		return err
	}
	if b.said >= 0 && b.written != uint64(b.said) {
		b.err = b.wrong(b.written)
		return b.err
	}
	b.ended, b.trailers = true, trailers
	return nil
}

// begun is ready when it can be told whether there is something in the body.
func (b *outgoingBody) begun() (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.written > 0 || b.flushing || b.ended || b.err != nil {
		return true, nil
	}
	return false, b.more.next()
}

// empty says whether the body has ended without anything in it.
func (b *outgoingBody) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended && b.written == 0 && b.trailers == nil
}

// Write gives the stream, once.
func (b *outgoingBody) Write(context.Context) (streams.OutputStream, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.given {
		return nil, failed
	}
	b.given = true
	return &outputStream{sink: bodySink{b, b.adopt()}}, nil
}

func (b *outgoingBody) Drop(ctx context.Context) {
	b.fail(errIncomplete)
	b.childless(ctx, "outgoing-body")
}

// failed is the error of functions that have nothing to say about it.
var failed = &cm.Error[cm.Unit]{}

func (*httpTypes) OutgoingBodyFinish(ctx context.Context, this types.OutgoingBody, trailers cm.Option[types.Fields]) error {
	b := this.(*outgoingBody)
	if b.children.Load() > 0 {
		b.Drop(ctx)
	}
	var f *fields
	if trailers.Valid {
		f = trailers.Value.(*fields).moved()
		f.free()
	}
	return codeOf(b.end(f))
}

// bodySink is the stream of a body that goes.
type bodySink struct {
	*outgoingBody
	leave func()
}

func (s bodySink) check() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allowed()
}

func (s bodySink) allowed() (int, error) {
	if err := s.broken(); err != nil {
		return 0, codeOf(err)
	}
	switch {
	case s.ended:
		return 0, io.EOF
	case s.flushing:
		return 0, nil
	}
	return max(0, maxQueued-s.size), nil
}

func (s bodySink) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return codeOf(s.err)
	case len(b) == 0:
		return nil
	}
	s.written += uint64(len(b))
	if s.said >= 0 && s.written > uint64(s.said) {
		s.err = s.wrong(s.written)
		s.more.raise()
		return s.err
	}
	s.queue = append(s.queue, b)
	s.size += len(b)
	s.more.raise()
	return nil
}

func (s bodySink) ready() (bool, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err := s.allowed(); n > 0 || err != nil {
		return true, nil
	}
	return false, s.room.next()
}

func (s bodySink) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return codeOf(s.err)
	}
	if !s.wanted {
		s.held = true // nobody could say that it has gone: it is flushed when it is sent
		return nil
	}
	s.flushing = true
	s.more.raise()
	return nil
}

func (s bodySink) flushed() (bool, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.flushing || s.err != nil {
		return true, nil
	}
	return false, s.room.next()
}

func (s bodySink) drop() { s.leave() }

// An incomingBody gives the guest what comes, as it is wanted.
type incomingBody struct {
	parent
	in       *input
	under    netguard.Leave // what it comes under
	trailers func() *fields // when all has come; nil where there are none
	close    func()
	given    bool
}

// Stream gives the bytes, once.
func (b *incomingBody) Stream(context.Context) (streams.InputStream, error) {
	if b.given {
		return nil, failed
	}
	b.given = true
	return &inputStream{source: bodySource{b, b.adopt()}}, nil
}

// read gives what came, where it still may.
func (b *incomingBody) read(n int) ([]byte, error) {
	if b.under.Revoked() {
		return nil, errBodyRevoked
	}
	return b.in.read(n)
}

func (b *incomingBody) Drop(ctx context.Context) {
	b.close()
	b.childless(ctx, "incoming-body")
}

type bodySource struct {
	body  *incomingBody
	leave func()
}

func (s bodySource) ready() (bool, <-chan struct{}) { return s.body.in.ready() }

func (s bodySource) read(n int) ([]byte, error) {
	b, err := s.body.read(n)
	if err != nil && err != io.EOF {
		err = codeOf(err)
	}
	return b, err
}

func (s bodySource) drop() { s.leave() }

// IncomingBodyFinish reads what is left of the body, since trailers stand behind.
func (*httpTypes) IncomingBodyFinish(ctx context.Context, this types.IncomingBody) (types.FutureTrailers, error) {
	b := this.(*incomingBody)
	if b.children.Load() > 0 {
		b.Drop(ctx)
	}
	t := &futureTrailers{body: b, done: make(chan struct{})}
	background, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	go func() {
		defer close(t.done)
		t.err = b.drain(background)
	}()
	return t, nil
}

// drain reads to the end.
func (b *incomingBody) drain(ctx context.Context) error {
	for {
		if err := readiness(b.in.ready).wait(ctx); err != nil {
			return err
		}
		switch _, err := b.read(maxRead); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}
