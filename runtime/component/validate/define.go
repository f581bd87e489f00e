package validate

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// typeDef makes the type that a definition or declaration describes.
func (s *scope) typeDef(t binary.Type) typ {
	switch t := t.(type) {
	case *binary.Func:
		return s.funcType(t)
	case *binary.Resource:
		return s.resourceType(t)
	case *binary.InstanceType:
		return s.instanceType(t)
	case *binary.ComponentType:
		return s.componentType(t)
	}
	return s.valueTypeDef(t)
}

// valueTypeDef makes a value type [Binary.md, Type Definitions].
func (s *scope) valueTypeDef(t binary.Type) *valueType {
	out := &valueType{}
	switch t := t.(type) {
	case *binary.Prim:
		return primType(t.Type.Prim)
	case *binary.Record:
		out.kind, out.parts = kindRecord, s.fields("record field", t.Fields)
	case *binary.Variant:
		out.kind, out.parts = kindVariant, s.cases(t.Cases)
	case *binary.List:
		out.kind, out.parts = kindList, s.parts(&t.Elem)
	case *binary.FixedList:
		out.kind, out.n, out.parts = kindFixedList, t.Len, s.parts(&t.Elem)
		if t.Len == 0 {
			s.v.fail(ClassType, "a list of length 0; a fixed length is at least 1")
		}
	case *binary.Tuple:
		out.kind = kindTuple
		for i := range t.Elems {
			out.parts = append(out.parts, part{typ: s.valType(t.Elems[i])})
		}
	case *binary.Flags:
		out.kind, out.parts = kindFlags, s.labels("flag", t.Labels)
		if len(t.Labels) > maxFlags {
			s.v.fail(ClassLimit, "flags with %d labels; there can be no more than %d", len(t.Labels), maxFlags)
		}
	case *binary.Enum:
		out.kind, out.parts = kindEnum, s.labels("enum case", t.Labels)
	case *binary.Option:
		out.kind, out.parts = kindOption, s.parts(&t.Elem)
	case *binary.Result:
		out.kind, out.parts = kindResult, s.parts(t.OK, t.Err)
	case *binary.Own:
		out.kind, out.res = kindOwn, s.resourceAt(t.Index)
	case *binary.Borrow:
		out.kind, out.res = kindBorrow, s.resourceAt(t.Index)
	case *binary.Stream:
		out.kind, out.parts = kindStream, s.parts(t.Elem)
	case *binary.Future:
		out.kind, out.parts = kindFuture, s.parts(t.Elem)
	case *binary.Map:
		out.kind, out.parts = kindMap, s.parts(&t.Key, &t.Value)
	default:
		s.v.fail(ClassUnsupported, "type %T", t)
	}
	s.v.checkEmpty(out)
	s.v.checkParts(out)
	return s.v.finishValue(out)
}

// checkEmpty refuses types without what they are made of; the decoder does so
// too, this is for trees from elsewhere.
func (v *validator) checkEmpty(t *valueType) {
	switch t.kind {
	case kindRecord, kindVariant, kindTuple, kindFlags, kindEnum:
		if len(t.parts) == 0 {
			v.fail(ClassType, "%s of nothing; it has at least one part", article(kindNames[t.kind]))
		}
	}
}

// checkParts holds the parts of a type to what its kind allows.
func (v *validator) checkParts(t *valueType) {
	switch t.kind {
	case kindStream, kindFuture:
		elem := t.parts[0].typ
		if elem == nil {
			return
		}
		if elem.about.borrows {
			v.fail(ClassType, "a %s of values with a borrow in them: a borrow ends with the call, use own", kindNames[t.kind])
		}
		if t.kind == kindStream && elem.kind == kindPrim && elem.prim == binary.PrimChar {
			v.fail(ClassType, "stream<char> is not valid at this time: use stream<u8> and say how the text is encoded")
		}
	case kindMap:
		if key := t.parts[0].typ; !isKey(key) {
			e := v.fault(ClassType, "the key of a map")
			e.Expected, e.Found = "bool, an integer, char or string", key.describe()
			panic(bailout{e})
		}
	}
}

// isKey tells whether a type may be the key of a map [Explainer.md, keytype].
func isKey(t *valueType) bool {
	if t.kind != kindPrim {
		return false
	}
	switch t.prim {
	case binary.PrimF32, binary.PrimF64, binary.PrimErrorContext:
		return false
	}
	return true
}

// finishValue sets what follows from the parts of a type and checks its size.
func (v *validator) finishValue(t *valueType) *valueType {
	v.node()
	t.about = leaf
	for _, p := range t.parts {
		if p.typ != nil {
			t.about = t.about.with(p.typ.about)
		}
	}
	switch t.kind {
	case kindOwn, kindBorrow:
		t.about.movable, t.about.borrows = true, t.kind == kindBorrow
	case kindList, kindMap:
		t.about.lists = true
	case kindStream, kindFuture:
		t.about.lists = false
	}
	v.checkSize(t.about)
	t.bytes, t.align = layout(t)
	if t.bytes >= maxValueBytes {
		v.fail(ClassLimit, "%s of %d bytes in memory; the limit is %d", article(t.describe()), t.bytes, maxValueBytes-1)
	}
	return t
}

