package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// lift is an expression for the value at p, in Go [CanonicalABI.md, "Loading"
// and "Flat Lifting"].
func (m *marshal) lift(t *model.Type, p place) *jen.Statement {
	t = t.Root()
	size := t.ABI.Size()
	switch t.Kind() {
	case abi.KindBool:
		return rt("LiftBool", p.core(size))
	case abi.KindChar:
		return rt("LiftChar", p.core(size))
	case abi.KindF32:
		return rt("LiftFloat32", p.core(size))
	case abi.KindF64:
		return rt("LiftFloat64", p.core(size))
	case abi.KindString:
		if p.flat {
			ptr, n := p.pair()
			return cx("LiftString", ptr, n)
		}
		return cx("LoadString", p.from())
	case abi.KindEnum:
		return goType(t).Call(p.caseOf(t))
	case abi.KindFlags:
		if mask := flagMask(t); mask != nil {
			return goType(t).Call(p.bits(size).Op("&").Add(mask))
		}
		return goType(t).Call(p.bits(size))
	case abi.KindList:
		return m.liftList(t, p)
	case abi.KindMap:
		return m.liftMap(t, p)
	case abi.KindOwn, abi.KindBorrow:
		return m.liftHandle(t, p)
	case abi.KindRecord, abi.KindTuple, abi.KindVariant, abi.KindOption, abi.KindResult, abi.KindFixedList:
		return jen.Id(m.liftHelper(t, p.flat)).Call(jen.Id("cx"), p.from())
	}
	return p.as(goPrims[t.Kind()], size)
}

func (m *marshal) liftList(t *model.Type, p place) *jen.Statement {
	ptr, n := p.pair()
	e := t.Elem.Root()
	if e.Numeric() {
		elem := goType(e)
		if e.Kind() == abi.KindU8 {
			elem = jen.Byte()
		}
		return jen.Qual(abiPath, "LoadScalars").Types(elem).Call(listOf("List", e, ptr, n))
	}
	name := m.helper("lift", t, func(name string) jen.Code {
		return jen.Func().Id(name).Params(jen.Id("cx").Op("*").Qual(abiPath, "Context"), jen.List(jen.Id("ptr"), jen.Id("n")).Uint32()).Add(goType(t)).Block(
			jen.Id("b").Op(":=").Add(listOf("Elems", e, jen.Id("ptr"), jen.Id("n"))),
			jen.Id("v").Op(":=").Make(goType(t), jen.Id("n")),
			jen.For(jen.Id("i").Op(":=").Range().Id("v")).Block(
				jen.Id("v").Index(jen.Id("i")).Op("=").Add(m.lift(e, inMemory("b", 0))),
				jen.Id("b").Op("=").Id("b").Index(jen.Lit(int(e.ABI.Size())).Op(":")),
			),
			jen.Return(jen.Id("v")),
		)
	})
	return jen.Id(name).Call(jen.Id("cx"), ptr, n)
}

// liftMap lifts a map, which lies in memory as a list of keys with values. Of two
// values for one key the last counts [WIT.md, map].
func (m *marshal) liftMap(t *model.Type, p place) *jen.Statement {
	ptr, n := p.pair()
	pair := t.ABI.Elem
	name := m.helper("lift", t, func(name string) jen.Code {
		b := inMemory("b", 0)
		return jen.Func().Id(name).Params(contextParam(), jen.List(jen.Id("ptr"), jen.Id("n")).Uint32()).Add(goType(t)).Block(
			jen.Id("b").Op(":=").Add(cx("Elems", jen.Id("ptr"), jen.Id("n"), jen.Lit(int(pair.Size())), jen.Lit(int(pair.Align())))),
			jen.Id("v").Op(":=").Make(goType(t), jen.Id("n")),
			jen.For(jen.Range().Id("n")).Block(
				jen.Id("v").Index(m.lift(t.Key, b.plus(pair.FieldOffset(0)))).Op("=").Add(m.lift(t.Elem, b.plus(pair.FieldOffset(1)))),
				jen.Id("b").Op("=").Id("b").Index(jen.Lit(int(pair.Size())).Op(":")),
			),
			jen.Return(jen.Id("v")),
		)
	})
	return jen.Id(name).Call(jen.Id("cx"), ptr, n)
}

