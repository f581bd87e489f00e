package component

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/quota"
)

// A Factory is a component that was decoded, checked against a world, linked
// and compiled. It makes instances, from any goroutine; what can be shared by
// them it holds once.
type Factory struct {
	rt         *Runtime
	world      *World
	limits     Limits
	tables     uint64 // elements that the tables of an instance begin with
	complexity uint64 // of what was compiled
	plan       *plan
	lifts      []planLift
	exports    [][]int // lifts by the world's exports and their functions
	compiled   []*compiledModule
	instCode   []int // compiled module of each instantiation
	hosts      []hostOffer
	resources  map[*abi.Resource]hostResource // the component's imported resource types
	bindings   []abi.Binding                  // of the world's resource types to the component's
	points     []capability.Point
	policies   policies // of the grants that instances were given

	begun    sync.Once // takes image, or finds that there is none
	image    *image    // of every instance that has just been made
	imageErr error

	hostCode wazero.CompiledModule
	host     api.Module

	mu        sync.Mutex
	closed    bool
	instances map[*Instance]struct{}
	pools     map[*Pool]struct{}

	warm *Pool // whose instances New gives; nil where it makes them
}

// A hostOffer is one interface that the host offers to this component.
type hostOffer struct {
	name   string
	table  *Import
	used   bool // the component imports a function of it
	shared any  // the implementation that a provider gave; nil: New is given it
	world  bool
}

// A LoadOption is an option of Runtime.Load.
type LoadOption func(*loadOptions)

type loadOptions struct {
	providers []provider
	given     []gift
	unmetered bool
	batches   []string
	points    func([]capability.Point)
	limits    Limits
	pool      *PoolOptions
}

type provider struct {
	table *Import
	host  any
}

// WithProvider offers the component an interface beyond its world, implemented
// by host for all instances that are not given another one (see WithHost).
func WithProvider(table *Import, host any) LoadOption {
	return func(o *loadOptions) { o.providers = append(o.providers, provider{table, host}) }
}

// Unmetered leaves out the fuel accounting that lets the host interrupt a
// guest: a loop without end then holds its goroutine, and with it the next
// garbage collection, for ever. Only for guests that are trusted as the
// program itself is.
func Unmetered() LoadOption {
	return func(o *loadOptions) { o.unmetered = true }
}

// WithPoints has tell called, once the component is loaded, with the capability
// points of the host functions that it can call: what there is to grant.
func WithPoints(tell func([]capability.Point)) LoadOption {
	return func(o *loadOptions) { o.points = tell }
}

// Load decodes a component, checks that it fits the world, links it to what the
// world and the providers offer, and compiles it. The bytes must not change
// while the factory lives. Where the time that there is for it ends, Load does
// too, and work that nothing can interrupt comes to its end behind it: Close of
// the runtime waits for that, and the bytes must not change until then.
//
// Errors are a *binary.Error or *validate.Error for
// bytes that are no valid component, an *UnsupportedError for one that uses
// what the runtime does not run yet, a *LinkError for one that does not fit, a
// *LimitError or *LoadTimeError for one that is too much of something.
func (rt *Runtime) Load(ctx context.Context, wasm []byte, world *World, opts ...LoadOption) (*Factory, error) {
	var o loadOptions
	for _, opt := range opts {
		opt(&o)
	}
	limits := rt.limits(&o)
	if n := uint64(len(wasm)); n > limits.Size {
		return nil, &LimitError{Of: ofSize, Wanted: n, Usage: quota.Usage{Limit: limits.Size}}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limits.LoadTime, &LoadTimeError{limits.LoadTime})
	defer cancel()
	if err := rt.loading(); err != nil {
		return nil, err
	}
	f, err := inTime(ctx, rt.loads.Done, func() (*Factory, error) {
		return rt.load(ctx, wasm, world, &o, limits)
	})
	if err == nil && o.points != nil {
		o.points(slices.Clone(f.points))
	}
	return f, err
}

