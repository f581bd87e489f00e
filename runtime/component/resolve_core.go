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
	m := in.module.module.Original()
	imported := make(map[item]corewasm.Import, len(m.Imports))
	for _, im := range m.Imports {
		imported[item{im.Kind, im.Index}] = im
	}
	in.items = make(map[string]coreItem, len(m.Exports))
	for _, e := range m.Exports {
		if e.Kind == corewasm.KindMemory && e.Index > 0 {
			sat := in.args[in.module.satellites[e.Index-1].name]
			in.items[e.Name] = sat.items[corewasm.SatelliteMemory]
		} else if im, ok := imported[item{e.Kind, e.Index}]; ok {
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
		if !ok || item.inst == nil || item.inst.module == nil {
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
	if core, err = r.called(core, d.Offset, section); err != nil {
		return err
	}
	s.funcs = append(s.funcs, &fn{typ: t.fn, lift: &lifted{core: core, opts: opts, typ: t.fn, inst: s.id}})
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
			o.realloc, err = r.option(opt.Index, d, s, section)
		case binary.OptPostReturn:
			o.hasPost = true
			o.postReturn, err = r.option(opt.Index, d, s, section)
		case binary.OptAsync:
			o.async = true
		}
		if err != nil {
			return o, err
		}
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
