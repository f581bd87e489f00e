package wit

import (
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// A worldBuilder resolves one world.
type worldBuilder struct {
	*scope
	it    *item
	world *World
	// names are where the plain names of imports and exports are written; those that
	// a gate leaves out count as well.
	names [2]map[string]named
	// paths are the interfaces that a statement names.
	paths [2]map[*item]syntax.Span
	// included are the types that `include` brought in.
	included []*TypeDef
}

// named is a name of a world and what has it.
type named struct {
	name string
	kind string
	at   syntax.Span
}

func (r *resolver) world(it *item) {
	w := &worldBuilder{it: it, world: it.wModel}
	w.scope = r.newScope(it.file, it.wModel, it.off)
	for i := range w.names {
		w.names[i], w.paths[i] = map[string]named{}, map[*item]syntax.Span{}
	}
	w.declarations()
	for _, d := range it.world.Items {
		switch d := d.(type) {
		case *syntax.Extern:
			w.extern(d)
		case *syntax.TypeDecl:
			w.resource(d, func(f *Func, on bool) {
				if on && !w.off {
					w.list(false).add(&worldItem{key: itemKey{name: f.Name}, fn: f})
				}
			})
		}
	}
	for _, d := range it.world.Items {
		if d, ok := d.(*syntax.Include); ok && !it.broken {
			w.include(d)
		}
	}
	if !it.off {
		w.elaborate()
	}
	w.world.Imports, w.world.Exports = it.imports.model(), it.exports.model()
	w.world.Types = append(w.kept(), w.included...)
}

func (w *worldBuilder) list(export bool) *itemList {
	if export {
		return w.it.exports
	}
	return w.it.imports
}

func index(export bool) int {
	if export {
		return 1
	}
	return 0
}

func verb(export bool) string {
	if export {
		return "export"
	}
	return "import"
}

// declarations resolves the types, which are imports, too.
func (w *worldBuilder) declarations() {
	for _, d := range w.it.world.Items {
		switch d := d.(type) {
		case *syntax.Use:
			w.use(d)
		case *syntax.TypeDecl:
			w.declare(d)
		}
	}
	w.types()
	for _, sym := range w.scope.list {
		w.names[0][strings.ToLower(sym.name.Name)] = named{sym.name.Name, "type", sym.name.Span}
	}
	for _, sym := range w.sorted {
		if !sym.off && !w.off && !sym.broken {
			w.it.imports.add(&worldItem{key: itemKey{name: sym.name.Name}, typ: sym.def})
		}
	}
}

// extern resolves an import or export.
func (w *worldBuilder) extern(d *syntax.Extern) {
	on := w.r.included(w.file, d.Attrs, d.At()) && !w.off
	var it *worldItem
	switch {
	case d.Name == nil:
		it = w.path(d, on)
	case !w.free(d):
		return
	case d.Func != nil:
		f := w.function(d.Func, d.Name.Name, on, d.Name.Span)
		f.Docs, f.Stability, f.ExternalID = d.Docs, stability(d.Attrs), externalID(d.Attrs)
		it = &worldItem{key: itemKey{name: f.Name}, fn: f}
	case d.Inline != nil:
		it = w.inline(d, on)
	case d.Path != nil:
		if target := w.target(d, on); target != nil {
			it = w.interfaceItem(d, target.iModel)
			it.iface.Name, it.key = d.Name.Name, itemKey{name: d.Name.Name}
		}
	}
	if it != nil && on && !w.list(d.Export).has(it.key) {
		w.list(d.Export).add(it)
	}
}

// free says whether the plain name of an item is, and takes it. Upper and lower
// case make no difference [WIT.md, WIT Worlds].
func (w *worldBuilder) free(d *syntax.Extern) bool {
	kind := "function"
	if d.Func == nil {
		kind = "interface"
	}
	names := w.names[index(d.Export)]
	key := strings.ToLower(d.Name.Name)
	old, ok := names[key]
	if !ok {
		names[key] = named{d.Name.Name, kind, d.Name.Span}
		return true
	}
	e := w.r.errorf(w.file.src, d.Name.Span, "%s `%s` has the name of %s %s before", verb(d.Export), d.Name.Name, article(old.kind), old.kind)
	e.Hint = "declared at " + w.file.src.Pos(old.at.Start).String()
	if old.name != d.Name.Name {
		e.Hint = "`" + old.name + "`, " + e.Hint + ": upper and lower case make no difference"
	}
	return false
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an"
	}
	return "a"
}

// target is the interface that an item names, or nil.
func (w *worldBuilder) target(d *syntax.Extern, on bool) *item {
	it := w.r.findInterface(w.file, d.Path, on)
	if it != nil && it.off && on {
		w.r.gatedOff(w.file, d.Path.Span, "interface", it.name.Name, it.iface.Attrs.Feature)
		return nil
	}
	return it
}

func (w *worldBuilder) interfaceItem(d *syntax.Extern, i *Interface) *worldItem {
	return &worldItem{key: itemKey{iface: i}, iface: &InterfaceItem{
		Pos: w.file.src.Pos(d.At().Start), Docs: d.Docs, Interface: i,
		Stability: stability(d.Attrs), ExternalID: externalID(d.Attrs),
	}}
}

// path resolves an item that names an interface.
func (w *worldBuilder) path(d *syntax.Extern, on bool) *worldItem {
	target := w.target(d, on)
	if target == nil {
		return nil
	}
	paths := w.paths[index(d.Export)]
	if old, ok := paths[target]; ok {
		w.r.errorf(w.file.src, d.Path.Span, "interface `%s` is %sed more than once", target.name.Name, verb(d.Export)).
			WithHint("it is at %s already", w.file.src.Pos(old.Start))
		return nil
	}
	paths[target] = d.Path.Span
	return w.interfaceItem(d, target.iModel)
}

// inline resolves an interface that stands in the world.
func (w *worldBuilder) inline(d *syntax.Extern, on bool) *worldItem {
	i := &Interface{Pos: w.file.src.Pos(d.Name.Start), Docs: d.Docs, Stability: stability(d.Attrs), Package: w.world.Package}
	s := w.r.newScope(w.file, i, !on)
	s.interfaceItems(d.Inline.Items)
	i.Types, i.Funcs = s.kept(), s.funcs
	it := w.interfaceItem(d, i)
	it.iface.Docs = ""
	it.iface.Name, it.key = d.Name.Name, itemKey{name: d.Name.Name}
	return it
}
