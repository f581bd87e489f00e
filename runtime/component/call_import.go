package component

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
)

// A hostFunc is the Go side of a lowered function: what stands between a
// guest's call and the implementation. It holds no instance: one serves all of
// them.
type hostFunc struct {
	fn     *HostFunc
	host   int // the implementation's index in Instance.hosts
	opt    int
	point  int           // index of its first point among the guard's
	inst   int           // the component instance that calls it
	typ    *abi.FuncType // as the component imports it
	memory bool
	lends  bool // an argument may be a borrowed handle
	usual  bool // it asks for its interface and nothing else
}

// Call implements api.GoFunction.
func (h *hostFunc) Call(ctx context.Context, stack []uint64) {
	c := ctx.(*Call)
	in := c.in
	inst := &in.insts[h.inst]
	if !inst.mayLeave {
		if !c.mayLeave(inst) {
			abi.Trapf("%s was called from within a realloc or post-return function, which may not leave the instance", h.fn.Name)
		}
		defer c.left(inst)
	}
	if h.memory && in.opts[h.opt].Memory == nil {
		abi.Trapf("%s was called before the memory of its canonical options exists", h.fn.Name)
	}
	if in.guard == nil {
		panic(&hostFailure{err: &unboundError{h.fn.Name}})
	}
	returned := false
	defer func() {
		if !returned {
			r := recover()
			blame(r, h, in.factory)
			c.unwinds(r)
		}
	}()
	c.imp = h
	if in.config.processor != nil {
		c.yield()
	}
	if h.lends {
		c.subtask.Begin(&inst.Instance)
		defer c.subtask.Release()
	}
	if in.config.trace != nil {
		h.traced(c, stack)
	} else if h.usual && in.guard.Allowed(h.point) || c.denied(h, stack) == nil {
		h.fn.Call(c, in.hosts[h.host], stack)
	}
	if h.fn.Covers {
		in.values.Tag = nil
	}
	if in.config.processor != nil {
		c.since = time.Now()
	}
	returned = true
}

// blame names the import whose implementation gave a value that is none of its
// type.
func blame(r any, h *hostFunc, f *Factory) {
	if e := hostMistake(r); e != nil {
		e.Func = h.name(f)
	}
}

// hostMistake is the mistake of the host's that a call panicked with, if nobody
// has named its function yet.
func hostMistake(r any) *abi.ValueError {
	trap, _ := r.(*abi.Trap)
	if trap == nil {
		return nil
	}
	if e, ok := trap.Err.(*abi.ValueError); ok && e.Func == "" {
		return e
	}
	return nil
}

var _ api.GoFunction = (*hostFunc)(nil)

// denied asks the guard for everything that the call demands, and answers the
// guest where something is denied.
func (c *Call) denied(h *hostFunc, stack []uint64) *capability.Denial {
	c.cover, c.asked = nil, false
	c.in.values.Tag = nil
	switch {
	case h.fn.AskedByHost:
		return nil
	case h.fn.Covered != nil:
		return c.refused(h, stack, c.covered(h, stack))
	}
	if h.fn.Covers {
		c.cover = &Cover{opener: h.fn.Name}
	}
	c.demands = c.demands[:0]
	if h.fn.Demands != nil {
		c.demands = h.fn.Demands(c.Import(), stack, c.demands)
	} else {
		c.demands = append(c.demands, capability.Demand{})
	}
	for _, d := range c.demands {
		token, denial := c.in.guard.Check(h.point+d.Point, d.Action, d.Resource)
		if denial != nil {
			return c.refused(h, stack, denial)
		}
		if h.fn.Covers {
			c.granted(d, token)
		}
	}
	if h.fn.Covers {
		c.in.values.Tag = c.cover
	}
	return nil
}

// refused answers the guest where something is denied.
func (c *Call) refused(h *hostFunc, stack []uint64, denial *capability.Denial) *capability.Denial {
	switch {
	case denial == nil:
		return nil
	case h.fn.Deny == nil:
		panic(&hostFailure{err: denial})
	}
	h.fn.Deny(c, stack, denial)
	return denial
}

// Import is where the arguments and the result of the import in progress cross.
func (c *Call) Import() *abi.Context {
	return c.lifting.reset(c, c.imp.opt, c.imp.inst, &c.subtask)
}

// Fail ends the guest's call with an error that is not the import's own: a trap
// with err as its cause. It does not return.
func (c *Call) Fail(err error) {
	panic(&hostFailure{err: err, foreign: c.spent == nil || !errors.Is(err, c.spent)})
}