// checkSize bounds what a type stands for.
func (v *validator) checkSize(f facts) {
	if f.size > maxTypeSize {
		v.fail(ClassLimit, "a type of more than %d parts, counting those of its parts", maxTypeSize)
	}
	if f.depth > maxTypeDepth {
		v.fail(ClassLimit, "a type nested deeper than %d", maxTypeDepth)
	}
}

// parts looks up the parts of a type without labels; nil stands for none.
func (s *scope) parts(ts ...*binary.ValType) []part {
	out := make([]part, len(ts))
	for i, t := range ts {
		if t != nil {
			out[i].typ = s.valType(*t)
		}
	}
	return out
}

func (s *scope) fields(what string, fields []binary.Field) []part {
	out := make([]part, len(fields))
	for i, f := range fields {
		out[i] = part{f.Label, s.valType(f.Type)}
	}
	s.v.checkLabels(what, out)
	return out
}

func (s *scope) cases(cases []binary.Case) []part {
	out := make([]part, len(cases))
	for i, c := range cases {
		out[i].label = c.Label
		if c.Type != nil {
			out[i].typ = s.valType(*c.Type)
		}
	}
	s.v.checkLabels("variant case", out)
	return out
}

func (s *scope) labels(what string, labels []string) []part {
	out := make([]part, len(labels))
	for i, l := range labels {
		out[i].label = l
	}
	s.v.checkLabels(what, out)
	return out
}

// valType looks up a value type.
func (s *scope) valType(t binary.ValType) *valueType {
	if t.Prim != 0 {
		return primType(t.Prim)
	}
	switch found := s.typeAt(t.Index).(type) {
	case *valueType:
		return found
	default:
		s.v.mismatched("type "+itoa(t.Index), "a value type", found.noun())
		return nil
	}
}

// funcType makes a function type [Binary.md, functype].
func (s *scope) funcType(t *binary.Func) *funcType {
	s.v.node()
	f := &funcType{async: t.Async, params: s.fields("parameter", t.Params), about: leaf}
	for _, p := range f.params {
		f.about = f.about.with(p.typ.about)
	}
	if t.Result != nil {
		f.result = s.valType(*t.Result)
		if f.result.about.borrows {
			s.v.fail(ClassType, "a function's result contains a borrow: a borrow ends with the call, use own")
		}
		f.about = f.about.with(f.result.about)
	}
	s.v.checkSize(f.about)
	return f
}

// resourceType defines a resource type [Binary.md, resourcetype].
func (s *scope) resourceType(t *binary.Resource) typ {
	v := s.v
	if s.kind != inComponent {
		v.fail(ClassResource, "a resource type is defined within the type of %s; only a component defines resources, its type declares them with (sub resource)", s.kind)
	}
	rep := coreVal{code: t.Rep}
	if rep != coreI32 && rep != coreI64 {
		v.mismatched("the representation of a resource", "i32 or i64", rep.String())
	}
	if t.Dtor != nil {
		want := coreSig{params: []coreVal{rep}}
		if got := v.core.sig(at(v, s.coreFuncs, *t.Dtor, "core func")); !got.equal(want) {
			v.mismatched("the destructor, core func "+itoa(*t.Dtor), want.String(), got.String())
		}
	}
	r := &resource{owner: s, rep: rep}
	s.make(r)
	return resourceName{r, v.newCopy()}
}

// instanceType makes the type of an instance from its declarations.
func (s *scope) instanceType(t *binary.InstanceType) *instanceType {
	inner := s.v.newScope(s, inInstanceType)
	inner.declare(t.Decls)
	out := &instanceType{exports: inner.exports.items, vars: inner.made}
	out.about = out.exports.facts(leaf)
	s.v.checkSize(out.about)
	return out
}

// componentType makes the type of a component from its declarations.
func (s *scope) componentType(t *binary.ComponentType) *componentType {
	inner := s.v.newScope(s, inComponentType)
	inner.declare(t.Decls)
	return inner.finish()
}

// declare takes the declarations of a type.
func (s *scope) declare(decls []binary.Decl) {
	v := s.v
	section, offset := v.section, v.offset
	for _, decl := range decls {
		v.define()
		switch d := decl.(type) {
		case *binary.CoreTypeDef:
			v.offset = d.Offset
			s.coreTypeDef(d)
		case *binary.TypeDef:
			v.offset = d.Offset
			s.types = append(s.types, s.typeDef(d.Type))
		case *binary.Alias:
			v.offset = d.Offset
			s.alias(d)
		case *binary.ImportDecl:
			v.offset = d.Offset
			s.importItem(d.Name, d.Type)
		case *binary.ExportDecl:
			v.offset = d.Offset
			s.exportItem(d.Name, s.externType(d.Type))
		}
	}
	s.endCoreTypes()
	v.section, v.offset = section, offset
}
