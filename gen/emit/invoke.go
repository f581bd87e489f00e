package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

func holdsOwn(params []model.Param) bool {
	return slices.ContainsFunc(params, func(p model.Param) bool { return p.Type.HoldsOwn() })
}

// invoke writes the call of an exported function, the one at that index of its
// table: lower the arguments, run, lift the result.
func (m *marshal) invoke(fn *model.Func, index int) {
	core := fn.ABI.FlattenLift()
	scope := m.locals("f", "c", "s", "cx", "r", "p", "b", "e", "out")
	names := m.argNames(fn, scope)
	params := []jen.Code{ctxParam()}
	if !fn.IsMethod() {
		params = append(params, jen.Id("f").Op("*").Qual(componentPath, "Func"))
	}
	for i, n := range names {
		params = append(params, jen.Id(n).Add(goType(fn.Params[i].Type)))
	}
	if scalar(fn) {
		m.invokeScalars(fn, index, params, names)
		return
	}
	named, zero := []jen.Code{jen.Err().Error()}, []jen.Code{}
	if fn.OK != nil {
		named, zero = []jen.Code{jen.Id("r").Add(goType(fn.OK)), named[0]}, []jen.Code{jen.Id("r")}
	}

	var lower []jen.Code
	needs := core.ParamsSpilled || core.ResultSpilled || fn.Result != nil && !fn.Fallible && needsContext(fn.Result)
	if core.ParamsSpilled {
		t := fn.ABI.ParamsTuple()
		lower = append(lower,
			jen.Id("p").Op(":=").Add(cx("Alloc", jen.Lit(int(t.Size())), jen.Lit(int(t.Align())))),
			jen.Id("s").Index(jen.Lit(0)).Op("=").Add(conv("uint64", jen.Id("p"))),
		)
	}
	for i, p := range paramPlaces(fn, core.ParamsSpilled, "s", "p") {
		t := fn.Params[i].Type
		needs = needs || needsContext(t)
		lower = append(lower, m.lower(t, p, jen.Id(names[i]), scope)...)
	}

	body := append(enter(fn, names, index, zero),
		ifErr(zero...),
		jen.Defer().Id("c").Dot("Exit").Call(jen.Op("&").Err()),
	)
	switch {
	case needs:
		body = append(body, jen.List(jen.Id("cx"), jen.Id("s")).Op(":=").Id("c").Dot("Lower").Call())
	default:
		body = append(body, jen.List(jen.Id("_"), jen.Id("s")).Op(":=").Id("c").Dot("Lower").Call())
	}
	body = append(body, lower...)
	body = append(body, jen.Id("c").Dot("Run").Call())
	body = append(body, m.liftOutcome(fn, core)...)
	m.funcs = append(m.funcs, jen.Func().Id("invoke"+fn.Symbol).Params(params...).Params(named...).Block(body...))
}

// enter begins the call. Resources of components among the arguments are looked
// at first: one that is gone is an error of the caller's, not the component's.
func enter(fn *model.Func, names []string, index int, zero []jen.Code) []jen.Code {
	var body, guests []jen.Code
	for i, p := range fn.Params {
		r := p.Type.Root().Resource
		if r == nil || !r.Guest() {
			continue
		}
		self := i == 0 && fn.IsMethod()
		if !self {
			body = append(body, jen.If(jen.Id(names[i]).Op("==").Nil()).Block(jen.Return(append(zero[:len(zero):len(zero)], jen.Qual(componentPath, "ErrNoResource"))...)))
		}
		guests = append(guests, jen.Op("&").Id(names[i]).Dot("Resource"))
	}
	if fn.IsMethod() {
		body = append(body,
			jen.List(jen.Id("f"), jen.Err()).Op(":=").Id(names[0]).Dot("Resource").Dot("Method").Call(jen.Qual(fn.Resource.Package.Path, "Export"), jen.Lit(index)),
			ifErr(zero...),
		)
	}
	method := "Enter"
	if len(guests) > 0 {
		method = "EnterWith"
	}
	return append(body, jen.List(jen.Id("c"), jen.Err()).Op(":=").Id("f").Dot(method).Call(append([]jen.Code{jen.Id("ctx")}, guests...)...))
}

// scalar tells whether nothing about moving the function's values can trap or
// needs memory, so that the call needs no recovery around it. What a method is
// of comes to its component as a number.
func scalar(fn *model.Func) bool {
	plain := func(t *model.Type) bool {
		switch t.Kind() {
		case abi.KindBool, abi.KindFlags, abi.KindF32, abi.KindF64:
			return true
		}
		return t.Numeric()
	}
	for i, p := range fn.Params {
		if self := i == 0 && fn.IsMethod(); !self && !plain(p.Type) {
			return false
		}
	}
	return len(fn.Params) <= abi.MaxFlatParams && (fn.Result == nil || plain(fn.Result))
}

