package emit

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// hostFunc writes the functions that stand behind one entry of an import table.
// impl calls the implementation; for a function of the world itself it is nil.
func (m *marshal) hostFunc(fn *model.Func, impl *jen.Statement) {
	m.funcs = append(m.funcs, m.call(fn, impl))
	if demanded(fn) {
		m.funcs = append(m.funcs, m.demands(fn))
	}
	if fn.Cover != nil {
		m.funcs = append(m.funcs, m.covered(fn))
	}
	if fn.Deny != nil {
		m.funcs = append(m.funcs, m.deny(fn))
	}
}

// needsContext tells whether values of the type cannot be moved without the
// context: those with memory, and those that a helper moves.
func needsContext(t *model.Type) bool {
	switch t.Kind() {
	case abi.KindString, abi.KindList, abi.KindMap, abi.KindFixedList, abi.KindRecord, abi.KindTuple,
		abi.KindVariant, abi.KindOption, abi.KindResult, abi.KindOwn, abi.KindBorrow:
		return true
	}
	return false
}

// argNames are the variables that hold the arguments in the marshalling.
func (m *marshal) argNames(fn *model.Func, scope model.Scope) []string {
	names := make([]string, len(fn.Params))
	for i, p := range fn.Params {
		name := p.Name
		if shadows(name) {
			name = "arg-" + name
		}
		names[i] = model.LocalName(name, func(n string) bool { return scope[n] })
		scope[names[i]] = true
	}
	return names
}

// paramPlaces are where the parameters are: on the stack s, or from b on.
func paramPlaces(fn *model.Func, spilled bool, stack, memory string) []place {
	places := make([]place, len(fn.Params))
	if len(fn.Params) == 0 {
		return places
	}
	tuple := fn.ABI.ParamsTuple()
	for i := range fn.Params {
		if spilled {
			places[i] = inMemory(memory, tuple.FieldOffset(i))
		} else {
			places[i] = onStack(stack, tuple.FieldFlat(i))
		}
	}
	return places
}

// region is the memory of spilled values at the pointer in slot i of the stack.
func region(i int, t *abi.Type) *jen.Statement {
	return cx("Region", conv("uint32", jen.Id("s").Index(jen.Lit(i))), jen.Lit(int(t.Size())), jen.Lit(int(t.Align())))
}

// call lifts the arguments, calls the implementation, and lowers its result.
func (m *marshal) call(fn *model.Func, impl *jen.Statement) jen.Code {
	head := jen.Func().Id("call"+fn.Symbol).Params(
		jen.Id("c").Op("*").Qual(componentPath, "Call"), jen.Id("host").Any(), jen.Id("s").Index().Uint64(),
	)
	if fn.Stub {
		return head.Block(jen.Id("c").Dot("Fail").Call(jen.Op("&").Qual(componentPath, "StubError").Values(jen.Id("Func").Op(":").Lit(m.fullName(fn)))))
	}
	core := fn.ABI.FlattenLower()
	scope := m.locals("c", "host", "s", "cx", "ret", "b", "out", "e", "ok", "fn")
	names := m.argNames(fn, scope)

	var lift, args []jen.Code
	needs := core.ParamsSpilled || core.ResultSpilled || fn.Result != nil && !fn.Fallible && needsContext(fn.Result)
	args = append(args, jen.Id("c").Dot("HostContext").Call())
	for i, p := range paramPlaces(fn, core.ParamsSpilled, "s", "b") {
		t := fn.Params[i].Type
		needs = needs || needsContext(t)
		value := m.lift(t, p)
		if fn.Borrow && viewable(t) {
			value = m.view(t, p)
		}
		lift = append(lift, jen.Id(names[i]).Op(":=").Add(value))
		args = append(args, jen.Id(names[i]))
	}

	var body []jen.Code
	if fn.Trace {
		body = append(body, jen.Defer().Qual("runtime/trace", "StartRegion").Call(jen.Id("c").Dot("HostContext").Call(), jen.Lit(m.fullName(fn))).Dot("End").Call())
	}
	if needs {
		body = append(body, jen.Id("cx").Op(":=").Id("c").Dot("Import").Call())
	}
	if core.ResultSpilled {
		body = append(body, retPointer(core))
	}
	if core.ParamsSpilled {
		body = append(body, jen.Id("b").Op(":=").Add(region(0, fn.ABI.ParamsTuple())))
	}
	body = append(body, lift...)
	if holdsOwn(fn.Params) {
		body = append(body, cx("Arrived"))
	}
	switch {
	case fn.IsMethod():
		impl, args = jen.Id(names[0]).Dot(fn.GoName), append(args[:1:1], args[2:]...)
	case impl == nil:
		body = append(body,
			jen.Id("fn").Op(":=").Id("host").Assert(jen.Op("*").Id("Imports")).Dot(fn.GoName),
			jen.If(jen.Id("fn").Op("==").Nil()).Block(
				jen.Id("c").Dot("Fail").Call(jen.Qual("errors", "New").Call(jen.Lit("Imports."+fn.GoName+" is nil"))),
			),
		)
		impl = jen.Id("fn")
	}
	body = append(body, m.outcome(fn, core, impl.Call(args...))...)
	return head.Block(body...)
}

