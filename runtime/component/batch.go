package component

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/airsstack/witgen/runtime/abi"
)

// WithBatches prepares a function that the world exports for being called in
// batches (see Instance.Batch), if it can be: "demo:shop/pricing@0.2.0#quote".
func WithBatches(function string) LoadOption {
	return func(o *loadOptions) { o.batches = append(o.batches, function) }
}

// planBatches plans the modules of those functions that were asked for and can
// be called in batches.
func (f *Factory) planBatches(o *loadOptions) error {
	for _, name := range o.batches {
		for i := range f.lifts {
			l := &f.lifts[i]
			if l.name != name {
				continue
			}
			var none *UnsupportedError
			b, err := f.plan.batched(l, batchIndex+i)
			if err != nil && !errors.As(err, &none) {
				return err
			}
			l.batch, l.unbatched = b, err
		}
	}
	return nil
}

// batchIndex is far from the numbers of the other modules that the host makes.
const batchIndex = 1 << 20

// compileBatches compiles them. They are not metered: what they do is the
// host's work, and bounded by what it staged.
func (f *Factory) compileBatches(ctx context.Context) error {
	for i := range f.lifts {
		b := f.lifts[i].batch
		if b == nil {
			continue
		}
		b.code = len(f.compiled)
		c, err := f.compileModule(ctx, b.inst, b.code, &loadOptions{unmetered: true})
		if err != nil {
			return err
		}
		f.compiled = append(f.compiled, c)
	}
	return nil
}

// A Batch makes many calls of one function of an instance in one crossing of the
// boundary. It is for one goroutine at a time.
type Batch struct {
	// Wanted tells that Run is to return after the call in hand. It is asked
	// whenever the guest has called an import or used up a slice of fuel; nil
	// never does.
	Wanted func() bool

	fn   Func
	plan *batchPlan

	// What is staged: of bytes their length and themselves, up to a multiple of
	// four; numbers in eight bytes; of an option, in four, whether it has a value.
	// Nothing is where stage is nil.
	size  int
	stage *[]byte
	at    int
	item  int   // of the call in preparation
	ends  []int // where the items of the latest call end
	begin int   // where the call in preparation begins
	last  int   // how many bytes the latest call has
	calls int

	room uint32 // of size bytes in the guest's memory, 0 before there is
	*batchInstance
	done    int    // calls of the latest run
	seen    uint32 // calls that had ended when the call object last stood for a new one
	leaving bool   // an import of a call is in progress
}

// A batchInstance is the module of a batch within an instance.
type batchInstance struct {
	mod     api.Module
	run     api.Function
	globals [batchGlobals]api.MutableGlobal
}

func (b *batchInstance) get(global int) uint32 { return uint32(b.globals[global].Get()) }

// Batch gives the batch of a function of the world's exports, by its name as
// WithBatches has it. Up to size bytes of arguments are staged at a time; the
// instance's guest allocates as much, once, when the batch is run for the first
// time. It is an *UnsupportedError where the component was not loaded with
// WithBatches for the function, where its parameters hold something else than
// strings, lists of bytes, unsigned numbers and options of these, or its result
// something else than an error or, where all is well, bytes, which are not
// lifted; where calls of the instance are traced, and where Limits.Fuel counts
// each to the unit or Limits.Arguments is of each.
func (in *Instance) Batch(function string, size int) (*Batch, error) {
	lifts := in.factory.lifts
	i := slices.IndexFunc(lifts, func(l planLift) bool { return l.name == function })
	if i < 0 {
		return nil, &UnsupportedError{What: "calling " + function + " in batches: the world exports no such function"}
	}
	l := &lifts[i]
	switch {
	case l.unbatched != nil:
		return nil, l.unbatched
	case l.batch == nil:
		return nil, batchable(l, "its component was loaded without WithBatches for it")
	case in.config.trace != nil:
		return nil, batchable(l, "the calls of the instance are traced")
	case in.config.limits.Fuel > 0:
		return nil, batchable(l, "the fuel of each call is limited")
	case in.config.limits.Arguments > 0:
		return nil, batchable(l, "the arguments of each call are limited")
	}
	return &Batch{fn: in.function(i), plan: l.batch, size: size, ends: make([]int, len(l.batch.items))}, nil
}

// Calls is how many calls are staged.
func (b *Batch) Calls() int { return b.calls }

// Done is how many calls of the latest Run succeeded, also of one that did not
// return, since an import ended its goroutine.
func (b *Batch) Done() int { return b.done }

