package model

import (
	"fmt"
	"path"
	"strings"

	"github.com/airsstack/witgen/wit"
)

// Build makes the model of a world whose packages lie below the import path
// root. The error is an *[UnsupportedError].
func Build(w *wit.World, root string) (world *World, err error) {
	b := &builder{
		root:     root,
		world:    &World{ID: w.ID(), Docs: w.Docs},
		packages: map[wit.Owner]*Package{},
		decls:    map[*wit.TypeDef]*Type{},
		interned: map[string]*Type{},
		ids:      map[*Decl]int{},
		from:     map[*Package]wit.Owner{},
	}
	// What cannot be expressed is found deep inside; it ends the whole.
	defer func() {
		if p := recover(); p != nil {
			u, ok := p.(*UnsupportedError)
			if !ok {
				panic(p)
			}
			world, err = nil, u
		}
	}()
	b.build(w)
	return b.world, nil
}

type builder struct {
	root     string
	world    *World
	packages map[wit.Owner]*Package
	from     map[*Package]wit.Owner
	decls    map[*wit.TypeDef]*Type
	interned map[string]*Type
	ids      map[*Decl]int
	suffixed map[string]bool // "ns:pkg" of which two versions meet
}

func (b *builder) build(w *wit.World) {
	b.suffixed = versionsMeet(w)
	dirs := NewScope()
	own := &Package{Path: b.root, Name: packageName(path.Base(b.root)), File: packageName(w.Name), Docs: w.Docs, Qualifier: w.Package.Name.Name}
	b.world.Package, b.packages[w], b.from[own] = own, own, w

	b.declare(w, w.Imports, dirs)
	b.declare(w, w.Exports, dirs)
	b.functions(w.Imports, &own.Imports, w.ID(), false)
	b.functions(w.Exports, &own.Exports, w.ID(), true)
	b.types()
	b.name(w)
}

// versionsMeet finds the packages of which the world sees more than one version.
func versionsMeet(w *wit.World) map[string]bool {
	seen, meet := map[string]string{}, map[string]bool{}
	for _, items := range [][]wit.Item{w.Imports, w.Exports} {
		for _, it := range items {
			if i, ok := it.(*wit.InterfaceItem); ok {
				n := i.Interface.Package.Name
				key := n.Namespace + ":" + n.Name
				if v, ok := seen[key]; ok && v != n.Version {
					meet[key] = true
				}
				seen[key] = n.Version
			}
		}
	}
	return meet
}

// declare makes a package for each interface among the items.
func (b *builder) declare(w *wit.World, items []wit.Item, dirs Scope) {
	for _, it := range items {
		item, ok := it.(*wit.InterfaceItem)
		if !ok || b.packages[item.Interface] != nil {
			continue
		}
		b.declareInterface(w, item, dirs)
	}
}

func (b *builder) declareInterface(w *wit.World, item *wit.InterfaceItem, dirs Scope) {
	name := item.Interface.Package.Name
	base := item.Interface.Name
	parent := path.Join(packageName(name.Namespace), packageName(name.Name))
	if b.suffixed[name.Namespace+":"+name.Name] && name.Version != "" {
		parent = path.Join(parent, versionName(name.Version))
	}
	if base == "" { // inline: it belongs to the world alone
		base = item.Name
		parent = path.Join(parent, packageName(w.Name))
	}
	dir := dirs.Take(path.Join(parent, packageName(base)))
	p := &Package{
		Dir: dir, Path: path.Join(b.root, dir), Name: path.Base(dir), File: path.Base(dir),
		ID: item.ItemName(), Docs: item.Interface.Docs, Qualifier: name.Name,
	}
	b.world.Packages = append(b.world.Packages, p)
	b.packages[item.Interface], b.from[p] = p, item.Interface
}

// functions fills in those of interfaces and, into own, those of the world.
func (b *builder) functions(items []wit.Item, own *[]*Func, worldID string, exported bool) {
	for _, it := range items {
		switch it := it.(type) {
		case *wit.FuncItem:
			*own = append(*own, b.function(worldID, it.Func, ""))
		case *wit.InterfaceItem:
			p := b.packages[it.Interface]
			into := &p.Imports
			links := &b.world.Imports
			if exported {
				into, links = &p.Exports, &b.world.Exports
			}
			for _, f := range it.Interface.Funcs {
				*into = append(*into, b.function(it.ItemName(), f, p.ID))
			}
			if len(it.Interface.Funcs) > 0 {
				*links = append(*links, &Link{Package: p})
			}
		}
	}
}

// function makes a function; iface names the interface for its point.
func (b *builder) function(owner string, f *wit.Func, iface string) *Func {
	where := owner + ", function " + f.Name
	switch {
	case f.Kind != wit.Freestanding:
		b.refuse(f.Pos, where, "functions of resources")
	case f.Async:
		b.refuse(f.Pos, where, "async functions")
	}
	out := &Func{Name: f.Name, Docs: f.Docs, Signature: f.Signature()}
	for _, p := range f.Params {
		out.Params = append(out.Params, Param{Name: p.Name, Type: b.typ(where+", parameter "+p.Name, p.Type)})
	}
	if f.Result != nil {
		out.Result = b.typ(where+", result", f.Result)
		out.outcome()
	}
	out.ABI = out.funcType()
	out.Points = []*Point{{Interface: iface, Func: f.Name, Kind: importKind}}
	return out
}

func (b *builder) refuse(pos wit.Pos, where, what string) {
	panic(&UnsupportedError{Pos: pos, Where: where, What: what})
}

// types declares those of a package in the order of the WIT. An interface that
// is there only for its types shows those that something mentions.
func (b *builder) types() {
	all := append([]*Package{b.world.Package}, b.world.Packages...)
	for _, p := range all {
		if p == b.world.Package || len(p.Imports)+len(p.Exports) > 0 {
			for _, d := range b.defs(p) {
				b.declared(p.where(), d)
			}
		}
	}
	b.world.Packages = nil
	for _, p := range all {
		for _, d := range b.defs(p) {
			if t := b.decls[d]; t != nil {
				p.Types = append(p.Types, t.Decl)
			}
		}
		if p != b.world.Package && len(p.Types)+len(p.Imports)+len(p.Exports) > 0 {
			b.world.Packages = append(b.world.Packages, p)
		}
	}
}

// defs are the types that the package's interface or world declares itself.
func (b *builder) defs(p *Package) []*wit.TypeDef {
	var all, own []*wit.TypeDef
	switch o := b.from[p].(type) {
	case *wit.Interface:
		all = o.Types
	case *wit.World:
		all = o.Types
	}
	for _, d := range all {
		if d.Used() == nil {
			own = append(own, d)
		}
	}
	return own
}

func (p *Package) where() string {
	if p.ID != "" {
		return p.ID
	}
	return "the world"
}

// Each visits the types that t is directly made of.
func (t *Type) Each(visit func(*Type)) {
	if t.Alias != nil {
		visit(t.Alias)
		return
	}
	if t.Elem != nil {
		visit(t.Elem)
	}
	for _, f := range t.Fields {
		visit(f.Type)
	}
	for _, c := range t.Cases {
		if c.Type != nil {
			visit(c.Type)
		}
	}
}

// reported adds a warning where a name had to give way.
func (b *builder) reported(where, what, name, got string) string {
	if got != name {
		b.world.Warnings = append(b.world.Warnings, fmt.Sprintf("%s: %s is called %s in Go, since %s is taken", where, what, got, strings.TrimRight(name, "_")))
	}
	return got
}
