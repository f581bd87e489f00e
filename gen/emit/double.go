package emit

import (
	_ "embed" // the recorder's text
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
)

//go:embed recorder.txt
var recorder string

// doubles writes the package with test doubles of the host: a type for each
// interface that the world imports and each resource in it, and one for all.
func doubles(w *model.World, digest string) (p *model.Package, double, recorderFile []byte, err error) {
	name := w.Package.Name + "test"
	p = &model.Package{Dir: name, Path: w.Package.Path + "/" + name, Name: name, File: name}
	f := newFile(w, p, digest, "host")
	for _, o := range append(neighbours(w, w.Package), w.Package) {
		f.alias(o)
	}
	f.packageDoc(fmt.Sprintf("Package %s holds test doubles for hosts of the WIT world %s.", name, w.ID), "They note what a component calls, and answer by the functions that a test sets.")
	d := &doubler{file: f}
	d.world()
	if double, err = f.render(); err != nil {
		return nil, nil, nil, err
	}
	head := Head + "\n// Input: sha256:" + digest + "\n\npackage " + name + "\n\n"
	return p, double, []byte(head + recorder), nil
}

// A doubler writes the doubles of a world.
type doubler struct{ *file }

// comments documents a double.
func (d *doubler) comments(doc string) {
	d.Comment(doc)
	d.Comment("//")
	d.Comment("// Functions that are not set give zero values; a variant, of which there is")
	d.Comment("// none, has to be set.")
}

func (d *doubler) world() {
	w := d.file.world
	d.Line()
	d.comments("// Host is a double of everything that the world imports.")
	d.Type().Id("Host").StructFunc(func(g *jen.Group) {
		g.Op("*").Id("Recorder")
		for _, l := range d.links() {
			g.Comment(fmt.Sprintf("// %s doubles %s.", l.GoName, l.Package.ID))
			g.Id(l.GoName).Id(l.GoName)
		}
		for _, fn := range free(w.Package.Imports) {
			g.Id(fn.GoName + "Func").Func().Params(d.params(fn)...).Add(results(fn))
		}
	})
	d.Line()
	d.Comment("// NewHost is a host whose doubles share a recorder.")
	d.Func().Id("NewHost").Params().Op("*").Id("Host").BlockFunc(func(g *jen.Group) {
		g.Id("r").Op(":=").New(jen.Id("Recorder"))
		fields := []jen.Code{jen.Id("Recorder").Op(":").Id("r")}
		for _, l := range d.links() {
			fields = append(fields, jen.Id(l.GoName).Op(":").Id(l.GoName).Values(jen.Id("Recorder").Op(":").Id("r")))
		}
		g.Return(jen.Op("&").Id("Host").Add(lines(fields)))
	})
	var fields []jen.Code
	for _, l := range d.links() {
		if l.Package.Offers() {
			fields = append(fields, jen.Id(l.GoName).Op(":").Op("&").Id("h").Dot(l.GoName))
		}
	}
	own := free(w.Package.Imports)
	for _, fn := range own {
		fields = append(fields, jen.Id(fn.GoName).Op(":").Id("h").Dot("call"+fn.GoName))
	}
	d.Line()
	d.Comment("// Imports are the doubles as an instance is given them.")
	d.Func().Params(jen.Id("h").Op("*").Id("Host")).Id("Imports").Params().Qual(w.Package.Path, "Imports").Block(
		jen.Return(jen.Qual(w.Package.Path, "Imports").Add(lines(fields))),
	)
	for _, fn := range own {
		d.method("Host", "", "call"+fn.GoName, fn)
	}
	for _, r := range w.Package.Resources() {
		d.resource("", w.Package, r)
	}
	for _, l := range d.links() {
		d.iface(l)
	}
}

// links are the interfaces of which there is something to double.
func (d *doubler) links() []*model.Link {
	var out []*model.Link
	for _, l := range d.file.world.Imports {
		if !l.Package.Foreign && (l.Package.Offers() || len(l.Package.Resources()) > 0) {
			out = append(out, l)
		}
	}
	return out
}

// free are the functions that an embedder implements and that are no methods.
func free(fns []*model.Func) []*model.Func {
	var out []*model.Func
	for _, fn := range fns {
		if !fn.IsMethod() && !fn.Stub {
			out = append(out, fn)
		}
	}
	return out
}