// fullName is the function's name with its interface.
func (m *marshal) fullName(fn *model.Func) string {
	if m.f.pkg.ID == "" {
		return fn.Name
	}
	return m.f.pkg.ID + "#" + fn.Name
}

// viewable tells whether a value can be handed over without a copy.
func viewable(t *model.Type) bool {
	t = t.Root()
	return t.Kind() == abi.KindString || t.Kind() == abi.KindList && t.Elem.Kind() == abi.KindU8
}

// borrows tells whether arguments of an imported function are views.
func borrows(fn *model.Func) bool {
	return fn.Borrow && slices.ContainsFunc(fn.Params, func(p model.Param) bool { return viewable(p.Type) })
}

// view is an expression for the value at p in the guest's memory itself.
func (m *marshal) view(t *model.Type, p place) *jen.Statement {
	ptr, n := p.pair()
	if t.Kind() == abi.KindString {
		return cx("StringView", ptr, n)
	}
	return listOf("List", t.Root().Elem.Root(), ptr, n)
}

func retPointer(core abi.CoreFunc) jen.Code {
	return jen.Id("ret").Op(":=").Add(conv("uint32", jen.Id("s").Index(jen.Lit(len(core.Params)-1))))
}

// resultPlace is where a lowered function puts its result, and the check of the
// memory that the guest named for it.
func resultPlace(fn *model.Func, core abi.CoreFunc) (place, []jen.Code) {
	if !core.ResultSpilled {
		return onStack("s", 0), nil
	}
	t := fn.Result.ABI
	return inMemory("ret", 0), []jen.Code{cx("Region", jen.Id("ret"), jen.Lit(int(t.Size())), jen.Lit(int(t.Align())))}
}

