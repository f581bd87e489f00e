package binary

// The bytes of the types that are no primitives [Binary.md, Type Definitions].
const (
	typeAsyncFunc = 0x43
	typeInstance  = 0x42
	typeComponent = 0x41
	typeFunc      = 0x40
	typeResource  = 0x3f

	typeRecord    = 0x72
	typeVariant   = 0x71
	typeList      = 0x70
	typeTuple     = 0x6f
	typeFlags     = 0x6e
	typeEnum      = 0x6d
	typeOption    = 0x6b
	typeResult    = 0x6a
	typeOwn       = 0x69
	typeBorrow    = 0x68
	typeFixedList = 0x67
	typeStream    = 0x66
	typeFuture    = 0x65
	typeMap       = 0x63
)

func isPrimitive(b byte) bool { return b >= PrimString && b <= PrimBool || b == PrimErrorContext }

func (r *reader) typeDef() *TypeDef {
	return &TypeDef{Offset: r.at(), Type: r.deftype()}
}

// deftype reads the definition of a type.
func (r *reader) deftype() Type {
	at := r.pos
	switch b := r.byte("a type"); b {
	case typeFunc, typeAsyncFunc:
		f := &Func{Async: b == typeAsyncFunc}
		f.Params = list(r, "parameters", maxParams, r.field("a parameter's name"))
		f.Result = r.resultList()
		return f
	case typeResource:
		t := &Resource{Rep: r.byte("a resource's representation")}
		t.Dtor = optional(r, "a destructor", func() uint32 { return r.u32("a core function's index") })
		return t
	case typeInstance:
		return &InstanceType{Decls: r.decls(at, false)}
	case typeComponent:
		return &ComponentType{Decls: r.decls(at, true)}
	default:
		return r.defvaltype(at, b)
	}
}

// defvaltype reads the definition of a value type, whose first byte has been
// read.
func (r *reader) defvaltype(at int, b byte) Type {
	switch b {
	case typeRecord:
		return &Record{Fields: nonEmpty(r, at, "fields", list(r, "fields", maxFields, r.field("a field's name")))}
	case typeVariant:
		return &Variant{Cases: nonEmpty(r, at, "cases", list(r, "cases", maxCases, r.variantCase))}
	case typeList:
		return &List{Elem: r.valType()}
	case typeFixedList:
		return r.fixedList(at)
	case typeTuple:
		return &Tuple{Elems: nonEmpty(r, at, "elements", list(r, "elements", maxTupleElems, r.valType))}
	case typeFlags:
		return &Flags{Labels: nonEmpty(r, at, "flags", list(r, "flags", maxFlags, r.label("a flag's name")))}
	case typeEnum:
		return &Enum{Labels: nonEmpty(r, at, "cases", list(r, "cases", maxCases, r.label("a case's name")))}
	case typeOption:
		return &Option{Elem: r.valType()}
	case typeResult:
		return &Result{OK: r.optionalValType(), Err: r.optionalValType()}
	case typeOwn:
		return &Own{Index: r.u32("a resource type's index")}
	case typeBorrow:
		return &Borrow{Index: r.u32("a resource type's index")}
	case typeStream:
		return &Stream{Elem: r.optionalValType()}
	case typeFuture:
		return &Future{Elem: r.optionalValType()}
	case typeMap:
		return &Map{Key: r.valType(), Value: r.valType()}
	}
	if !isPrimitive(b) {
		r.failAt(at, "%#x is no type", b)
	}
	return &Prim{Type: ValType{Prim: b}}
}

// nonEmpty refuses an empty list of what a type is made of.
func nonEmpty[T any](r *reader, at int, what string, l []T) []T {
	if r.err == nil && len(l) == 0 {
		r.failAt(at, "a type without %s", what)
	}
	return l
}

func (r *reader) fixedList(at int) *FixedList {
	l := &FixedList{Elem: r.valType(), Len: r.u32("the length of a list type")}
	if r.err == nil && l.Len == 0 {
		r.failAt(at, "a list type of length 0")
	}
	return l
}

func (r *reader) label(what string) func() string {
	return func() string { return r.name(what) }
}

func (r *reader) field(what string) func() Field {
	return func() Field { return Field{Label: r.name(what), Type: r.valType()} }
}

func (r *reader) variantCase() Case {
	c := Case{Label: r.name("a case's name"), Type: r.optionalValType()}
	r.expect(0x00, "the end of a case")
	return c
}

// valType reads a value type: a primitive or an index.
func (r *reader) valType() ValType {
	if b := r.peek(); isPrimitive(b) {
		r.pos++
		return ValType{Prim: b}
	}
	return ValType{Index: r.index("value type")}
}

func (r *reader) optionalValType() *ValType { return optional(r, "a type", r.valType) }

// resultList reads the result of a function; nil where it has none.
func (r *reader) resultList() *ValType {
	at := r.pos
	switch form := r.byte("a function's result"); form {
	case 0x00:
		t := r.valType()
		return &t
	case 0x01:
		if n := r.byte("the number of results"); n != 0 && r.err == nil {
			r.failAt(at, "%d named results, which the component model no longer has; build the component with newer tools", n)
		}
	default:
		r.failAt(at, "%#x is no form of a result: 0x0 (one) or 0x1 (none)", form)
	}
	return nil
}

// decls reads the declarations of an instance type or a component type.
func (r *reader) decls(at int, component bool) []Decl {
	r.types++
	defer func() { r.types-- }()
	if r.types > maxTypeNesting {
		r.failAt(at, "types stand in one another deeper than %d", maxTypeNesting)
		return nil
	}
	n := r.count("declarations", maxDefinitions)
	out := make([]Decl, 0, min(n, preallocated))
	for range n {
		out = r.decl(out, component)
		if r.err != nil {
			return nil
		}
	}
	return out
}

// decl reads one declaration; a recursion group of core types gives several.
func (r *reader) decl(out []Decl, component bool) []Decl {
	r.define()
	at := r.pos
	switch kind := r.byte("a declaration"); {
	case kind == 0x00:
		for _, def := range r.coreTypeDefs() {
			out = append(out, def)
		}
		return out
	case kind == 0x01:
		return append(out, r.typeDef())
	case kind == 0x02:
		return append(out, r.alias())
	case kind == 0x03 && component:
		return append(out, &ImportDecl{Offset: r.at(), Name: r.externName(), Type: r.externType()})
	case kind == 0x04:
		return append(out, &ExportDecl{Offset: r.at(), Name: r.externName(), Type: r.externType()})
	case kind == 0x03:
		r.failAt(at, "an instance type declares an import")
	default:
		r.failAt(at, "%#x is no declaration", kind)
	}
	return out
}
