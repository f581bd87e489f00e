package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// decl writes a declared type with what belongs to it.
func (f *file) decl(d *model.Decl) {
	f.Line()
	t := d.Type
	if t.Alias != nil {
		what := t.ABI.Structure()
		if r := t.Alias.Root().Resource; r != nil {
			what = "another name of the resource " + r.Name
		}
		f.Add(docs(d.Docs, fmt.Sprintf("%s is %s.", d.GoName, what), d.Deprecated))
		f.Type().Id(d.GoName).Op("=").Add(goType(t.Alias))
		return
	}
	if d.IsResource() {
		f.Add(docs(d.Docs, fmt.Sprintf("%s is the resource %s.", d.GoName, d.Name), d.Deprecated))
		f.resource(d)
		return
	}
	f.Add(docs(d.Docs, fmt.Sprintf("%s is the %s %s.", d.GoName, t.Kind(), d.Name), d.Deprecated))
	switch t.Kind() {
	case abi.KindRecord:
		f.record(d)
	case abi.KindVariant:
		f.variant(d)
	case abi.KindEnum:
		f.enum(d)
	case abi.KindFlags:
		f.flags(d)
	}
}

func (f *file) record(d *model.Decl) {
	f.Type().Id(d.GoName).StructFunc(func(g *jen.Group) {
		for _, field := range d.Type.Fields {
			if field.Docs != "" {
				g.Add(comment(field.Docs))
			}
			g.Id(field.GoName).Add(goType(field.Type))
		}
	})
	if !d.IsError {
		return
	}
	f.Line()
	f.Comment("// Error makes the record an error: a function of the world answers it as one.")
	f.Func().Params(jen.Id("e").Op("*").Id(d.GoName)).Id("Error").Params().String().Block(
		jen.Return(recordText(d)),
	)
}

// recordText is the message that a record carries, or else all of its fields.
func recordText(d *model.Decl) jen.Code {
	format := d.Name + "{"
	args := []jen.Code{}
	for i, field := range d.Type.Fields {
		if field.Name == "message" && field.Type.Kind() == abi.KindString {
			return jen.Id("e").Dot(field.GoName)
		}
		if i > 0 {
			format += ", "
		}
		format += field.Name + ": %v"
		args = append(args, jen.Id("e").Dot(field.GoName))
	}
	return jen.Qual("fmt", "Sprintf").Call(append([]jen.Code{jen.Lit(format + "}")}, args...)...)
}

// sealed is the method that keeps other types out of a variant's interface.
func sealed(d *model.Decl) string { return "is" + d.GoName }

func (f *file) variant(d *model.Decl) {
	f.Comment("//")
	f.Comment("// It is one of:")
	for _, c := range d.Type.Cases {
		f.Comment(fmt.Sprintf("//   - [*%s]", c.GoName))
	}
	f.Type().Id(d.GoName).InterfaceFunc(func(g *jen.Group) {
		if d.IsError {
			g.Error()
		}
		g.Id(sealed(d)).Params()
	})
	for _, c := range d.Type.Cases {
		f.Line()
		f.Add(docs(c.Docs, fmt.Sprintf("%s is the case %s of %s.", c.GoName, c.Name, d.GoName), ""))
		if c.Type == nil {
			f.Type().Id(c.GoName).Struct()
		} else {
			f.Type().Id(c.GoName).Struct(jen.Id("Value").Add(goType(c.Type)))
		}
	}
	f.Line()
	for _, c := range d.Type.Cases {
		f.Func().Params(jen.Op("*").Id(c.GoName)).Id(sealed(d)).Params().Block()
	}
	if d.IsError {
		for _, c := range d.Type.Cases {
			f.caseError(c)
		}
	}
}

func (f *file) caseError(c model.Case) {
	f.Line()
	f.Comment("// Error names the case and says what it carries.")
	recv, text := jen.Params(jen.Op("*").Id(c.GoName)), jen.Lit(c.Name)
	switch {
	case c.Type == nil:
	case c.Type.Kind() == abi.KindString:
		recv, text = jen.Params(jen.Id("e").Op("*").Id(c.GoName)), jen.Lit(c.Name+": ").Op("+").Id("e").Dot("Value")
	default:
		recv = jen.Params(jen.Id("e").Op("*").Id(c.GoName))
		text = jen.Qual("fmt", "Sprintf").Call(jen.Lit(c.Name+": %v"), jen.Id("e").Dot("Value"))
	}
	f.Func().Add(recv).Id("Error").Params().String().Block(jen.Return(text))
}

