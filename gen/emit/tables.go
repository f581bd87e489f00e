package emit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// marshal writes the marshalling of one file. Helpers are written as they are
// asked for, each once, behind the functions that need them.
type marshal struct {
	f       *file
	layouts *layouts
	helpers map[helperKey]string
	scope   model.Scope // names of functions and variables of the file
	queue   []func() jen.Code
	funcs   []jen.Code
	types   map[*model.Func]string
	typeSet []jen.Code
	quoting bool
	// following tells that followedBy is used.
	following bool
}

type helperKey struct {
	prefix string
	of     *model.Type
}

func newMarshal(f *file) *marshal {
	return &marshal{
		f: f, layouts: newLayouts(), helpers: map[helperKey]string{}, scope: model.NewScope(),
		types: map[*model.Func]string{},
	}
}

// finish puts the file together: assertion, tables, layouts, functions, helpers.
func (m *marshal) finish(tables *jen.Statement) {
	f := m.f
	f.Comment("// This file was written for the first generation of the runtime.")
	f.Const().Id("_").Op("=").Qual(abiPath, "GeneratedV1")
	f.Line()
	f.Add(tables)
	for len(m.queue) > 0 {
		next := m.queue[0]
		m.queue = m.queue[1:]
		m.funcs = append(m.funcs, next())
	}
	if m.quoting {
		m.funcs = append(m.funcs, quotePart())
	}
	if m.following {
		m.funcs = append(m.funcs, followedBy())
	}
	if len(m.layouts.vars) > 0 {
		f.Comment("// The layouts of the types that cross the boundary here.")
		f.Var().Defs(m.layouts.vars...)
		f.Line()
	}
	if len(m.typeSet) > 0 {
		f.Comment("// The types of the functions.")
		f.Var().Defs(m.typeSet...)
	}
	for _, fn := range m.funcs {
		f.Line()
		f.Add(fn)
	}
}

// typeVar is the variable that holds the type of a function. A function that is
// both imported and exported has one.
func (m *marshal) typeVar(fn *model.Func) jen.Code {
	for other, name := range m.types {
		if other.Name == fn.Name && other.Signature == fn.Signature && sameParams(other, fn) {
			return jen.Id(name)
		}
	}
	name := m.scope.TakeNumbered("func" + fn.Symbol)
	m.types[fn] = name
	m.typeSet = append(m.typeSet, jen.Id(name).Op("=").Add(m.layouts.funcType(fn)))
	return jen.Id(name)
}

func sameParams(a, b *model.Func) bool {
	same := func(x, y *model.Type) bool {
		return x == nil && y == nil || x != nil && y != nil && x.Root() == y.Root()
	}
	return same(a.Result, b.Result) && slices.EqualFunc(a.Params, b.Params, func(p, q model.Param) bool {
		return p.Name == q.Name && same(p.Type, q.Type)
	})
}

func (m *marshal) importTable(p *model.Package) jen.Code {
	var funcs []jen.Code
	for _, fn := range p.Imports {
		fields := []jen.Code{
			jen.Id("Name").Op(":").Lit(fn.Name),
			jen.Id("Type").Op(":").Add(m.typeVar(fn)),
			jen.Id("Points").Op(":").Index().Qual(capabilityPath, "Point").Add(points(fn)),
		}
		if fn.Covers {
			fields = append(fields, jen.Id("Covers").Op(":").True())
		}
		if fn.Cover != nil {
			fields = append(fields, jen.Id("Covered").Op(":").Id("covered"+fn.Symbol))
		}
		if fn.AskedByHost {
			fields = append(fields, jen.Id("AskedByHost").Op(":").True())
		}
		if demanded(fn) {
			fields = append(fields, jen.Id("Demands").Op(":").Id("demands"+fn.Symbol))
		}
		fields = append(fields, jen.Id("Call").Op(":").Id("call"+fn.Symbol))
		if fn.Deny != nil {
			fields = append(fields, jen.Id("Deny").Op(":").Id("deny"+fn.Symbol))
		}
		funcs = append(funcs, lines(fields))
	}
	return table(p.ID, jen.Index().Qual(componentPath, "HostFunc").Add(lines(funcs)), m.hostResources(p))
}

