package component

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
)

// A TraceEvent is the beginning or the end of one call between the host and a
// guest, with its values. They are for looking at: a resource among them is a
// copy that cannot be given to the instance.
type TraceEvent struct {
	// Subject is the name that the instance was given.
	Subject string
	// Import tells a call of the host by the guest from one of the guest by the
	// host.
	Import bool
	// Name is the function's: "demo:shop/pricing@0.2.0#quote".
	Name string
	// Type is the function's type.
	Type *abi.FuncType
	// Depth is how many calls the call is in.
	Depth int
	// Time is when the call began.
	Time time.Time
	// Args are the arguments, nil where they are Unreadable.
	Args []abi.Value
	// Unreadable is why there are no arguments or no result here though there are
	// some: the guest broke a rule, and the call traps by it, or they are larger
	// than what a trace reads (1 MiB).
	Unreadable error

	// End tells that the call has ended. What follows is set only then.
	End bool
	// Took is how long the call took. For an export it is the guest's part, with
	// the imports that it called.
	Took time.Duration
	// Result is nil where the function has none or the call did not end well.
	Result abi.Value
	// Err is what the call ended with in place of a result: for an export a *Trap,
	// for an import what traps the guest.
	Err error
	// Denial is why an import was refused. There is a Result beside it where the
	// function has an answer of its own for that.
	Denial *capability.Denial
}

// WithTrace shows hook every call of an export and of an import of the instance,
// when it begins and when it ends. hook is called on the goroutine of the call
// and must not call the instance. Calls between the component instances within
// a component are not shown. A nil hook is none, which costs nothing.
func WithTrace(hook func(TraceEvent)) Option {
	return func(c *instanceConfig) { c.trace = hook }
}

// traceBytes bounds what a trace reads of the values of one call.
const traceBytes = 1 << 20

// peek gives read a context that looks at values of a component instance, which
// stay as they are. Broken ones are the error.
func (c *Call) peek(inst, opt int, lowered bool, read func(cx *abi.Context)) (err error) {
	in := c.in
	opts := in.opts[opt].Options
	if opts.MaxLift == 0 || opts.MaxLift > traceBytes {
		opts.MaxLift = traceBytes
	}
	var cx abi.Context
	cx.Reset(&opts, nil)
	cx.In(&in.insts[inst].Instance, nil, nil)
	cx.Peek(lowered)
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *abi.Trap:
			err = r
		default:
			panic(r)
		}
	}()
	read(&cx)
	return nil
}

// traceArgs begins the trace of an export: its arguments have been lowered.
func (c *Call) traceArgs() {
	l := c.lift
	e := &TraceEvent{
		Subject: c.in.config.subject, Name: l.name, Type: l.typ,
		Depth: 2 * len(callers(c.user)), // an export and an import for each
		Time:  time.Now(),
	}
	e.Unreadable = c.peek(l.inst, l.opt, true, func(cx *abi.Context) {
		e.Args = cx.LiftParams(l.typ, c.stack[:])
	})
	c.in.config.trace(*e)
	e.Time = time.Now() // looking is not part of the call
	c.traced = e
}

// traceResult looks at the result while it is there.
func (c *Call) traceResult() {
	e, l := c.traced, c.lift
	e.Took = time.Since(e.Time)
	err := c.peek(l.inst, l.opt, false, func(cx *abi.Context) {
		e.Result = cx.LiftResult(l.typ, c.stack[:])
	})
	e.Unreadable = cmp.Or(e.Unreadable, err)
}

// traceEnd ends the trace of an export.
func (c *Call) traceEnd(err error) {
	e := c.traced
	c.traced = nil
	if e.Took == 0 {
		e.Took = time.Since(e.Time)
	}
	if e.End, e.Err = true, err; err != nil {
		e.Result = nil
	}
	c.in.config.trace(*e)
}

// tracedScalars is Scalars under a trace.
func (f *Func) tracedScalars(ctx context.Context, args []uint64) (v uint64, err error) {
	c, err := f.Enter(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Exit(&err)
	_, s := c.Lower()
	copy(s, args)
	c.Run()
	return s[0], nil
}

// traced is the checked call of the implementation under a trace.
func (h *hostFunc) traced(c *Call, stack []uint64) {
	in := c.in
	e := &TraceEvent{
		Subject: in.config.subject, Import: true, Name: h.name(in.factory), Type: h.typ,
		Depth: 2*len(callers(c.user)) + 1, Time: time.Now(),
	}
	params := slices.Clone(stack) // the result takes their place
	e.Unreadable = c.peek(h.inst, h.opt, false, func(cx *abi.Context) { e.Args = cx.LiftParams(h.typ, params) })
	in.config.trace(*e)
	e.Time = time.Now()
	defer func() {
		if !e.End { // it goes on, to where it came from
			e.end(in, recover())
		}
	}()
	if e.Denial = c.denied(h, stack); e.Denial == nil {
		h.fn.Call(c, in.hosts[h.host], stack)
	}
	e.End, e.Took = true, time.Since(e.Time)
	err := c.peek(h.inst, h.opt, false, func(cx *abi.Context) { e.Result = loweredResult(cx, h.typ, params, stack) })
	e.Unreadable = cmp.Or(e.Unreadable, err)
	in.config.trace(*e)
}

// end ends the trace of an import that does not return: with the panic r, or nil
// where the goroutine ends.
func (e *TraceEvent) end(in *Instance, r any) {
	e.End, e.Took, e.Err = true, time.Since(e.Time), errGoexit
	if r == nil {
		in.config.trace(*e)
		return
	}
	e.Err = in.newTrap(e.Name, r).Cause
	errors.As(e.Err, &e.Denial)
	in.config.trace(*e)
	panic(r)
}

// name is the import's with its interface.
func (h *hostFunc) name(f *Factory) string {
	if iface := f.hosts[h.host].name; iface != "" {
		return iface + "#" + h.fn.Name
	}
	return h.fn.Name
}

// loweredResult is what was lowered for a caller: the inverse of
// abi.Context.LowerResult.
func loweredResult(cx *abi.Context, f *abi.FuncType, params, stack []uint64) abi.Value {
	switch {
	case f.Result == nil:
		return nil
	case len(f.Result.Flat()) > abi.MaxFlatResults:
		t, ptr := f.Result, uint32(params[len(f.FlattenLower().Params)-1])
		return cx.Load(t, cx.Region(ptr, t.Size(), t.Align()))
	}
	return cx.Lift(f.Result, stack)
}