// Run makes the calls that were staged, in order, until one does not succeed, or
// Wanted: done is how many did. What came of the next one, if it was made, is the result that it
// gave, an error case, or else err: that is a trap, after which the instance is
// dead, or says why no call was made. The calls behind that one were not made. Nothing is
// staged any more afterwards.
//
// Each call has Limits.CallTime for itself and a context of its own for its
// imports, as if it had been made alone.
func (b *Batch) Run(ctx context.Context) (done int, result abi.Value, err error) {
	defer b.reset()
	b.done = 0
	if b.calls == 0 {
		return 0, nil, nil
	}
	c, err := b.fn.Enter(ctx)
	if err != nil {
		return 0, nil, err
	}
	ended := false
	defer func() {
		if r := recover(); r != nil {
			err = c.in.poison(c.lift.name, r)
		} else if !ended { // the goroutine ends in an import, which has left the instance
			b.done = int(b.seen)
			return
		}
		if b.batchInstance != nil {
			b.done = int(b.get(batchDone))
			done = b.done
		}
		c.batch = nil
		c.leave()
	}()
	c.Lower()
	b.prepare(c)
	if !b.deliver(c) {
		result = c.lower.LiftResult(c.lift.typ, c.stack[:])
		if c.lift.post >= 0 {
			c.postReturn(&err)
		}
	}
	ended = true
	return done, result, err
}

// prepare makes what the first run needs, and copies what is staged to the guest.
func (b *Batch) prepare(c *Call) {
	if b.batchInstance == nil {
		b.instantiate(c)
	}
	b.globals[batchDone].Set(0)
	b.globals[batchCount].Set(uint64(b.calls))
	b.globals[batchLift].Set(uint64(min(cmp.Or(c.in.config.limits.Values, abi.DefaultMaxLift), abi.MaxListBytes)))
	if b.room == 0 {
		b.room = c.lower.Alloc(uint32(b.size), 4)
	}
	copy(c.lower.Bytes(b.room, uint32(b.begin)), *b.stage)
}

// reset forgets what was staged.
func (b *Batch) reset() {
	if b.stage != nil {
		stages.Put(b.stage)
	}
	b.stage, b.at, b.item, b.begin, b.calls = nil, 0, 0, 0, 0
}

// instantiate makes the module of the batch, or takes that of the instance's
// body. The caller holds the baton, and recovers.
func (b *Batch) instantiate(c *Call) {
	in := c.in
	if made := in.batches[b.plan]; made != nil {
		b.batchInstance = made
		return
	}
	c.engine = experimental.WithImportResolver(context.Background(), func(name string) api.Module {
		provider, _ := strconv.Atoi(name)
		return in.mods[b.plan.inst.providers[provider]]
	})
	defer func() { c.engine = nil }()
	mod, err := in.factory.rt.engine.InstantiateModule(c, in.factory.compiled[b.plan.code].code, leanConfig)
	if err != nil {
		panic(&guestFailure{err})
	}
	made := &batchInstance{mod: mod, run: mod.ExportedFunction("run")}
	for i := range made.globals {
		made.globals[i] = mod.ExportedGlobal(strconv.Itoa(i)).(api.MutableGlobal)
	}
	if in.batches == nil {
		in.batches = map[*batchPlan]*batchInstance{}
	}
	in.batches[b.plan], b.batchInstance = made, made
}

// deliver runs the module, and tells whether all calls have ended well. If not,
// the result of the one that did not is on the call's stack.
func (b *Batch) deliver(c *Call) bool {
	inst := &c.in.insts[c.lift.inst]
	b.seen, b.leaving = 0, false
	c.batch, inst.mayLeave = b, false
	c.stack[0] = uint64(b.room)
	if err := b.run.CallWithStack(c, c.stack[:]); err != nil {
		panic(&guestFailure{err})
	}
	c.batch, inst.mayLeave = nil, true
	if c.stack[0] != 0 {
		return true
	}
	if b.get(batchPhase) == phaseLower {
		params := b.fn.lift.typ.ParamsTuple()
		abi.Trapf("realloc returned an unaligned pointer: 0x%x, asked for a multiple of %d", b.get(batchResult), params.Align())
	}
	c.ret = uint64(b.get(batchResult))
	c.stack[0] = c.ret
	c.lower.Reset(&c.lower.opt.Options, &c.lower)
	return false
}

// pause ends the batch after the call in hand if somebody wants it to. The guest
// must not be running.
func (b *Batch) pause() {
	if b.Wanted != nil && b.Wanted() {
		b.globals[batchCount].Set(uint64(b.get(batchDone)) + 1)
	}
}

// turn makes the call stand for the one of its batch that is in hand.
func (b *Batch) turn(c *Call) {
	if done := b.get(batchDone); done != b.seen {
		b.seen = done
		if c.dirty {
			c.forget()
		}
	}
}

// mayLeave reports whether the guest may call an import from the component
// instance: it may while the function of a batch runs, and not what allocates
// for it. If it may, left must follow.
func (c *Call) mayLeave(inst *componentInstance) bool {
	b := c.batch
	if b == nil || b.leaving || inst != &c.in.insts[c.lift.inst] || b.get(batchPhase) != phaseCall {
		return false
	}
	b.turn(c)
	b.leaving, inst.mayLeave = true, true
	return true
}

func (c *Call) left(inst *componentInstance) {
	c.batch.pause()
	c.batch.leaving, inst.mayLeave = false, false
}