// outcome calls the implementation and lowers what it gives.
func (m *marshal) outcome(fn *model.Func, core abi.CoreFunc, call *jen.Statement) []jen.Code {
	lhs := jen.Err()
	if fn.OK != nil {
		lhs = jen.List(jen.Id("out"), jen.Err())
	}
	body := []jen.Code{lhs.Op(":=").Add(call)}
	failed := jen.If(jen.Err().Op("!=").Nil())
	fail := jen.Id("c").Dot("Fail").Call(jen.Err())
	var denied []jen.Code
	if fn.AskedByHost && fn.Deny != nil {
		denied = []jen.Code{jen.If(jen.Id("c").Dot("Denied").Call(jen.Err(), jen.Id("s"))).Block(jen.Return())}
	}
	if fn.Result == nil {
		return append(append(body, failed.Block(append(denied, fail)...)), m.succeeded(fn)...)
	}
	to, check := resultPlace(fn, core)
	if !fn.Fallible {
		body = append(body, failed.Block(append(denied, fail)...))
		body = append(body, m.succeeded(fn)...)
		body = append(body, check...)
		return append(body, m.lower(fn.Result, to, jen.Id("out"), m.locals("cx", "ret", "s", "out"))...)
	}
	e, value := errorType(fn)
	bind := jen.Id("e")
	if value == nil {
		bind = jen.Id("_")
	}
	failure := append(denied,
		jen.List(bind, jen.Id("ok")).Op(":=").Qual("errors", "AsType").Types(e).Call(jen.Err()),
		jen.If(jen.Op("!").Id("ok")).Block(fail),
	)
	failure = append(failure, check...)
	failure = append(failure, m.lowerCase(fn, to, 1, fn.Err, value)...)
	body = append(body, failed.Block(append(failure, jen.Return())...))
	body = append(body, m.succeeded(fn)...)
	if fn.OK != nil {
		value = jen.Id("out")
	}
	body = append(body, check...)
	return append(body, m.lowerCase(fn, to, 0, fn.OK, value)...)
}

// succeeded is what follows an implementation that gave no error: it must have
// asked the guard where that was left to it, and a number that it opened has the
// grants of the call.
func (m *marshal) succeeded(fn *model.Func) []jen.Code {
	var body []jen.Code
	if fn.AskedByHost {
		body = append(body, jen.Id("c").Dot("MustHaveAsked").Call())
	}
	if fn.Covers && fn.OK.Numeric() {
		body = append(body, jen.Id("c").Dot("CoverAt").Call(jen.Lit(fn.Name), as("uint64", jen.Id("out"), goPrims[fn.OK.Kind()])))
	}
	return body
}

// covered finds the cover of what a function works on.
func (m *marshal) covered(fn *model.Func) jen.Code {
	core := fn.ABI.FlattenLower()
	var body []jen.Code
	if core.ParamsSpilled {
		body = append(body, jen.Id("cx").Op(":=").Id("c").Dot("Import").Call(), jen.Id("b").Op(":=").Add(region(0, fn.ABI.ParamsTuple())))
	}
	p := paramPlaces(fn, core.ParamsSpilled, "s", "b")[fn.Cover.Param]
	t := fn.Params[fn.Cover.Param].Type.Root()
	find := jen.Id("c").Dot("CoveredHandle").Call(jen.Lit(fn.Cover.Opener.Name), identityOf(t), p.as("uint32", 4))
	if fn.Cover.Number() {
		find = jen.Id("c").Dot("CoveredAt").Call(jen.Lit(fn.Cover.Opener.Name), as("uint64", m.lift(t, p), goPrims[t.Kind()]), jen.Lit(fn.Cover.Ends))
	}
	return jen.Func().Id("covered"+fn.Symbol).Params(jen.Id("c").Op("*").Qual(componentPath, "Call"), jen.Id("s").Index().Uint64()).
		Op("*").Qual(componentPath, "Cover").Block(append(body, jen.Return(find))...)
}

// identityOf is the identity of a handle's resource; of a number there is none.
func identityOf(t *model.Type) jen.Code {
	if t.Resource == nil {
		return jen.Nil()
	}
	return identity(t.Resource)
}

// lowerCase writes the ok or the error case of a function's result.
func (m *marshal) lowerCase(fn *model.Func, to place, i int, t *model.Type, value *jen.Statement) []jen.Code {
	r := fn.Result.Root()
	body := append(cleared(r, to), setCase(r, to, i))
	if t == nil {
		return body
	}
	return append(body, m.lower(t, to.payload(r), value, m.locals("cx", "ret", "s", "out", "e", "d"))...)
}

