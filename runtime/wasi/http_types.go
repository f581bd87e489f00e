package wasi

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/ioerror"
)

// httpTypes makes the resources of wasi:http for one instance.
type httpTypes struct {
	fields atomic.Int64 // bytes, see fields
}

// HTTPErrorCode gives the code behind a stream's error.
func (*httpTypes) HTTPErrorCode(_ context.Context, e ioerror.Error) (cm.Option[types.ErrorCode], error) {
	if code, ok := errors.AsType[types.ErrorCode](e.(*ioError).err); ok {
		return cm.Some(code), nil
	}
	return cm.None[types.ErrorCode](), nil
}

func (h *httpTypes) NewFields(context.Context) (types.Fields, error) {
	return &fields{total: &h.fields}, nil
}

func (h *httpTypes) FieldsFromList(_ context.Context, entries []cm.Tuple2[string, []byte]) (types.Fields, error) {
	f := &fields{total: &h.fields}
	for _, e := range entries {
		err := checkField(e.F0, e.F1)
		if err == nil {
			err = f.add(e.F0, e.F1)
		}
		if err != nil {
			f.free()
			return nil, err
		}
	}
	return f, nil
}

// An outgoingRequest is a request that the guest puts together.
type outgoingRequest struct {
	parent
	method    string
	scheme    cm.Option[types.Scheme]
	authority cm.Option[string]
	path      cm.Option[string]
	headers   *fields
	body      *outgoingBody // nil until it is asked for
}

func (*httpTypes) NewOutgoingRequest(_ context.Context, headers types.Fields) (types.OutgoingRequest, error) {
	return &outgoingRequest{method: "GET", headers: headers.(*fields).moved()}, nil
}

func (r *outgoingRequest) Body(context.Context) (types.OutgoingBody, error) {
	if r.body != nil {
		return nil, failed
	}
	said, err := r.headers.contentLength()
	if err != nil {
		return nil, failed
	}
	r.body = &outgoingBody{said: said, wrong: func(n uint64) types.ErrorCode {
		return &types.ErrorCodeHTTPRequestBodySize{Value: cm.Some(n)}
	}}
	return r.body, nil
}

var errContentLength = errors.New("the fields say two different lengths, or none that is a number")

// contentLength is what the fields say about the body's size, -1 where they say
// nothing [RFC 9110 8.6].
func (f *fields) contentLength() (int64, error) {
	said := int64(-1)
	for _, v := range f.values("content-length") {
		n, err := strconv.ParseUint(string(v), 10, 63)
		if err != nil || said >= 0 && said != int64(n) {
			return 0, errContentLength
		}
		said = int64(n)
	}
	return said, nil
}

// methods are those with a case of their own.
var methods = []struct {
	name string
	is   types.Method
}{
	{"GET", &types.MethodGet{}},
	{"HEAD", &types.MethodHead{}},
	{"POST", &types.MethodPost{}},
	{"PUT", &types.MethodPut{}},
	{"DELETE", &types.MethodDelete{}},
	{"CONNECT", &types.MethodConnect{}},
	{"OPTIONS", &types.MethodOptions{}},
	{"TRACE", &types.MethodTrace{}},
	{"PATCH", &types.MethodPatch{}},
}

func methodOf(name string) types.Method {
	for _, m := range methods {
		if m.name == name {
			return m.is
		}
	}
	return &types.MethodOther{Value: name}
}

func methodName(m types.Method) string {
	switch m.(type) {
	case *types.MethodGet:
		return "GET"
	case *types.MethodHead:
		return "HEAD"
	case *types.MethodPost:
		return "POST"
	case *types.MethodPut:
		return "PUT"
	case *types.MethodDelete:
		return "DELETE"
	case *types.MethodConnect:
		return "CONNECT"
	case *types.MethodOptions:
		return "OPTIONS"
	case *types.MethodTrace:
		return "TRACE"
	case *types.MethodPatch:
		return "PATCH"
	}
	return m.(*types.MethodOther).Value
}

func (r *outgoingRequest) Method(context.Context) (types.Method, error) {
	return methodOf(r.method), nil
}

func (r *outgoingRequest) SetMethod(_ context.Context, m types.Method) error {
	name := methodName(m)
	if !httpguts.ValidHeaderFieldName(name) { // both are tokens [RFC 9110 9.1]
		return failed
	}
	r.method = name
	return nil
}

