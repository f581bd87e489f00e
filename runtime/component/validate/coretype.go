package validate

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// A coreTyp is an entry of a core type index space: a defined type, or the type
// of a module.
type coreTyp struct {
	id     coreID
	module *coreModule // nil for a defined type
}

// coreTypeDef checks a core type of a scope. Members of a recursion group wait
// for the last one.
func (s *scope) coreTypeDef(d *binary.CoreTypeDef) {
	if d.Member != len(s.group) { // the group before broke off
		s.endCoreTypes()
	}
	if m, ok := d.Type.(*binary.CoreModuleType); ok {
		s.coreTypes = append(s.coreTypes, coreTyp{module: s.moduleType(m)})
		return
	}
	s.group = append(s.group, d)
	if len(s.group) >= d.Members {
		s.endCoreTypes()
	}
}

// endCoreTypes makes the types that wait for the end of their recursion group.
func (s *scope) endCoreTypes() {
	if len(s.group) == 0 {
		return
	}
	types := make([]binary.CoreType, len(s.group))
	for i, d := range s.group {
		types[i] = d.Type
	}
	s.group = s.group[:0]
	s.coreTypes = s.v.recGroup(s.coreTypes, types)
}

// recGroup checks a recursion group and adds its types to an index space.
func (v *validator) recGroup(space []coreTyp, types []binary.CoreType) []coreTyp {
	g := group{v, space, len(types), 0}
	defs := make([]coreDef, len(types))
	for i, t := range types {
		g.at = i
		defs[i] = g.def(t)
	}
	first := v.core.make(defs)
	for i := range defs {
		id := first + coreID(i)
		if def := v.core.defs[id]; def.super != noSuper && !v.core.fits(def) {
			v.fail(ClassType, "core type %d is declared a subtype of one that it is no subtype of, or that is final", len(space))
		}
		space = append(space, coreTyp{id: id})
	}
	return space
}

// A group is a recursion group that is being read.
type group struct {
	v     *validator
	space []coreTyp // the types before it
	size  int
	at    int // the member that is read
}

func (g *group) def(t binary.CoreType) coreDef {
	d := coreDef{final: true, super: noSuper}
	if sub, ok := t.(*binary.CoreSubType); ok {
		d.final, t = sub.Final, sub.Type
		switch len(sub.Supers) {
		case 0:
		case 1:
			if d.super = g.index(sub.Supers[0]); int64(sub.Supers[0]) >= int64(len(g.space)+g.at) {
				g.v.fail(ClassIndex, "the supertype %d of core type %d does not stand before it", sub.Supers[0], len(g.space)+g.at)
			}
		default:
			g.v.fail(ClassLimit, "a core type with %d supertypes; there can be one", len(sub.Supers))
		}
	}
	switch t := t.(type) {
	case *binary.CoreFuncType:
		d.form, d.shared = coreFunc, t.Shared
		d.sig = coreSig{g.vals(t.Params), g.vals(t.Results)}
	case *binary.CoreStructType:
		d.form, d.shared = coreStruct, t.Shared
		for _, f := range t.Fields {
			d.fields = append(d.fields, coreField{g.val(f.Type), f.Mutable})
		}
	case *binary.CoreArrayType:
		d.form, d.shared = coreArray, t.Shared
		d.fields = []coreField{{g.val(t.Elem.Type), t.Elem.Mutable}}
	default:
		g.v.fail(ClassMalformed, "a module type where a core type of another kind must stand")
	}
	return d
}

// index looks up a type before the group or in it.
func (g *group) index(i uint32) coreID {
	if n := uint64(i) - uint64(len(g.space)); uint64(i) >= uint64(len(g.space)) && n < uint64(g.size) {
		return member(int(n))
	}
	t := at(g.v, g.space, i, "core type")
	if t.module != nil {
		g.v.mismatched("core type "+itoa(i), "a function, structure or array type", "a module type")
	}
	return t.id
}

func (g *group) vals(ts []binary.CoreValType) []coreVal {
	out := make([]coreVal, len(ts))
	for i, t := range ts {
		out[i] = g.val(t)
	}
	return out
}

// val looks up a value type. Abstract references have a short form.
func (g *group) val(t binary.CoreValType) coreVal {
	switch {
	case t.Code == ref || t.Code == refNull:
		if t.Heap != 0 {
			return coreVal{code: t.Code, heap: t.Heap}
		}
		return coreVal{code: t.Code, id: g.index(t.Index)}
	case heapNames[t.Code] != "":
		return coreVal{code: refNull, heap: t.Code}
	}
	return coreVal{code: t.Code}
}

