package component

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/memory"
	"github.com/airsstack/witgen/runtime/meter"
	"github.com/airsstack/witgen/runtime/quota"
)

// An Instance is one live component. Its exports may be called from any
// goroutine, one call at a time: the others wait. It belongs to who made it,
// who closes it.
type Instance struct {
	factory *Factory
	config  instanceConfig
	guard   *capability.Guard
	hosts   []any
	insts   []componentInstance
	lifts   []api.Function // by Factory.lifts, nil until called; where the body goes on, the next instance has it too
	room    abi.Room       // for the handles of its guests
	tables  quota.Counter  // of their elements
	told    told
	values  abi.Values // behind handles of generated code
	covers  map[coverKey]*Cover
	given   int64 // fuel, since the instance began
	charged int64 // fuel that imports charged
	pacer   pacer
	lease   atomic.Pointer[lease] // what Close gives it back by; nil where it closes it
	spare   bool                  // nobody has it: the limits of the host make no room for it
	body

	baton   baton
	state   atomic.Int32
	trap    *Trap
	waiting []*Instance // what calls from within this one wait for; guarded by waits

	closing sync.Mutex // orders Close and the last call's leaving
	end     ending
	late    bool // whoever leaves last frees
	counted bool // among the quarantined
	freed   bool
}

// A body is what the engine made for an instance. It may go on to another one.
type body struct {
	call     *Call // of who holds the baton
	mods     []api.Module
	memories *memory.Set
	opts     []options
	funcs    []api.Function              // realloc and post-return, which never call themselves: they may not leave
	dtors    map[*planLift]*api.Function // of those that the host calls, by and by
	linears  []memory.Grower             // memories, in the order of an image; nil until wanted
	globals  []api.MutableGlobal         // all mutable ones, in the order of an image; looked up with linears
	balances []api.MutableGlobal         // those that hold fuel; nil until wanted
	batches  map[*batchPlan]*batchInstance
}

const (
	stateLive int32 = iota
	stateTrapped
	stateClosed
)

const maxRoom = math.MaxInt32

// options are the canonical options of a function, for this instance.
type options struct {
	abi.Options
	realloc int // index of funcs, -1 where there is none
}

// leanConfig leaves out what the default makes for each instance and what
// components never see: a seeded generator, clocks, start functions.
var leanConfig = wazero.NewModuleConfig().WithName("").WithStartFunctions().
	WithRandSource(zeros{}).
	WithWalltime(func() (int64, int32) { return 0, 0 }, sys.ClockResolution(1)).
	WithNanotime(func() int64 { return 0 }, sys.ClockResolution(1))

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

var _ io.Reader = zeros{}

// New makes an instance. hosts are the implementations of the world's imports,
// in the order of World.Imports; one that the component does not use may be
// nil. It may be one that was used and is as new (see WithPool).
func (f *Factory) New(ctx context.Context, hosts []any, opts ...Option) (*Instance, error) {
	config := f.configure(opts)
	if f.warm != nil && config.snapshot == nil {
		return f.warm.lend(ctx, hosts, opts)
	}
	in := &Instance{factory: f, config: config}
	if err := in.bind(hosts); err != nil {
		return nil, err
	}
	if err := in.make(ctx); err != nil {
		return nil, err
	}
	return in, nil
}

// configure is what the options make of the runtime's settings.
func (f *Factory) configure(opts []Option) instanceConfig {
	c := instanceConfig{subject: f.world.Name, limits: f.limits}
	for _, opt := range opts {
		opt(&c)
	}
	c.limits.cap(&f.rt.cfg.Ceiling)
	return c
}

// bind gives the instance its imports and what guards them.
func (in *Instance) bind(hosts []any) (err error) {
	if err := in.bindHosts(hosts); err != nil {
		return err
	}
	in.guard, err = in.factory.guard(&in.config)
	return err
}