func (r *outgoingRequest) PathWithQuery(context.Context) (cm.Option[string], error) {
	return r.path, nil
}

func (r *outgoingRequest) SetPathWithQuery(_ context.Context, p cm.Option[string]) error {
	if p.Valid && !validPath(p.Value) {
		return failed
	}
	r.path = p
	return nil
}

// validPath says whether text can stand in a request's first line.
func validPath(text string) bool {
	if strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '#' }) {
		return false
	}
	_, err := url.ParseRequestURI("/" + strings.TrimPrefix(text, "/"))
	return err == nil
}

func (r *outgoingRequest) Scheme(context.Context) (cm.Option[types.Scheme], error) {
	return r.scheme, nil
}

func (r *outgoingRequest) SetScheme(_ context.Context, s cm.Option[types.Scheme]) error {
	if other, ok := s.Value.(*types.SchemeOther); ok && s.Valid {
		if u, err := url.Parse(other.Value + "://x"); err != nil || u.Scheme == "" {
			return failed
		}
	}
	r.scheme = s
	return nil
}

func (r *outgoingRequest) Authority(context.Context) (cm.Option[string], error) {
	return r.authority, nil
}

func (r *outgoingRequest) SetAuthority(_ context.Context, a cm.Option[string]) error {
	if a.Valid && !validAuthority(a.Value) {
		return failed
	}
	r.authority = a
	return nil
}

// validAuthority says whether text is a host, perhaps with a port, and nobody's
// name in front of it.
func validAuthority(text string) bool {
	u, err := url.Parse("http://" + text)
	return err == nil && u.Host == text && u.Hostname() != "" && u.User == nil && httpguts.ValidHostHeader(text)
}

func (r *outgoingRequest) Headers(context.Context) (types.Fields, error) {
	return r.headers.view(&r.parent), nil
}

func (r *outgoingRequest) Drop(ctx context.Context) {
	r.headers.free()
	r.childless(ctx, "outgoing-request")
}

// requestOptions are how long the parts of a request may take.
type requestOptions struct{ connect, firstByte, betweenBytes cm.Option[uint64] }

func (*httpTypes) NewRequestOptions(context.Context) (types.RequestOptions, error) {
	return &requestOptions{}, nil
}

func (o *requestOptions) ConnectTimeout(context.Context) (cm.Option[uint64], error) {
	return o.connect, nil
}

func (o *requestOptions) SetConnectTimeout(_ context.Context, d cm.Option[uint64]) error {
	o.connect = d
	return nil
}

func (o *requestOptions) FirstByteTimeout(context.Context) (cm.Option[uint64], error) {
	return o.firstByte, nil
}

func (o *requestOptions) SetFirstByteTimeout(_ context.Context, d cm.Option[uint64]) error {
	o.firstByte = d
	return nil
}

func (o *requestOptions) BetweenBytesTimeout(context.Context) (cm.Option[uint64], error) {
	return o.betweenBytes, nil
}

func (o *requestOptions) SetBetweenBytesTimeout(_ context.Context, d cm.Option[uint64]) error {
	o.betweenBytes = d
	return nil
}

func (*requestOptions) Drop(context.Context) {}

// atMost is the time that a guest wants, where it is less than the host's.
func atMost(want cm.Option[uint64], most time.Duration) time.Duration {
	if want.Valid && want.Value < uint64(most) {
		return max(time.Duration(want.Value), time.Millisecond)
	}
	return most
}

// An incomingResponse is a response that came.
type incomingResponse struct {
	parent
	status  int
	headers *fields
	body    *incomingBody
	taken   bool
}

func (r *incomingResponse) Status(context.Context) (types.StatusCode, error) {
	return uint16(r.status), nil
}

func (r *incomingResponse) Headers(context.Context) (types.Fields, error) {
	return r.headers.view(&r.parent), nil
}

func (r *incomingResponse) Consume(context.Context) (types.IncomingBody, error) {
	if r.taken {
		return nil, failed
	}
	r.taken = true
	return r.body, nil
}

func (r *incomingResponse) Drop(ctx context.Context) {
	defer r.childless(ctx, "incoming-response")
	if !r.taken {
		r.body.close()
	}
}
