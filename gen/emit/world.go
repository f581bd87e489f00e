package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
)

// worldFile is what people read of a world.
func worldFile(w *model.World, digest string) *file {
	p := w.Package
	f := newFile(w, p, digest, "begin", "f", "im", "inst", "o", "opts", "p", "rt", "wasm", "work")
	f.packageDoc(fmt.Sprintf("Package %s hosts components of the WIT world %s.", p.Name, w.ID), p.Docs)
	for _, d := range p.Types {
		f.decl(d)
	}
	f.imports()
	f.factory()
	f.pool()
	f.instance()
	return f
}

// imports is the struct that an embedder fills for each instance.
func (f *file) imports() {
	f.Line()
	f.Comment("// Imports are what the host gives to one instance. What a component does not")
	f.Comment("// import may stay nil.")
	f.Type().Id("Imports").StructFunc(func(g *jen.Group) {
		for _, l := range f.world.Imports {
			if !l.Package.Offers() {
				continue
			}
			g.Comment(fmt.Sprintf("// %s is the implementation of %s.", l.GoName, l.Package.ID))
			g.Id(l.GoName).Qual(l.Package.Path, "Host")
		}
		for _, fn := range f.pkg.Imports {
			if fn.IsMethod() || fn.Stub {
				continue
			}
			g.Add(f.funcDocs(fn))
			g.Id(fn.GoName).Func().Params(f.params(fn)...).Add(results(fn))
		}
	})
}

func ctxParam() jen.Code { return jen.Id("ctx").Qual("context", "Context") }

// factory is the loaded component.
func (f *file) factory() {
	instance := f.world.GoName
	f.Line()
	f.Comment("// A Factory is a loaded component of the world, compiled once for all of its")
	f.Comment("// instances. Any number of goroutines may use it.")
	f.Type().Id("Factory").Struct(jen.Id("f").Op("*").Qual(componentPath, "Factory"))
	f.Line()
	f.Comment("// Load reads a component, holds its imports and exports against the world, and")
	f.Comment("// compiles it. The factory is closed with Close, or with rt.")
	f.Func().Id("Load").Params(
		ctxParam(), jen.Id("rt").Op("*").Qual(componentPath, "Runtime"), jen.Id("wasm").Index().Byte(),
		jen.Id("opts").Op("...").Qual(componentPath, "LoadOption"),
	).Params(jen.Op("*").Id("Factory"), jen.Error()).Block(
		jen.List(jen.Id("f"), jen.Err()).Op(":=").Id("rt").Dot("Load").Call(jen.Id("ctx"), jen.Id("wasm"), jen.Op("&").Id("World"), jen.Id("opts").Op("...")),
		ifErr(jen.Nil()),
		jen.Return(jen.Op("&").Id("Factory").Values(jen.Id("f").Op(":").Id("f")), jen.Nil()),
	)
	f.Line()
	f.Comment("// New makes an instance with imports of its own. It is an error when the")
	f.Comment("// component imports an interface for which im has nil.")
	f.Func().Params(jen.Id("f").Op("*").Id("Factory")).Id("New").Params(
		ctxParam(), jen.Id("im").Id("Imports"), jen.Id("opts").Op("...").Qual(componentPath, "Option"),
	).Params(jen.Op("*").Id(instance), jen.Error()).Block(
		jen.List(jen.Id("inst"), jen.Err()).Op(":=").Id("f").Dot("f").Dot("New").Call(
			jen.Id("ctx"), f.hosts(), jen.Id("opts").Op("..."),
		),
		ifErr(jen.Nil()),
		jen.Return(jen.Id("Of").Call(jen.Id("inst")), jen.Nil()),
	)
	f.Line()
	f.Comment("// NewSnapshot makes an instance, has begin bring it to where others are to begin,")
	f.Comment("// and takes a snapshot of it for [component.WithSnapshot]. The instance has no")
	f.Comment("// imports: see [component.Factory.NewSnapshot].")
	f.Func().Params(jen.Id("f").Op("*").Id("Factory")).Id("NewSnapshot").Params(
		ctxParam(), jen.Id("begin").Func().Params(jen.Qual("context", "Context"), jen.Op("*").Id(instance)).Error(),
		jen.Id("opts").Op("...").Qual(componentPath, "Option"),
	).Params(jen.Op("*").Qual(componentPath, "Snapshot"), jen.Error()).Block(
		jen.Return(jen.Id("f").Dot("f").Dot("NewSnapshot").Call(
			jen.Id("ctx"),
			jen.Func().Params(ctxParam(), jen.Id("inst").Op("*").Qual(componentPath, "Instance")).Error().Block(
				jen.Return(jen.Id("begin").Call(jen.Id("ctx"), jen.Id("Of").Call(jen.Id("inst")))),
			),
			jen.Id("opts").Op("..."),
		)),
	)
	f.Line()
	f.Comment("// Close frees the compiled component. Instances that live on keep it until they")
	f.Comment("// are closed, too.")
	f.Func().Params(jen.Id("f").Op("*").Id("Factory")).Id("Close").Params(ctxParam()).Error().Block(
		jen.Return(jen.Id("f").Dot("f").Dot("Close").Call(jen.Id("ctx"))),
	)
}