func (m *marshal) exportTable(id string, fns []*model.Func) jen.Code {
	var funcs []jen.Code
	for _, fn := range fns {
		funcs = append(funcs, jen.Values(jen.Id("Name").Op(":").Lit(fn.Name), jen.Id("Type").Op(":").Add(m.typeVar(fn))))
	}
	return table(id, jen.Index().Qual(componentPath, "ExportFunc").Add(lines(funcs)), nil)
}

// table is the literal of an import or export, without its type.
func table(id string, funcs, resources jen.Code) jen.Code {
	fields := []jen.Code{jen.Id("Funcs").Op(":").Add(funcs)}
	if resources != nil {
		fields = append(fields, resources)
	}
	if id != "" {
		fields = append([]jen.Code{jen.Id("Name").Op(":").Lit(id)}, fields...)
	}
	return lines(fields)
}

// kinds are the kinds of resources that package capability has a name for.
var kinds = map[string]string{
	"filesystem": "Filesystem", "network": "Network", "storage": "Storage",
	"process": "Process", "messaging": "Messaging", "import": "Import",
}

func points(fn *model.Func) jen.Code {
	var out []jen.Code
	for _, p := range fn.Points {
		var fields []jen.Code
		if p.Interface != "" {
			fields = append(fields, jen.Id("Interface").Op(":").Lit(p.Interface))
		}
		kind := jen.Lit(p.Kind)
		if name, ok := kinds[p.Kind]; ok {
			kind = jen.Qual(capabilityPath, name)
		}
		fields = append(fields, jen.Id("Func").Op(":").Lit(p.Func), jen.Id("Kind").Op(":").Add(kind))
		if p.Action != "" {
			fields = append(fields, jen.Id("Action").Op(":").Lit(p.Action))
		}
		out = append(out, jen.Values(fields...))
	}
	if len(out) == 1 {
		return jen.Values(out...)
	}
	return lines(out)
}

// demanded tells whether the demands of a function have to be read from its
// arguments; otherwise it has one point that asks for nothing more.
func demanded(fn *model.Func) bool {
	return len(fn.Points) > 1 || slices.ContainsFunc(fn.Points, (*model.Point).Demanded)
}

// helper is the name of the function that does one thing with a type; write
// makes it when it is asked for the first time.
func (m *marshal) helper(prefix string, t *model.Type, write func(name string) jen.Code) string {
	key := helperKey{prefix, t.Root()}
	if name, ok := m.helpers[key]; ok {
		return name
	}
	name := m.scope.TakeNumbered(prefix + mangle(t.Root()))
	m.helpers[key] = name
	m.queue = append(m.queue, func() jen.Code { return write(name) })
	return name
}

// mangle is a type's structure as a name: ListOptionPoint.
func mangle(t *model.Type) string {
	t = t.Root()
	switch {
	case t.Decl != nil && !t.Decl.IsResource():
		return t.Decl.GoName
	case t.Resource != nil:
		return model.GoName(t.Kind().String()) + t.Resource.GoName
	case t.Kind() == abi.KindFixedList:
		return fmt.Sprintf("List%d%s", t.ABI.Len, mangle(t.Elem))
	case len(t.Fields) > model.MaxTuple:
		return fmt.Sprintf("Tuple%d", len(t.Fields)) // the names of all would be too long
	case t.Kind() == abi.KindMap:
		return "Map" + mangle(t.Key) + mangle(t.Elem)
	}
	name := model.GoName(t.Kind().String())
	if t.Elem != nil {
		return name + mangle(t.Elem)
	}
	for _, f := range t.Fields {
		name += mangle(f.Type)
	}
	for i, c := range t.Cases {
		switch {
		case c.Type != nil:
			name += mangle(c.Type)
		case i == 0:
			name += "Unit"
		}
	}
	return name
}

// locals is a scope for the variables of one function, those that are used
// already and the imports taken.
func (m *marshal) locals(used ...string) model.Scope {
	scope := model.NewScope(used...)
	for name := range m.f.taken {
		scope[name] = true
	}
	return scope
}

// prefixes begin the names of the functions and variables of a file.
var prefixes = []string{"type", "func", "call", "covered", "deny", "demands", "invoke", "drop", "lift", "load", "lower", "store", "quote"}

// shadows tells whether a parameter of that name in WIT could hide one of them.
func shadows(name string) bool {
	first, _, more := strings.Cut(strings.ToLower(name), "-")
	return more && slices.Contains(prefixes, first)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