// make brings the instance to life.
func (in *Instance) make(ctx context.Context) error {
	// Who makes thousands must not keep the others from a processor for the
	// scheduler's ten milliseconds, twice while garbage is collected.
	runtime.Gosched()
	in.baton.try() // a Close of the factory waits until the instance has started
	if err := in.factory.register(in); err != nil {
		return err
	}
	if err := in.start(ctx); err != nil {
		return errors.Join(err, in.Close(context.WithoutCancel(ctx)))
	}
	return nil
}

func (f *Factory) register(in *Instance) error {
	if !f.rt.instances.Take(1) && !(!in.spare && f.rt.reclaim() && f.rt.instances.Take(1)) {
		return &LimitError{Of: ofInstances, Usage: f.rt.instances.Usage(), Host: true}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		f.rt.instances.Give(1)
		return ErrClosed
	}
	f.instances[in] = struct{}{}
	return nil
}

func (f *Factory) unregister(in *Instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.instances[in]; ok {
		delete(f.instances, in)
		f.rt.instances.Give(1)
	}
}

func (in *Instance) bindHosts(hosts []any) error {
	f := in.factory
	if want := len(f.world.Imports); len(hosts) != want {
		return fmt.Errorf("component: %d import implementations given, the world %s has %d", len(hosts), f.world.Name, want)
	}
	if in.hosts == nil {
		in.hosts = make([]any, len(f.hosts))
	}
	own := 0
	for i, offer := range f.hosts {
		in.hosts[i] = offer.shared
		if offer.world {
			in.hosts[i] = hosts[i]
		} else if host, ok := in.config.hosts[offer.table]; ok {
			in.hosts[i] = host
			own++
		}
		if in.hosts[i] == nil && offer.used {
			return fmt.Errorf("component: the component imports %s and the implementation given for it is nil", offer.name)
		}
	}
	if own < len(in.config.hosts) {
		return f.unoffered(in.config.hosts)
	}
	return nil
}

// unoffered says for which interface an implementation was given in vain.
func (f *Factory) unoffered(hosts map[*Import]any) error {
	for table := range hosts {
		if !slices.ContainsFunc(f.hosts, func(o hostOffer) bool { return !o.world && o.table == table }) {
			return fmt.Errorf("component: an implementation of %s is given, and the component was loaded without WithProvider for it", table.Name)
		}
	}
	return errors.New("component: an interface is offered twice")
}

// start instantiates the core modules. The call object is the context, so that
// start functions find their instance; it answers the engine's questions from
// a context that was prepared for them. The caller holds the baton.
func (in *Instance) start(ctx context.Context) (err error) {
	f := in.factory
	c := &Call{in: in, user: ctx, lift: &startLift}
	in.call = c
	if in.config.processor != nil {
		if err := c.occupy(ctx); err != nil {
			c.leave()
			return err
		}
	}
	defer func() {
		c.engine = nil
		switch r := recover(); {
		case r != nil:
			err = in.poison(startLift.name, r)
		case !c.ran: // the goroutine ends in an import, which has left the instance
			return
		}
		c.leave()
	}()
	in.enterable()
	in.opts = make([]options, len(f.plan.options))
	for i, o := range f.plan.options {
		in.opts[i] = options{abi.Options{Encoding: o.encoding}, o.realloc}
	}
	in.funcs = make([]api.Function, len(f.plan.funcs))
	in.lifts = make([]api.Function, len(f.lifts))
	in.mods = make([]api.Module, 0, len(f.plan.insts))

	var current *planInst
	in.memories = f.rt.memories.Set(in.config.limits.Memory, nil)
	if err := in.limit(); err != nil {
		return err
	}
	base := experimental.WithMemoryAllocator(context.Background(), in.memories)
	c.engine = experimental.WithImportResolver(base, func(name string) api.Module {
		if name == hostName {
			return f.host
		}
		provider, _ := strconv.Atoi(name)
		return in.mods[current.providers[provider]]
	})
	for i, pi := range f.plan.insts {
		current = pi
		mod, err := f.rt.engine.InstantiateModule(c, f.compiled[f.instCode[i]].code, leanConfig)
		if err != nil {
			panic(&guestFailure{err})
		}
		in.mods = append(in.mods, mod)
		if d := in.config.limits.Depth; d != f.limits.Depth {
			in.deepen(mod, d)
		}
		in.resolveMemories(i)
	}
	c.ran = true
	return in.begin()
}

