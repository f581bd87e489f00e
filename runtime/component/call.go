package component

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
)

// A Func is a function that an instance exports. Generated code calls it
// through Enter; Call takes values whose types are known only at run time.
type Func struct {
	in   *Instance
	lift *planLift
	// core is the core function, looked up at the first call. It is this
	// export's alone and never entered twice: one call at a time is in the
	// instance.
	core *api.Function
	// plain tells that a call is the core function's and nothing around it.
	plain bool
}

// Name is the function's name: "demo:shop/pricing@0.2.0#quote".
func (f Func) Name() string { return f.lift.name }

// Type is the function's type as the component exports it.
func (f Func) Type() *abi.FuncType { return f.lift.typ }

// Enter begins a call: it waits for the instance, honouring ctx, and gives the
// call to lower the arguments into. Exit must follow.
//
// An Enter that succeeds, in generated code:
//
//	c, err := f.Enter(ctx)
//	if err != nil {
//		return …, err
//	}
//	defer c.Exit(&err)
//	cx, s := c.Lower()
//	… lower the arguments into s
//	c.Run()
//	… lift the result from s
func (f Func) Enter(ctx context.Context) (*Call, error) {
	in := f.in
	if f.lift.async {
		return nil, &UnsupportedError{What: f.lift.name + " is lifted by the async ABI, which is not supported yet"}
	}
	if ctx.Err() != nil || !in.baton.try() {
		if err := in.wait(ctx); err != nil {
			return nil, err
		}
	}
	if in.state.Load() != stateLive {
		in.vacate()
		return nil, in.refusal()
	}
	c := in.call
	c.user, c.lift, c.core = ctx, f.lift, f.core
	if in.config.processor != nil {
		if err := c.occupy(ctx); err != nil {
			c.user = nil
			in.vacate()
			return nil, err
		}
	}
	if in.config.limits.Fuel > 0 {
		in.drain() // so that the call begins with nothing
	}
	if f.lift.enters != nil {
		in.enter(f.lift.enters)
	}
	return c, nil
}

// Scalars calls a function that takes and gives only numbers, booleans and
// flags of one word: the arguments in as core values, the result out as one, 0
// where there is none. Nothing about such values can trap, so that the call
// needs no recovery around it and costs little more than the engine's own.
func (f *Func) Scalars(ctx context.Context, args ...uint64) (v uint64, err error) {
	in := f.in
	if !f.plain {
		return f.scalars(ctx, args)
	}
	if ctx.Err() != nil || !in.baton.try() {
		if err := in.wait(ctx); err != nil {
			return 0, err
		}
	}
	if in.state.Load() != stateLive {
		in.vacate()
		return 0, in.refusal()
	}
	c := in.call
	c.user, c.lift = ctx, f.lift
	switch len(args) { // a copy of a few words costs more than its words
	case 2:
		c.stack[1] = args[1]
		fallthrough
	case 1:
		c.stack[0] = args[0]
	default:
		copy(c.stack[:], args)
	}
	if *f.core == nil {
		*f.core = in.lookup(f.lift.fn)
	}
	if err := (*f.core).CallWithStack(c, c.stack[:]); err != nil {
		err = in.poison(f.lift.name, &guestFailure{err})
		c.leave()
		return 0, err
	}
	v = c.stack[0]
	c.user = nil
	if c.dirty {
		c.forget()
	}
	if in.state.Load() == stateClosed || !in.baton.drop() {
		in.vacate()
	}
	return v, nil
}