// invokeScalars is the short way of a call: no context, and no trap but the
// guest's.
func (m *marshal) invokeScalars(fn *model.Func, index int, params []jen.Code, names []string) {
	of, first := jen.Id("f"), 0
	args := []jen.Code{jen.Id("ctx")}
	if fn.IsMethod() {
		of, first = jen.Id(names[0]).Dot("Resource"), 1
		args = append(args, jen.Qual(fn.Resource.Package.Path, "Export"), jen.Lit(index))
	}
	for i, p := range fn.Params[first:] {
		args = append(args, m.lower(p.Type, argument, jen.Id(names[first+i]), nil)...)
	}
	call := of.Dot("Scalars").Call(args...)
	def := jen.Func().Id("invoke" + fn.Symbol).Params(params...)
	if fn.Result == nil {
		def.Error().Block(jen.List(jen.Id("_"), jen.Err()).Op(":=").Add(call), jen.Return(jen.Err()))
	} else {
		def.Params(goType(fn.Result), jen.Error()).Block(
			jen.List(jen.Id("out"), jen.Err()).Op(":=").Add(call),
			jen.Return(m.lift(fn.Result, place{flat: true, single: "out"}), jen.Err()),
		)
	}
	m.funcs = append(m.funcs, def)
}

// liftOutcome returns what a component gave.
func (m *marshal) liftOutcome(fn *model.Func, core abi.CoreFunc) []jen.Code {
	if fn.Result == nil {
		return []jen.Code{jen.Return(jen.Nil())}
	}
	from := onStack("s", 0)
	var body []jen.Code
	if core.ResultSpilled {
		from = inMemory("b", 0)
		body = append(body, jen.Id("b").Op(":=").Add(region(0, fn.Result.ABI)))
	}
	if !fn.Fallible {
		return append(body, m.giveResult(fn.Result, from)...)
	}
	r := fn.Result.Root()
	body = append(body, jen.If(from.caseOf(r).Op("!=").Lit(0)).Block(m.liftError(fn, from.payload(r))...))
	if fn.OK == nil {
		return append(body, jen.Return(jen.Nil()))
	}
	return append(body, m.giveResult(fn.OK, from.payload(r))...)
}

// giveResult returns the value at a place. Resources in it are the caller's only
// when all of it was lifted.
func (m *marshal) giveResult(t *model.Type, from place) []jen.Code {
	v := m.lift(t, from)
	if !t.HoldsOwn() {
		return []jen.Code{jen.Return(v, jen.Nil())}
	}
	return []jen.Code{jen.Id("r").Op("=").Add(v), cx("Arrived"), jen.Return(jen.Id("r"), jen.Nil())}
}

// liftError returns the error of a function as a Go error.
func (m *marshal) liftError(fn *model.Func, from place) []jen.Code {
	ret := func(e *jen.Statement) jen.Code {
		if fn.OK == nil {
			return jen.Return(e)
		}
		return jen.Return(jen.Id("r"), e)
	}
	switch {
	case fn.Err != nil && fn.Err.HoldsOwn():
		e := jen.Id("e")
		switch {
		case !fn.IsErrorDecl():
			e = jen.Op("&").Qual(cmPath, "Error").Types(goType(fn.Err)).Values(jen.Id("Value").Op(":").Id("e"))
		case fn.Err.Kind() == abi.KindRecord:
			e = jen.Op("&").Id("e")
		}
		return []jen.Code{jen.Id("e").Op(":=").Add(m.lift(fn.Err, from)), cx("Arrived"), ret(e)}
	case fn.Err == nil:
		return []jen.Code{ret(jen.Op("&").Qual(cmPath, "Error").Types(goType(nil)).Values())}
	case !fn.IsErrorDecl():
		return []jen.Code{ret(jen.Op("&").Qual(cmPath, "Error").Types(goType(fn.Err)).Values(jen.Id("Value").Op(":").Add(m.lift(fn.Err, from))))}
	case fn.Err.Kind() == abi.KindRecord:
		return []jen.Code{jen.Id("e").Op(":=").Add(m.lift(fn.Err, from)), ret(jen.Op("&").Id("e"))}
	}
	return []jen.Code{ret(m.lift(fn.Err, from))}
}