// load is Load under the limits that there are.
func (rt *Runtime) load(ctx context.Context, wasm []byte, world *World, o *loadOptions, limits Limits) (*Factory, error) {
	_, r, err := open(wasm, o.given)
	if err != nil {
		return nil, err
	}
	f := &Factory{rt: rt, world: world, limits: limits, instances: map[*Instance]struct{}{}, pools: map[*Pool]struct{}{}}
	bound, err := f.link(r, o)
	if err != nil {
		return nil, err
	}
	if err := f.compile(ctx, bound, o); err != nil {
		return nil, errors.Join(err, f.Close(ctx))
	}
	if o.pool != nil {
		f.warm = f.pool(*o.pool)
	}
	rt.register(f)
	return f, nil
}

// link matches the component with the world and makes the plan.
func (f *Factory) link(r *resolved, o *loadOptions) (map[importRef]binding, error) {
	l := &linker{world: f.world, chosen: map[string]int{}, worlds: map[*abi.Resource]*abi.Resource{}, own: map[*abi.Resource]*abi.Resource{}}
	f.resources = map[*abi.Resource]hostResource{}
	for _, im := range f.world.Imports {
		l.offers = append(l.offers, im)
		f.hosts = append(f.hosts, hostOffer{name: im.Name, table: im, world: true})
	}
	for _, p := range o.providers {
		l.offers = append(l.offers, p.table)
		f.hosts = append(f.hosts, hostOffer{name: p.table.Name, table: p.table, shared: p.host})
	}
	bound := l.imports(f, r.imports) // first: exports may use the resources
	imports := l.problems
	l.problems = nil
	l.absent(r.absent)
	before := len(l.problems)
	exports := l.exports(r.exports)
	l.exportsFit = len(l.problems) == before
	l.problems = append(l.problems, imports...)
	if err := l.err(); err != nil {
		return nil, err
	}
	for world, own := range l.own {
		f.bindings = append(f.bindings, abi.Binding{World: world, Component: own})
	}
	var lifts []*lifted
	var types []*abi.FuncType // as exported: with the names of exported types
	for _, fns := range exports {
		var at []int
		for _, fn := range fns {
			types = append(types, fn.typ)
			if fn.lift == nil { // an import
				var err error
				if fn, err = r.passage(fn); err != nil {
					return nil, err
				}
			}
			at = append(at, len(lifts))
			lifts = append(lifts, fn.lift)
		}
		f.exports = append(f.exports, at)
	}
	f.plan, f.lifts = newPlan(r, lifts)
	for i, typ := range types {
		f.lifts[i].typ = typ
	}
	for i, at := range f.exports {
		for j, lift := range at {
			f.lifts[lift].name = exportName(f.world.Exports[i], j)
		}
	}
	return bound, f.planBatches(o)
}

// exportName is the name of an export's function as a trap gives it.
func exportName(e *Export, fn int) string {
	if e.Name == "" {
		return e.Funcs[fn].Name
	}
	return e.Name + "#" + e.Funcs[fn].Name
}

// compile compiles the core modules and the host's functions.
func (f *Factory) compile(ctx context.Context, bound map[importRef]binding, o *loadOptions) error {
	byKey := map[string]int{}
	if err := f.limits.allow(f.plan); err != nil {
		return err
	}
	f.tables = f.plan.tableElements()
	for _, pi := range f.plan.insts {
		key := pi.key()
		at, ok := byKey[key]
		if !ok {
			at = len(f.compiled)
			byKey[key] = at
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			c, err := f.compileModule(ctx, pi, at, o)
			if ctx.Err() != nil {
				return errors.Join(context.Cause(ctx), c.close())
			}
			if err != nil {
				return err
			}
			f.compiled = append(f.compiled, c)
		}
		f.instCode = append(f.instCode, at)
	}
	if err := f.compileBatches(ctx); err != nil {
		return err
	}
	return f.compileHost(ctx, bound)
}

