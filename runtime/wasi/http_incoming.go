package wasi

import (
	"context"
	"errors"
	"net/http"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
)

// An incomingRequest is a request that came.
type incomingRequest struct {
	parent
	r       *http.Request
	headers *fields
	body    *incomingBody
	taken   bool
}

func (r *incomingRequest) Method(context.Context) (types.Method, error) {
	return methodOf(r.r.Method), nil
}

func (r *incomingRequest) PathWithQuery(context.Context) (cm.Option[string], error) {
	return cm.Some(r.r.URL.RequestURI()), nil
}

func (r *incomingRequest) Scheme(context.Context) (cm.Option[types.Scheme], error) {
	if r.r.TLS != nil {
		return cm.Some[types.Scheme](&types.SchemeHTTPS{}), nil
	}
	return cm.Some[types.Scheme](&types.SchemeHTTP{}), nil
}

func (r *incomingRequest) Authority(context.Context) (cm.Option[string], error) {
	return cm.Option[string]{Value: r.r.Host, Valid: r.r.Host != ""}, nil
}

func (r *incomingRequest) Headers(context.Context) (types.Fields, error) {
	return r.headers.view(&r.parent), nil
}

func (r *incomingRequest) Consume(context.Context) (types.IncomingBody, error) {
	if r.taken {
		return nil, failed
	}
	r.taken = true
	return r.body, nil
}

func (r *incomingRequest) Drop(ctx context.Context) {
	defer r.childless(ctx, "incoming-request")
	if !r.taken {
		r.body.close()
	}
}

// A responseOutparam is where the guest gives its response, once: to whoever
// serves the request.
type responseOutparam struct {
	given chan<- *outgoingResponse // has room for one
}

func (*responseOutparam) Drop(context.Context) {}

// ResponseOutparamSet gives the response, or the error that is there instead.
func (*httpTypes) ResponseOutparamSet(ctx context.Context, param types.ResponseOutparam, response cm.Result[types.OutgoingResponse, types.ErrorCode]) error {
	out := &outgoingResponse{err: response.Err}
	if !response.IsErr {
		out = response.OK.(*outgoingResponse)
		out.childless(ctx, "outgoing-response")
		if out.headers.free(); out.body != nil {
			out.body.want()
		}
	}
	param.(*responseOutparam).given <- out
	return nil
}

// An outgoingResponse is a response that the guest puts together.
type outgoingResponse struct {
	parent
	status  int
	headers *fields
	body    *outgoingBody // nil until it is asked for
	err     error         // in its place
}

func (*httpTypes) NewOutgoingResponse(_ context.Context, headers types.Fields) (types.OutgoingResponse, error) {
	return &outgoingResponse{status: http.StatusOK, headers: headers.(*fields).moved()}, nil
}

func (r *outgoingResponse) StatusCode(context.Context) (types.StatusCode, error) {
	return uint16(r.status), nil
}

// SetStatusCode takes the number of a response, which informational ones are not.
func (r *outgoingResponse) SetStatusCode(_ context.Context, status types.StatusCode) error {
	if status < 200 || status > 999 {
		return failed
	}
	r.status = int(status)
	return nil
}

func (r *outgoingResponse) Headers(context.Context) (types.Fields, error) {
	return r.headers.view(&r.parent), nil
}

func (r *outgoingResponse) Body(context.Context) (types.OutgoingBody, error) {
	if r.body != nil {
		return nil, failed
	}
	said, err := r.headers.contentLength()
	if err != nil {
		return nil, failed
	}
	r.body = &outgoingBody{said: said, wrong: func(n uint64) types.ErrorCode {
		return &types.ErrorCodeHTTPResponseBodySize{Value: cm.Some(n)}
	}}
	return r.body, nil
}

func (r *outgoingResponse) Drop(ctx context.Context) {
	r.headers.free()
	r.childless(ctx, "outgoing-response")
}

// errNoResponse is what becomes of a guest that answers nothing.
var errNoResponse = errors.New("the component gave no response")
