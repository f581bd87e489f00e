package wasi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
)

// What a request may take where the guest wants nothing less.
const (
	connectTime      = 30 * time.Second
	firstByteTime    = 5 * time.Minute
	betweenBytesTime = time.Minute
)

// httpClient sends requests for one instance, and nothing follows a redirect.
type httpClient struct {
	*sockets
	types *httpTypes
	conns *connections
}

// Handle checks a request and begins to send it.
func (c *httpClient) Handle(ctx context.Context, request types.OutgoingRequest, options cm.Option[types.RequestOptions]) (types.FutureIncomingResponse, error) {
	r := request.(*outgoingRequest)
	r.childless(ctx, "outgoing-request")
	defer r.headers.free()
	out, port, err := r.build()
	if err != nil {
		return nil, err
	}
	lookup, err := c.guard.Host(asking(ctx), out.URL.Hostname(), port)
	if _, wrong := errors.AsType[*netguard.NameError](err); wrong {
		return nil, &types.ErrorCodeHTTPRequestURIInvalid{}
	}
	if err != nil {
		return nil, err
	}
	asker, err := component.Asking(ctx)
	if err != nil {
		return nil, err
	}
	if c.take(ctx) != nil {
		return nil, &types.ErrorCodeConnectionLimitReached{}
	}
	var o requestOptions
	if options.Valid {
		o = *options.Value.(*requestOptions)
	}
	background, cancel := context.WithCancelCause(context.Background())
	e := &exchange{client: c, lookup: lookup, ask: asker.Ask, port: port, options: o, body: r.body, ctx: background, cancel: cancel}
	f := &futureResponse{done: make(chan struct{}), cancel: e.end}
	go func() {
		defer close(f.done)
		if f.came, f.err = e.send(out); f.err != nil {
			e.end()
		}
	}()
	return f, nil
}

// build makes of the guest's request the host's.
func (r *outgoingRequest) build() (*http.Request, uint16, error) {
	u := &url.URL{Scheme: "https"}
	switch r.scheme.Value.(type) {
	case *types.SchemeHTTP:
		u.Scheme = "http"
	case *types.SchemeOther:
		return nil, 0, &types.ErrorCodeHTTPProtocolError{}
	}
	if r.method == http.MethodConnect { // for tunnels, which are no responses
		return nil, 0, &types.ErrorCodeHTTPProtocolError{}
	}
	if !r.authority.Valid {
		return nil, 0, &types.ErrorCodeHTTPRequestURIInvalid{}
	}
	path := r.path.OrElse("/")
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	parsed, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, 0, &types.ErrorCodeHTTPRequestURIInvalid{}
	}
	u.Path, u.RawPath, u.RawQuery, u.ForceQuery = parsed.Path, parsed.RawPath, parsed.RawQuery, parsed.ForceQuery
	u.Host = r.authority.Value
	port := uint16(443)
	if u.Scheme == "http" {
		port = 80
	}
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return nil, 0, &types.ErrorCodeHTTPRequestURIInvalid{}
		}
		port = uint16(n)
	}
	out := &http.Request{Method: r.method, URL: u, Host: u.Host, Header: r.headers.header(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", "") // none, and not package net/http's
	}
	return out, port, r.attach(out)
}

// attach gives the request its body.
func (r *outgoingRequest) attach(out *http.Request) error {
	said, err := r.headers.contentLength()
	if err != nil {
		return &types.ErrorCodeHTTPRequestBodySize{}
	}
	if r.body == nil || r.body.empty() {
		if said > 0 {
			return &types.ErrorCodeHTTPRequestBodySize{Value: cm.Some(uint64(0))}
		}
		return nil
	}
	r.body.want()
	reader := &bodyReader{body: r.body}
	out.Body = reader
	if said >= 0 {
		out.ContentLength = said
	} else {
		out.Trailer = http.Header{}
		reader.trailers = out.Trailer
	}
	return nil
}

// An exchange is a request that is sent and the response to it.
type exchange struct {
	client  *httpClient
	lookup  *netguard.Lookup
	ask     netguard.Ask
	port    uint16
	options requestOptions
	body    *outgoingBody // nil where there is none
	ctx     context.Context
	cancel  context.CancelCauseFunc
	once    sync.Once
}

// end frees what the exchange holds.
func (e *exchange) end() {
	e.once.Do(func() {
		e.cancel(context.Canceled)
		e.client.give()
	})
}