// liftArray fills an array from the elements that lie one after the other.
func (m *marshal) liftArray(t *model.Type, p place) []jen.Code {
	if !p.flat && t.Elem.Kind() == abi.KindU8 {
		return []jen.Code{jen.Return(goType(t).Call(jen.Id(p.base)))}
	}
	step := jen.Lit(int(t.Elem.ABI.Size()))
	if p.flat {
		step = jen.Lit(len(t.Elem.ABI.Flat()))
	}
	return []jen.Code{
		jen.Var().Id("v").Add(goType(t)),
		jen.For(jen.Id("i").Op(":=").Range().Id("v")).Block(
			jen.Id("v").Index(jen.Id("i")).Op("=").Add(m.lift(t.Elem, p)),
			jen.Id(p.base).Op("=").Id(p.base).Index(step.Op(":")),
		),
		jen.Return(jen.Id("v")),
	}
}

// listOf is the memory of a list's elements.
func listOf(method string, e *model.Type, ptr, n jen.Code) *jen.Statement {
	return cx(method, ptr, n, jen.Lit(int(e.ABI.Size())), jen.Lit(int(e.ABI.Align())))
}

// liftHelper is the function that lifts a compound type from the stack or loads
// it from memory.
func (m *marshal) liftHelper(t *model.Type, flat bool) string {
	prefix, base, slice := "load", "b", jen.Index().Byte()
	if flat {
		prefix, base, slice = "lift", "s", jen.Index().Uint64()
	}
	from := place{flat: flat, base: base}
	return m.helper(prefix, t, func(name string) jen.Code {
		var body []jen.Code
		switch t.Kind() {
		case abi.KindRecord, abi.KindTuple:
			body = m.liftFields(t, from)
		case abi.KindVariant:
			body = m.liftVariant(t, from)
		case abi.KindOption:
			body = m.liftOption(t, from)
		case abi.KindResult:
			body = m.liftResult(t, from)
		case abi.KindFixedList:
			body = m.liftArray(t, from)
		}
		return jen.Func().Id(name).Params(jen.Id("cx").Op("*").Qual(abiPath, "Context"), jen.Id(base).Add(slice)).Add(goType(t)).Block(body...)
	})
}

func (m *marshal) liftFields(t *model.Type, p place) []jen.Code {
	var fields []jen.Code
	for i, f := range t.Fields {
		fields = append(fields, jen.Id(f.GoName).Op(":").Add(m.lift(f.Type, p.field(t, i))))
	}
	return []jen.Code{jen.Return(goType(t).Add(lines(fields)))}
}

func (m *marshal) liftVariant(t *model.Type, p place) []jen.Code {
	value := func(c model.Case) jen.Code {
		v := jen.Op("&").Qual(t.Decl.Package.Path, c.GoName)
		if c.Type == nil {
			return jen.Return(v.Values())
		}
		return jen.Return(v.Values(jen.Id("Value").Op(":").Add(m.lift(c.Type, p.payload(t)))))
	}
	last := len(t.Cases) - 1
	if last == 0 {
		return []jen.Code{p.caseOf(t), value(t.Cases[0])}
	}
	return []jen.Code{
		jen.Switch(p.caseOf(t)).BlockFunc(func(g *jen.Group) {
			for i, c := range t.Cases[:last] {
				g.Case(jen.Lit(i)).Block(value(c))
			}
		}),
		value(t.Cases[last]),
	}
}

func (m *marshal) liftOption(t *model.Type, p place) []jen.Code {
	return []jen.Code{
		jen.If(p.caseOf(t).Op("==").Lit(0)).Block(jen.Return(goType(t).Values())),
		jen.Return(jen.Qual(cmPath, "Some").Call(m.lift(t.Elem, p.payload(t)))),
	}
}

func (m *marshal) liftResult(t *model.Type, p place) []jen.Code {
	value := func(i int, field string) *jen.Statement {
		if t.Cases[i].Type == nil {
			return nil
		}
		return jen.Id(field).Op(":").Add(m.lift(t.Cases[i].Type, p.payload(t)))
	}
	fail := []jen.Code{jen.Id("IsErr").Op(":").True()}
	if v := value(1, "Err"); v != nil {
		fail = []jen.Code{v, fail[0]}
	}
	var ok []jen.Code
	if v := value(0, "OK"); v != nil {
		ok = append(ok, v)
	}
	return []jen.Code{
		jen.If(p.caseOf(t).Op("!=").Lit(0)).Block(jen.Return(goType(t).Values(fail...))),
		jen.Return(goType(t).Values(ok...)),
	}
}
