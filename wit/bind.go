package wit

import (
	"fmt"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// types resolves the declarations of a scope in the order of their needs.
func (s *scope) types() {
	index := make(map[*symbol]int, len(s.list))
	for i, sym := range s.list {
		index[sym] = i
	}
	edges := make([][]edge[syntax.Ident], len(s.list))
	for i, sym := range s.list {
		if sym.decl == nil {
			continue
		}
		eachName(sym.decl.Body, func(name syntax.Ident) {
			if to := s.symbols[name.Name]; to != nil && to.def != nil {
				edges[i] = append(edges[i], edge[syntax.Ident]{index[to], name})
			}
		})
	}
	order, rest := topo(edges)
	if len(rest) > 0 {
		name := circle(edges, rest).at
		s.r.errorf(s.file.src, name.Span, "type `%s` depends on itself", name.Name).
			WithHint("declared at %s; types cannot be recursive: a resource, or an index into a list, can stand in between", s.file.src.Pos(s.symbols[name.Name].name.Start))
	}
	for _, i := range rest {
		s.list[i].broken = true
	}
	for _, i := range rest { // for the other mistakes in them
		sym := s.list[i]
		(&binder{s, !sym.off, sym.name.Span}).body(sym)
		sym.broken, sym.def.Kind = true, nil
	}
	for _, i := range order {
		if sym := s.list[i]; sym.decl != nil {
			(&binder{s, !sym.off, sym.name.Span}).body(sym)
		}
		s.r.hasBorrow(s.list[i].def) // now, so that it need not look deep later
		s.sorted = append(s.sorted, s.list[i])
	}
}

// eachName calls f for each name of a type in a declaration.
func eachName(body syntax.TypeBody, f func(syntax.Ident)) {
	switch b := body.(type) {
	case *syntax.Alias:
		eachTypeName(b.Type, f)
	case *syntax.Record:
		for _, m := range b.Fields {
			eachTypeName(m.Type, f)
		}
	case *syntax.Variant:
		for _, m := range b.Cases {
			eachTypeName(m.Type, f)
		}
	}
}

func eachTypeName(t syntax.Type, f func(syntax.Ident)) {
	switch t := t.(type) {
	case *syntax.Named:
		f(t.Ident)
	case *syntax.Handle:
		f(t.Resource)
	case *syntax.List:
		eachTypeName(t.Elem, f)
	case *syntax.Map:
		eachTypeName(t.Key, f)
		eachTypeName(t.Value, f)
	case *syntax.Tuple:
		for _, e := range t.Elems {
			eachTypeName(e, f)
		}
	case *syntax.Option:
		eachTypeName(t.Elem, f)
	case *syntax.Result:
		eachTypeName(t.OK, f)
		eachTypeName(t.Err, f)
	case *syntax.Stream:
		eachTypeName(t.Elem, f)
	case *syntax.Future:
		eachTypeName(t.Elem, f)
	}
}

// A binder makes types of the model within one declaration or function. Where a
// type is not known it gives nil and lets the rest pass: a mistake has been
// reported then, and the model is not handed out.
type binder struct {
	*scope
	// on says that the declaration is let in, so that all it needs must be.
	on bool
	// at is what to blame where it is not.
	at syntax.Span
}

func (b *binder) body(sym *symbol) {
	d := sym.def
	switch body := sym.decl.Body.(type) {
	case *syntax.Alias:
		d.Kind = &Alias{Type: b.alias(sym, body.Type)}
	case *syntax.Record:
		k := &Record{}
		b.members("field", body.Fields, func(m syntax.Member, at Pos) {
			b.at = m.Name.Span
			k.Fields = append(k.Fields, Field{Pos: at, Docs: m.Docs, Name: m.Name.Name, Type: b.typ(m.Type)})
		})
		d.Kind = k
	case *syntax.Variant:
		k := &Variant{}
		b.members("case", body.Cases, func(m syntax.Member, at Pos) {
			k.Cases = append(k.Cases, Case{Pos: at, Docs: m.Docs, Name: m.Name.Name, Type: b.typ(m.Type)})
		})
		b.notEmpty(sym, "variant", len(body.Cases))
		d.Kind = k
	case *syntax.Enum:
		d.Kind = &Enum{Cases: b.labels("case", body.Cases)}
		b.notEmpty(sym, "enum", len(body.Cases))
	case *syntax.Flags:
		d.Kind = &Flags{Flags: b.labels("flag", body.Flags)}
	case *syntax.Resource:
		d.Kind, sym.resource = &Resource{}, true
	}
}

func (b *binder) notEmpty(sym *symbol, what string, n int) {
	if n == 0 {
		b.r.errorf(b.file.src, sym.name.Span, "%s `%s` has no case", what, sym.name.Name).WithHint("it needs one at least")
	}
}

func (b *binder) labels(what string, members []syntax.Member) []Label {
	out := make([]Label, 0, len(members))
	b.members(what, members, func(m syntax.Member, at Pos) {
		out = append(out, Label{Pos: at, Docs: m.Docs, Name: m.Name.Name})
	})
	return out
}

// members calls f for each, as long as their names differ.
func (b *binder) members(what string, members []syntax.Member, f func(syntax.Member, Pos)) {
	names := make(map[string]syntax.Ident, len(members))
	for _, m := range members {
		if b.unique(names, what, m.Name) {
			f(m, b.file.src.Pos(m.Name.Start))
		}
	}
}

// unique enters a name, and says whether it was free. Upper and lower case make no
// difference [WIT.md, WIT Worlds; Explainer.md, Name Uniqueness].
func (b *binder) unique(names map[string]syntax.Ident, what string, name syntax.Ident) bool {
	key := strings.ToLower(name.Name)
	if old, ok := names[key]; ok {
		b.r.errorf(b.file.src, name.Span, "%s `%s` is defined more than once", what, name.Name).
			WithHint("%s", already(b.file.src, old.Name, old.Start, name.Name))
		return false
	}
	names[key] = name
	return true
}

// alias is the type that a declaration gives another name. That of a resource means
// the resource and not a handle.
func (b *binder) alias(sym *symbol, t syntax.Type) Type {
	named, ok := t.(*syntax.Named)
	if !ok {
		out := b.typ(t)
		sym.broken = out == nil
		return out
	}
	target := b.named(named.Ident)
	if target == nil {
		if p, ok := b.prim(named.Ident); ok {
			return p
		}
		sym.broken = true
		return nil
	}
	sym.resource = target.resource
	return target.def
}

// prim is the primitive type that is no keyword.
func (b *binder) prim(name syntax.Ident) (Prim, bool) {
	if name.Name != errorContext || b.symbols[errorContext] != nil {
		return 0, false
	}
	return ErrorContext, true
}

const errorContext = "error-context"

// named is what the name of a type means; nil for a primitive one, too.
func (b *binder) named(name syntax.Ident) *symbol {
	if _, ok := b.prim(name); ok {
		return nil
	}
	return b.lookup(name, b.on, b.at)
}

// typ is nil where t is, and where it is not known.
func (b *binder) typ(t syntax.Type) Type {
	switch t := t.(type) {
	case *syntax.Prim:
		p, _ := PrimOf(t.Name)
		return p
	case *syntax.Named:
		sym := b.named(t.Ident)
		switch {
		case sym == nil:
			if p, ok := b.prim(t.Ident); ok {
				return p
			}
			return nil
		case sym.resource: // [WIT.md, Handles]
			return &Own{Resource: sym.def}
		}
		return sym.def
	case *syntax.Handle:
		return b.handle(t)
	case *syntax.List:
		if t.Len != nil {
			return &FixedList{Elem: b.typ(t.Elem), Len: *t.Len}
		}
		return &List{Elem: b.typ(t.Elem)}
	case *syntax.Map:
		return b.mapType(t)
	case *syntax.Tuple:
		out := &Tuple{}
		for _, e := range t.Elems {
			out.Elems = append(out.Elems, b.typ(e))
		}
		return out
	case *syntax.Option:
		return &Option{Elem: b.typ(t.Elem)}
	case *syntax.Result:
		return &Result{OK: b.typ(t.OK), Err: b.typ(t.Err)}
	case *syntax.Stream:
		return &Stream{Elem: b.typ(t.Elem)}
	case *syntax.Future:
		return &Future{Elem: b.typ(t.Elem)}
	case nil:
		return nil
	}
	panic(fmt.Sprintf("wit: no type %T", t))
}

func (b *binder) handle(t *syntax.Handle) Type {
	sym := b.named(t.Resource)
	if sym == nil {
		if _, ok := b.prim(t.Resource); !ok {
			return nil
		}
	}
	if sym == nil || !sym.resource {
		e := b.r.errorf(b.file.src, t.Resource.Span, "`%s` is no resource: only those have handles", t.Resource.Name)
		if sym != nil {
			e.WithHint("declared at %s", b.file.src.Pos(sym.name.Start))
		}
		return nil
	}
	if t.Borrow {
		return &Borrow{Resource: sym.def}
	}
	return &Own{Resource: sym.def}
}

// mapType checks the key: only some primitive types may be one [WIT.md, Types].
func (b *binder) mapType(t *syntax.Map) Type {
	key := b.typ(t.Key)
	p, ok := key.(Prim)
	if _, named := t.Key.(*syntax.Named); key != nil && (!ok || p == F32 || p == F64 || named) {
		b.r.errorf(b.file.src, t.Key.At(), "the key of a map cannot be of this type").
			WithHint("a key is a bool, a number that is no float, a char or a string")
	}
	return &Map{Key: key, Value: b.typ(t.Value)}
}
