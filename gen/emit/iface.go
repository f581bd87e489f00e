package emit

import (
	"fmt"
	"maps"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
)

// interfaceFile is what people read of an interface.
func interfaceFile(w *model.World, p *model.Package, digest string) *file {
	f := newFile(w, p, digest)
	f.packageDoc(fmt.Sprintf("Package %s holds the WIT interface %s.", p.Name, p.ID), p.Docs)
	for _, d := range p.Types {
		f.decl(d)
	}
	if p.Offers() {
		f.host()
	}
	if len(p.Exports) > 0 {
		f.exports()
	}
	return f
}

func (f *file) packageDoc(first, docs string) {
	f.PackageComment("// " + first)
	docs = strings.TrimSpace(docs + deprecation(f.pkg.Deprecated))
	if docs != "" {
		f.PackageComment("//")
		for _, line := range commentLines(docs) {
			f.PackageComment(line)
		}
	}
}

// host is the interface that an embedder implements.
func (f *file) host() {
	f.Line()
	f.Add(comment(fmt.Sprintf("Host is what an embedder implements: the functions of %s that\ncomponents import. Each ends in an error. One that is, or wraps, the error that\nWIT declares for the function goes to the component as that; any other ends the\ncall as a trap, with the error as its cause.", f.pkg.ID)))
	f.Type().Id("Host").InterfaceFunc(func(g *jen.Group) {
		for _, fn := range f.pkg.Imports {
			if !fn.IsMethod() && !fn.Stub {
				f.hostMethod(g, fn)
			}
		}
	})
}

// hostMethod declares what the host implements for a function.
func (f *file) hostMethod(g *jen.Group, fn *model.Func) {
	g.Add(f.funcDocs(fn))
	if borrows(fn) {
		g.Comment("//")
		g.Comment("// Strings and bytes among the arguments are views of the component's memory,")
		g.Comment("// good until the function returns: they are not to be kept or changed.")
	}
	g.Id(fn.GoName).Params(f.params(fn)...).Add(results(fn))
}

func (f *file) funcDocs(fn *model.Func) *jen.Statement {
	name := fn.Name[strings.IndexByte(fn.Name, ']')+1:]
	if fn.IsConstructor() {
		name = "the constructor of " + name
	}
	return docs(fn.Docs, fmt.Sprintf("%s is %s: %s.", fn.GoName, name, fn.Signature), fn.Deprecated)
}

// exports is the struct whose methods call a component.
func (f *file) exports() {
	f.Line()
	f.Add(comment(fmt.Sprintf("Exports are the functions of %s that an instance exports. The\nerror of a call is the one that WIT declares for the function, or else says why\nthe call did not happen or did not end: a trap is a *component.Trap.", f.pkg.ID)))
	f.Type().Id("Exports").Struct(jen.Id("fns").Index().Qual(componentPath, "Func"))
	f.Line()
	f.Comment("// ExportsOf binds the functions of an instance, in the order of Export. The")
	f.Comment("// world's package calls it.")
	f.Func().Id("ExportsOf").Params(jen.Id("fns").Index().Qual(componentPath, "Func")).Id("Exports").Block(
		jen.Return(jen.Id("Exports").Values(jen.Id("fns").Op(":").Id("fns"))),
	)
	recv := f.receiver("e", f.pkg.Exports)
	for i, fn := range f.pkg.Exports {
		if !fn.IsMethod() {
			f.exportMethod(recv, "Exports", fn, i)
		}
	}
}

// receiver is a name that no import and no parameter of the functions has.
func (f *file) receiver(name string, funcs []*model.Func) string {
	scope := maps.Clone(f.taken)
	for _, fn := range funcs {
		for _, n := range f.paramNames(fn) {
			scope[n] = true
		}
	}
	return scope.TakeNumbered(name)
}

// exportMethod hands the call to the code that marshals it.
func (f *file) exportMethod(recv, of string, fn *model.Func, index int) {
	names := f.paramNames(fn)
	args := []jen.Code{jen.Id("ctx"), jen.Op("&").Id(recv).Dot("fns").Index(jen.Lit(index))}
	for _, n := range names {
		args = append(args, jen.Id(n))
	}
	f.Line()
	f.Add(f.funcDocs(fn))
	f.Func().Params(jen.Id(recv).Id(of)).Id(fn.GoName).Params(f.params(fn)...).Add(results(fn)).Block(
		jen.Return(jen.Id("invoke" + fn.Symbol).Call(args...)),
	)
}

// interfaceABI is what the linker reads of an interface, and the marshalling;
// nil where there are no functions.
func interfaceABI(w *model.World, p *model.Package, digest string) *file {
	if len(p.Imports)+len(p.Exports)+len(p.Resources()) == 0 {
		return nil
	}
	f := newFile(w, p, digest, ownNames...)
	m := newMarshal(f)
	body := f.identities()
	if len(p.Imports) > 0 || p.Side == model.Imported && len(p.Resources()) > 0 {
		body.Add(comment(fmt.Sprintf("Import is what the linker knows of the functions that the host offers as\n%s.", p.ID))).Line()
		body.Var().Id("Import").Op("=").Op("&").Qual(componentPath, "Import").Add(m.importTable(p)).Line().Line()
	}
	if len(p.Exports) > 0 {
		body.Add(comment(fmt.Sprintf("Export is what the linker knows of the functions that a component exports as\n%s.", p.ID))).Line()
		body.Var().Id("Export").Op("=").Op("&").Qual(componentPath, "Export").Add(m.exportTable(p.ID, p.Exports)).Line().Line()
	}
	for _, fn := range p.Imports {
		m.hostFunc(fn, jen.Id("host").Assert(jen.Id("Host")).Dot(fn.GoName))
	}
	for i, fn := range p.Exports {
		m.invoke(fn, i)
	}
	m.finish(body)
	return f
}
