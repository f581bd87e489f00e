package randomgen_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// What the program needs of the generated code and can only have by its text:
// methods of a host, and the cases of each variant.

// hostText implements the generated interface Host: every method gives back what
// it is given. Types stand there as they do in src, the generated file.
func hostText(importPath string, src []byte) (string, error) {
	file, err := parse(src)
	if err != nil {
		return "", err
	}
	text := func(n ast.Node) string { return string(src[n.Pos()-file.FileStart : n.End()-file.FileStart]) }
	var b strings.Builder
	for _, m := range interfaceType(file, "Host").Methods.List {
		f := m.Type.(*ast.FuncType)
		results := text(f.Results)
		fmt.Fprintf(&b, "\nfunc (h echoHost) %s(_ context.Context, ", m.Names[0])
		var fields []string
		for i, p := range f.Params.List[1:] {
			fmt.Fprintf(&b, "p%d %s, ", i, text(p.Type))
			fields = append(fields, fmt.Sprintf("F%d: p%d", i, i))
		}
		fmt.Fprintf(&b, ") %s { return ", results)
		switch {
		case len(fields) > 1:
			fmt.Fprintf(&b, "see(h.witness, %s{%s})", text(f.Results.List[0].Type), strings.Join(fields, ", "))
		case len(f.Results.List) == 1:
			b.WriteString("failUnit(h.witness, p0)")
		case strings.HasPrefix(text(f.Params.List[1].Type), "cm.Result["):
			b.WriteString("fail(h.witness, p0)")
		default:
			b.WriteString("see(h.witness, p0)")
		}
		b.WriteString(" }\n")
	}
	cm := ""
	if strings.Contains(b.String(), "cm.") {
		cm = `"github.com/airsstack/witgen/runtime/cm"`
	}
	return fmt.Sprintf(`package main

import (
	"context"

	. %q
	%s
)

var _ Host = echoHost{}
`, importPath, cm) + b.String(), nil
}

// variantsText is a table of the cases of every sealed interface of a package,
// in the order in which they are declared there.
func variantsText(importPath, table string, src []byte) (string, error) {
	file, err := parse(src)
	if err != nil {
		return "", err
	}
	var names []string
	cases := map[string][]string{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil || !strings.HasPrefix(f.Name.Name, "is") {
			continue
		}
		star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
		if !ok {
			continue
		}
		of := f.Name.Name[len("is"):]
		if cases[of] == nil {
			names = append(names, of)
		}
		cases[of] = append(cases[of], star.X.(*ast.Ident).Name)
	}
	var b strings.Builder
	for _, of := range names {
		fmt.Fprintf(&b, "\treflect.TypeFor[p.%s](): cases[p.%s](", of, of)
		for _, c := range cases[of] {
			fmt.Fprintf(&b, "&p.%s{}, ", c)
		}
		b.WriteString("),\n")
	}
	as := "p"
	if len(names) == 0 {
		as = "_"
	}
	return fmt.Sprintf(`package main

import (
	"reflect"

	%s %q
)

var %s = map[reflect.Type][]any{
%s}
`, as, importPath, table, b.String()), nil
}

func parse(src []byte) (*ast.File, error) {
	return parser.ParseFile(token.NewFileSet(), "generated.go", src, parser.SkipObjectResolution)
}

func interfaceType(file *ast.File, name string) *ast.InterfaceType {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.TYPE {
			continue
		}
		for _, s := range g.Specs {
			if t := s.(*ast.TypeSpec); t.Name.Name == name {
				return t.Type.(*ast.InterfaceType)
			}
		}
	}
	panic("no interface " + name)
}