// errorType is the Go error for a function's error, and its value in a variable
// e of that type; nil where there is none.
func errorType(fn *model.Func) (typ, value *jen.Statement) {
	switch {
	case fn.Err == nil:
		return jen.Op("*").Qual(cmPath, "Error").Types(goType(nil)), nil
	case !fn.IsErrorDecl():
		return jen.Op("*").Qual(cmPath, "Error").Types(goType(fn.Err)), jen.Id("e").Dot("Value")
	case fn.Err.Kind() == abi.KindRecord:
		return jen.Op("*").Add(goType(fn.Err)), jen.Op("*").Id("e")
	}
	return goType(fn.Err), jen.Id("e")
}

// deny lowers the answer of a call that was refused.
func (m *marshal) deny(fn *model.Func) jen.Code {
	core := fn.ABI.FlattenLower()
	to, check := resultPlace(fn, core)
	var body []jen.Code
	if core.ResultSpilled {
		body = append(body, jen.Id("cx").Op(":=").Id("c").Dot("Import").Call(), retPointer(core))
	}
	body = append(body, check...)
	switch {
	case fn.Deny.IsError:
		body = append(body, m.lowerCase(fn, to, 1, fn.Err, denial(fn))...)
	case fn.Result.Kind() == abi.KindBool:
		body = append(body, m.lower(fn.Result, to, jen.False(), m.locals("cx", "ret", "s"))...)
	case fn.Result.Kind() == abi.KindList:
		body = append(body, m.lower(fn.Result, to, jen.Nil(), m.locals("cx", "ret", "s"))...)
	default:
		body = append(body, m.lower(fn.Result, to, goType(fn.Result.Root()).Values(), m.locals("cx", "ret", "s"))...)
	}
	return jen.Func().Id("deny"+fn.Symbol).Params(
		jen.Id("c").Op("*").Qual(componentPath, "Call"), jen.Id("s").Index().Uint64(), jen.Id("d").Op("*").Qual(capabilityPath, "Denial"),
	).Block(body...)
}

// denial is the error value that a refusal answers with.
func denial(fn *model.Func) *jen.Statement {
	text := jen.Id("d").Dot("Error").Call()
	if fn.Err == nil {
		return nil
	}
	e := fn.Err.Root()
	if fn.Deny.Case < 0 {
		return text
	}
	c := e.Cases[fn.Deny.Case]
	path := e.Decl.Package.Path
	switch {
	case e.Kind() == abi.KindEnum:
		return jen.Qual(path, c.GoName)
	case c.Type == nil:
		return jen.Op("&").Qual(path, c.GoName).Values()
	}
	return jen.Op("&").Qual(path, c.GoName).Values(jen.Id("Value").Op(":").Add(text))
}

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
		m.invokeScalars(fn, params, names)
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
// needs memory, so that the call needs no recovery around it.
func scalar(fn *model.Func) bool {
	plain := func(t *model.Type) bool {
		switch t.Kind() {
		case abi.KindBool, abi.KindFlags, abi.KindF32, abi.KindF64:
			return true
		}
		return t.Numeric()
	}
	for _, p := range fn.Params {
		if !plain(p.Type) {
			return false
		}
	}
	return len(fn.Params) <= abi.MaxFlatParams && (fn.Result == nil || plain(fn.Result))
}

// invokeScalars is the short way of a call: no context, and no trap but the
// guest's.
func (m *marshal) invokeScalars(fn *model.Func, params []jen.Code, names []string) {
	args := []jen.Code{jen.Id("ctx")}
	for i, p := range fn.Params {
		args = append(args, m.lower(p.Type, argument, jen.Id(names[i]), nil)...)
	}
	call := jen.Id("f").Dot("Scalars").Call(args...)
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

func pointComment(p *model.Point, i int) string {
	s := fmt.Sprintf("// Point %d: %s", i, p.Kind)
	if p.Action != "" {
		s += " " + p.Action
	}
	return s + "."
}
