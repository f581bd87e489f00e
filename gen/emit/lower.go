package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// lower are the statements that put the Go value v at p [CanonicalABI.md,
// "Storing" and "Flat Lowering"]. v is evaluated at most once for anything but
// an operand; locals has the names of the function's variables.
func (m *marshal) lower(t *model.Type, p place, v *jen.Statement, locals model.Scope) []jen.Code {
	t = t.Root()
	size := t.ABI.Size()
	one := func(s *jen.Statement) []jen.Code { return []jen.Code{s} }
	switch k := t.Kind(); k {
	case abi.KindBool:
		return one(p.set(size, rt("LowerBool", v), "uint64"))
	case abi.KindChar:
		return one(p.set(size, rt("LowerChar", v), "uint64"))
	case abi.KindF32:
		return one(p.set(size, rt("LowerFloat32", v), "uint64"))
	case abi.KindF64:
		return one(p.set(size, rt("LowerFloat64", v), "uint64"))
	case abi.KindEnum:
		return one(p.set(size, rt("LowerCase", conv("uint64", v), jen.Lit(len(t.Cases)), jen.Lit(typeName(t))), "uint32"))
	case abi.KindFlags:
		if mask := flagMask(t); mask != nil {
			v = v.Op("&").Add(mask)
		}
		return one(p.set(size, v, t.Decl.GoName))
	case abi.KindString:
		if !p.flat {
			return one(cx("StoreString", p.address(0), v))
		}
		return m.pair(p, cx("LowerString", v), locals)
	case abi.KindOwn, abi.KindBorrow:
		return one(p.set(size, m.lowerHandle(t, v), "uint32"))
	case abi.KindList, abi.KindMap:
		if !p.flat {
			return one(jen.Id(m.storeList(t)).Call(jen.Id("cx"), p.address(0), v))
		}
		return m.pair(p, jen.Id(m.lowerList(t)).Call(jen.Id("cx"), v), locals)
	case abi.KindRecord, abi.KindTuple, abi.KindVariant, abi.KindOption, abi.KindResult, abi.KindFixedList:
		if p.flat {
			return one(jen.Id(m.lowerHelper(t, true)).Call(jen.Id("cx"), p.from(), v))
		}
		return one(jen.Id(m.lowerHelper(t, false)).Call(jen.Id("cx"), p.address(0), v))
	case abi.KindS8, abi.KindS16, abi.KindS32:
		if p.flat { // sign-extended to 32 bits, and those zero-extended to the slot
			return one(p.set(size, conv("uint32", v), "uint32"))
		}
		return one(p.set(size, v, goPrims[k]))
	default:
		return one(p.set(size, v, goPrims[k]))
	}
}

// pair puts the pointer and length that call gives on the stack.
func (m *marshal) pair(p place, call *jen.Statement, locals model.Scope) []jen.Code {
	ptr, n := locals.TakeNumbered("ptr"), locals.TakeNumbered("n")
	return []jen.Code{
		jen.List(jen.Id(ptr), jen.Id(n)).Op(":=").Add(call),
		jen.List(p.slot(0), p.slot(1)).Op("=").List(conv("uint64", jen.Id(ptr)), conv("uint64", jen.Id(n))),
	}
}

func contextParam() jen.Code { return jen.Id("cx").Op("*").Qual(abiPath, "Context") }

// lowerList is the function that copies a list or map into the guest.
func (m *marshal) lowerList(t *model.Type) string {
	e := t.Elem.Root()
	elem := t.ABI.Elem
	size, align := jen.Lit(int(elem.Size())), jen.Lit(int(elem.Align()))
	return m.helper("lower", t, func(name string) jen.Code {
		body := []jen.Code{jen.Id("ptr").Op("=").Add(cx("AllocList", jen.Len(jen.Id("v")), size, align))}
		switch {
		case t.Kind() == abi.KindMap:
			body = append(body, m.storeEntries(t)...)
		case e.Numeric():
			body = append(body, rt("StoreScalars", jen.Id("cx"), jen.Id("ptr"), jen.Id("v")))
		default:
			store := m.lower(e, inMemory("p", 0), jen.Id("e"), m.locals("cx", "v", "ptr", "n", "p", "e"))
			body = append(body,
				jen.Id("p").Op(":=").Id("ptr"),
				jen.For(jen.List(jen.Id("_"), jen.Id("e")).Op(":=").Range().Id("v")).Block(
					append(store, jen.Id("p").Op("+=").Add(size))...,
				),
			)
		}
		body = append(body, jen.Return(jen.Id("ptr"), conv("uint32", jen.Len(jen.Id("v")))))
		return jen.Func().Id(name).Params(contextParam(), jen.Id("v").Add(goType(t))).Params(jen.List(jen.Id("ptr"), jen.Id("n")).Uint32()).Block(body...)
	})
}

// storeEntries writes a map's keys with their values from ptr on. They are in the
// order of the keys, so that the same map is the same bytes each time.
func (m *marshal) storeEntries(t *model.Type) []jen.Code {
	pair := t.ABI.Elem
	locals := m.locals("cx", "v", "ptr", "n", "p", "key")
	at := inMemory("p", 0)
	body := m.lower(t.Key, at.plus(pair.FieldOffset(0)), jen.Id("key"), locals)
	body = append(body, m.lower(t.Elem, at.plus(pair.FieldOffset(1)), jen.Id("v").Index(jen.Id("key")), locals)...)
	return []jen.Code{
		jen.Id("p").Op(":=").Id("ptr"),
		jen.For(jen.List(jen.Id("_"), jen.Id("key")).Op(":=").Range().Add(rt("SortedKeys", jen.Id("v")))).Block(
			append(body, jen.Id("p").Op("+=").Lit(int(pair.Size())))...,
		),
	}
}

