package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

var goPrims = map[abi.Kind]string{
	abi.KindBool: "bool", abi.KindS8: "int8", abi.KindU8: "uint8", abi.KindS16: "int16",
	abi.KindU16: "uint16", abi.KindS32: "int32", abi.KindU32: "uint32", abi.KindS64: "int64",
	abi.KindU64: "uint64", abi.KindF32: "float32", abi.KindF64: "float64",
	abi.KindChar: "rune", abi.KindString: "string",
}

// goType is the type in Go; nil stands for nothing.
func goType(t *model.Type) *jen.Statement {
	switch {
	case t == nil:
		return jen.Qual(cmPath, "Unit")
	case t.Decl != nil:
		return jen.Qual(t.Decl.Package.Path, t.Decl.GoName)
	case t.Resource != nil && t.Resource.Guest():
		return jen.Op("*").Qual(t.Resource.Package.Path, t.Resource.GoName)
	case t.Resource != nil:
		return jen.Qual(t.Resource.Package.Path, t.Resource.GoName)
	}
	switch t.Kind() {
	case abi.KindFixedList:
		return jen.Index(jen.Lit(int(t.ABI.Len))).Add(elemType(t))
	case abi.KindMap:
		return jen.Map(goType(t.Key)).Add(goType(t.Elem))
	case abi.KindList:
		return jen.Index().Add(elemType(t))
	case abi.KindOption:
		return jen.Qual(cmPath, "Option").Types(goType(t.Elem))
	case abi.KindResult:
		return jen.Qual(cmPath, "Result").Types(goType(t.Cases[0].Type), goType(t.Cases[1].Type))
	case abi.KindTuple:
		if len(t.Fields) > model.MaxTuple {
			return jen.StructFunc(func(g *jen.Group) {
				for _, f := range t.Fields {
					g.Id(f.GoName).Add(goType(f.Type))
				}
			})
		}
		var elems []jen.Code
		for _, f := range t.Fields {
			elems = append(elems, goType(f.Type))
		}
		return jen.Qual(cmPath, fmt.Sprintf("Tuple%d", len(elems))).Types(elems...)
	}
	return jen.Id(goPrims[t.Kind()])
}

// elemType is the type of a list's elements.
func elemType(t *model.Type) *jen.Statement {
	if t.Elem.Kind() == abi.KindU8 {
		return jen.Byte()
	}
	return goType(t.Elem)
}

// results is what follows the parameters of a function in Go: its value, if it
// has one, and an error.
func results(f *model.Func) *jen.Statement {
	if f.OK == nil {
		return jen.Error()
	}
	return jen.Params(goType(f.OK), jen.Error())
}

// params are the parameters of a function in Go, with the names that they have
// in f's file.
func (f *file) params(fn *model.Func) []jen.Code {
	out := []jen.Code{jen.Id("ctx").Qual("context", "Context")}
	args := fn.Args()
	for i, name := range f.paramNames(fn) {
		out = append(out, jen.Id(name).Add(goType(args[i].Type)))
	}
	return out
}

// paramNames are the names of the parameters in Go; a method's own resource is
// its receiver.
func (f *file) paramNames(fn *model.Func) []string {
	scope := model.NewScope()
	args := fn.Args()
	names := make([]string, len(args))
	for i, p := range args {
		names[i] = model.LocalName(p.Name, func(n string) bool { return f.isTaken(n) || scope[n] || n == "invoke"+fn.Symbol })
		scope[names[i]] = true
	}
	return names
}

// layoutName is the variable that holds the layout of a declared type.
const layoutPrefix = "type"

var layoutPrims = map[abi.Kind]string{
	abi.KindBool: "Bool", abi.KindS8: "S8", abi.KindU8: "U8", abi.KindS16: "S16",
	abi.KindU16: "U16", abi.KindS32: "S32", abi.KindU32: "U32", abi.KindS64: "S64",
	abi.KindU64: "U64", abi.KindF32: "Float32", abi.KindF64: "Float64",
	abi.KindChar: "Char", abi.KindString: "String",
}

// layouts names the variables for the layouts of declared types in one file, in
// the order in which they have to stand for a reader.
type layouts struct {
	scope model.Scope
	names map[*model.Type]string
	vars  []jen.Code
}

func newLayouts() *layouts {
	return &layouts{scope: model.NewScope(), names: map[*model.Type]string{}}
}

