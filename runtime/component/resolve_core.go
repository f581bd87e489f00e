package component

import (
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// sorts gives the sort of a core export by its kind.
var sorts = map[corewasm.Kind]binary.Sort{
	corewasm.KindFunc: binary.SortCoreFunc, corewasm.KindTable: binary.SortCoreTable,
	corewasm.KindMemory: binary.SortCoreMemory, corewasm.KindGlobal: binary.SortCoreGlobal,
	corewasm.KindTag: binary.SortCoreTag,
}

// trace finds what the instance exports.
func (in *coreInst) trace() {
	type item struct {
		kind  corewasm.Kind
		index uint32
	}
	m := in.module.module
	imported := make(map[item]corewasm.Import, len(m.Imports))
	for _, im := range m.Imports {
		imported[item{im.Kind, im.Index}] = im
	}
	in.items = make(map[string]coreItem, len(m.Exports))
	for _, e := range m.Exports {
		if im, ok := imported[item{e.Kind, e.Index}]; ok {
			in.items[e.Name], _ = in.argument(im)
		} else {
			in.items[e.Name] = coreItem{sort: sorts[e.Kind], inst: in, name: e.Name}
		}
	}
}

// argument is the item that the instance was given for an import.
func (in *coreInst) argument(im corewasm.Import) (coreItem, bool) {
	arg, ok := in.args[im.Module]
	if !ok {
		return coreItem{}, false
	}
	item, ok := arg.items[im.Name]
	return item, ok
}

// check holds the arguments of an instantiation against what the module
// imports.
func (in *coreInst) check(offset int) error {
	m := in.module.module
	for _, im := range m.Imports {
		if _, ok := in.args[im.Module]; !ok {
			return fault(offset, "core instance", "missing argument %q, which core module %d imports from", im.Module, in.module.index)
		}
		item, ok := in.argument(im)
		if !ok {
			return fault(offset, "core instance", "argument %q has no export %q, which core module %d imports", im.Module, im.Name, in.module.index)
		}
		if want := sorts[im.Kind]; item.sort != want {
			return fault(offset, "core instance", "core module %d imports %q %q as a %s and is given a %s",
				in.module.index, im.Module, im.Name, want, item.sort)
		}
		if want, have := item.mismatch(m, im); want != "" {
			return fault(offset, "core instance", "core module %d imports %q %q as %s and is given %s",
				in.module.index, im.Module, im.Name, want, have)
		}
	}
	return nil
}

// mismatch gives the type of an import and that of the item, where the item is
// not of it [core specification, 4.5.1 "External Typing", import matching].
func (item coreItem) mismatch(m *corewasm.Module, im corewasm.Import) (want, have string) {
	if im.Kind == corewasm.KindFunc {
		if want, have := m.FuncType(im.Index), item.funcType(); !want.Equal(have) {
			return want.String(), have.String()
		}
		return "", ""
	}
	owner := item.inst.module.module
	e, _ := owner.Export(item.name)
	ok := true
	switch im.Kind {
	case corewasm.KindMemory:
		ok = limitsFit(owner.Memories[e.Index], m.Memories[im.Index])
	case corewasm.KindTable:
		want, have := m.Tables[im.Index].TableType, owner.Tables[e.Index].TableType
		ok = mayMatch(have.Elem, want.Elem) && limitsFit(have.Limits, want.Limits)
	case corewasm.KindGlobal:
		want, have := m.Globals[im.Index].GlobalType, owner.Globals[e.Index].GlobalType
		ok = mayMatch(have.Val, want.Val) && have.Mutable == want.Mutable
	}
	if ok {
		return "", ""
	}
	return m.TypeString(im.Kind, im.Index), owner.TypeString(e.Kind, e.Index)
}

// limitsFit reports whether a memory or table of the limits have may stand for
// one of the limits want.
func limitsFit(have, want corewasm.Limits) bool {
	return have.Min >= want.Min && (!want.HasMax || have.HasMax && have.Max <= want.Max)
}

// mayMatch reports whether have may be of the type want. Of references to types
// of a module's own, which subtyping decides, the engine says it.
func mayMatch(have, want corewasm.ValType) bool {
	plain := func(t corewasm.ValType) bool { return t >= corewasm.ExnRef && t <= corewasm.I32 }
	return have == want || !plain(have) || !plain(want)
}

// checkElements holds active element segments to the imported tables that they
// fill: where one does not fit, the specification traps and the engine ignores
// it. A table that grew before it was filled is not foreseen.
func (in *coreInst) checkElements(offset int) error {
	m := in.module.module
	tables := importsOf(m, corewasm.KindTable)
	for _, seg := range m.Elements {
		if seg.Mode != corewasm.Active || int(seg.Table) >= len(tables) {
			continue
		}
		item, _ := in.argument(tables[seg.Table])
		base, ok := seg.Offset.I32()
		if !ok || item.inst == nil {
			continue // a global decides, which only the instance knows
		}
		owner := item.inst.module.module
		e, _ := owner.Export(item.name)
		size := owner.Tables[e.Index].Limits.Min
		if end := uint64(uint32(base)) + uint64(len(seg.Funcs)); end > uint64(size) {
			return fault(offset, "core instance", "out of bounds table access: core module %d fills elements %d to %d of a table that has %d",
				in.module.index, uint32(base), end, size)
		}
	}
	return nil
}

// importsOf are a module's imports of one kind, by their index.
func importsOf(m *corewasm.Module, kind corewasm.Kind) []corewasm.Import {
	var ims []corewasm.Import
	for _, im := range m.Imports {
		if im.Kind == kind {
			ims = append(ims, im)
		}
	}
	return ims
}

// funcType is the type of a core function.
func (item coreItem) funcType() corewasm.FuncType {
	if item.low != nil {
		return item.low.sig
	}
	m := item.inst.module.module
	e, _ := m.Export(item.name)
	return m.FuncType(e.Index)
}

// canon adds what a canonical definition makes to its index space.
func (r *resolver) canon(d *binary.Canon, s *scope) error {
	const section = "canonical function"
	opts, err := r.options(d, s, section)
	if err != nil {
		return err
	}
	switch d.Kind {
	case binary.CanonLift:
		return r.lift(d, opts, s, section)
	case binary.CanonLower:
		f, err := lookup(s.funcs, d.Func, d.Offset, section, "func")
		if err != nil {
			return err
		}
		if opts.async {
			r.lower(&lowered{offset: d.Offset, inst: s.id, builtin: "the async lowering of a function", sig: flattenAsync(f.typ)}, s)
			return nil
		}
		if opts.hasPost {
			return fault(d.Offset, section, "the post-return option is for lifted functions only")
		}
		if err := opts.suffice(f.typ, d); err != nil {
			return err
		}
		low := &lowered{offset: d.Offset, inst: s.id, fn: f, opts: opts, sig: coreFuncType(f.typ.FlattenLower())}
		r.lower(low, s)
		return nil
	}
	return r.builtin(d, s, section)
}

func (r *resolver) lower(low *lowered, s *scope) {
	r.lowers = append(r.lowers, low)
	s.core[binary.SortCoreFunc] = append(s.core[binary.SortCoreFunc], coreItem{sort: binary.SortCoreFunc, low: low})
}

// builtin makes one of the functions that the canonical ABI has of its own.
func (r *resolver) builtin(d *binary.Canon, s *scope, section string) error {
	low := &lowered{offset: d.Offset, inst: s.id}
	i32 := []corewasm.ValType{corewasm.I32}
	switch d.Kind {
	case binary.CanonResourceNew:
		low.builtin, low.sig = "resource.new", corewasm.FuncType{Params: i32, Results: i32}
	case binary.CanonResourceRep:
		low.builtin, low.sig = "resource.rep", corewasm.FuncType{Params: i32, Results: i32}
	case binary.CanonResourceDrop:
		low.builtin, low.sig = "resource.drop", corewasm.FuncType{Params: i32}
	default:
		return r.asyncBuiltin(d, s, section)
	}
	t, err := lookup(s.types, d.Type, d.Offset, section, "type")
	if err != nil {
		return err
	}
	if t.res == nil {
		return fault(d.Offset, section, "%s: type %d is not a resource type", low.builtin, d.Type)
	}
	if d.Kind != binary.CanonResourceDrop && t.res.Impl != s.id {
		return fault(d.Offset, section, "%s: resource type %d is not one that this component defines", low.builtin, d.Type)
	}
	low.res = t.res
	r.lower(low, s)
	return nil
}

func (r *resolver) lift(d *binary.Canon, opts canonOptions, s *scope, section string) error {
	core, err := lookup(s.core[binary.SortCoreFunc], d.Func, d.Offset, section, "core func")
	if err != nil {
		return err
	}
	t, err := lookup(s.types, d.Type, d.Offset, section, "type")
	if err != nil {
		return err
	}
	if t.fn == nil {
		return fault(d.Offset, section, "lift: type %d is not a function type", d.Type)
	}
	f := &fn{typ: t.fn}
	want := coreFuncType(t.fn.FlattenLift())
	if opts.async {
		want = liftAsync(t.fn, opts.callback)
	}
	if have := core.funcType(); !want.Equal(have) {
		return fault(d.Offset, section, "lift: %s needs a core function of type %v and is given %v", t.fn, want, have)
	}
	if err := opts.suffice(t.fn, d); err != nil && !opts.async {
		return err
	}
	if opts.hasPost {
		post := corewasm.FuncType{Params: want.Results}
		if err := wantSig(opts.postReturn, post, d.Offset, section, "post-return"); err != nil {
			return err
		}
	}
	if core, err = r.called(core, d.Offset, section); err != nil {
		return err
	}
	f.lift = &lifted{core: core, opts: opts, typ: t.fn, inst: s.id}
	s.funcs = append(s.funcs, f)
	return nil
}

func coreFuncType(f abi.CoreFunc) corewasm.FuncType {
	conv := func(ts []abi.CoreType) []corewasm.ValType {
		var out []corewasm.ValType
		for _, t := range ts {
			out = append(out, corewasm.ValType(t))
		}
		return out
	}
	return corewasm.FuncType{Params: conv(f.Params), Results: conv(f.Results)}
}

func (r *resolver) options(d *binary.Canon, s *scope, section string) (canonOptions, error) {
	var o canonOptions
	for _, opt := range d.Options {
		var err error
		switch opt.Kind {
		case binary.OptUTF8:
			o.encoding = abi.UTF8
		case binary.OptUTF16:
			o.encoding = abi.UTF16
		case binary.OptLatin1UTF16:
			o.encoding = abi.Latin1UTF16
		case binary.OptMemory:
			o.hasMemory = true
			o.memory, err = lookup(s.core[binary.SortCoreMemory], opt.Index, d.Offset, section, "core memory")
		case binary.OptRealloc:
			o.hasRealloc = true
			if o.realloc, err = r.option(opt.Index, d, s, section); err == nil {
				err = wantSig(o.realloc, reallocSig, d.Offset, section, "realloc")
			}
		case binary.OptPostReturn:
			o.hasPost = true
			o.postReturn, err = r.option(opt.Index, d, s, section)
		case binary.OptAsync:
			o.async = true
		case binary.OptCallback:
			o.callback = true
		}
		if err != nil {
			return o, err
		}
	}
	if o.hasRealloc && !o.hasMemory {
		return o, fault(d.Offset, section, "the realloc option needs the memory option")
	}
	return o, nil
}

// option is a core function that an option names.
func (r *resolver) option(index uint32, d *binary.Canon, s *scope, section string) (coreItem, error) {
	item, err := lookup(s.core[binary.SortCoreFunc], index, d.Offset, section, "core func")
	if err != nil {
		return item, err
	}
	return r.called(item, d.Offset, section)
}

// suffice holds the options to what values of the function's types need: memory
// to be read from, realloc to go into the guest [CanonicalABI.md, "canonopt
// Validation"].
func (o canonOptions) suffice(f *abi.FuncType, d *binary.Canon) error {
	const section = "canonical function"
	lift := d.Kind == binary.CanonLift
	in, out := f.ParamsTuple(), f.Result // of the guest
	spilledIn, spilledOut := len(in.Flat()) > abi.MaxFlatParams, false
	if out != nil {
		spilledOut = len(out.Flat()) > abi.MaxFlatResults
	}
	needsIn, needsOut := in.Lists() || spilledIn, out.Lists() || spilledOut
	allocates := needsIn
	if !lift {
		allocates = out.Lists()
	}
	switch {
	case (needsIn || needsOut) && !o.hasMemory:
		return fault(d.Offset, section, "values of %s need the memory option", f)
	case allocates && !o.hasRealloc:
		return fault(d.Offset, section, "values of %s need the realloc option", f)
	}
	return nil
}

var dtorSig = corewasm.FuncType{Params: []corewasm.ValType{corewasm.I32}}

var reallocSig = corewasm.FuncType{
	Params:  []corewasm.ValType{corewasm.I32, corewasm.I32, corewasm.I32, corewasm.I32},
	Results: []corewasm.ValType{corewasm.I32},
}

func wantSig(item coreItem, want corewasm.FuncType, offset int, section, what string) error {
	if have := item.funcType(); !have.Equal(want) {
		return fault(offset, section, "the %s option needs a core function of type %v and is given %v", what, want, have)
	}
	return nil
}
