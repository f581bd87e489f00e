package fromwasm

import (
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/wit"
)

// longest is the length from which a type that has no name is not written out
// any more: types that hold others twice, and those others twice, would grow
// without bound.
const longest = 1000

// A scope is an interface, or the world, whose types are being made: a name in
// it means its own declaration before that of another.
type scope struct {
	builder *builder
	owner   wit.Owner
	defs    []*wit.TypeDef
	names   map[string]*wit.TypeDef
	// types and resources find the declarations in this scope.
	types     map[*abi.Type]*wit.TypeDef
	resources map[*abi.Resource]*wit.TypeDef
}

// declare adds a declaration.
func (s *scope) declare(t component.NamedType) {
	def := &wit.TypeDef{Name: t.Name, Owner: s.owner}
	s.names[t.Name] = def
	s.defs = append(s.defs, def)
	if t.Resource != nil {
		s.resources[t.Resource] = def
		if first := s.builder.resources[t.Resource]; first != nil {
			def.Kind = &wit.Alias{Type: first}
			return
		}
		s.builder.resources[t.Resource] = def
		def.Kind = &wit.Resource{}
		return
	}
	def.Kind = s.declaration(t.Type)
	s.types[t.Type] = def
	b := s.builder
	if b.types[t.Type] == nil {
		b.types[t.Type] = def
	}
	if shape := shapeOf(t.Type); shape != nil && b.shapes[shape] == nil {
		b.shapes[shape] = def
	}
}

// declaration is what a name is declared as: another name for a type that is
// declared already, or the type itself.
func (s *scope) declaration(t *abi.Type) wit.Kind {
	if def := s.declared(t); def != nil {
		return &wit.Alias{Type: def}
	}
	if def := s.builder.shapes[shapeOf(t)]; def != nil {
		return &wit.Alias{Type: def}
	}
	switch t.Kind {
	case abi.KindRecord:
		k := &wit.Record{}
		for _, f := range t.Fields {
			k.Fields = append(k.Fields, wit.Field{Name: f.Label, Type: s.typ(f.Type)})
		}
		return k
	case abi.KindVariant:
		k := &wit.Variant{}
		for _, c := range t.Cases {
			k.Cases = append(k.Cases, wit.Case{Name: c.Label, Type: s.typ(c.Type)})
		}
		return k
	case abi.KindEnum:
		k := &wit.Enum{}
		for _, c := range t.Cases {
			k.Cases = append(k.Cases, wit.Label{Name: c.Label})
		}
		return k
	case abi.KindFlags:
		k := &wit.Flags{}
		for _, l := range t.Labels {
			k.Flags = append(k.Flags, wit.Label{Name: l})
		}
		return k
	}
	return &wit.Alias{Type: s.structure(t)}
}

// declared is the declaration of t that is seen from s; nil where it has none.
func (s *scope) declared(t *abi.Type) *wit.TypeDef {
	if def := s.types[t]; def != nil {
		return def
	}
	return s.builder.types[t]
}

// shapeOf identifies what a record, variant, enum or flags type is made of: the
// copies of a type under other names share it.
func shapeOf(t *abi.Type) any {
	switch {
	case t.Kind == abi.KindRecord && len(t.Fields) > 0:
		return &t.Fields[0]
	case (t.Kind == abi.KindVariant || t.Kind == abi.KindEnum) && len(t.Cases) > 0:
		return &t.Cases[0]
	case t.Kind == abi.KindFlags && len(t.Labels) > 0:
		return &t.Labels[0]
	}
	return nil
}

// typ is a type where it is used; nil stays nil.
func (s *scope) typ(t *abi.Type) wit.Type {
	switch {
	case t == nil:
		return nil
	case s.declared(t) != nil:
		return s.declared(t)
	case t.Name != "":
		return s.inline(t)
	}
	return s.structure(t)
}

// structure is a type by what it is made of.
func (s *scope) structure(t *abi.Type) wit.Type {
	if p, ok := wit.PrimOf(t.Kind.String()); ok {
		return p
	}
	if s.builder.length(t, 0) > longest {
		return &wit.TypeDef{Name: t.Kind.String() + "<…>", Owner: s.owner, Kind: &wit.Record{}}
	}
	switch t.Kind {
	case abi.KindList:
		return &wit.List{Elem: s.typ(t.Elem)}
	case abi.KindFixedList:
		return &wit.FixedList{Elem: s.typ(t.Elem), Len: t.Len}
	case abi.KindMap:
		return &wit.Map{Key: s.typ(t.Elem.Fields[0].Type), Value: s.typ(t.Elem.Fields[1].Type)}
	case abi.KindTuple:
		k := &wit.Tuple{}
		for _, f := range t.Fields {
			k.Elems = append(k.Elems, s.typ(f.Type))
		}
		return k
	case abi.KindOption:
		return &wit.Option{Elem: s.typ(t.Elem)}
	case abi.KindResult:
		return &wit.Result{OK: s.typ(t.Cases[0].Type), Err: s.typ(t.Cases[1].Type)}
	case abi.KindOwn:
		return &wit.Own{Resource: s.resource(t.Resource)}
	case abi.KindBorrow:
		return &wit.Borrow{Resource: s.resource(t.Resource)}
	case abi.KindStream:
		return &wit.Stream{Elem: s.typ(t.Elem)}
	case abi.KindFuture:
		return &wit.Future{Elem: s.typ(t.Elem)}
	}
	return s.inline(t)
}

// inline is a type that WIT has no form for where it is used: it stands for
// itself under the name that it has, or written out.
func (s *scope) inline(t *abi.Type) *wit.TypeDef {
	def := &wit.TypeDef{Name: t.String(), Owner: s.owner}
	kind := s.declaration(t)
	s.types[t], def.Kind = def, kind
	return def
}

// length is about how long a type is when written out, more than longest where
// it is too long.
func (b *builder) length(t *abi.Type, depth int) int {
	const each = 8 // the brackets and the name of a constructor, about
	switch {
	case t == nil:
		return 1
	case t.Name != "" && depth > 0:
		return len(t.Name)
	case depth > longest/each:
		return longest + 1
	}
	if n, ok := b.lengths[t]; ok {
		return n
	}
	n := each + b.length(t.Elem, depth+1)
	for _, f := range t.Fields {
		n += len(f.Label) + b.length(f.Type, depth+1)
	}
	for _, c := range t.Cases {
		n += len(c.Label) + b.length(c.Type, depth+1)
	}
	for _, l := range t.Labels {
		n += len(l)
	}
	b.lengths[t] = min(n, longest+1)
	return b.lengths[t]
}