// lowerArray writes the elements of an array one after the other.
func (m *marshal) lowerArray(t *model.Type, p place) []jen.Code {
	if !p.flat && t.Elem.Kind() == abi.KindU8 {
		return []jen.Code{jen.Copy(cx("Bytes", jen.Id(p.base), jen.Lit(int(t.ABI.Len))), jen.Id("v").Index(jen.Op(":")))}
	}
	step := jen.Id(p.base).Op("+=").Lit(int(t.Elem.ABI.Size()))
	if p.flat {
		step = jen.Id(p.base).Op("=").Id(p.base).Index(jen.Lit(len(t.Elem.ABI.Flat())).Op(":"))
	}
	store := m.lower(t.Elem, p, jen.Id("e"), m.locals("cx", "v", "e", p.base))
	return []jen.Code{jen.For(jen.List(jen.Id("_"), jen.Id("e")).Op(":=").Range().Id("v")).Block(append(store, step)...)}
}

// storeList is the function that copies a list into the guest and writes where
// it lies.
func (m *marshal) storeList(t *model.Type) string {
	return m.helper("store", t, func(name string) jen.Code {
		return jen.Func().Id(name).Params(contextParam(), jen.Id("p").Uint32(), jen.Id("v").Add(goType(t))).Block(
			jen.List(jen.Id("ptr"), jen.Id("n")).Op(":=").Id(m.lowerList(t)).Call(jen.Id("cx"), jen.Id("v")),
			cx("Put32", jen.Id("p"), jen.Id("ptr")),
			cx("Put32", jen.Id("p").Op("+").Lit(4), jen.Id("n")),
		)
	})
}

// lowerHelper is the function that lowers a compound type to the stack or stores
// it in memory.
func (m *marshal) lowerHelper(t *model.Type, flat bool) string {
	prefix, to, param := "store", inMemory("p", 0), jen.Id("p").Uint32()
	if flat {
		prefix, to, param = "lower", onStack("s", 0), jen.Id("s").Index().Uint64()
	}
	return m.helper(prefix, t, func(name string) jen.Code {
		locals := m.locals("cx", to.base, "v", "e")
		var body []jen.Code
		switch t.Kind() {
		case abi.KindRecord, abi.KindTuple:
			for i, f := range t.Fields {
				body = append(body, m.lower(f.Type, to.field(t, i), jen.Id("v").Dot(f.GoName), locals)...)
			}
		case abi.KindVariant:
			body = m.lowerVariant(t, to)
		case abi.KindOption:
			body = m.lowerOption(t, to)
		case abi.KindResult:
			body = m.lowerResult(t, to)
		case abi.KindFixedList:
			body = m.lowerArray(t, to)
		}
		return jen.Func().Id(name).Params(contextParam(), param, jen.Id("v").Add(goType(t))).Block(body...)
	})
}

// cleared zeroes the slots that a case without payload, or with a shorter one,
// leaves alone ["Flat Lowering", lower_flat_variant].
func cleared(t *model.Type, p place) []jen.Code {
	n := len(t.ABI.Flat())
	if !p.flat || n == 1 {
		return nil
	}
	return []jen.Code{jen.Clear(jen.Id(p.base).Index(jen.Op(":").Lit(n)))}
}

// setCase writes which case it is.
func setCase(t *model.Type, p place, i int) *jen.Statement {
	if p.flat {
		return p.slot(0).Op("=").Lit(i)
	}
	size := t.ABI.DiscriminantSize()
	return p.set(size, jen.Lit(i), uintOf(size))
}

func (m *marshal) lowerVariant(t *model.Type, p place) []jen.Code {
	sw := jen.Switch(jen.Id("v").Op(":=").Id("v").Assert(jen.Type())).BlockFunc(func(g *jen.Group) {
		for i, c := range t.Cases {
			body := []jen.Code{setCase(t, p, i)}
			if c.Type != nil {
				body = append(body, m.lower(c.Type, p.payload(t), jen.Id("v").Dot("Value"), m.locals("cx", p.base, "v"))...)
			}
			g.Case(jen.Op("*").Qual(t.Decl.Package.Path, c.GoName)).Block(body...)
		}
		g.Default().Block(rt("WrongCase", jen.Lit(typeName(t)), jen.Id("v")))
	})
	return append(cleared(t, p), sw)
}

func (m *marshal) lowerOption(t *model.Type, p place) []jen.Code {
	some := append([]jen.Code{setCase(t, p, 1)}, m.lower(t.Elem, p.payload(t), jen.Id("v").Dot("Value"), m.locals("cx", p.base, "v"))...)
	none := []jen.Code{setCase(t, p, 0), jen.Return()}
	if p.flat {
		none = none[1:] // cleared already
	}
	return append(cleared(t, p), jen.If(jen.Op("!").Id("v").Dot("Valid")).Block(none...), sequence(some))
}

func (m *marshal) lowerResult(t *model.Type, p place) []jen.Code {
	side := func(i int, field string) []jen.Code {
		body := []jen.Code{setCase(t, p, i)}
		if c := t.Cases[i]; c.Type != nil {
			body = append(body, m.lower(c.Type, p.payload(t), jen.Id("v").Dot(field), m.locals("cx", p.base, "v"))...)
		}
		return body
	}
	return append(cleared(t, p),
		jen.If(jen.Id("v").Dot("IsErr")).Block(append(side(1, "Err"), jen.Return())...),
		sequence(side(0, "OK")),
	)
}

// sequence joins statements into one piece of code.
func sequence(body []jen.Code) *jen.Statement {
	s := jen.Null()
	for i, c := range body {
		if i > 0 {
			s.Line()
		}
		s.Add(c)
	}
	return s
}