func (e *exchange) send(out *http.Request) (*incomingResponse, error) {
	if reader, ok := out.Body.(*bodyReader); ok {
		reader.ctx = e.ctx
		e.settle(out)
	}
	under := e.lookup.Leave() // while nobody dials
	var handshake, firstByte stage
	ctx := httptrace.WithClientTrace(context.WithValue(e.ctx, exchangeKey{}, e), &httptrace.ClientTrace{
		TLSHandshakeStart: func() {
			handshake.begin(atMost(e.options.connect, connectTime), func() { e.cancel(errConnectTime) })
		},
		GotConn: func(got httptrace.GotConnInfo) {
			handshake.end()
			under = append(under, leaveOf(got.Conn)...)
			if e.body != nil {
				e.body.sendUnder(under)
			}
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			firstByte.begin(atMost(e.options.firstByte, firstByteTime), func() { e.cancel(&types.ErrorCodeHTTPResponseTimeout{}) })
		},
	})
	in, err := e.client.conns.get().RoundTrip(out.WithContext(ctx))
	handshake.end()
	firstByte.end()
	if err != nil {
		if e.body != nil {
			e.body.fail(errGone)
		}
		return nil, e.reason(err)
	}
	body := &limitedBody{ReadCloser: in.Body, idle: atMost(e.options.betweenBytes, betweenBytesTime), ctx: e.ctx, cancel: e.cancel}
	return &incomingResponse{
		status: in.StatusCode, headers: fieldsOf(in.Header, &e.client.types.fields),
		body: &incomingBody{
			in: &input{r: body}, under: under,
			trailers: func() *fields { return fieldsOf(in.Trailer, &e.client.types.fields) },
			close: func() {
				e.end()
				if e.body != nil {
					e.body.fail(errGone)
				}
			},
		},
	}, nil
}

// settleTime is what a request waits for whose method usually has no body, to see
// whether it has one.
const settleTime = 200 * time.Millisecond

// settle takes the body away where the guest has made one and left it empty, as most
// do whatever the method: only a request without can be sent again, when the
// connection that was kept for it turns out to be closed [RFC 9112 9.3.1].
func (e *exchange) settle(out *http.Request) {
	switch out.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodDelete:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, settleTime)
	defer cancel()
	if readiness(e.body.begun).wait(ctx) == nil && e.body.empty() {
		out.Body, out.Trailer, out.ContentLength = nil, nil, 0
	}
}

// errGone is why a body is not sent any further.
var errGone error = &types.ErrorCodeConnectionTerminated{}

// errConnectTime is the cause of a request that could not connect in time.
var errConnectTime error = &types.ErrorCodeConnectionTimeout{}

// limitedBody is the body of a response, which ends when nothing comes for too long.
type limitedBody struct {
	io.ReadCloser
	idle   time.Duration
	ctx    context.Context
	cancel context.CancelCauseFunc
}

func (b *limitedBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.idle, func() { b.cancel(&types.ErrorCodeConnectionReadTimeout{}) })
	defer timer.Stop()
	n, err := b.ReadCloser.Read(p)
	if cause, ok := errors.AsType[types.ErrorCode](context.Cause(b.ctx)); ok && err != nil && err != io.EOF {
		return n, cause
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = &types.ErrorCodeHTTPResponseIncomplete{}
	}
	return n, err
}

// bodyReader is a guest's body as package net/http reads it.
type bodyReader struct {
	body     *outgoingBody
	ctx      context.Context
	trailers http.Header // to be filled at the end; nil where there can be none
	rest     [][]byte
	taken    [][]byte
}

// Read gives what was written, copying it; WriteTo does not.
func (r *bodyReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest[0])
	if r.rest[0] = r.rest[0][n:]; len(r.rest[0]) == 0 {
		r.rest = r.rest[1:]
	}
	if len(r.rest) == 0 {
		r.done()
	}
	return n, nil
}

// done says that what was taken is on its way: nobody may ask for more, where the
// length was said.
func (r *bodyReader) done() {
	r.body.sent(r.taken, true)
	r.taken = nil
}

// next takes what is there.
func (r *bodyReader) next() error {
	r.done()
	chunks, _, err := r.body.take(r.ctx)
	r.taken, r.rest = chunks, append([][]byte(nil), chunks...)
	if err == io.EOF && r.body.trailers != nil && r.trailers != nil {
		for name, values := range r.body.trailers.header() {
			r.trailers[name] = values
		}
	}
	return err
}

func (r *bodyReader) WriteTo(w io.Writer) (int64, error) {
	total := int64(0)
	for {
		for _, c := range r.rest {
			n, err := w.Write(c)
			if total += int64(n); err != nil {
				return total, err
			}
		}
		r.done()
		if err := r.next(); err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
	}
}

// Close comes when nobody reads any further.
func (r *bodyReader) Close() error {
	r.body.fail(errGone)
	return nil
}
