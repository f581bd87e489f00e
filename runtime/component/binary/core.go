package binary

// The bytes of core types [core: binary/types; Binary.md, Type Definitions].
const (
	coreFunc     = 0x60
	coreStruct   = 0x5f
	coreArray    = 0x5e
	coreModule   = 0x50 // where it does not follow 0x00
	coreSub      = 0x50
	coreSubFinal = 0x4f
	coreRec      = 0x4e
	coreShared   = 0x65 // before one of the three

	coreRef     = 0x64
	coreRefNull = 0x63
)

// coreTypeDefs reads one core type of a component: a module type, or a
// recursion group, which defines as many types as it has members.
func (r *reader) coreTypeDefs() []*CoreTypeDef {
	at := r.pos
	r.define()
	if r.peek() == coreModule {
		r.pos++
		t := &CoreModuleType{Decls: r.moduleDecls()}
		return []*CoreTypeDef{{Offset: at, Type: t}}
	}
	group := r.recType()
	defs := make([]*CoreTypeDef, len(group.types))
	for i, t := range group.types {
		defs[i] = &CoreTypeDef{Offset: at, Type: t}
		defs[i].Member, defs[i].Members = group.place(i)
	}
	return defs
}

// A recGroup is a recursion group, or a lone type that stands for one.
type recGroup struct {
	types []CoreType
	lone  bool
}

// place gives what the tree says of the type at i: its place and the size of its
// group.
func (g recGroup) place(i int) (member, members int) {
	if g.lone {
		return 0, 0
	}
	return i, len(g.types)
}

// recType reads a recursion group, or a single type that stands for one. A
// non-final subtype is told from a module type by a 0x00 before it.
func (r *reader) recType() recGroup {
	at := r.pos
	switch r.peek() {
	case coreRec:
		r.pos++
		return recGroup{types: list(r, "core types", maxDefinitions, func() CoreType {
			r.define()
			return r.subType()
		})}
	case 0x00:
		r.byte("a core type")
		if b := r.peek(); b != coreSub {
			r.failAt(at, "0x0 %#x is no core type", b)
		}
	}
	return recGroup{types: []CoreType{r.subType()}, lone: true}
}

// subType reads a type with or without supertypes.
func (r *reader) subType() CoreType {
	form := r.peek()
	if form != coreSub && form != coreSubFinal {
		return r.compType()
	}
	r.pos++
	t := &CoreSubType{Final: form == coreSubFinal}
	t.Supers = list(r, "supertypes", maxSupertypes, func() uint32 { return r.u32("a core type's index") })
	t.Type = r.compType()
	return t
}

// compType reads a function, structure or array type.
func (r *reader) compType() CoreType {
	shared := r.peek() == coreShared
	if shared {
		r.pos++
	}
	at := r.pos
	switch form := r.byte("a core type"); form {
	case coreFunc:
		t := &CoreFuncType{Shared: shared}
		t.Params = list(r, "parameters", maxCoreValTypes, r.coreValType)
		t.Results = list(r, "results", maxCoreValTypes, r.coreValType)
		return t
	case coreStruct:
		return &CoreStructType{Fields: list(r, "fields", maxCoreFields, r.coreField), Shared: shared}
	case coreArray:
		return &CoreArrayType{Elem: r.coreField(), Shared: shared}
	default:
		r.failAt(at, "%#x is no core type", form)
		return &CoreFuncType{}
	}
}

// coreField reads a field of a structure or array type; its type may be a packed
// one.
func (r *reader) coreField() CoreField {
	var f CoreField
	if b := r.peek(); b == 0x78 || b == 0x77 {
		r.pos++
		f.Type.Code = b
	} else {
		f.Type = r.coreValType()
	}
	f.Mutable = r.flag("mutability")
	return f
}

