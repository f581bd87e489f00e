package component

import (
	"slices"
	"strconv"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A plan is a resolved component made linear: what to instantiate in which
// order, where each core import comes from, and which items the canonical ABI
// needs of the instances. It belongs to the component, not to an instance.
type plan struct {
	insts   []*planInst
	lowers  []*planLower
	options []planOptions
	funcs   []planItem // core functions that the host calls
	parents []int      // of each component instance the one that made it; -1 for the root
	dtors   map[*abi.Resource]*planLift
	marked  bool // component instances can call one another, so that entering them is marked
}

type (
	// A planInst is one core instantiation.
	planInst struct {
		module    *coreModule
		imports   []planImport // one for each import of the module, in order
		providers []int        // instances by the module's own numbering of them
	}
	// A planImport says where a core import comes from: provider hostModule, or
	// an index of planInst.providers; and the name there.
	planImport struct {
		provider int
		name     string
	}
	// A planItem is an item of a core instance.
	planItem struct {
		inst int
		name string
	}
	// planOptions are canonical options. A memory that is not given is nowhere,
	// a realloc -1; otherwise it is an index of plan.funcs.
	planOptions struct {
		encoding abi.Encoding
		memory   planItem
		realloc  int
	}
	// A planLower is one function that the canonical ABI makes for core modules.
	planLower struct {
		*lowered
		opt    int
		callee *planLift // of a call into another component instance
	}
	// A planLift is one function of a core instance that the host may call.
	planLift struct {
		name     string // "demo:shop/pricing@0.2.0#quote"
		typ      *abi.FuncType
		opt      int
		fn, post int   // indices of plan.funcs; post -1 where there is none
		inst     int   // the component instance that it enters
		enters   []int // that instance and those around it, nil where nothing can call back
		borrows  bool  // a parameter holds a borrowed handle
		passes   bool  // it passes its calls on to an import
		async    bool  // it was lifted by the asynchronous ABI

		batch     *batchPlan // nil where nobody asked, or where unbatched says why not
		unbatched error
	}
)

// hostModule is the provider of everything that Go implements.
const hostModule = -1

// nowhere is the memory of an option that is not given.
var nowhere = planItem{inst: -1}

type planner struct {
	*plan
	index    map[*coreInst]int
	behind   map[*coreInst]map[string]*lowered
	lowerAt  map[*lowered]int
	funcAt   map[planItem]int
	optionAt map[planOptions]int
}

// newPlan makes the plan of a component. lifts are the functions that the host
// wants to call; what only other functions need is left out.
func newPlan(r *resolved, lifts []*lifted) (*plan, []planLift) {
	fill := fillers(r.insts)
	p := &planner{
		plan:     &plan{parents: r.parents, dtors: map[*abi.Resource]*planLift{}, marked: callOneAnother(r)},
		index:    map[*coreInst]int{},
		behind:   seeThrough(r.insts, fill),
		lowerAt:  map[*lowered]int{},
		funcAt:   map[planItem]int{},
		optionAt: map[planOptions]int{},
	}
	takes := map[*coreInst][]*coreInst{}
	for _, in := range r.insts {
		takes[in] = p.takes(in)
	}
	kept := needed(r.insts, p.behind, fill, takes, asked(r, lifts))
	for i, in := range kept {
		p.index[in] = i
	}
	for _, in := range kept {
		p.insts = append(p.insts, p.inst(in))
	}
	out := make([]planLift, len(lifts))
	for i, l := range lifts {
		out[i] = p.lift(l)
	}
	for res, dtor := range r.dtors {
		p.dtors[res] = &planLift{
			name: "[dtor]" + res.Name, typ: dtorType, opt: p.option(canonOptions{}), fn: p.fn(dtor), post: -1,
			inst: res.Impl, enters: p.around(res.Impl),
		}
	}
	return p.plan, out
}

// dtorType is the type that a destructor is lifted with [CanonicalABI.md,
// "canon resource.drop"].
var dtorType = &abi.FuncType{Params: []abi.Field{{Label: "rep", Type: abi.U32}}}

// callOneAnother reports whether a component instance can call another one, by
// a function or a destructor. What toolchains make has an inner component for
// each exported interface, in which nothing runs.
func callOneAnother(r *resolved) bool {
	return slices.ContainsFunc(r.lowers, func(l *lowered) bool {
		return l.fn != nil && l.fn.lift != nil || l.res != nil && l.res.Impl >= 0 && l.res.Impl != l.inst
	})
}

// around are a component instance and those that it stands in.
func (p *plan) around(inst int) []int {
	if !p.marked {
		return nil
	}
	var ids []int
	for ; inst >= 0; inst = p.parents[inst] {
		ids = append(ids, inst)
	}
	return ids
}

// entering are the component instances that a call from one into another
// enters [CanonicalABI.md, entering_set].
func (p *plan) entering(from, to int) []int {
	outside := p.around(from)
	return slices.DeleteFunc(p.around(to), func(id int) bool { return slices.Contains(outside, id) })
}

// takes are the instances that an instance takes items of.
func (p *planner) takes(in *coreInst) []*coreInst {
	var from []*coreInst
	for _, im := range in.module.module.Imports {
		item, _ := in.argument(im)
		if of := p.through(item).inst; of != nil && !slices.Contains(from, of) {
			from = append(from, of)
		}
	}
	return from
}

// asked are the instances that the canonical ABI takes items of.
func asked(r *resolved, lifts []*lifted) []*coreInst {
	var from []*coreInst
	options := func(o canonOptions) { from = append(from, o.memory.inst, o.realloc.inst, o.postReturn.inst) }
	for _, l := range r.lowers {
		options(l.opts)
		if l.fn != nil && l.fn.lift != nil {
			from = append(from, l.fn.lift.core.inst)
			options(l.fn.lift.opts)
		}
	}
	for _, dtor := range r.dtors {
		from = append(from, dtor.inst)
	}
	for _, l := range lifts {
		from = append(from, l.core.inst)
		options(l.opts)
	}
	return from
}

// through is the item behind a shim's function.
func (p *planner) through(item coreItem) coreItem {
	if low := p.behind[item.inst][item.name]; low != nil && item.sort == binary.SortCoreFunc {
		return coreItem{sort: item.sort, low: low}
	}
	return item
}

func (p *planner) inst(in *coreInst) *planInst {
	pi := &planInst{module: in.module}
	local := map[*coreInst]int{}
	for _, im := range in.module.module.Imports {
		item, _ := in.argument(im)
		item = p.through(item)
		if item.low != nil {
			pi.imports = append(pi.imports, planImport{hostModule, lowerName(p.lower(item.low))})
			continue
		}
		at, ok := local[item.inst]
		if !ok {
			at = len(pi.providers)
			local[item.inst] = at
			pi.providers = append(pi.providers, p.index[item.inst])
		}
		pi.imports = append(pi.imports, planImport{at, item.name})
	}
	return pi
}

func lowerName(i int) string { return strconv.Itoa(i) }

func (p *planner) lower(low *lowered) int {
	if at, ok := p.lowerAt[low]; ok {
		return at
	}
	at := len(p.lowers)
	p.lowerAt[low] = at
	pl := &planLower{lowered: low, opt: p.option(low.opts)}
	p.lowers = append(p.lowers, pl)
	if low.fn != nil && low.fn.lift != nil {
		callee := p.lift(low.fn.lift)
		pl.callee = &callee
	}
	return at
}

func (p *planner) lift(l *lifted) planLift {
	out := planLift{
		typ: l.typ, opt: p.option(l.opts), fn: p.fn(l.core), post: -1,
		inst: l.inst, enters: p.around(l.inst), borrows: l.typ.ParamsTuple().Borrows(), async: l.opts.async,
		passes: l.passes,
	}
	if l.opts.hasPost {
		out.post = p.fn(l.opts.postReturn)
	}
	return out
}

func (p *planner) item(item coreItem) planItem {
	return planItem{p.index[item.inst], item.name}
}

func (p *planner) fn(item coreItem) int {
	it := p.item(item)
	at, ok := p.funcAt[it]
	if !ok {
		at = len(p.funcs)
		p.funcAt[it] = at
		p.funcs = append(p.funcs, it)
	}
	return at
}

func (p *planner) option(o canonOptions) int {
	po := planOptions{encoding: o.encoding, memory: nowhere, realloc: -1}
	if o.hasMemory {
		po.memory = p.item(o.memory)
	}
	if o.hasRealloc {
		po.realloc = p.fn(o.realloc)
	}
	at, ok := p.optionAt[po]
	if !ok {
		at = len(p.options)
		p.optionAt[po] = at
		p.options = append(p.options, po)
	}
	return at
}

// key tells instantiations apart whose modules must be rewritten differently.
func (pi *planInst) key() string {
	b := strconv.AppendInt(nil, int64(pi.module.index), 10)
	for _, im := range pi.imports {
		b = append(strconv.AppendInt(append(b, ' '), int64(im.provider), 10), ':')
		b = strconv.AppendQuote(b, im.name)
	}
	return string(b)
}

// inward tells of each import whether it is a core module's function, which may
// call back.
func (pi *planInst) inward() func(corewasm.Import) bool {
	at := map[corewasm.Import]bool{}
	for i, im := range pi.module.module.Imports {
		at[im] = pi.imports[i].provider != hostModule
	}
	return func(im corewasm.Import) bool { return at[im] }
}

// rename gives the names under which the rewritten module imports.
func (pi *planInst) rename() func(corewasm.Import) (module, name string) {
	at := map[corewasm.Import]planImport{}
	for i, im := range pi.module.module.Imports {
		at[im] = pi.imports[i]
	}
	return func(im corewasm.Import) (module, name string) {
		to := at[im]
		return providerName(to.provider), to.name
	}
}

// providerName is the module name by which the resolver finds a provider.
func providerName(provider int) string {
	if provider == hostModule {
		return hostName
	}
	return strconv.Itoa(provider)
}

const (
	hostName   = "host"
	refillName = "refill"
)
