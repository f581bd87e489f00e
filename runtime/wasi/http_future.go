package wasi

import (
	"context"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
)

// answer is what a future holds: nothing yet, or what came or why not, or that
// it was given already.
type answer[T any] = cm.Option[cm.Result[cm.Result[T, types.ErrorCode], cm.Unit]]

// answerOnce gives what came when done is closed, once.
func answerOnce[T any](done <-chan struct{}, given *bool, came func() (T, error)) answer[T] {
	select {
	case <-done:
	default:
		return answer[T]{}
	}
	type inner = cm.Result[T, types.ErrorCode]
	if *given {
		return cm.Some(cm.Err[inner](cm.Unit{}))
	}
	*given = true
	v, err := came()
	if err != nil {
		return cm.Some(cm.OK[inner, cm.Unit](cm.Err[T](codeOf(err).(types.ErrorCode))))
	}
	return cm.Some(cm.OK[inner, cm.Unit](cm.OK[T, types.ErrorCode](v)))
}

// futureTrailers are trailers that may still come.
type futureTrailers struct {
	parent
	body   *incomingBody
	cancel context.CancelFunc
	done   chan struct{} // closed when err is set
	err    error
	given  bool
}

func (t *futureTrailers) Subscribe(context.Context) (poll.Pollable, error) {
	return t.pollable(once(t.done)), nil
}

func (t *futureTrailers) Get(context.Context) (answer[cm.Option[types.Fields]], error) {
	return answerOnce(t.done, &t.given, func() (cm.Option[types.Fields], error) {
		if t.err != nil {
			return cm.None[types.Fields](), t.err
		}
		if f := t.body.trailers(); f != nil && len(f.all) > 0 {
			return cm.Some[types.Fields](f.view(&t.parent)), nil
		}
		return cm.None[types.Fields](), nil
	}), nil
}

func (t *futureTrailers) Drop(ctx context.Context) {
	defer t.childless(ctx, "future-trailers")
	t.cancel()
	t.body.close()
}

// futureResponse is a response that may still come.
type futureResponse struct {
	parent
	cancel context.CancelFunc
	done   chan struct{} // closed when the others are set
	came   *incomingResponse
	err    error
	given  bool
}

func (r *futureResponse) Subscribe(context.Context) (poll.Pollable, error) {
	return r.pollable(once(r.done)), nil
}

func (r *futureResponse) Get(context.Context) (answer[types.IncomingResponse], error) {
	return answerOnce(r.done, &r.given, func() (types.IncomingResponse, error) {
		if r.err == nil && r.came.body.under.Revoked() {
			r.cancel()
			return nil, errBodyRevoked
		}
		return r.came, r.err
	}), nil
}

// Drop ends a request whose response nobody has.
func (r *futureResponse) Drop(ctx context.Context) {
	defer r.childless(ctx, "future-incoming-response")
	if !r.given {
		r.cancel()
	}
}