// moduleType checks the type of a core module [Binary.md, core:moduletype].
func (s *scope) moduleType(t *binary.CoreModuleType) *coreModule {
	v, out := s.v, newCoreModule()
	var space []coreTyp
	offset := v.offset
	for i := 0; i < len(t.Decls); i++ {
		d := &t.Decls[i]
		v.offset = d.Offset
		v.define()
		switch {
		case d.Import != nil:
			out.addImport(v, d.Import.Module, d.Import.Name, s.coreExternType(space, d.Import.Type))
		case d.Export != nil:
			out.addExport(v, d.Export.Name, s.coreExternType(space, d.Export.Type))
		case d.Outer != nil:
			from := space
			if d.Outer.Count > 0 {
				from = s.outer(d.Outer.Count - 1).coreTypes
			}
			found := at(v, from, d.Outer.Index, "core type")
			if found.module != nil {
				v.fail(ClassType, "core type %d is a module type, which no module type can alias", d.Outer.Index)
			}
			space = append(space, found)
		default:
			n := min(max(1, d.Members-d.Member), len(t.Decls)-i)
			types := make([]binary.CoreType, n)
			for j := range n {
				types[j] = t.Decls[i+j].Type
			}
			space = v.recGroup(space, types)
			i += n - 1
		}
	}
	v.offset = offset
	v.checkSize(facts{size: out.size})
	return out
}

// coreExternType checks the type of an import or export of a module type.
func (s *scope) coreExternType(space []coreTyp, t binary.CoreExternType) coreExtern {
	v, g := s.v, group{v: s.v, space: space}
	out := coreExtern{sort: t.Sort}
	switch t.Sort {
	case binary.SortCoreFunc, binary.SortCoreTag:
		out.fn = g.index(t.Index)
		switch def := v.core.defs[out.fn]; {
		case def.form != coreFunc:
			v.mismatched("core type "+itoa(t.Index), "a function type", "a structure or array type")
		case t.Sort == binary.SortCoreTag && len(def.sig.results) > 0:
			v.fail(ClassType, "a tag with results: its type %d gives something", t.Index)
		}
	case binary.SortCoreTable:
		out.table = tableType{g.val(t.Val), limitsOf(t)}
		v.checkLimits("table", out.table.limits, maxTableElements, 1<<32-1)
		if c := out.table.elem.code; c != ref && c != refNull {
			v.mismatched("the elements of a table", "references", out.table.elem.String())
		}
	case binary.SortCoreMemory:
		out.memory = memoryType{limitsOf(t), 16}
		if t.HasPageSize {
			out.memory.pageSize = t.PageSize
		}
		v.checkMemory(out.memory)
	case binary.SortCoreGlobal:
		out.global = globalType{g.val(t.Val), t.Mutable}
	}
	return out
}

func limitsOf(t binary.CoreExternType) limits {
	return limits{min: t.Min, max: t.Max, hasMax: t.HasMax, shared: t.Shared, is64: t.Is64}
}

// checkMemory holds a memory type to its bounds.
func (v *validator) checkMemory(m memoryType) {
	if m.pageSize != 16 && m.pageSize != 0 {
		v.fail(ClassType, "a memory with pages of 2^%d bytes; they have 2^16 or 1", m.pageSize)
	}
	pages := uint64(maxPages)
	if m.is64 {
		pages = maxPages64
	}
	if m.pageSize == 0 {
		pages = pages<<16 - 1
	}
	v.checkLimits("memory", m.limits, pages, pages)
	if m.shared && !m.hasMax {
		v.fail(ClassType, "a shared memory without a maximum")
	}
}

func (v *validator) checkLimits(what string, l limits, atStart, atMost uint64) {
	switch {
	case l.min > atStart:
		v.fail(ClassLimit, "a %s that starts with %d; the limit is %d", what, l.min, atStart)
	case l.hasMax && l.max > atMost:
		v.fail(ClassLimit, "a %s of at most %d; the limit is %d", what, l.max, atMost)
	case l.hasMax && l.min > l.max:
		v.fail(ClassType, "a %s that starts with %d and has at most %d", what, l.min, l.max)
	}
}