// enterable makes the component instances, as they are before anything ran, of
// those of the instance before.
func (in *Instance) enterable() {
	f := in.factory
	in.tables.Take(f.tables)
	if in.insts == nil {
		in.insts = make([]componentInstance, len(f.plan.parents))
	}
	for i := range in.insts {
		in.insts[i] = componentInstance{
			Instance: abi.Instance{ID: i, Handles: abi.Table{Room: &in.room}, Values: &in.values, Bindings: f.bindings},
			mayLeave: true, mayEnter: true,
		}
	}
}

var startLift = planLift{name: "instantiate", post: -1}

// resolveMemories looks up the memories that instantiation i provides.
func (in *Instance) resolveMemories(i int) {
	for k, o := range in.factory.plan.options {
		if o.memory.inst == i {
			in.opts[k].Memory = in.mods[i].ExportedMemory(o.memory.name)
		}
	}
}

// deepen says how deep calls in a core module may nest.
func (in *Instance) deepen(mod api.Module, depth uint32) {
	if g, ok := mod.ExportedGlobal(meter.DepthExport).(api.MutableGlobal); ok {
		g.Set(uint64(min(depth, math.MaxInt32)))
	}
}

// coreFunc gives a realloc or post-return function.
func (in *Instance) coreFunc(i int) api.Function {
	if in.funcs[i] == nil {
		in.funcs[i] = in.lookup(i)
	}
	return in.funcs[i]
}

// lookup makes a function of the plan callable: with a stack of its own, which
// must not be entered twice.
func (in *Instance) lookup(i int) api.Function {
	item := in.factory.plan.funcs[i]
	if item.inst >= len(in.mods) {
		panic(&GuestError{Msg: "a function of an instance was called that does not exist yet"})
	}
	return in.mods[item.inst].ExportedFunction(item.name)
}

// Funcs are the functions of the world's export with that index, in order.
func (in *Instance) Funcs(export int) []Func {
	lifts := in.factory.exports[export]
	fns := make([]Func, len(lifts))
	for i, l := range lifts {
		fns[i] = in.function(l)
	}
	return fns
}

// function is the one behind an index of Factory.lifts.
func (in *Instance) function(l int) Func {
	lift := &in.factory.lifts[l]
	plain := in.config.trace == nil && in.config.processor == nil && in.config.limits.Fuel == 0 && lift.enters == nil && lift.post < 0 && !lift.async
	return Func{in, lift, &in.lifts[l], plain}
}

// Subject is the name that the instance was given.
func (in *Instance) Subject() string { return in.config.subject }

// Limits are those in force for the instance: its own, and the runtime's where it
// has none.
func (in *Instance) Limits() Limits { return in.config.limits }

// Guard is what decides about the instance's imports.
func (in *Instance) Guard() *capability.Guard { return in.guard }

// Trapped is the trap that poisoned the instance, nil while it is whole.
func (in *Instance) Trapped() *Trap {
	if in.state.Load() == stateLive {
		return nil
	}
	in.closing.Lock()
	defer in.closing.Unlock()
	return in.trap
}

// poison marks the instance as trapped.
func (in *Instance) poison(fn string, r any) *Trap {
	t := in.newTrap(fn, r)
	in.closing.Lock()
	defer in.closing.Unlock()
	if in.trap == nil {
		in.trap = t
	}
	in.state.CompareAndSwap(stateLive, stateTrapped)
	return t
}

// refusal is why the instance takes no calls.
func (in *Instance) refusal() error {
	if in.state.Load() == stateClosed {
		return ErrClosed
	}
	return &PoisonedError{Trap: in.Trapped()}
}
