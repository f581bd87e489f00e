package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

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
