package component

import (
	"context"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
)

// A componentInstance is the state of one component instance within an
// Instance: the root, or one inside it [CanonicalABI.md, "Component
// Instances"].
type componentInstance struct {
	abi.Instance
	mayLeave, mayEnter bool
	backpressure       int
	borrowed           []borrowedFunc
}

// enter marks component instances as entered, exit as left again.
func (in *Instance) enter(ids []int) {
	for _, id := range ids {
		in.insts[id].mayEnter = false
	}
}

func (in *Instance) exit(ids []int) {
	if in.insts == nil {
		return // the instance was freed
	}
	for _, id := range ids {
		in.insts[id].mayEnter = true
	}
}

// mayEnter reports whether all of them may be entered.
func (in *Instance) mayEnter(ids []int) bool {
	return !slices.ContainsFunc(ids, func(id int) bool { return !in.insts[id].mayEnter })
}

// An innerFunc is a function that one component instance lifts and another one
// lowers: a call from one into the other, through the canonical ABI on both
// sides [CanonicalABI.md, "canon lower" of a "canon lift"]. It holds no
// instance.
type innerFunc struct {
	typ    *abi.FuncType
	name   string
	inst   int // that calls
	opt    int
	memory bool
	callee *planLift
	enters []int
	// scalars tells that all values are scalars, few enough to travel on the
	// stack: they need no memory and no allocation on the way.
	scalars bool
}

func (f *Factory) inner(low *planLower) *innerFunc {
	return &innerFunc{
		scalars: scalarsOnly(low.fn.typ),
		typ:     low.fn.typ, name: low.callee.name, inst: low.inst, opt: low.opt, memory: low.opts.hasMemory,
		callee: low.callee, enters: f.plan.entering(low.inst, low.callee.inst),
	}
}

func scalarsOnly(f *abi.FuncType) bool {
	for _, p := range f.Params {
		if !p.Type.Scalar() {
			return false
		}
	}
	return len(f.Params) <= abi.MaxFlatParams && (f.Result == nil || f.Result.Scalar())
}

// Call implements api.GoFunction.
func (f *innerFunc) Call(ctx context.Context, stack []uint64) {
	c := ctx.(*Call)
	in := c.in
	caller := &in.insts[f.inst]
	switch {
	case !caller.mayLeave:
		abi.Trapf("cannot leave component instance: a function of another one was called from within a realloc or post-return function")
	case f.memory && in.opts[f.opt].Memory == nil:
		abi.Trapf("a function of another component instance was called before the memory of its canonical options exists")
	case !in.mayEnter(f.enters):
		abi.Trapf("cannot enter component instance: it is entered already")
	}
	in.enter(f.enters)
	if f.scalars && f.callee.post < 0 {
		f.pass(c, stack)
		in.exit(f.enters)
		return
	}
	var subtask abi.Scope
	subtask.Begin(&caller.Instance)
	var from side
	cx := from.reset(c, f.opt, f.inst, &subtask)
	cx.KeepEncoding()
	args := cx.LiftParams(f.typ, stack)
	in.callInner(c, f.callee, args, func(v abi.Value) {
		cx.Reset(&from.opt.Options, &from)
		cx.In(&caller.Instance, &subtask, in)
		cx.LowerResult(f.typ, v, stack)
	})
	in.exit(f.enters)
	subtask.Release()
}

var _ api.GoFunction = (*innerFunc)(nil)

// pass is the short way for scalars.
func (f *innerFunc) pass(c *Call, stack []uint64) {
	in := c.in
	outer := c.storage
	c.storage = [taskSlots]uint64{}
	for i, p := range f.typ.Params {
		stack[i] = p.Type.Pass(stack[i])
	}
	fn := in.borrow(f.callee)
	if err := fn.CallWithStack(c, stack); err != nil {
		panic(in.newTrap(c.lift.name, &guestFailure{err}))
	}
	in.giveBack(f.callee, fn)
	if f.typ.Result != nil {
		stack[0] = f.typ.Result.Pass(stack[0])
	}
	c.storage = outer
}

// callInner calls a lifted function of a component instance in the middle of a
// call. resolve is given the result before post-return frees it.
func (in *Instance) callInner(c *Call, lift *planLift, args []abi.Value, resolve func(abi.Value)) {
	outer := c.storage
	c.storage = [taskSlots]uint64{}
	var task abi.Scope
	var to side
	cx := to.reset(c, lift.opt, lift.inst, &task)
	task.Begin(&to.inst.Instance)
	var stack [abi.MaxFlatParams + 1]uint64
	cx.LowerParams(lift.typ, args, stack[:])
	fn := in.borrow(lift)
	if err := fn.CallWithStack(c, stack[:]); err != nil {
		panic(in.newTrap(c.lift.name, &guestFailure{err}))
	}
	in.giveBack(lift, fn)
	ret := stack[0]
	to.Reset(&to.opt.Options, &to)
	cx.KeepEncoding()
	v := cx.LiftResult(lift.typ, stack[:])
	task.Return()
	resolve(v)
	if lift.post >= 0 {
		stack[0] = ret
		to.inst.mayLeave = false
		if err := in.coreFunc(lift.post).CallWithStack(c, stack[:]); err != nil {
			panic(in.newTrap(c.lift.name, &guestFailure{err}))
		}
		to.inst.mayLeave = true
	}
	c.storage = outer
}

// A borrowedFunc is a core function that rests between inner calls. One that
// is in use is entered again through another api.Function, since each has a
// stack of its own.
type borrowedFunc struct {
	fn   int
	core api.Function
}

func (in *Instance) borrow(lift *planLift) api.Function {
	inst := &in.insts[lift.inst]
	for i, b := range inst.borrowed {
		if b.fn == lift.fn {
			inst.borrowed = slices.Delete(inst.borrowed, i, i+1)
			return b.core
		}
	}
	return in.lookup(lift.fn)
}

func (in *Instance) giveBack(lift *planLift, fn api.Function) {
	inst := &in.insts[lift.inst]
	inst.borrowed = append(inst.borrowed, borrowedFunc{lift.fn, fn})
}