func (d *doubler) iface(l *model.Link) {
	d.double(l.GoName, fmt.Sprintf("// %s doubles a host of %s.", l.GoName, l.Package.ID), l.Package, free(l.Package.Imports))
	for _, r := range l.Package.Resources() {
		d.resource(l.GoName, l.Package, r)
	}
}

// resource doubles one that the host implements.
func (d *doubler) resource(prefix string, p *model.Package, r *model.Decl) {
	name := prefix + r.GoName
	var fns []*model.Func
	for _, fn := range methodsOf(p.Imports, r) {
		if !fn.Stub {
			fns = append(fns, fn)
		}
	}
	d.double(name, fmt.Sprintf("// %s doubles the resource %s.", name, r.Name), p, fns)
	d.Line()
	d.Comment("// Drop notes that the component dropped the resource.")
	d.Func().Params(jen.Id("d").Op("*").Id(name)).Id("Drop").Params(jen.Qual("context", "Context")).Block(
		jen.Id("d").Dot("Recorder").Dot("note").Call(jen.Lit(id(p, "[resource-drop]"+r.Name)), jen.Nil(), jen.Nil(), jen.Id("d")),
	)
}

func id(p *model.Package, fn string) string {
	if p.ID == "" {
		return fn
	}
	return p.ID + "#" + fn
}

func (d *doubler) double(name, doc string, p *model.Package, fns []*model.Func) {
	d.Line()
	d.comments(doc)
	d.Type().Id(name).StructFunc(func(g *jen.Group) {
		g.Op("*").Id("Recorder")
		for _, fn := range fns {
			g.Id(fn.GoName + "Func").Func().Params(d.params(fn)...).Add(results(fn))
		}
	})
	for _, fn := range fns {
		d.method(name, p.ID, fn.GoName, fn)
	}
}

// method notes the call and answers it.
func (d *doubler) method(of, iface, name string, fn *model.Func) {
	names := d.paramNames(fn)
	scope := d.locals(names)
	recv, r, err := scope.TakeNumbered("d"), scope.TakeNumbered("r"), scope.TakeNumbered("err")
	args := []jen.Code{jen.Id("ctx")}
	noted := []jen.Code{jen.Lit(id(&model.Package{ID: iface}, fn.Name)), jen.Nil(), jen.Id(err)}
	if fn.IsMethod() {
		noted = append(noted, jen.Id(recv))
	}
	for _, n := range names {
		args, noted = append(args, jen.Id(n)), append(noted, jen.Id(n))
	}
	set := func() *jen.Statement { return jen.Id(recv).Dot(fn.GoName + "Func") }
	gives, out := []jen.Code{jen.Id(err)}, []jen.Code{jen.Id(err).Error()}
	if fn.OK != nil {
		gives, out = append([]jen.Code{jen.Id(r)}, gives...), append([]jen.Code{jen.Id(r).Add(goType(fn.OK))}, out...)
		noted[1] = jen.Id(r)
	}
	answer := jen.If(set().Op("!=").Nil()).Block(jen.List(gives...).Op("=").Add(set().Call(args...)))
	if double := d.fresh(fn, recv); double != nil {
		answer = answer.Else().Block(jen.Id(r).Op("=").Add(double))
	}
	d.Line()
	d.Comment(fmt.Sprintf("// %s notes the call, and answers it by %sFunc.", name, fn.GoName))
	d.Func().Params(jen.Id(recv).Op("*").Id(of)).Id(name).Params(d.params(fn)...).Params(out...).Block(
		answer,
		jen.Id(recv).Dot("Recorder").Dot("note").Call(noted...),
		jen.Return(gives...),
	)
}

// fresh is a new double for a function that gives a resource; nil for others.
func (d *doubler) fresh(fn *model.Func, recv string) *jen.Statement {
	if fn.OK == nil || fn.OK.Root().Resource == nil || fn.OK.Root().Resource.Guest() {
		return nil
	}
	r := fn.OK.Root().Resource
	prefix, known := "", r.Package == d.file.world.Package
	for _, l := range d.links() {
		if l.Package == r.Package {
			prefix, known = l.GoName, true
		}
	}
	if !known {
		return nil
	}
	return jen.Op("&").Id(prefix + r.GoName).Values(jen.Id("Recorder").Op(":").Id(recv).Dot("Recorder"))
}

// locals is a scope with the parameters and imports taken.
func (d *doubler) locals(names []string) model.Scope {
	scope := model.NewScope(names...)
	for n := range d.taken {
		if n != "err" {
			scope[n] = true
		}
	}
	return scope
}
