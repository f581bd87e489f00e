package wit_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/wit"
	"github.com/airsstack/witgen/wit/internal/oracle"
)

// dump writes a model in the form of oracle.Tree's Dump.
func dump(r *wit.Resolve) string {
	var parts []string
	for _, p := range r.Packages {
		var items []string
		for _, i := range p.Interfaces {
			items = append(items, "interface "+i.Name+dumpInterface(i, i.Stability))
		}
		for _, w := range p.Worlds {
			items = append(items, dumpWorld(w))
		}
		slices.Sort(items)
		parts = append(parts, "package "+p.Name.String()+dumpDocs(p.Docs)+"\n"+strings.Join(items, ""))
	}
	slices.Sort(parts)
	return strings.Join(parts, "")
}

func dumpDocs(s string) string {
	if s == "" {
		return ""
	}
	return " // " + strconv.Quote(s)
}

func dumpGates(s wit.Stability) string {
	return oracle.StabilityString(s.Since, s.Feature, s.Deprecated)
}

func dumpInterface(i *wit.Interface, gates wit.Stability) string {
	s := dumpGates(gates) + dumpDocs(i.Docs) + "\n" + dumpDecls(i.Types)
	for _, f := range i.Funcs {
		s += "  " + dumpFunc(f)
	}
	return s
}

func dumpDecls(types []*wit.TypeDef) string {
	var out []string
	for _, t := range types {
		s := "  type " + t.Name + " = " + dumpKind(t.Kind)
		if from := t.Used(); from != nil {
			if w, ok := from.Owner.(*wit.World); ok {
				s += " of world " + w.Name
			} else if id := from.Owner.ID(); id != "" {
				s += " of " + id
			} else {
				s += " of inline"
			}
		}
		out = append(out, s+oracle.External(t.ExternalID)+dumpGates(t.Stability)+dumpDocs(t.Docs)+"\n")
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

func dumpWorld(w *wit.World) string {
	s := "world " + w.Name + dumpGates(w.Stability) + dumpDocs(w.Docs) + "\n" + dumpDecls(w.Types)
	for _, it := range w.Imports {
		s += dumpItem("import", it)
	}
	for _, it := range w.Exports {
		s += dumpItem("export", it)
	}
	return s
}

func dumpItem(verb string, it wit.Item) string {
	i, ok := it.(*wit.InterfaceItem)
	if !ok {
		return " " + verb + " " + dumpFunc(it.(*wit.FuncItem).Func)
	}
	id := oracle.External(i.ExternalID)
	if i.Interface.Name == "" {
		return " " + verb + " " + i.Name + id + dumpInterface(i.Interface, i.Stability)
	}
	name := i.Interface.ID()
	if i.Name != "" {
		name = i.Name + ": " + name
	}
	return " " + verb + " " + name + id + dumpGates(i.Stability) + dumpDocs(i.Docs) + "\n"
}

func dumpFunc(f *wit.Func) string {
	kind := [...]string{wit.Freestanding: "freestanding", wit.Method: "method", wit.Static: "static", wit.Constructor: "constructor"}[f.Kind]
	if f.Async {
		kind = "async-" + kind
	}
	s := kind + " " + f.Name + "("
	for _, p := range f.Params {
		s += p.Name + ": " + dumpType(p.Type) + ", "
	}
	s += ")"
	if f.Result != nil {
		s += " -> " + dumpType(f.Result)
	}
	return s + oracle.External(f.ExternalID) + dumpGates(f.Stability) + dumpDocs(f.Docs) + "\n"
}

func dumpKind(k wit.Kind) string {
	switch k := k.(type) {
	case *wit.Record:
		return "record<" + dumpEach(k.Fields, func(f wit.Field) string { return f.Name + ": " + dumpType(f.Type) + dumpDocs(f.Docs) }) + ">"
	case *wit.Variant:
		return "variant<" + dumpEach(k.Cases, func(c wit.Case) string {
			if c.Type == nil {
				return c.Name + dumpDocs(c.Docs)
			}
			return c.Name + ": " + dumpType(c.Type) + dumpDocs(c.Docs)
		}) + ">"
	case *wit.Enum:
		return "enum<" + dumpEach(k.Cases, func(l wit.Label) string { return l.Name + dumpDocs(l.Docs) }) + ">"
	case *wit.Flags:
		return "flags<" + dumpEach(k.Flags, func(l wit.Label) string { return l.Name + dumpDocs(l.Docs) }) + ">"
	case *wit.Resource:
		return "resource<>"
	case *wit.Alias:
		switch k.Type.(type) {
		case *wit.TypeDef, wit.Prim:
			return "alias<" + dumpType(k.Type) + ">"
		}
		return dumpType(k.Type)
	}
	panic(fmt.Sprintf("no kind %T", k))
}

func dumpEach[T any](all []T, f func(T) string) string {
	s := ""
	for _, e := range all {
		s += f(e) + ", "
	}
	return s
}

func dumpType(t wit.Type) string {
	switch t := t.(type) {
	case nil:
		return "_"
	case *wit.List:
		return "list<" + dumpType(t.Elem) + ">"
	case *wit.FixedList:
		return fmt.Sprintf("fixed-length-list<%s, %d>", dumpType(t.Elem), t.Len)
	case *wit.Map:
		return "map<" + dumpType(t.Key) + ", " + dumpType(t.Value) + ">"
	case *wit.Tuple:
		return "tuple<" + dumpEach(t.Elems, func(e wit.Type) string { return ": " + dumpType(e) }) + ">"
	case *wit.Option:
		return "option<" + dumpType(t.Elem) + ">"
	case *wit.Result:
		return "result<" + dumpType(t.OK) + ", " + dumpType(t.Err) + ">"
	case *wit.Own:
		return "own<" + t.Resource.Name + ">"
	case *wit.Borrow:
		return "borrow<" + t.Resource.Name + ">"
	case *wit.Stream:
		return "stream<" + dumpType(t.Elem) + ">"
	case *wit.TypeDef:
		return t.Name
	case *wit.Future:
		return "future<" + dumpType(t.Elem) + ">"
	}
	return t.String()
}