// compileHost makes the one host module of the component: its lowered
// functions, whose closures hold no instance, and the meter's.
func (f *Factory) compileHost(ctx context.Context, bound map[importRef]binding) error {
	b := f.rt.engine.NewHostModuleBuilder(hostName)
	b.NewFunctionBuilder().
		WithGoFunction(api.GoFunc(refill), []api.ValueType{api.ValueTypeI64}, []api.ValueType{api.ValueTypeI64}).
		Export(refillName)
	for i, low := range f.plan.lowers {
		fn, err := f.lowered(low, bound)
		if err != nil {
			return err
		}
		b.NewFunctionBuilder().
			WithGoFunction(fn, apiTypes(low.sig.Params), apiTypes(low.sig.Results)).
			Export(lowerName(i))
	}
	var err error
	if f.hostCode, err = b.Compile(ctx); err != nil {
		return fmt.Errorf("component: host module: %w", err)
	}
	f.host, err = f.rt.engine.InstantiateModule(ctx, f.hostCode, leanConfig)
	return err
}

func apiTypes(ts []corewasm.ValType) []api.ValueType {
	out := make([]api.ValueType, len(ts))
	for i, t := range ts {
		out[i] = api.ValueType(t)
	}
	return out
}

// lowered is the Go function behind one lowered function.
func (f *Factory) lowered(low *planLower, bound map[importRef]binding) (api.GoFunction, error) {
	switch {
	case low.res != nil:
		return &resourceFunc{name: low.builtin, res: low.res, inst: low.inst, dtor: f.destructor(low)}, nil
	case low.builtin != "":
		return builtinFunc(low), nil
	case low.callee != nil && low.callee.async:
		return &absentFunc{what: "a call of a function that another component instance lifts by the async ABI", inst: low.inst}, nil
	case funcUnsupported(low.fn.typ) != nil:
		u := funcUnsupported(low.fn.typ)
		return &absentFunc{what: "a call with a value of a " + u.Kind.String() + " type", inst: low.inst}, nil
	case low.callee != nil:
		return f.inner(low), nil
	}
	b := bound[*low.fn.imp]
	f.hosts[b.host].used = true
	h := &hostFunc{
		fn: b.fn, host: b.host, opt: low.opt, point: len(f.points), inst: low.inst, typ: low.fn.typ,
		memory: low.opts.hasMemory, lends: low.fn.typ.ParamsTuple().Borrows(),
		usual: b.fn.Demands == nil && b.fn.Covered == nil && !b.fn.Covers && !b.fn.AskedByHost,
	}
	f.points = append(f.points, b.fn.Points...)
	return h, nil
}

// World is the world that the component was linked to.
func (f *Factory) World() *World { return f.world }

// Instances is how many instances of the factory are not freed yet. One that a
// trap has poisoned counts until it is closed.
func (f *Factory) Instances() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.instances)
}

// Close closes every instance, as Instance.Close does, and frees what was
// compiled. Nothing of the factory may be used afterwards. It may be called
// twice.
func (f *Factory) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	var live []*Instance
	pools := slices.Collect(maps.Keys(f.pools))
	for in := range f.instances {
		live = append(live, in)
	}
	f.mu.Unlock()

	var errs []error
	for _, p := range pools {
		p.stop()
	}
	for _, in := range live {
		errs = append(errs, in.Close(ctx))
		runtime.Gosched() // there may be thousands
	}
	if err := errors.Join(errs...); err != nil {
		return err // something of it still runs: the code must stay
	}
	if f.host != nil {
		errs = append(errs, f.host.Close(ctx))
	}
	if f.hostCode != nil {
		errs = append(errs, f.hostCode.Close(ctx))
	}
	for _, c := range f.compiled {
		errs = append(errs, c.code.Close(ctx))
	}
	f.rt.forget(f)
	return errors.Join(errs...)
}
