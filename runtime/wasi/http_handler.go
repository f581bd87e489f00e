package wasi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi/proxy"
)

// LoadProxy reads a component that exports wasi:http/incoming-handler.
func LoadProxy(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (*proxy.Factory, error) {
	return proxy.Load(ctx, rt, wasm, append(Providers(), opts...)...)
}

// HandlerOptions say how a [Handler] serves. The zero value gives instances
// nothing.
type HandlerOptions struct {
	// Config is what each instance is given, beside the request.
	Config Config
	// Options are those of each instance: its grants, its limits.
	Options []component.Option
	// Pool is how instances are kept; its Options are not looked at.
	Pool component.PoolOptions
	// Fresh makes an instance for each request, in place of one that was used and
	// begins as a new one does. Pool is not looked at then.
	Fresh bool
	// Timeout is how long one request may take, what the guest does after its
	// response included. 0 is a minute.
	Timeout time.Duration
	// MaxBody is how many bytes the body of a request may have; 0 is 10 MiB.
	MaxBody int64
	// Done is told of each request when its instance has ended; it may be nil.
	Done func(r *http.Request, o Outcome)
}

// graceTime is what the end of a request whose time is over may take: telling the
// client.
const graceTime = 5 * time.Second

// An Outcome is what became of a request.
type Outcome struct {
	// Status is what was answered, 0 for nothing.
	Status int
	// Sent is how many bytes of the body were.
	Sent int64
	// Took is the time until the response had been sent, Ran until the instance
	// had ended.
	Took, Ran time.Duration
	// Err is why the request failed: a *component.Trap, a *component.BusyError.
	Err error
}

// A Handler serves HTTP requests, each with an instance of its own of one component,
// which begins as a new one does and ends with the request.
type Handler struct {
	o       HandlerOptions
	factory *proxy.Factory
	pool    *proxy.Pool
	conns   *connections
	working sync.WaitGroup
}

// NewHandler makes a handler. The factory is the caller's, who closes it after the
// handler.
func NewHandler(f *proxy.Factory, o HandlerOptions) *Handler {
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 10 << 20
	}
	o.Pool.Options = nil
	return &Handler{o: o, factory: f, pool: f.Pool(o.Pool), conns: &connections{config: &o.Config}}
}

// Stats are the counts of the handler's instances.
func (h *Handler) Stats() component.PoolStats { return h.pool.Stats() }

// Close waits for the instances that are at work, until ctx ends, and frees those
// that are kept, and connections. No request may come any more.
func (h *Handler) Close(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		h.working.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	h.conns.close()
	return errors.Join(context.Cause(ctx), h.pool.Close(context.WithoutCancel(ctx)))
}

// ServeHTTP hands the request to an instance and sends what it answers. What the
// guest does after its response goes on without the client.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := &serving{h: h, w: w, r: r, begun: time.Now(), given: make(chan *outgoingResponse, 1), ended: make(chan struct{})}
	s.in = &input{r: http.MaxBytesReader(nil, r.Body, h.o.MaxBody)}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.o.Timeout)
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(s.begun.Add(h.o.Timeout + graceTime)) // of a client that does not read
	gone := context.AfterFunc(r.Context(), cancel)
	h.working.Add(1)
	go func() {
		defer h.working.Done()
		defer cancel()
		s.work(ctx)
	}()
	err := s.answer(ctx)
	gone()
	s.took = time.Since(s.begun)
	if s.lost {
		cancel()
	}
	close(s.ended)
	// The server looks for the next request on the connection when this returns. It
	// may not be what reads the rest of a body while full duplex is enabled: at its end
	// it would begin to read again, and panic.
	s.in.stop(errGone, func() error { return control.SetReadDeadline(time.Now()) })
	if r.Header.Get("Expect") == "" { // whose client may wait with its body
		_ = r.Body.Close()
	}
	if err != nil && s.status.Load() != 0 {
		panic(http.ErrAbortHandler) // the client has to see that it is not whole
	}
}

// serving is one request on its way through an instance.
type serving struct {
	h      *Handler
	w      http.ResponseWriter
	r      *http.Request
	begun  time.Time
	in     *input // the request's body
	given  chan *outgoingResponse
	err    error // of the guest, when given is closed
	status atomic.Int32
	sent   int64
	failed error         // of the response
	lost   bool          // the client, who does not read it
	took   time.Duration // until the response was sent
	ended  chan struct{} // closed when it was
}