// hosts are the implementations of the world's imports, as the runtime has them.
func (f *file) hosts() jen.Code {
	hosts := []jen.Code{}
	for _, l := range f.world.Imports {
		if l.Package.Offers() {
			hosts = append(hosts, jen.Id("im").Dot(l.GoName))
		} else {
			hosts = append(hosts, jen.Struct().Values()) // all its functions are methods
		}
	}
	if len(f.pkg.Imports)+len(f.pkg.Resources()) > 0 {
		hosts = append(hosts, jen.Op("&").Id("im"))
	}
	return jen.Index().Any().Values(hosts...)
}

// pool is the way to instances that begin as new ones do and cost less.
func (f *file) pool() {
	instance := f.world.GoName
	f.Line()
	f.Comment("// A Pool does work in instances that begin as new ones do and cost little more")
	f.Comment("// than a call: see [component.Pool].")
	f.Type().Id("Pool").Struct(jen.Id("p").Op("*").Qual(componentPath, "Pool"))
	f.Line()
	f.Comment("// Pool makes a pool. Close it, or the factory.")
	f.Func().Params(jen.Id("f").Op("*").Id("Factory")).Id("Pool").Params(jen.Id("o").Qual(componentPath, "PoolOptions")).Op("*").Id("Pool").Block(
		jen.Return(jen.Op("&").Id("Pool").Values(jen.Id("p").Op(":").Id("f").Dot("f").Dot("Pool").Call(jen.Id("o")))),
	)
	f.Line()
	f.Comment("// Do calls work with an instance that is nobody else's until work returns, with")
	f.Comment("// imports of its own.")
	f.Func().Params(jen.Id("p").Op("*").Id("Pool")).Id("Do").Params(
		ctxParam(), jen.Id("im").Id("Imports"), jen.Id("work").Func().Params(jen.Op("*").Id(instance)).Error(),
		jen.Id("opts").Op("...").Qual(componentPath, "Option"),
	).Error().Block(
		jen.Return(jen.Id("p").Dot("p").Dot("Do").Call(
			jen.Id("ctx"), f.hosts(),
			jen.Func().Params(jen.Id("inst").Op("*").Qual(componentPath, "Instance")).Error().Block(
				jen.Return(jen.Id("work").Call(jen.Id("Of").Call(jen.Id("inst")))),
			),
			jen.Id("opts").Op("..."),
		)),
	)
	f.Line()
	f.Comment("// Stats are the pool's counts.")
	f.Func().Params(jen.Id("p").Op("*").Id("Pool")).Id("Stats").Params().Qual(componentPath, "PoolStats").Block(jen.Return(jen.Id("p").Dot("p").Dot("Stats").Call()))
	f.Line()
	f.Comment("// Close closes the instances that are kept.")
	f.Func().Params(jen.Id("p").Op("*").Id("Pool")).Id("Close").Params(ctxParam()).Error().Block(jen.Return(jen.Id("p").Dot("p").Dot("Close").Call(jen.Id("ctx"))))
}

// instanceFields are those of a new instance: its functions, bound once.
func (f *file) instanceFields() []jen.Code {
	fields := []jen.Code{jen.Id("inst").Op(":").Id("inst")}
	for i, l := range f.world.Exports {
		fields = append(fields, jen.Id(exportField(i)).Op(":").Qual(l.Package.Path, "ExportsOf").Call(instFuncs(i)))
	}
	if len(f.pkg.Exports) > 0 {
		fields = append(fields, jen.Id("fns").Op(":").Add(instFuncs(len(f.world.Exports))))
	}
	return fields
}