// uintOf is the unsigned type of that many bytes.
func uintOf(size uint32) string { return fmt.Sprintf("uint%d", 8*size) }

func (f *file) enum(d *model.Decl) {
	f.Type().Id(d.GoName).Id(uintOf(d.Type.ABI.Size()))
	f.Line()
	f.Comment(fmt.Sprintf("// The cases of %s.", d.GoName))
	f.Const().DefsFunc(func(g *jen.Group) {
		for i, c := range d.Type.Cases {
			if c.Docs != "" {
				g.Add(comment(c.Docs))
			}
			if i == 0 {
				g.Id(c.GoName).Id(d.GoName).Op("=").Iota()
			} else {
				g.Id(c.GoName)
			}
		}
	})
	names := "names" + d.GoName
	f.Line()
	f.Var().Id(names).Op("=").Index(jen.Op("...")).String().Add(labels(d))
	f.Line()
	f.Comment("// String is the case's name in WIT.")
	f.Func().Params(jen.Id("v").Id(d.GoName)).Id("String").Params().String().Block(
		jen.If(jen.Int().Call(jen.Id("v")).Op("<").Len(jen.Id(names))).Block(jen.Return(jen.Id(names).Index(jen.Id("v")))),
		jen.Return(jen.Lit(d.Name+"(").Op("+").Qual("strconv", "Itoa").Call(jen.Int().Call(jen.Id("v"))).Op("+").Lit(")")),
	)
	if d.IsError {
		f.Line()
		f.Comment("// Error makes the enum an error: a function of the world answers it as one.")
		f.Func().Params(jen.Id("v").Id(d.GoName)).Id("Error").Params().String().Block(jen.Return(jen.Id("v").Dot("String").Call()))
	}
}

// labels is a literal of the names of cases or flags, several a line.
func labels(d *model.Decl) *jen.Statement {
	var names []jen.Code
	for _, c := range d.Type.Cases {
		names = append(names, jen.Lit(c.Name))
	}
	if len(names) <= 8 {
		return jen.Values(names...)
	}
	var lines []jen.Code
	for len(names) > 0 {
		n := min(8, len(names))
		lines = append(lines, jen.List(names[:n]...))
		names = names[n:]
	}
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, lines...)
}

func (f *file) flags(d *model.Decl) {
	f.Type().Id(d.GoName).Id(uintOf(d.Type.ABI.Size()))
	f.Line()
	f.Comment(fmt.Sprintf("// The members of %s; join them with |.", d.GoName))
	f.Const().DefsFunc(func(g *jen.Group) {
		for i, c := range d.Type.Cases {
			if c.Docs != "" {
				g.Add(comment(c.Docs))
			}
			if i == 0 {
				g.Id(c.GoName).Id(d.GoName).Op("=").Lit(1).Op("<<").Iota()
			} else {
				g.Id(c.GoName)
			}
		}
	})
	names := "names" + d.GoName
	f.Line()
	f.Var().Id(names).Op("=").Index(jen.Op("...")).String().Add(labels(d))
	f.Line()
	f.Comment("// Has tells whether all of the members in other are set.")
	f.Func().Params(jen.Id("v").Id(d.GoName)).Id("Has").Params(jen.Id("other").Id(d.GoName)).Bool().Block(
		jen.Return(jen.Id("v").Op("&").Id("other").Op("==").Id("other")),
	)
	f.Line()
	f.Comment("// String lists the members that are set, as WAVE does: {read, write}.")
	f.Func().Params(jen.Id("v").Id(d.GoName)).Id("String").Params().String().Block(
		jen.Var().Id("set").Index().String(),
		jen.For(jen.List(jen.Id("i"), jen.Id("name")).Op(":=").Range().Id(names)).Block(
			jen.If(jen.Id("v").Op("&").Params(jen.Lit(1).Op("<<").Id("i")).Op("!=").Lit(0)).Block(
				jen.Id("set").Op("=").Append(jen.Id("set"), jen.Id("name")),
			),
		),
		jen.Return(jen.Lit("{").Op("+").Qual("strings", "Join").Call(jen.Id("set"), jen.Lit(", ")).Op("+").Lit("}")),
	)
}
