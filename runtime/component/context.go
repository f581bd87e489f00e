package component

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
)

// Call implements context.Context for the engine alone, which asks it for
// values only: looking a key up in the user's context at each call would cost
// as much as the call.

// Deadline implements context.Context; the engine never asks.
func (c *Call) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context; the engine never asks.
func (c *Call) Done() <-chan struct{} { return nil }

// Err implements context.Context; the engine never asks.
func (c *Call) Err() error { return nil }

// Value implements context.Context.
func (c *Call) Value(key any) any {
	if c.engine != nil {
		return c.engine.Value(key)
	}
	return nil
}

// HostContext is the context that an import implementation is given. It carries
// the values of the context that the export was called with, names the call
// (see Caller), and ends with that context, the call's time limit, the call or
// the instance. One is made for all imports of a call.
func (c *Call) HostContext() context.Context {
	if c.host == nil {
		c.host, c.dirty = &hostContext{Context: c.user, in: c.in}, true
		if limit := c.in.config.limits.CallTime; limit > 0 {
			c.host.deadline = c.begun().Add(limit)
		}
	}
	return c.host
}

// begun is about when the call began: the first look at the clock.
func (c *Call) begun() time.Time {
	if c.started.IsZero() {
		c.started = time.Now()
	}
	return c.started
}

// A hostContext is the context of the imports of one call. It is never used
// for another one, since an implementation may keep it.
type hostContext struct {
	context.Context
	in       *Instance
	deadline time.Time

	mu     sync.Mutex
	ended  bool
	ctx    context.Context // made when somebody wants to wait
	cancel context.CancelCauseFunc
}

var errCallEnded = errors.New("component: the call has ended")

// Deadline implements context.Context.
func (h *hostContext) Deadline() (time.Time, bool) {
	d, ok := h.Context.Deadline()
	if !h.deadline.IsZero() && (!ok || h.deadline.Before(d)) {
		return h.deadline, true
	}
	return d, ok
}

// Done implements context.Context.
func (h *hostContext) Done() <-chan struct{} { return h.waitable().Done() }

// Err implements context.Context.
func (h *hostContext) Err() error { return h.waitable().Err() }

type callerKey struct{}

// Value implements context.Context.
func (h *hostContext) Value(key any) any {
	if _, ok := key.(callerKey); ok {
		return h
	}
	h.mu.Lock()
	ctx := h.ctx
	h.mu.Unlock()
	if ctx != nil {
		return ctx.Value(key) // package context finds what ends it
	}
	return h.Context.Value(key)
}

// waitable is the context that ends when the call must: most imports never
// look, so it is made when one does.
func (h *hostContext) waitable() context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx != nil {
		return h.ctx
	}
	base := h.Context
	var stopDeadline context.CancelFunc = func() {}
	if !h.deadline.IsZero() {
		base, stopDeadline = context.WithDeadlineCause(base, h.deadline, &TimeLimitError{Limit: h.in.config.limits.CallTime})
	}
	ctx, cancel := context.WithCancelCause(base)
	h.ctx = ctx
	stopClose := make(chan struct{})
	h.cancel = func(cause error) {
		cancel(cause)
		stopDeadline()
		close(stopClose)
	}
	if h.ended {
		h.cancel(errCallEnded)
		return ctx
	}
	go func() {
		select {
		case <-h.in.end.coming():
			cancel(ErrClosed)
		case <-stopClose:
		}
	}()
	return ctx
}

// alive reports whether the call has not ended.
func (h *hostContext) alive() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.ended
}

func (h *hostContext) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended = true; h.cancel != nil {
		h.cancel(errCallEnded)
	}
}

// A Calling is what an import implementation may know of who calls it.
type Calling struct {
	// Subject is the name of the calling instance.
	Subject string
	// Grants are what it holds.
	Grants []capability.Grant
}

// Caller tells an import implementation, from the context that it was given,
// which instance calls. It reports false for a context of another origin.
func Caller(ctx context.Context) (Calling, bool) {
	h, ok := ctx.Value(callerKey{}).(*hostContext)
	if !ok {
		return Calling{}, false
	}
	return Calling{Subject: h.in.config.subject, Grants: h.in.guard.Grants()}, true
}

// within reports whether ctx comes from an import of a call of the instance,
// directly or through other instances.
func within(ctx context.Context, in *Instance) bool {
	for _, x := range callers(ctx) {
		if x == in {
			return true
		}
	}
	return false
}

// callers are the instances whose imports led to ctx, innermost first.
func callers(ctx context.Context) []*Instance {
	var chain []*Instance
	h, ok := ctx.Value(callerKey{}).(*hostContext)
	for ok {
		chain = append(chain, h.in)
		h, ok = h.Context.Value(callerKey{}).(*hostContext)
	}
	return chain
}

// waits guards Instance.waiting of all instances: those of several runtimes may
// call one another.
var waits sync.Mutex

// wait waits for the instance. A call that came from within it, or whose
// waiting would close a ring of instances that wait for one another, is
// refused: it would wait for itself.
func (in *Instance) wait(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	chain := callers(ctx)
	waits.Lock()
	if in.waitsFor(chain, map[*Instance]bool{}) {
		waits.Unlock()
		return ErrReentered
	}
	for _, x := range chain {
		x.waiting = append(x.waiting, in)
	}
	waits.Unlock()

	err := in.baton.wait(ctx, in.end.coming())

	waits.Lock()
	defer waits.Unlock()
	for _, x := range chain {
		i := slices.Index(x.waiting, in)
		x.waiting = slices.Delete(x.waiting, i, i+1)
	}
	return err
}

// waitsFor reports whether the instance is one of those, or waits for one,
// directly or through others. The caller holds waits.
func (in *Instance) waitsFor(those []*Instance, seen map[*Instance]bool) bool {
	if slices.Contains(those, in) {
		return true
	}
	seen[in] = true
	for _, next := range in.waiting {
		if !seen[next] && next.waitsFor(those, seen) {
			return true
		}
	}
	return false
}
