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
	var defs []*CoreTypeDef
	for _, t := range r.recType() {
		defs = append(defs, &CoreTypeDef{Offset: at, Type: t})
	}
	return defs
}

// recType reads a recursion group, or a single type that stands for one. A
// non-final subtype is told from a module type by a 0x00 before it.
func (r *reader) recType() []CoreType {
	at := r.pos
	switch r.peek() {
	case coreRec:
		r.pos++
		return list(r, "core types", maxDefinitions, func() CoreType {
			r.define()
			return r.subType()
		})
	case 0x00:
		r.byte("a core type")
		if b := r.peek(); b != coreSub {
			r.failAt(at, "0x0 %#x is no core type", b)
		}
	}
	return []CoreType{r.subType()}
}

// subType reads a type with or without supertypes.
func (r *reader) subType() CoreType {
	form := r.peek()
	if form != coreSub && form != coreSubFinal {
		return r.compType()
	}
	r.pos++
	list(r, "supertypes", maxSupertypes, func() uint32 { return r.u32("a core type's index") })
	r.compType()
	return &CoreOtherType{Form: form}
}

// compType reads a function, structure or array type. Function types over
// references with types of their own are no use to the runtime and keep their
// form only.
func (r *reader) compType() CoreType {
	at := r.pos
	form := r.byte("a core type")
	switch form {
	case coreFunc:
		params, plain := r.coreValTypes("parameters")
		results, plainResults := r.coreValTypes("results")
		if plain && plainResults {
			return &CoreFuncType{Params: params, Results: results}
		}
	case coreStruct:
		list(r, "fields", maxCoreFields, r.coreField)
	case coreArray:
		r.coreField()
	default:
		r.failAt(at, "%#x is no core type", form)
	}
	return &CoreOtherType{Form: form}
}

// coreField steps over a field of a structure or array type; its type may be a
// packed one.
func (r *reader) coreField() struct{} {
	if b := r.peek(); b == 0x78 || b == 0x77 {
		r.pos++
	} else {
		r.coreValType()
	}
	r.flag("mutability")
	return struct{}{}
}

// coreValTypes reads a list of core value types and tells whether each is one
// byte.
func (r *reader) coreValTypes(what string) (types []byte, plain bool) {
	plain = true
	types = list(r, what, maxCoreValTypes, func() byte {
		b := r.coreValType()
		plain = plain && b != coreRef && b != coreRefNull
		return b
	})
	return types, plain
}

// coreValType reads a core value type and gives its first byte: numbers and
// vectors are 0x7b to 0x7f, abstract references 0x68 to 0x74, and 0x63 and 0x64
// lead a reference to a heap type.
func (r *reader) coreValType() byte {
	at := r.pos
	b := r.byte("a core value type")
	switch {
	case b == coreRef || b == coreRefNull:
		if h := r.peek(); h >= 0x68 && h <= 0x75 {
			r.pos++
		} else {
			r.index("heap type")
		}
	case b >= 0x7b && b <= 0x7f || b >= 0x68 && b <= 0x75:
	default:
		r.failAt(at, "%#x is no core value type", b)
	}
	return b
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
		return append(out, CoreModuleDecl{Import: d})
	case 0x01:
		for _, t := range r.recType() {
			out = append(out, CoreModuleDecl{Type: t})
		}
		return out
	case 0x02:
		r.expect(0x10, "the sort of a module type's alias")
		r.expect(0x01, "the target of a module type's alias")
		d := &CoreOuterAlias{Count: r.u32("a count of enclosing scopes"), Index: r.u32("a core type's index")}
		return append(out, CoreModuleDecl{Outer: d})
	case 0x03:
		d := &CoreExportDecl{Name: r.name("an export's name")}
		d.Type = r.coreExternType()
		return append(out, CoreModuleDecl{Export: d})
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
		r.u32("the size of a page")
	}
}