// work runs the guest.
func (s *serving) work(ctx context.Context) {
	hosts := newHosts(&s.h.o.Config, s.h.conns)
	opts := append(hosts.options(), s.h.o.Options...)
	request := s.request(hosts)
	s.err = s.h.in(ctx, hosts.proxyImports(), func(p *proxy.Proxy) error {
		return p.IncomingHandler().Handle(ctx, request, &responseOutparam{s.given})
	}, opts...)
	close(s.given)
	if s.h.o.Done == nil {
		return
	}
	<-s.ended
	o := Outcome{Status: int(s.status.Load()), Sent: s.sent, Took: s.took, Ran: time.Since(s.begun), Err: s.err}
	if o.Err == nil {
		o.Err = s.failed
	}
	s.h.o.Done(s.r, o)
}

// in works with an instance that is nobody else's.
func (h *Handler) in(ctx context.Context, im proxy.Imports, work func(*proxy.Proxy) error, opts ...component.Option) error {
	if !h.o.Fresh {
		return h.pool.Do(ctx, im, work, opts...)
	}
	p, err := h.factory.New(ctx, im, opts...)
	if err != nil {
		return err
	}
	return errors.Join(work(p), p.Close(context.WithoutCancel(ctx)))
}

// request is what the guest is given.
func (s *serving) request(hosts *hosts) *incomingRequest {
	total := &hosts.http.fields
	return &incomingRequest{r: s.r, headers: fieldsOf(s.r.Header, total), body: &incomingBody{
		in:       s.in,
		trailers: func() *fields { return fieldsOf(s.r.Trailer, total) },
		close:    func() {},
	}}
}

// answer waits for the response and sends it. An error is for one that is not
// whole.
func (s *serving) answer(ctx context.Context) error {
	select {
	case out := <-s.given:
		return s.send(ctx, out)
	case <-ctx.Done():
		s.failed = context.Cause(ctx)
		return s.refuse(http.StatusGatewayTimeout)
	}
}

func (s *serving) send(ctx context.Context, out *outgoingResponse) error {
	switch {
	case out == nil: // the guest has ended, and s.err is there
		s.failed = errNoResponse
		switch {
		case errors.As(s.err, new(*component.BusyError)):
			return s.refuse(http.StatusServiceUnavailable)
		case errors.As(s.err, new(*component.DeadlineError)), errors.As(s.err, new(*component.TimeLimitError)):
			return s.refuse(http.StatusGatewayTimeout) // it saw the deadline before this goroutine did
		}
		return s.refuse(http.StatusInternalServerError)
	case out.err != nil:
		s.failed = out.err
		return s.refuse(http.StatusInternalServerError)
	}
	if s.r.Header.Get("Expect") == "100-continue" && out.status < 300 {
		s.w.WriteHeader(http.StatusContinue) // a client that is answered first would not send the body
	}
	header := s.w.Header()
	for name, values := range out.headers.header() {
		header[name] = values
	}
	if header["Content-Type"] == nil {
		header["Content-Type"] = nil // none, and not one that the server makes up
	}
	control := http.NewResponseController(s.w)
	if s.r.Body != http.NoBody {
		_ = control.EnableFullDuplex() // the guest may read while it answers
	}
	s.w.WriteHeader(out.status)
	s.status.Store(int32(out.status))
	if out.body == nil {
		return nil
	}
	if s.failed = s.copy(ctx, control, out.body); s.failed != nil {
		out.body.fail(errGone)
	}
	return s.failed
}

// copy sends the body as it is written.
func (s *serving) copy(ctx context.Context, control *http.ResponseController, body *outgoingBody) error {
	for {
		chunks, flush, err := body.take(ctx)
		if err == io.EOF {
			if body.trailers != nil {
				_ = control.Flush() // a response that has begun without a length has room for them
				for name, values := range body.trailers.header() {
					s.w.Header()[http.TrailerPrefix+name] = values
				}
			}
			return nil
		}
		if err != nil {
			return err
		}
		for _, c := range chunks {
			n, err := s.w.Write(c)
			if s.sent += int64(n); err != nil {
				s.lost = true
				return err
			}
		}
		if flush {
			if err := control.Flush(); err != nil {
				s.lost = true
				return err
			}
		}
		body.sent(chunks, flush)
	}
}

// refuse answers in the guest's place.
func (s *serving) refuse(status int) error {
	s.status.Store(int32(status))
	http.Error(s.w, http.StatusText(status), status)
	return nil
}
