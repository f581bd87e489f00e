package model

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/airsstack/witgen/wit"
)

// Options are what a config asks of the model.
type Options struct {
	// Root is the import path that the packages lie below.
	Root string
	// Skip leaves out what bindings cannot express yet, and says so in
	// World.Skipped; otherwise it is an error.
	Skip bool
	// Packages are import paths of packages that exist already, by the full names
	// of interfaces. They have what this generator writes.
	Packages map[string]string
	// Dirs are the folders of packages, by the full names of interfaces.
	Dirs map[string]string
	// Types are Go types that exist already, by "interface#type".
	Types map[string]GoType
}

// A GoType is a type that a person wrote.
type GoType struct{ Path, Name string }

// Build makes the model of a world. The error is an *[UnsupportedError].
func Build(w *wit.World, o Options) (world *World, err error) {
	b := &builder{
		Options:  o,
		root:     o.Root,
		foreign:  map[string]*Package{},
		world:    &World{ID: w.ID(), Docs: w.Docs},
		packages: map[place]*Package{},
		decls:    map[declPlace]*Type{},
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
	Options
	foreign  map[string]*Package // of types that a person wrote, by import path
	existing []*Package          // of interfaces, that are not to be written
	root     string
	world    *World
	packages map[place]*Package
	from     map[*Package]wit.Owner
	decls    map[declPlace]*Type
	side     Side   // of the function or type that is being built
	alias    string // and the name that the world gives its interface
	interned map[string]*Type
	ids      map[*Decl]int
	suffixed map[string]bool // "ns:pkg" of which two versions meet
	at       wit.Pos         // of what is looked at, for messages
}

func (b *builder) build(w *wit.World) {
	b.suffixed = versionsMeet(w)
	own := &Package{Path: b.root, Name: packageName(path.Base(b.root)), File: packageName(w.Name), Docs: w.Docs, Qualifier: w.Package.Name.Name}
	b.world.Package, b.from[own] = own, w
	b.packages[place{owner: w, side: Imported}], b.packages[place{owner: w, side: Exported}] = own, own

	dirs, split := NewScope(), splits(w)
	b.declare(w, w.Imports, dirs, Imported, split)
	b.declare(w, w.Exports, dirs, Exported, split)
	b.functions(w.Imports, &own.Imports, w.ID(), Imported)
	b.functions(w.Exports, &own.Exports, w.ID(), Exported)
	b.types()
	b.world.Imports, b.world.Exports = b.links(w.Imports, Imported), b.links(w.Exports, Exported)
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

// declare makes a package for each interface among the items. One that is both
// imported and exported is one package, unless its resources are two.
func (b *builder) declare(w *wit.World, items []wit.Item, dirs Scope, side Side, split map[*wit.Interface]bool) {
	for _, it := range items {
		item, ok := it.(*wit.InterfaceItem)
		if !ok || b.packages[at(item, side)] != nil {
			continue
		}
		i := item.Interface
		p := b.packages[at(item, Imported)]
		if p == nil || split[i] {
			p = b.declareInterface(w, item, dirs, side == Exported && (split[i] || imports(w, item.ItemName())))
			p.Side = side
		}
		b.packages[at(item, side)] = p
	}
}

// imports tells whether the world imports an interface under that name.
func imports(w *wit.World, name string) bool {
	return slices.ContainsFunc(w.Imports, func(it wit.Item) bool {
		_, ok := it.(*wit.InterfaceItem)
		return ok && it.ItemName() == name
	})
}

func at(item *wit.InterfaceItem, side Side) place {
	return place{item.Interface, side, ownName(item)}
}

// ownName is the name that the world gives an interface that has one already.
func ownName(item *wit.InterfaceItem) string {
	if item.Implements() {
		return item.Name
	}
	return ""
}

// exportsDir holds the packages of interfaces that are also imported.
const exportsDir = "exports"

func (b *builder) declareInterface(w *wit.World, item *wit.InterfaceItem, dirs Scope, apart bool) *Package {
	name := item.Interface.Package.Name
	base, qualifier := item.Interface.Name, name.Name
	parent := path.Join(packageName(name.Namespace), packageName(name.Name))
	if b.suffixed[name.Namespace+":"+name.Name] && name.Version != "" {
		parent = path.Join(parent, versionName(name.Version))
	}
	if base == "" || item.Implements() { // it belongs to the world alone
		base = item.Name
		parent = path.Join(parent, packageName(w.Name))
	}
	if apart {
		parent, qualifier = path.Join(parent, exportsDir), exportsDir
	}
	last := packageName(base)
	if strings.HasSuffix(last, "_") { // Go has a use for the name: say whose it is
		last = packageName(name.Name + "-" + base)
	}
	if at := b.Packages[item.ItemName()]; at != "" && !apart {
		p := &Package{
			Path: at, Name: path.Base(at), File: path.Base(at), Foreign: true,
			ID: item.ItemName(), Qualifier: qualifier, Alias: ownName(item),
		}
		b.world.Packages = append(b.world.Packages, p)
		b.from[p] = item.Interface
		return p
	}
	dir := path.Join(parent, last)
	if own := b.Dirs[item.ItemName()]; own != "" {
		if dir = own; apart {
			dir = path.Join(path.Dir(own), exportsDir, path.Base(own))
		}
	}
	dir = dirs.Take(dir)
	p := &Package{
		Dir: dir, Path: path.Join(b.root, dir), Name: path.Base(dir), File: path.Base(dir),
		ID: item.ItemName(), Docs: item.Interface.Docs, Qualifier: qualifier, Alias: ownName(item),
		Deprecated: item.Interface.Stability.Deprecated,
	}
	b.world.Packages = append(b.world.Packages, p)
	b.from[p] = item.Interface
	return p
}

// functions fills in those of interfaces and, into own, those of the world.
func (b *builder) functions(items []wit.Item, own *[]*Func, worldID string, side Side) {
	for _, it := range items {
		b.side, b.alias = Imported, "" // a world uses the types of what it imports
		switch it := it.(type) {
		case *wit.FuncItem:
			b.add(own, worldID, it.Func, "")
		case *wit.InterfaceItem:
			b.side, b.alias = side, ownName(it)
			p := b.packages[at(it, side)]
			into := &p.Imports
			if side == Exported {
				into = &p.Exports
			}
			for _, f := range it.Interface.Funcs {
				b.add(into, it.ItemName(), f, p.ID)
			}
		}
	}
}

// add makes a function, or leaves it out where that may be.
func (b *builder) add(to *[]*Func, owner string, f *wit.Func, iface string) {
	b.orSkip(owner+", function "+f.Name, func() { *to = append(*to, b.function(owner, f, iface)) })
}

// orSkip does something, and where bindings cannot express it and that may be,
// notes what was left out.
func (b *builder) orSkip(what string, do func()) {
	defer func() {
		if !b.Skip {
			return
		}
		if p := recover(); p != nil {
			u, ok := p.(*UnsupportedError)
			if !ok {
				panic(p)
			}
			note := u.Where + ": " + u.What
			if !strings.HasPrefix(u.Where, what) {
				note = what + ": " + note
			}
			if !slices.Contains(b.world.Skipped, note) {
				b.world.Skipped = append(b.world.Skipped, note)
			}
		}
	}()
	do()
}

// links are the interfaces among the items that the linker has to know: those
// with functions, and with resources of the host's.
func (b *builder) links(items []wit.Item, side Side) []*Link {
	var out []*Link
	for _, it := range items {
		i, ok := it.(*wit.InterfaceItem)
		if !ok {
			continue
		}
		p := b.packages[at(i, side)]
		if len(i.Interface.Funcs) > 0 || side == Imported && len(p.Resources()) > 0 {
			out = append(out, &Link{Package: p})
		}
	}
	return out
}

// function makes a function; iface names the interface for its point.
func (b *builder) function(owner string, f *wit.Func, iface string) *Func {
	where := owner + ", function " + f.Name
	if f.Async {
		b.refuse(f.Pos, where, "async functions")
	}
	out := &Func{Name: f.Name, Docs: f.Docs, Deprecated: f.Stability.Deprecated, Signature: signature(f), Kind: f.Kind}
	if f.Resource != nil {
		out.Resource = b.declared(where, f.Resource).Root().Decl
	}
	for _, p := range f.Params {
		b.at = p.Pos
		out.Params = append(out.Params, Param{Name: p.Name, Type: b.typ(where+", parameter "+p.Name, p.Type)})
	}
	if f.Result != nil {
		b.at = f.Pos
		out.Result = b.typ(where+", result", f.Result)
		out.outcome()
	}
	out.ABI = out.funcType()
	out.Points = []*Point{{Interface: iface, Func: f.Name, Kind: importKind}}
	return out
}

// signature is the function's type in WIT, without the resource of a method.
func signature(f *wit.Func) string {
	if f.Kind != wit.Method {
		return f.Signature()
	}
	plain := *f
	plain.Params = f.Params[1:]
	return plain.Signature()
}

// refuse reports something at pos, or where pos is not known at what is looked at.
func (b *builder) refuse(pos wit.Pos, where, what string) {
	if !pos.IsValid() {
		pos = b.at
	}
	panic(&UnsupportedError{Pos: pos, Where: where, What: what})
}

// types declares those of a package in the order of the WIT. An interface that is
// there only for its types shows those that something mentions, and all of its
// resources with one of them.
func (b *builder) types() {
	all := append([]*Package{b.world.Package}, b.world.Packages...)
	for _, p := range all {
		b.side, b.alias = p.Side, p.Alias
		every := p == b.world.Package || len(p.Imports)+len(p.Exports) > 0
		resources := every || slices.ContainsFunc(b.defs(p), func(d *wit.TypeDef) bool { return isResource(d) && b.decls[declPlace{d, p}] != nil })
		for _, d := range b.defs(p) {
			if every || resources && isResource(d) {
				b.orSkip(p.where()+", type "+d.Name, func() { b.declared(p.where(), d) })
			}
		}
	}
	b.world.Packages = nil
	for _, p := range all {
		for _, d := range b.defs(p) {
			if t := b.decls[declPlace{d, p}]; t != nil && t.Decl.Package == p {
				p.Types = append(p.Types, t.Decl)
			}
		}
		switch {
		case p == b.world.Package || len(p.Types)+len(p.Imports)+len(p.Exports) == 0:
		case p.Foreign:
			b.existing = append(b.existing, p)
		default:
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
	if t.Key != nil {
		visit(t.Key)
	}
	if t.Elem != nil {
		visit(t.Elem)
	}
	if t.Resource != nil && t.Resource != t.Decl {
		visit(t.Resource.Type)
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
	text := fmt.Sprintf("%s: %s is called %s in Go, since %s is taken", where, what, got, strings.TrimRight(name, "_"))
	if got != name && !slices.Contains(b.world.Warnings, text) {
		b.world.Warnings = append(b.world.Warnings, text)
	}
	return got
}