// scalars is Scalars where more is to be done: the call is traced, component
// instances are marked as entered, post-return follows.
func (f *Func) scalars(ctx context.Context, args []uint64) (v uint64, err error) {
	if f.in.config.trace != nil {
		return f.tracedScalars(ctx, args)
	}
	c, err := f.Enter(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Exit(&err)
	copy(c.stack[:], args)
	c.lower.reset(c, c.lift.opt, c.lift.inst, &c.task)
	c.Run()
	return c.stack[0], nil
}

// Call calls the function with values as package abi's type-driven path has
// them. The result is nil where the function has none.
func (f Func) Call(ctx context.Context, args ...abi.Value) (v abi.Value, err error) {
	c, err := f.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Exit(&err)
	cx, s := c.Lower()
	cx.LowerParams(f.lift.typ, args, s)
	c.Run()
	return cx.LiftResult(f.lift.typ, s), nil
}

// A Call is one call into an instance, from Enter to Exit. It is what the
// engine is given as the context, so that host functions find it; nothing of a
// call is kept in the instance.
type Call struct {
	in    *Instance
	user  context.Context
	lift  *planLift
	core  *api.Function
	imp   *hostFunc // the import in progress
	batch *Batch    // of which the call in hand is one
	ran   bool
	ret   uint64    // the core function's result, for post-return
	since time.Time // of which the guest is at work; zero where nobody asks
	stack [abi.MaxFlatParams + 1]uint64

	touched // what most calls never set

	lower, lifting side
	task, subtask  abi.Scope
	demands        []capability.Demand
	cover          *Cover          // of what the import in progress opens
	asked          bool            // by its implementation
	traced         *TraceEvent     // of an export under a trace
	engine         context.Context // answers the engine while it instantiates
}

// touched is what a call looks up when it must: an import that asks for its
// context, a slice of fuel that is used up.
type touched struct {
	dirty   bool // something below is set
	host    *hostContext
	given   int64       // fuel, during the call
	charged int64       // fuel, by imports
	spent   error       // what an import was told that charged too much
	looked  time.Time   // when the host last looked whether the guest must end
	starved *LimitError // what the guest was last refused and can go on without
	told    struct{ fuel, time bool }
	storage [taskSlots]uint64 // of the current task
	started time.Time         // about when the call began
}

// A side is one end of the boundary within a call: a context for values and
// the options that its allocations go by.
type side struct {
	abi.Context
	call *Call
	opt  *options
	inst *componentInstance
	room [4]uint64 // realloc's stack: the engine makes a local one escape
}

// Realloc calls the guest's realloc. The guest may not call imports meanwhile.
func (s *side) Realloc(old, oldSize, align, newSize uint32) uint32 {
	if s.opt.realloc < 0 {
		abi.Trapf("a value needs an allocation and the function's canonical options name no realloc")
	}
	in := s.call.in
	fn := in.coreFunc(s.opt.realloc)
	s.room = [...]uint64{uint64(old), uint64(oldSize), uint64(align), uint64(newSize)}
	outer := s.call.storage // a realloc is a task of its own [CanonicalABI.md, reallocate]
	s.call.storage = [taskSlots]uint64{}
	s.inst.mayLeave = false
	if err := fn.CallWithStack(s.call, s.room[:]); err != nil {
		panic(in.newTrap(s.call.lift.name, &guestFailure{err}))
	}
	s.inst.mayLeave = true
	s.call.storage = outer
	return uint32(s.room[0])
}

// reset makes the side ready for values of a function of the component
// instance inst, whose handles belong to scope.
func (s *side) reset(c *Call, opt, inst int, scope *abi.Scope) *abi.Context {
	s.call, s.opt, s.inst = c, &c.in.opts[opt], &c.in.insts[inst]
	s.Reset(&s.opt.Options, s)
	s.In(&s.inst.Instance, scope, c.in)
	return &s.Context
}

// Lower is where the arguments are lowered: the context, and the stack for
// what they flatten to.
func (c *Call) Lower() (*abi.Context, []uint64) {
	cx := c.lower.reset(c, c.lift.opt, c.lift.inst, &c.task)
	if c.lift.borrows {
		c.task.Begin(&c.lower.inst.Instance)
	}
	return cx, c.stack[:]
}

// Run calls the core function with what is on the stack and leaves its result
// there. It panics when the guest traps; Exit recovers that.
func (c *Call) Run() {
	if c.in.config.trace != nil {
		c.traceArgs()
	}
	if err := c.run(); err != nil {
		panic(&guestFailure{err})
	}
	c.ran, c.ret = true, c.stack[0]
	if c.traced != nil {
		c.traceResult()
	}
	c.lower.Reset(&c.lower.opt.Options, &c.lower)
}

func (c *Call) run() error {
	if *c.core == nil {
		*c.core = c.in.lookup(c.lift.fn)
	}
	return (*c.core).CallWithStack(c, c.stack[:])
}

// Exit ends the call. A trap, on whichever side of the boundary, becomes *err
// and poisons the instance; otherwise *err is left alone and post-return runs.
// It is to be deferred.
func (c *Call) Exit(err *error) {
	r := recover()
	switch {
	case r != nil:
		if e := hostMistake(r); e != nil {
			e.Func = c.lift.name
		}
		*err = c.in.poison(c.lift.name, r)
	case !c.ran: // the goroutine ends in an import, which has left the instance
		return
	default:
		c.returned(err)
	}
	if c.traced != nil {
		c.traceEnd(*err)
	}
	c.leave()
}

// returned is the end of a call that ran to its end: borrowed handles must be
// gone, post-return frees what the result took.
func (c *Call) returned(err *error) {
	if c.lift.post < 0 && !c.lift.passes && !c.task.Borrows() { // nothing that can trap
		if c.lift.borrows {
			c.task.Return()
		}
		return
	}
	defer func() {
		if r := recover(); r != nil {
			*err = c.in.poison(c.lift.name, r)
		}
	}()
	if c.lift.borrows {
		if c.lift.passes {
			c.task.DropBorrows()
		}
		c.task.Return()
	}
	if c.lift.post >= 0 {
		c.postReturn(err)
	}
}

func (c *Call) postReturn(err *error) {
	in := c.in
	c.stack[0] = c.ret
	fn := in.coreFunc(c.lift.post)
	inst := &in.insts[c.lift.inst]
	inst.mayLeave = false
	if e := fn.CallWithStack(c, c.stack[:]); e != nil {
		*err = in.poison(c.lift.name, &guestFailure{e})
		return
	}
	inst.mayLeave = true
}

// leave ends the call.
func (c *Call) leave() {
	c.yield()
	c.user, c.ran = nil, false
	if c.lift.enters != nil {
		c.in.exit(c.lift.enters)
	}
	if c.dirty {
		c.forget()
	}
	if in := c.in; in.state.Load() == stateClosed || !in.baton.drop() {
		in.vacate()
	}
}

// forget ends what was touched in the call.
func (c *Call) forget() {
	if c.host != nil {
		c.host.end()
	}
	c.touched = touched{}
}

// unwinds is where a host function ends that does not return. A panic goes on,
// to the engine, which makes an error of it; where there is none, the goroutine
// ends, and nobody but this ends the call.
func (c *Call) unwinds(r any) {
	if r != nil {
		panic(r)
	}
	c.in.poison(c.lift.name, errGoexit)
	c.leave()
}

// vacate gives the instance to who comes next. Whoever leaves a condemned
// instance late frees it.
func (in *Instance) vacate() {
	if in.state.Load() != stateClosed {
		in.baton.release()
		return
	}
	in.closing.Lock()
	defer in.closing.Unlock()
	if in.late && !in.freed {
		in.free()
	}
	in.baton.release()
}

var errGoexit = errors.New("an import implementation ended its goroutine (runtime.Goexit)")
