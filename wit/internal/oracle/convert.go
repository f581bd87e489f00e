package oracle

import (
	"strings"

	toolkit "go.bytecodealliance.org/wit"
)

// plainName takes out of a function's name that it is async.
var plainName = strings.NewReplacer("[async]", "", "[async method]", "[method]", "[async static]", "[static]")

// converter turns the package's pointers into indexes. Items that are marked
// @unstable are left out: the package asks wasm-tools for all of them, and
// without asking for a feature nobody wants them.
type converter struct {
	from       *toolkit.Resolve
	packages   map[*toolkit.Package]int
	interfaces map[*toolkit.Interface]int
	worlds     map[*toolkit.World]int
	types      map[*toolkit.TypeDef]int
}

func newConverter(r *toolkit.Resolve) *converter {
	return &converter{
		from:       r,
		packages:   indexes(r.Packages),
		interfaces: indexes(r.Interfaces),
		worlds:     indexes(r.Worlds),
		types:      indexes(r.TypeDefs),
	}
}

func indexes[T comparable](items []T) map[T]int {
	m := make(map[T]int, len(items))
	for i, item := range items {
		m[item] = i
	}
	return m
}

func (c *converter) tree() *Tree {
	t := &Tree{}
	for _, p := range c.from.Packages {
		t.Packages = append(t.Packages, c.pkg(p))
	}
	for _, i := range c.from.Interfaces {
		t.Interfaces = append(t.Interfaces, c.iface(i))
	}
	for _, w := range c.from.Worlds {
		t.Worlds = append(t.Worlds, c.world(w))
	}
	for _, d := range c.from.TypeDefs {
		t.Types = append(t.Types, c.typeDef(d))
	}
	return t
}

func stability(s toolkit.Stability) string {
	switch s := s.(type) {
	case *toolkit.Stable:
		d := ""
		if s.Deprecated != nil {
			d = s.Deprecated.String()
		}
		return StabilityString(s.Since.String(), "", d)
	}
	return ""
}

func unstable(s toolkit.Stability) bool {
	_, ok := s.(*toolkit.Unstable)
	return ok
}

func (c *converter) pkg(p *toolkit.Package) Package {
	out := Package{Name: p.Name.Namespace + ":" + p.Name.Package, Docs: p.Docs.Contents}
	if p.Name.Version != nil {
		out.Name += "@" + p.Name.Version.String()
	}
	for _, i := range p.Interfaces.All() {
		if !unstable(i.Stability) {
			out.Interfaces = append(out.Interfaces, c.interfaces[i])
		}
	}
	for _, w := range p.Worlds.All() {
		if !unstable(w.Stability) {
			out.Worlds = append(out.Worlds, c.worlds[w])
		}
	}
	return out
}

func (c *converter) iface(i *toolkit.Interface) Interface {
	out := Interface{Name: deref(i.Name), Docs: i.Docs.Contents, Stability: stability(i.Stability), Package: c.packages[i.Package]}
	for _, d := range i.TypeDefs.All() {
		if !unstable(d.Stability) {
			out.Types = append(out.Types, c.types[d])
		}
	}
	for _, f := range i.Functions.All() {
		if !unstable(f.Stability) {
			out.Funcs = append(out.Funcs, c.function(f))
		}
	}
	return out
}

func (c *converter) world(w *toolkit.World) World {
	out := World{Name: w.Name, Docs: w.Docs.Contents, Stability: stability(w.Stability), Package: c.packages[w.Package]}
	for name, item := range w.Imports.All() {
		out.Imports = c.item(out.Imports, name, item)
	}
	for name, item := range w.Exports.All() {
		out.Exports = c.item(out.Exports, name, item)
	}
	return out
}

