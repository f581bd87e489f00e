package abi

import (
	"strconv"
	"strings"
)

// maxText is where writing a type ends in an ellipsis: types may be written
// with a million others, and the text is for people.
const maxText = 1 << 16

// String writes the type as WIT does: its declared name, or its structure
// where it has none.
func (t *Type) String() string {
	var p printer
	p.typ(t)
	return p.text()
}

// Structure writes the type's outermost constructor with the names of the
// types in it, also where the type itself has a name.
func (t *Type) Structure() string {
	var p printer
	p.structure(t)
	return p.text()
}

// String writes the type as WIT does.
func (f *FuncType) String() string {
	var p printer
	if f.Async {
		p.WriteString("async ")
	}
	p.WriteString("func")
	p.list("(", ")", len(f.Params), func(i int) { p.field(f.Params[i]) })
	if f.Result != nil {
		p.WriteString(" -> ")
		p.typ(f.Result)
	}
	return p.text()
}

type printer struct{ strings.Builder }

func (p *printer) full() bool { return p.Len() > maxText }

func (p *printer) text() string {
	if p.full() {
		return p.Builder.String()[:maxText] + "…"
	}
	return p.Builder.String()
}

func (p *printer) typ(t *Type) {
	switch {
	case t == nil:
		p.WriteString("_")
	case t.Name != "":
		p.WriteString(t.Name)
	default:
		p.structure(t)
	}
}

func (p *printer) field(f Field) {
	p.WriteString(f.Label + ": ")
	p.typ(f.Type)
}

func (p *printer) list(open, end string, n int, item func(i int)) {
	p.WriteString(open)
	for i := 0; i < n && !p.full(); i++ {
		if i > 0 {
			p.WriteString(", ")
		}
		item(i)
	}
	p.WriteString(end)
}

// of writes "kind<…>".
func (p *printer) of(kind string, args ...*Type) {
	p.list(kind+"<", ">", len(args), func(i int) { p.typ(args[i]) })
}

func (p *printer) structure(t *Type) {
	switch t.Kind {
	case KindList, KindOption:
		p.of(t.Kind.String(), t.Elem)
	case KindFixedList:
		p.WriteString("list<")
		p.typ(t.Elem)
		p.WriteString(", " + strconv.FormatUint(uint64(t.Len), 10) + ">")
	case KindMap:
		p.of("map", t.Elem.Fields[0].Type, t.Elem.Fields[1].Type)
	case KindStream, KindFuture:
		if t.Elem == nil {
			p.WriteString(t.Kind.String())
			return
		}
		p.of(t.Kind.String(), t.Elem)
	case KindTuple:
		p.list("tuple<", ">", len(t.Fields), func(i int) { p.typ(t.Fields[i].Type) })
	case KindRecord:
		p.list("record { ", " }", len(t.Fields), func(i int) { p.field(t.Fields[i]) })
	case KindVariant:
		p.list("variant { ", " }", len(t.Cases), func(i int) { p.variantCase(t.Cases[i]) })
	case KindEnum:
		p.list("enum { ", " }", len(t.Cases), func(i int) { p.WriteString(t.Cases[i].Label) })
	case KindFlags:
		p.list("flags { ", " }", len(t.Labels), func(i int) { p.WriteString(t.Labels[i]) })
	case KindResult:
		p.result(t.Cases[0].Type, t.Cases[1].Type)
	case KindOwn, KindBorrow:
		p.WriteString(t.Kind.String() + "<" + t.Resource.Name + ">")
	default:
		p.WriteString(t.Kind.String())
	}
}

func (p *printer) variantCase(c Case) {
	p.WriteString(c.Label)
	if c.Type != nil {
		p.list("(", ")", 1, func(int) { p.typ(c.Type) })
	}
}

func (p *printer) result(ok, err *Type) {
	switch {
	case ok == nil && err == nil:
		p.WriteString("result")
	case err == nil:
		p.of("result", ok)
	default:
		p.of("result", ok, err)
	}
}