// coreValType reads a core value type: numbers and vectors are 0x7b to 0x7f,
// abstract references 0x68 to 0x75, and 0x63 and 0x64 lead a reference to a heap
// type.
func (r *reader) coreValType() CoreValType {
	at := r.pos
	t := CoreValType{Code: r.byte("a core value type")}
	switch b := t.Code; {
	case b == coreRef || b == coreRefNull:
		if h := r.peek(); h >= 0x68 && h <= 0x75 {
			r.pos++
			t.Heap = h
		} else {
			t.Index = r.index("heap type")
		}
	case b >= 0x7b && b <= 0x7f || b >= 0x68 && b <= 0x75:
	default:
		r.failAt(at, "%#x is no core value type", b)
	}
	return t
}

// moduleDecls reads the declarations of a core module type.
func (r *reader) moduleDecls() []CoreModuleDecl {
	n := r.count("declarations", maxModuleDecls)
	out := make([]CoreModuleDecl, 0, min(n, preallocated))
	for range n {
		out = r.moduleDecl(out)
		if r.err != nil {
			return nil
		}
	}
	return out
}

func (r *reader) moduleDecl(out []CoreModuleDecl) []CoreModuleDecl {
	r.define()
	at := r.pos
	switch kind := r.byte("a declaration"); kind {
	case 0x00:
		d := &CoreImportDecl{Module: r.name("a module's name"), Name: r.name("an import's name")}
		d.Type = r.coreExternType()
		return append(out, CoreModuleDecl{Offset: at, Import: d})
	case 0x01:
		group := r.recType()
		for i, t := range group.types {
			d := CoreModuleDecl{Offset: at, Type: t}
			d.Member, d.Members = group.place(i)
			out = append(out, d)
		}
		return out
	case 0x02:
		r.expect(0x10, "the sort of a module type's alias")
		r.expect(0x01, "the target of a module type's alias")
		d := &CoreOuterAlias{Count: r.u32("a count of enclosing scopes"), Index: r.u32("a core type's index")}
		return append(out, CoreModuleDecl{Offset: at, Outer: d})
	case 0x03:
		d := &CoreExportDecl{Name: r.name("an export's name")}
		d.Type = r.coreExternType()
		return append(out, CoreModuleDecl{Offset: at, Export: d})
	default:
		r.failAt(at, "%#x is no declaration of a core module type", kind)
	}
	return out
}

// coreExternType reads the type of a core import or export [core:
// binary/types, External Types].
func (r *reader) coreExternType() CoreExternType {
	at := r.pos
	b := r.byte("a core item's kind")
	t := CoreExternType{Sort: SortCore | Sort(b)}
	switch t.Sort {
	case SortCoreFunc:
		t.Index = r.u32("a core type's index")
	case SortCoreTable:
		t.Val = r.coreValType()
		r.limits(&t)
	case SortCoreMemory:
		r.limits(&t)
	case SortCoreGlobal:
		t.Val, t.Mutable = r.coreValType(), r.flag("mutability")
	case SortCoreTag:
		r.expect(0x00, "a tag's attribute")
		t.Index = r.u32("a core type's index")
	default:
		r.failAt(at, "%#x is no kind of a core import or export", b)
	}
	return t
}

// limits reads the limits of a memory or table. The bits of the first byte say
// that there is a maximum, that it is shared, that it has 64-bit addresses and
// that its pages have a size of their own.
func (r *reader) limits(t *CoreExternType) {
	const hasMax, shared, is64, pageSize = 1, 2, 4, 8
	at := r.pos
	bits := r.byte("limits")
	if bits > 0x0f || bits&pageSize != 0 && t.Sort != SortCoreMemory {
		r.failAt(at, "%#x is no form of limits", bits)
		return
	}
	t.HasMax, t.Shared, t.Is64 = bits&hasMax != 0, bits&shared != 0, bits&is64 != 0
	width := uint(32)
	if t.Is64 {
		width = 64
	}
	t.Min = r.uleb(width, "a minimum")
	if t.HasMax {
		t.Max = r.uleb(width, "a maximum")
	}
	if bits&pageSize != 0 {
		t.HasPageSize, t.PageSize = true, r.u32("the size of a page")
	}
}
