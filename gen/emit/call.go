package emit

import (
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
		return head.Block(jen.Id("c").Dot("Stub").Call(jen.Lit(m.fullName(fn))))
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
	if fn.AskedByHost {
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
