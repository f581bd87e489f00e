package model

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/wit"
)

// MaxTuple is the longest tuple that package cm has a type for. A longer one is a
// struct.
const MaxTuple = 16

// maxFlags is what the component model allows [Binary.md, "Type Definitions"].
const maxFlags = 32

var prims = map[wit.Prim]*abi.Type{
	wit.Bool: abi.Bool, wit.S8: abi.S8, wit.U8: abi.U8, wit.S16: abi.S16, wit.U16: abi.U16,
	wit.S32: abi.S32, wit.U32: abi.U32, wit.S64: abi.S64, wit.U64: abi.U64,
	wit.F32: abi.Float32, wit.F64: abi.Float64, wit.Char: abi.Char, wit.String: abi.String,
}

// typ is the model's type of t; where names the place for messages. Anonymous
// types keep no other names inside, since those are the same types in Go.
func (b *builder) typ(where string, t wit.Type) *Type {
	switch t := t.(type) {
	case wit.Prim:
		if p := prims[t]; p != nil {
			return b.intern(&Type{ABI: p})
		}
		b.refuse(wit.Pos{}, where, "values of type "+t.String())
	case *wit.TypeDef:
		return b.declared(where, t)
	case *wit.List:
		e := b.typ(where, t.Elem)
		return b.intern(&Type{ABI: abi.List(e.ABI), Elem: e.Root()})
	case *wit.Option:
		e := b.typ(where, t.Elem)
		return b.intern(&Type{ABI: abi.Option(e.ABI), Elem: e.Root()})
	case *wit.Result:
		return b.result(where, t)
	case *wit.Tuple:
		return b.tuple(where, t)
	case *wit.FixedList:
		e := b.typ(where, t.Elem)
		return b.intern(&Type{ABI: abi.FixedList(e.ABI, t.Len), Elem: e.Root()})
	case *wit.Map:
		k, v := b.typ(where, t.Key), b.typ(where, t.Value)
		return b.intern(&Type{ABI: abi.Map(k.ABI, v.ABI), Key: k.Root(), Elem: v.Root()})
	case *wit.Own:
		d := b.declared(where, t.Resource).Root().Decl
		return b.intern(&Type{ABI: abi.Own(d.Identity), Resource: d})
	case *wit.Borrow:
		d := b.declared(where, t.Resource).Root().Decl
		return b.intern(&Type{ABI: abi.Borrow(d.Identity), Resource: d})
	case *wit.Stream:
		b.refuse(wit.Pos{}, where, "streams")
	case *wit.Future:
		b.refuse(wit.Pos{}, where, "futures")
	}
	panic(fmt.Sprintf("model: %s: no type %T", where, t))
}

func (b *builder) result(where string, r *wit.Result) *Type {
	side := func(name string, t wit.Type) (Case, *abi.Type) {
		if t == nil {
			return Case{Name: name}, nil
		}
		typ := b.typ(where, t)
		return Case{Name: name, Type: typ.Root()}, typ.ABI
	}
	ok, okABI := side("ok", r.OK)
	fail, failABI := side("error", r.Err)
	return b.intern(&Type{ABI: abi.Result(okABI, failABI), Cases: []Case{ok, fail}})
}

func (b *builder) tuple(where string, t *wit.Tuple) *Type {
	b.notEmpty(where, len(t.Elems), "tuples without elements")
	out := &Type{}
	var elems []*abi.Type
	for i, e := range t.Elems {
		typ := b.typ(where, e)
		out.Fields = append(out.Fields, Field{Name: strconv.Itoa(i), GoName: "F" + strconv.Itoa(i), Type: typ.Root()})
		elems = append(elems, typ.ABI)
	}
	out.ABI = abi.Tuple(elems...)
	return b.intern(out)
}

// notEmpty refuses types that WIT can say and components cannot have [Binary.md,
// "Type Definitions"].
func (b *builder) notEmpty(where string, n int, what string) {
	if n == 0 {
		panic(&UnsupportedError{Pos: b.at, Where: where, What: what, Hint: "the component model has none"})
	}
}

// intern gives the one type of that structure.
func (b *builder) intern(t *Type) *Type {
	key := b.key(t)
	if have := b.interned[key]; have != nil {
		return have
	}
	b.interned[key] = t
	return t
}

func (b *builder) key(t *Type) string {
	if t.Decl != nil {
		return "#" + strconv.Itoa(b.ids[t.Decl])
	}
	k := t.Kind().String()
	var parts []string
	switch {
	case t.Resource != nil:
		parts = append(parts, strconv.Itoa(b.ids[t.Resource]))
	case t.Kind() == abi.KindFixedList:
		parts = append(parts, strconv.Itoa(int(t.ABI.Len)))
	}
	t.Each(func(e *Type) { parts = append(parts, b.key(e)) })
	if t.Kind() == abi.KindResult {
		for _, c := range t.Cases {
			parts = append(parts, strconv.FormatBool(c.Type != nil))
		}
	}
	return k + "<" + strings.Join(parts, ",") + ">"
}

// declared is the type that a declaration means; `use`s are followed to the
// interface that declares it.
func (b *builder) declared(where string, d *wit.TypeDef) *Type {
	for d.Used() != nil {
		d = d.Used()
	}
	p := b.packageOf(d.Owner)
	if p == nil {
		panic(&UnsupportedError{Where: where, What: "types of an interface that the world does not name", Hint: d.Owner.ID() + " is missing"})
	}
	at := declPlace{d, p}
	if t := b.decls[at]; t != nil {
		return t
	}
	defer func(side Side, name string) { b.side, b.alias = side, name }(b.side, b.alias)
	if p != b.world.Package {
		b.side, b.alias = p.Side, p.Alias
	}
	where = p.where() + ", type " + d.Name
	decl := &Decl{Package: p, Name: d.Name, Docs: d.Docs, Deprecated: d.Stability.Deprecated}
	if g, ok := b.Types[p.ID+"#"+d.Name]; ok {
		decl.Package, decl.GoName = b.foreignPackage(g.Path), g.Name
	}
	b.ids[decl] = len(b.ids)
	t := b.declaredType(where, d, decl)
	if decl.Package != p {
		written(where, decl, t)
	}
	decl.Type = t
	b.decls[at] = t
	return t
}

