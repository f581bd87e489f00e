package wit

import "github.com/airsstack/witgen/wit/syntax"

// function resolves the type of a function; at is its name.
func (s *scope) function(t *syntax.FuncType, name string, on bool, at syntax.Span) *Func {
	f := &Func{Pos: s.file.src.Pos(at.Start), Name: name, Async: t.Async}
	b := &binder{s, on, at}
	b.params(f, t)
	f.Result = b.typ(t.Result)
	s.noBorrow(f, on, at)
	return f
}

func (b *binder) params(f *Func, t *syntax.FuncType) {
	names := map[string]syntax.Ident{}
	if len(f.Params) > 0 { // self
		names["self"] = syntax.Ident{Name: "self", Span: b.at}
	}
	for _, p := range t.Params {
		if b.unique(names, "parameter", p.Name) {
			f.Params = append(f.Params, Param{Pos: b.file.src.Pos(p.Name.Start), Name: p.Name.Name, Type: b.typ(p.Type)})
		}
	}
}

// resourceFuncType resolves the type of a resource's function [WIT.md, Item:
// resource].
func (s *scope) resourceFuncType(sym *symbol, f *syntax.Func, name string, on bool) *Func {
	out := &Func{Pos: s.file.src.Pos(f.Name.Start), Name: name, Async: f.Type.Async}
	b := &binder{s, on, f.Name.Span}
	switch f.Kind {
	case syntax.Constructor:
		out.Kind = Constructor
	case syntax.Static:
		out.Kind = Static
	default:
		out.Kind = Method
		out.Params = append(out.Params, Param{Pos: out.Pos, Name: "self", Type: &Borrow{Resource: sym.def}})
	}
	b.params(out, &f.Type)
	out.Result = b.typ(f.Type.Result)
	if f.Kind == syntax.Constructor {
		out.Result = b.constructed(sym, f.Type.Result, out.Result)
	}
	s.noBorrow(out, on, f.Name.Span)
	return out
}

// constructed checks what a constructor gives back.
func (b *binder) constructed(sym *symbol, declared syntax.Type, t Type) Type {
	if declared == nil {
		return &Own{Resource: sym.def}
	}
	res, ok := t.(*Result)
	if !ok {
		if t != nil {
			b.r.errorf(b.file.src, declared.At(), "a constructor gives back its resource, or a result of it").
				WithHint("leave the type away, or write `result<%s>` or `result<%[1]s, …>`", sym.name.Name)
		}
		return t
	}
	if own, ok := res.OK.(*Own); ok && own.Resource == sym.def {
		return t
	}
	at := declared.At()
	if r := declared.(*syntax.Result); r.OK != nil {
		if res.OK == nil {
			return t // reported
		}
		at = r.OK.At()
	}
	b.r.errorf(b.file.src, at, "the constructor of `%s` gives back something else", sym.name.Name).
		WithHint("it must be `result<%s>` or `result<%[1]s, …>`", sym.name.Name)
	return t
}

// noBorrow refuses what would outlive the call that it is lent for.
func (s *scope) noBorrow(f *Func, on bool, at syntax.Span) {
	if on && !s.off && s.r.hasBorrow(f.Result) {
		s.r.errorf(s.file.src, at, "the result of `%s` holds a `borrow`", s.file.src.Text[at.Start:at.End]).
			WithHint("a borrowed handle ends with the call: give back the resource itself")
	}
}

// hasBorrow says whether a borrow is in a type. Declarations cannot be recursive.
func (r *resolver) hasBorrow(t Type) bool {
	switch t := t.(type) {
	case *Borrow:
		return true
	case *List:
		return r.hasBorrow(t.Elem)
	case *FixedList:
		return r.hasBorrow(t.Elem)
	case *Map:
		return r.hasBorrow(t.Key) || r.hasBorrow(t.Value)
	case *Tuple:
		for _, e := range t.Elems {
			if r.hasBorrow(e) {
				return true
			}
		}
	case *Option:
		return r.hasBorrow(t.Elem)
	case *Result:
		return r.hasBorrow(t.OK) || r.hasBorrow(t.Err)
	case *Stream:
		return r.hasBorrow(t.Elem)
	case *Future:
		return r.hasBorrow(t.Elem)
	case *TypeDef:
		has, known := r.borrows[t]
		if !known {
			has = r.kindHasBorrow(t.Kind)
			r.borrows[t] = has
		}
		return has
	}
	return false
}

func (r *resolver) kindHasBorrow(k Kind) bool {
	switch k := k.(type) {
	case *Alias:
		return r.hasBorrow(k.Type)
	case *Record:
		for _, f := range k.Fields {
			if r.hasBorrow(f.Type) {
				return true
			}
		}
	case *Variant:
		for _, c := range k.Cases {
			if r.hasBorrow(c.Type) {
				return true
			}
		}
	}
	return false
}