func exportField(i int) string { return fmt.Sprintf("export%d", i) }

func instFuncs(i int) *jen.Statement { return jen.Id("inst").Dot("Funcs").Call(jen.Lit(i)) }

func ifErr(zero ...jen.Code) jen.Code {
	return jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(append(zero, jen.Err())...))
}

// instance is the live component.
func (f *file) instance() {
	name := f.world.GoName
	f.Line()
	f.Comment(fmt.Sprintf("// %s is an instance of a component of the world. It may be used from any", name))
	f.Comment("// goroutine; one call runs at a time, others wait for it.")
	f.Type().Id(name).StructFunc(func(g *jen.Group) {
		g.Id("inst").Op("*").Qual(componentPath, "Instance")
		for i, l := range f.world.Exports {
			g.Id(exportField(i)).Qual(l.Package.Path, "Exports")
		}
		if len(f.pkg.Exports) > 0 {
			g.Id("fns").Index().Qual(componentPath, "Func")
		}
	})
	f.Line()
	f.Comment(fmt.Sprintf("// Of is an instance of the factory's as a %s: in [component.PoolOptions], say.", name))
	f.Func().Id("Of").Params(jen.Id("inst").Op("*").Qual(componentPath, "Instance")).Op("*").Id(name).Block(
		jen.Return(jen.Op("&").Id(name).Values(f.instanceFields()...)),
	)
	p := f.receiver("p", f.pkg.Exports)
	recv := jen.Params(jen.Id(p).Op("*").Id(name))
	for i, l := range f.world.Exports {
		f.Line()
		f.Comment(fmt.Sprintf("// %s are the instance's functions of %s.", l.GoName, l.Package.ID))
		f.Func().Add(recv).Id(l.GoName).Params().Qual(l.Package.Path, "Exports").Block(
			jen.Return(jen.Id(p).Dot(exportField(i))),
		)
	}
	for i, fn := range f.pkg.Exports {
		f.exportMethod(p, "*"+name, fn, i)
	}
	f.Line()
	f.Comment("// Instance is the instance as the runtime has it, for what is the same in every")
	f.Comment("// world: its state, its limits, what it was refused.")
	f.Func().Add(recv).Id("Instance").Params().Op("*").Qual(componentPath, "Instance").Block(jen.Return(jen.Id(p).Dot("inst")))
	f.Line()
	f.Comment("// Close ends the instance and frees what it holds. It may be called more than")
	f.Comment("// once.")
	f.Func().Add(recv).Id("Close").Params(ctxParam()).Error().Block(jen.Return(jen.Id(p).Dot("inst").Dot("Close").Call(jen.Id("ctx"))))
}

// worldABI is what the linker reads of a world, and the marshalling of its own
// functions.
func worldABI(w *model.World, digest string) *file {
	f := newFile(w, w.Package, digest, ownNames...)
	m := newMarshal(f)
	var imports, exports []jen.Code
	for _, l := range w.Imports {
		imports = append(imports, jen.Qual(l.Package.Path, "Import"))
	}
	for _, l := range w.Exports {
		exports = append(exports, jen.Qual(l.Package.Path, "Export"))
	}
	if len(w.Package.Imports)+len(w.Package.Resources()) > 0 {
		imports = append(imports, m.importTable(w.Package))
	}
	if fns := w.Package.Exports; len(fns) > 0 {
		exports = append(exports, m.exportTable("", fns))
	}
	fields := []jen.Code{jen.Id("Name").Op(":").Lit(w.ID)}
	if len(imports) > 0 {
		fields = append(fields, jen.Id("Imports").Op(":").Index().Op("*").Qual(componentPath, "Import").Add(lines(imports)))
	}
	if len(exports) > 0 {
		fields = append(fields, jen.Id("Exports").Op(":").Index().Op("*").Qual(componentPath, "Export").Add(lines(exports)))
	}
	body := f.identities()
	body.Comment("// World is what the linker knows of the world: what the host offers and what it").Line()
	body.Comment("// wants.").Line()
	body.Var().Id("World").Op("=").Qual(componentPath, "World").Add(lines(fields)).Line().Line()
	for _, fn := range w.Package.Imports {
		m.hostFunc(fn, nil)
	}
	for i, fn := range w.Package.Exports {
		m.invoke(fn, i)
	}
	m.finish(body)
	return f
}

// lines writes the values of a literal one a line.
func lines(values []jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, values...)
}
