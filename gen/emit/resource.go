package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// identity is the variable by which the linker knows a resource.
func identity(d *model.Decl) *jen.Statement { return jen.Qual(d.Package.Path, d.IdentityName) }

// resource writes the type of a resource: an interface for one that the host
// implements, a struct for one that components do.
func (f *file) resource(d *model.Decl) {
	if d.Guest() {
		f.ownedResource(d)
	} else {
		f.hostedResource(d)
	}
}

func methodsOf(funcs []*model.Func, d *model.Decl) []*model.Func {
	var out []*model.Func
	for _, fn := range funcs {
		if fn.IsMethod() && fn.Resource == d {
			out = append(out, fn)
		}
	}
	return out
}

func (f *file) hostedResource(d *model.Decl) {
	f.Comment("//")
	f.Comment("// The host implements it. A Drop follows for each time that one was given to a")
	f.Comment("// component as its own, unless it gave it back.")
	f.Type().Id(d.GoName).InterfaceFunc(func(g *jen.Group) {
		for _, fn := range methodsOf(f.pkg.Imports, d) {
			if !fn.Stub {
				f.hostMethod(g, fn)
			}
		}
		g.Comment("// Drop is called when the component drops the resource, or when its instance")
		g.Comment("// ends and still owns it.")
		g.Id("Drop").Params(ctxParam())
	})
}

func (f *file) ownedResource(d *model.Decl) {
	f.Comment("//")
	f.Comment("// A component implements it. It belongs to who has it, and is to be closed with")
	f.Comment("// Close where it is not given back.")
	f.Type().Id(d.GoName).Struct(jen.Qual(componentPath, "Resource"))
	methods := methodsOf(f.pkg.Exports, d)
	recv := f.receiver("r", methods)
	for _, fn := range methods {
		args := []jen.Code{jen.Id("ctx"), jen.Id(recv)}
		for _, n := range f.paramNames(fn) {
			args = append(args, jen.Id(n))
		}
		f.Line()
		f.Add(f.funcDocs(fn))
		f.Func().Params(jen.Id(recv).Op("*").Id(d.GoName)).Id(fn.GoName).Params(f.params(fn)...).Add(results(fn)).Block(
			jen.Return(jen.Id("invoke" + fn.Symbol).Call(args...)),
		)
	}
}

// identities writes the variables by which the linker knows the resources of the
// file's package.
func (f *file) identities() *jen.Statement {
	body := &jen.Statement{}
	for _, d := range f.pkg.Resources() {
		fields := []jen.Code{jen.Id("Name").Op(":").Lit(d.Name)}
		if !d.Guest() {
			fields = append(fields, jen.Id("Impl").Op(":").Qual(abiPath, "HostImpl"))
		}
		body.Comment(fmt.Sprintf("// %s is what the linker knows %s by.", d.IdentityName, d.GoName)).Line()
		body.Var().Id(d.IdentityName).Op("=").Op("&").Qual(abiPath, "Resource").Values(fields...).Line().Line()
	}
	return body
}

// hostResources are the resources of an import table.
func (m *marshal) hostResources(p *model.Package) jen.Code {
	var out []jen.Code
	for _, d := range p.Resources() {
		if d.Guest() {
			continue
		}
		name := "drop" + d.GoName
		out = append(out, jen.Values(jen.Id("Type").Op(":").Add(identity(d)), jen.Id("DropValue").Op(":").Id(name)))
		m.funcs = append(m.funcs, jen.Func().Id(name).Params(ctxParam(), jen.Id("v").Any()).Block(
			jen.Id("v").Assert(jen.Id(d.GoName)).Dot("Drop").Call(jen.Id("ctx")),
		))
	}
	if len(out) == 0 {
		return nil
	}
	return jen.Id("Resources").Op(":").Index().Qual(componentPath, "HostResource").Add(lines(out))
}

// liftHandle is an expression for the resource whose handle is at p.
func (m *marshal) liftHandle(t *model.Type, p place) *jen.Statement {
	d, i := t.Resource, p.as("uint32", 4)
	switch {
	case d.Guest():
		return jen.Id(m.helper("lift", t, func(name string) jen.Code {
			return jen.Func().Id(name).Params(contextParam(), jen.Id("i").Uint32()).Add(goType(t)).Block(
				jen.Id("v").Op(":=").New(jen.Qual(d.Package.Path, d.GoName)),
				cx("LiftResource", identity(d), jen.Id("i"), jen.Id("v").Dot("Resource").Dot("Value").Call()),
				jen.Return(jen.Id("v")),
			)
		})).Call(jen.Id("cx"), i)
	case t.Kind() == abi.KindBorrow:
		return cx("LiftBorrowed", identity(d), i).Assert(goType(t))
	}
	return cx("LiftOwned", identity(d), i).Assert(goType(t))
}

// lowerHandle is an expression for the handle that the guest gets of v.
func (m *marshal) lowerHandle(t *model.Type, v jen.Code) *jen.Statement {
	d, borrow := t.Resource, t.Kind() == abi.KindBorrow
	switch {
	case d.Guest():
		method := "LowerResource"
		if borrow {
			method = "LendResource"
		}
		return jen.Id(m.helper("lower", t, func(name string) jen.Code {
			return jen.Func().Id(name).Params(contextParam(), jen.Id("v").Add(goType(t))).Uint32().Block(
				jen.If(jen.Id("v").Op("==").Nil()).Block(rt("NoResource", jen.Lit(d.Name))),
				jen.Return(cx(method, identity(d), jen.Id("v").Dot("Resource").Dot("Value").Call())),
			)
		})).Call(jen.Id("cx"), v)
	case borrow:
		return cx("LowerBorrowed", identity(d), v)
	}
	return cx("LowerOwned", identity(d), v)
}
