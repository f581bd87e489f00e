// Package fromwasm turns what a component imports and exports into a world in
// the shape of package wit. It reads no binary itself, package component does
// that, and it knows nothing of docs and places in sources, which a component
// does not carry.
package fromwasm

import (
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/wit"
)

// World is the world of a component. A component does not say which world it
// was built for, so it has the name that other tools give it too,
// root:component/root.
//
// A type that two interfaces share is declared by the first that has it and an
// alias in the other, resources too. Items that a world cannot have, core modules
// and inner components, are left out; d names them. A type without a name that
// has no form in WIT, an inline record, say, is a declaration of no interface,
// whose name is the type written out.
func World(d *component.Description) *wit.World {
	w, _ := build(d)
	return w
}

// Resolve is the same world together with the packages that it names. Of those it
// has what the component needs of them; an interface that is imported and exported
// is there twice.
func Resolve(d *component.Description) *wit.Resolve {
	w, b := build(d)
	r := &wit.Resolve{Main: w.Package}
	for _, p := range b.packages {
		r.Packages = append(r.Packages, p)
	}
	slices.SortFunc(r.Packages, func(x, y *wit.Package) int { return strings.Compare(x.Name.String(), y.Name.String()) })
	return r
}

func build(d *component.Description) (*wit.World, *builder) {
	b := &builder{
		packages:  map[wit.PackageName]*wit.Package{},
		types:     map[*abi.Type]*wit.TypeDef{},
		shapes:    map[any]*wit.TypeDef{},
		resources: map[*abi.Resource]*wit.TypeDef{},
		lengths:   map[*abi.Type]int{},
	}
	w := &wit.World{Name: "root", Package: b.pkg(wit.PackageName{Namespace: "root", Name: "component"})}
	w.Package.Worlds = []*wit.World{w}
	top := b.scope(w)
	w.Imports = top.items(d.Imports)
	w.Exports = top.items(d.Exports)
	w.Types = top.defs
	return w, b
}

// A builder holds what the interfaces of a world share.
type builder struct {
	packages map[wit.PackageName]*wit.Package
	// types, shapes and resources find the first declaration of a type: by the type
	// itself, by what it is made of, which copies under other names share, and by
	// the identity of a resource.
	types     map[*abi.Type]*wit.TypeDef
	shapes    map[any]*wit.TypeDef
	resources map[*abi.Resource]*wit.TypeDef
	lengths   map[*abi.Type]int // of types written out; see length
}

func (b *builder) pkg(name wit.PackageName) *wit.Package {
	p, ok := b.packages[name]
	if !ok {
		p = &wit.Package{Name: name}
		b.packages[name] = p
	}
	return p
}

func (b *builder) scope(owner wit.Owner) *scope {
	return &scope{
		builder: b, owner: owner, names: map[string]*wit.TypeDef{},
		types: map[*abi.Type]*wit.TypeDef{}, resources: map[*abi.Resource]*wit.TypeDef{},
	}
}

// items are the items of the world that its imports or exports make.
func (s *scope) items(externs []component.Extern) []wit.Item {
	var items []wit.Item
	for _, e := range externs {
		switch {
		case e.Interface != nil:
			items = append(items, s.builder.iface(e))
		case e.Func != nil:
			s.identify(e.Name, e.Func)
			items = append(items, &wit.FuncItem{Func: s.fn(e.Name, e.Func)})
		case e.Type != nil || e.Resource != nil:
			s.declare(component.NamedType{Name: e.Name, Type: e.Type, Resource: e.Resource})
		}
	}
	return items
}

// iface is the interface that an instance stands for.
func (b *builder) iface(e component.Extern) *wit.InterfaceItem {
	item := &wit.InterfaceItem{Interface: &wit.Interface{}}
	i := item.Interface
	if name, iface, ok := interfaceName(e.Name); ok {
		i.Name, i.Package = iface, b.pkg(name)
		i.Package.Interfaces = append(i.Package.Interfaces, i)
	} else {
		item.Name, i.Package = e.Name, b.pkg(wit.PackageName{Namespace: "root", Name: "component"})
	}
	s := b.scope(i)
	for _, t := range e.Interface.Types {
		s.declare(t)
	}
	for _, f := range e.Interface.Funcs {
		s.identify(f.Name, f.Type)
	}
	for _, f := range e.Interface.Funcs {
		i.Funcs = append(i.Funcs, s.fn(f.Name, f.Type))
	}
	i.Types = s.defs
	return item
}

// interfaceName parts "ns:pkg/iface@1.2.3" [Explainer.md, Import and Export
// Definitions]. It is false for a plain name, and for that of an instance within
// another one, which WIT does not have.
func interfaceName(id string) (pkg wit.PackageName, iface string, ok bool) {
	id, version, _ := strings.Cut(id, "@")
	colon, slash := strings.Index(id, ":"), strings.LastIndex(id, "/")
	if colon < 0 || slash < colon || strings.Contains(id, "#") {
		return wit.PackageName{}, "", false
	}
	return wit.PackageName{Namespace: id[:colon], Name: id[colon+1 : slash], Version: version}, id[slash+1:], true
}

// fn is a function. Its name tells whether it belongs to a resource.
func (s *scope) fn(name string, t *abi.FuncType) *wit.Func {
	f := &wit.Func{Name: name, Async: t.Async, Result: s.typ(t.Result)}
	for _, p := range t.Params {
		f.Params = append(f.Params, wit.Param{Name: p.Label, Type: s.typ(p.Type)})
	}
	kind, resource := functionName(name)
	f.Kind, f.Resource = kind, s.names[resource]
	return f
}