func (c *converter) item(items []Item, name string, item toolkit.WorldItem) []Item {
	out := Item{Name: name, Interface: -1, Type: -1}
	switch item := item.(type) {
	case *toolkit.InterfaceRef:
		if unstable(item.Stability) {
			return items
		}
		out.Interface, out.Stability = c.interfaces[item.Interface], stability(item.Stability)
	case *toolkit.TypeDef:
		if unstable(item.Stability) {
			return items
		}
		out.Type = c.types[item]
	case *toolkit.Function:
		if unstable(item.Stability) {
			return items
		}
		f := c.function(item)
		out.Func = &f
	}
	return append(items, out)
}

func (c *converter) function(f *toolkit.Function) Func {
	out := Func{Name: plainName.Replace(f.Name), Docs: f.Docs.Contents, Stability: stability(f.Stability)}
	switch k := f.Kind.(type) {
	case *toolkit.Freestanding:
		out.Kind = "freestanding"
	case *toolkit.Method:
		out.Kind, out.Resource = "method", c.ref(k.Type)
	case *toolkit.Static:
		out.Kind, out.Resource = "static", c.ref(k.Type)
	case *toolkit.Constructor:
		out.Kind, out.Resource = "constructor", c.ref(k.Type)
	}
	for _, p := range f.Params {
		out.Params = append(out.Params, Member{Name: p.Name, Type: c.ref(p.Type)})
	}
	if len(f.Results) > 0 {
		out.Result = c.ref(f.Results[0].Type)
	}
	return out
}

func (c *converter) typeDef(d *toolkit.TypeDef) Type {
	out := Type{Name: deref(d.Name), Docs: d.Docs.Contents, Stability: stability(d.Stability), Interface: -1, World: -1}
	switch o := d.Owner.(type) {
	case *toolkit.Interface:
		out.Interface = c.interfaces[o]
	case *toolkit.World:
		out.World = c.worlds[o]
	}
	switch k := d.Kind.(type) {
	case *toolkit.Record:
		out.Kind = "record"
		for _, f := range k.Fields {
			out.Members = append(out.Members, Member{f.Name, f.Docs.Contents, c.ref(f.Type)})
		}
	case *toolkit.Variant:
		out.Kind = "variant"
		for _, v := range k.Cases {
			out.Members = append(out.Members, Member{v.Name, v.Docs.Contents, c.ref(v.Type)})
		}
	case *toolkit.Enum:
		out.Kind = "enum"
		for _, v := range k.Cases {
			out.Members = append(out.Members, Member{Name: v.Name, Docs: v.Docs.Contents})
		}
	case *toolkit.Flags:
		out.Kind = "flags"
		for _, f := range k.Flags {
			out.Members = append(out.Members, Member{Name: f.Name, Docs: f.Docs.Contents})
		}
	case *toolkit.Tuple:
		out.Kind = "tuple"
		for _, e := range k.Types {
			out.Members = append(out.Members, Member{Type: c.ref(e)})
		}
	case *toolkit.Result:
		out.Kind, out.Elem, out.Err = "result", c.ref(k.OK), c.ref(k.Err)
	case *toolkit.Resource:
		out.Kind = "resource"
	case *toolkit.List:
		out.Kind, out.Elem = "list", c.ref(k.Type)
	case *toolkit.Option:
		out.Kind, out.Elem = "option", c.ref(k.Type)
	case *toolkit.Stream:
		out.Kind, out.Elem = "stream", c.ref(k.Type)
	case *toolkit.Future:
		out.Kind, out.Elem = "future", c.ref(k.Type)
	case *toolkit.Own:
		out.Kind, out.Elem = "own", c.ref(k.Type)
	case *toolkit.Borrow:
		out.Kind, out.Elem = "borrow", c.ref(k.Type)
	case toolkit.Type:
		out.Kind, out.Elem = "alias", c.ref(k)
	}
	return out
}

// ref is nil where t is.
func (c *converter) ref(t toolkit.Type) *Ref {
	switch t := t.(type) {
	case nil:
		return nil
	case *toolkit.TypeDef:
		if t == nil {
			return nil
		}
		return &Ref{Index: c.types[t]}
	}
	return &Ref{Prim: t.WITKind()}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