func (b *builder) foreignPackage(at string) *Package {
	if b.foreign[at] == nil {
		b.foreign[at] = &Package{Path: at, Name: path.Base(at), Foreign: true, Qualifier: "go"}
	}
	return b.foreign[at]
}

// written names what is in a type that a person wrote, and refuses kinds of which
// none can be written.
func written(where string, d *Decl, t *Type) {
	k := t.Kind()
	if t.Alias != nil || k != abi.KindRecord && k != abi.KindEnum && k != abi.KindFlags {
		panic(&UnsupportedError{
			Where: where, What: "Go types in place of a " + named(t),
			Hint: "a record, an enum and flags can have one",
		})
	}
	for i := range t.Fields {
		t.Fields[i].GoName = GoName(t.Fields[i].Name)
	}
	for i := range t.Cases {
		t.Cases[i].GoName = d.GoName + GoName(t.Cases[i].Name)
	}
}

// named is what a kind of declaration is called.
func named(t *Type) string {
	switch {
	case t.Alias != nil:
		return "type alias"
	case t.Resource != nil:
		return "resource"
	}
	return t.Kind().String()
}

// packageOf is the package of an interface as the side in hand sees it: exports
// use what is exported, too, and else what is imported.
func (b *builder) packageOf(owner wit.Owner) *Package {
	for _, at := range []place{{owner, b.side, b.alias}, {owner, b.side, ""}, {owner, Imported, ""}} {
		if p := b.packages[at]; p != nil {
			return p
		}
	}
	return nil
}

func (b *builder) declaredType(where string, d *wit.TypeDef, decl *Decl) *Type {
	t := &Type{Decl: decl}
	defer func(at wit.Pos) { b.at = at }(b.at)
	b.at = d.Pos
	switch k := d.Kind.(type) {
	case *wit.Alias:
		t.Alias = b.typ(where, k.Type)
		t.ABI = t.Alias.ABI
	case *wit.Record:
		b.notEmpty(where, len(k.Fields), "records without fields")
		var fields []abi.Field
		for _, f := range k.Fields {
			b.at = f.Pos
			ft := b.typ(where+", field "+f.Name, f.Type)
			t.Fields = append(t.Fields, Field{Name: f.Name, Docs: f.Docs, Type: ft})
			fields = append(fields, abi.Field{Label: f.Name, Type: ft.ABI})
		}
		t.ABI = abi.Record(d.Name, fields...)
	case *wit.Variant:
		var cases []abi.Case
		for _, c := range k.Cases {
			b.at = c.Pos
			mc, ac := Case{Name: c.Name, Docs: c.Docs}, abi.Case{Label: c.Name}
			if c.Type != nil {
				mc.Type = b.typ(where+", case "+c.Name, c.Type)
				ac.Type = mc.Type.ABI
			}
			t.Cases, cases = append(t.Cases, mc), append(cases, ac)
		}
		t.ABI = abi.Variant(d.Name, cases...)
	case *wit.Enum:
		t.Cases = labelCases(k.Cases)
		t.ABI = abi.Enum(d.Name, labelNames(k.Cases)...)
	case *wit.Flags:
		if len(k.Flags) > maxFlags {
			panic(&UnsupportedError{
				Pos: d.Pos, Where: where, What: fmt.Sprintf("flags with more than %d members", maxFlags),
				Hint: "the component model allows no more",
			})
		}
		b.notEmpty(where, len(k.Flags), "flags without members")
		t.Cases = labelCases(k.Flags)
		t.ABI = abi.Flags(d.Name, labelNames(k.Flags)...)
	case *wit.Resource:
		impl := abi.HostImpl
		if decl.Package.Side == Exported {
			impl = 0
		}
		decl.Identity = &abi.Resource{Name: d.Name, Impl: impl}
		t.ABI = abi.Own(decl.Identity)
		t.Resource = decl
	default:
		panic(fmt.Sprintf("model: %s: no kind %T", where, k))
	}
	return t
}

func labelCases(labels []wit.Label) []Case {
	out := make([]Case, len(labels))
	for i, l := range labels {
		out[i] = Case{Name: l.Name, Docs: l.Docs}
	}
	return out
}

func labelNames(labels []wit.Label) []string {
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = l.Name
	}
	return out
}

// outcome splits a result into a value and an error.
func (f *Func) outcome() {
	r := f.Result.Root()
	if r.Kind() != abi.KindResult {
		f.OK = f.Result
		return
	}
	f.Fallible, f.OK, f.Err = true, r.Cases[0].Type, r.Cases[1].Type
	if f.Err != nil && f.Err.Root().Decl != nil {
		switch f.Err.Kind() {
		case abi.KindRecord, abi.KindVariant, abi.KindEnum:
			f.Err.Root().Decl.IsError = true
		}
	}
}

func (f *Func) funcType() *abi.FuncType {
	t := &abi.FuncType{}
	for _, p := range f.Params {
		t.Params = append(t.Params, abi.Field{Label: p.Name, Type: p.Type.ABI})
	}
	if f.Result != nil {
		t.Result = f.Result.ABI
	}
	return t
}