// of is an expression for the layout of t; nil gives nil.
func (l *layouts) of(t *model.Type) *jen.Statement {
	if t == nil {
		return jen.Nil()
	}
	t = t.Root()
	switch {
	case t.Resource != nil && t.Kind() == abi.KindBorrow:
		return jen.Qual(abiPath, "Borrow").Call(identity(t.Resource))
	case t.Resource != nil:
		return jen.Qual(abiPath, "Own").Call(identity(t.Resource))
	case t.Decl != nil:
		return jen.Id(l.declared(t))
	}
	switch t.Kind() {
	case abi.KindFixedList:
		return jen.Qual(abiPath, "FixedList").Call(l.of(t.Elem), jen.Lit(int(t.ABI.Len)))
	case abi.KindMap:
		return jen.Qual(abiPath, "Map").Call(l.of(t.Key), l.of(t.Elem))
	case abi.KindList:
		return jen.Qual(abiPath, "List").Call(l.of(t.Elem))
	case abi.KindOption:
		return jen.Qual(abiPath, "Option").Call(l.of(t.Elem))
	case abi.KindResult:
		return jen.Qual(abiPath, "Result").Call(l.of(t.Cases[0].Type), l.of(t.Cases[1].Type))
	case abi.KindTuple:
		var elems []jen.Code
		for _, f := range t.Fields {
			elems = append(elems, l.of(f.Type))
		}
		return jen.Qual(abiPath, "Tuple").Call(elems...)
	}
	return jen.Qual(abiPath, layoutPrims[t.Kind()])
}

func (l *layouts) declared(t *model.Type) string {
	if name, ok := l.names[t]; ok {
		return name
	}
	args := []jen.Code{jen.Lit(t.Decl.Name)}
	ctor := ""
	switch t.Kind() {
	case abi.KindRecord:
		ctor = "Record"
		for _, f := range t.Fields {
			args = append(args, jen.Qual(abiPath, "Field").Values(label(f.Name), jen.Id("Type").Op(":").Add(l.of(f.Type))))
		}
	case abi.KindVariant:
		ctor = "Variant"
		for _, c := range t.Cases {
			fields := []jen.Code{label(c.Name)}
			if c.Type != nil {
				fields = append(fields, jen.Id("Type").Op(":").Add(l.of(c.Type)))
			}
			args = append(args, jen.Qual(abiPath, "Case").Values(fields...))
		}
	case abi.KindEnum, abi.KindFlags:
		ctor = "Enum"
		if t.Kind() == abi.KindFlags {
			ctor = "Flags"
		}
		for _, c := range t.Cases {
			args = append(args, jen.Lit(c.Name))
		}
	}
	name := l.scope.TakeNumbered(layoutPrefix + t.Decl.GoName)
	l.names[t] = name
	l.vars = append(l.vars, jen.Id(name).Op("=").Qual(abiPath, ctor).Add(multi(args, t.Kind() == abi.KindEnum || t.Kind() == abi.KindFlags)))
	return name
}

func label(name string) jen.Code { return jen.Id("Label").Op(":").Lit(name) }

// multi writes arguments one a line where they are many; bare labels, which are
// short, several a line.
func multi(args []jen.Code, short bool) *jen.Statement {
	if len(args) <= 3 {
		return jen.Call(args...)
	}
	if !short {
		return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, args...)
	}
	if len(args) <= 9 {
		return jen.Call(args...)
	}
	var lines []jen.Code
	for len(args) > 0 {
		n := min(8, len(args))
		lines = append(lines, jen.List(args[:n]...))
		args = args[n:]
	}
	return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, lines...)
}

// funcType is an expression for the type of a function.
func (l *layouts) funcType(fn *model.Func) *jen.Statement {
	var fields []jen.Code
	if len(fn.Params) > 0 {
		var params []jen.Code
		for _, p := range fn.Params {
			params = append(params, jen.Values(label(p.Name), jen.Id("Type").Op(":").Add(l.of(p.Type))))
		}
		list := jen.Values(params...)
		if len(params) > 3 {
			list = jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, params...)
		}
		fields = append(fields, jen.Id("Params").Op(":").Index().Qual(abiPath, "Field").Add(list))
	}
	if fn.Result != nil {
		fields = append(fields, jen.Id("Result").Op(":").Add(l.of(fn.Result)))
	}
	return jen.Op("&").Qual(abiPath, "FuncType").Values(fields...)
}
