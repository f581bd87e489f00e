package wit

import (
	"fmt"
	"strings"

	"github.com/airsstack/witgen/wit/internal/wasmtools"
)

// builder binds a tree of indexes to the model. Declarations are made first and
// filled afterwards, so that the order in the tree does not matter.
type builder struct {
	tree       *wasmtools.Tree
	packages   []*Package
	interfaces []*Interface
	worlds     []*World
	types      []*TypeDef // nil for anonymous ones
}

func build(tree *wasmtools.Tree) (r *Resolve, err error) {
	b := &builder{tree: tree}
	// What cannot be represented is found deep inside; it ends the whole.
	defer func() {
		if p := recover(); p != nil {
			u, ok := p.(*UnsupportedError)
			if !ok {
				panic(p)
			}
			r, err = nil, u
		}
	}()
	b.declare()
	for i, t := range tree.Types {
		if d := b.types[i]; d != nil {
			d.Kind = b.kind(b.where(d), t)
		}
	}
	for i, src := range tree.Interfaces {
		iface := b.interfaces[i]
		for _, f := range src.Funcs {
			iface.Funcs = append(iface.Funcs, b.function(b.interfaceName(iface), f))
		}
	}
	for i, src := range tree.Worlds {
		w := b.worlds[i]
		w.Imports = b.items(w, src.Imports)
		w.Exports = b.items(w, src.Exports)
	}
	return &Resolve{Packages: b.packages}, nil
}

func (b *builder) declare() {
	for _, p := range b.tree.Packages {
		b.packages = append(b.packages, &Package{
			Name: PackageName{Namespace: p.Namespace, Name: p.Name, Version: p.Version},
			Docs: p.Docs,
		})
	}
	for _, i := range b.tree.Interfaces {
		b.interfaces = append(b.interfaces, &Interface{Name: i.Name, Docs: i.Docs, Package: b.packages[i.Package]})
	}
	for _, w := range b.tree.Worlds {
		b.worlds = append(b.worlds, &World{Name: w.Name, Docs: w.Docs, Package: b.packages[w.Package]})
	}
	for i, p := range b.tree.Packages {
		for _, n := range p.Interfaces {
			b.packages[i].Interfaces = append(b.packages[i].Interfaces, b.interfaces[n])
		}
		for _, n := range p.Worlds {
			b.packages[i].Worlds = append(b.packages[i].Worlds, b.worlds[n])
		}
	}
	b.types = make([]*TypeDef, len(b.tree.Types))
	for i, t := range b.tree.Types {
		if t.Name == "" {
			continue
		}
		d := &TypeDef{Name: t.Name, Docs: t.Docs}
		switch {
		case t.Interface >= 0:
			d.Owner = b.interfaces[t.Interface]
		case t.World >= 0:
			d.Owner = b.worlds[t.World]
		}
		b.types[i] = d
	}
	for i, src := range b.tree.Interfaces {
		for _, n := range src.Types {
			b.interfaces[i].Types = append(b.interfaces[i].Types, b.types[n])
		}
	}
}

func (b *builder) interfaceName(i *Interface) string {
	if i.Name == "" {
		return "an interface inline in a world of " + i.Package.Name.String()
	}
	return i.ID()
}

// where names a declaration for messages.
func (b *builder) where(d *TypeDef) string {
	if i, ok := d.Owner.(*Interface); ok {
		return b.interfaceName(i) + ", type " + d.Name
	}
	if d.Owner != nil {
		return d.Owner.ID() + ", type " + d.Name
	}
	return "type " + d.Name
}

func (b *builder) unsupported(where, what string) {
	panic(&UnsupportedError{Where: where, What: what})
}

func (b *builder) items(w *World, src []wasmtools.Item) []Item {
	var items []Item
	for _, it := range src {
		switch {
		case it.Interface >= 0:
			item := &InterfaceItem{Interface: b.interfaces[it.Interface]}
			if item.Interface.Name == "" {
				item.Name = it.Name
			}
			items = append(items, item)
		case it.Type >= 0:
			w.Types = append(w.Types, b.types[it.Type])
		case it.Func != nil:
			items = append(items, &FuncItem{Func: b.function(w.ID(), *it.Func)})
		}
	}
	return items
}

// plainName takes out of a function's name that it is async.
var plainName = strings.NewReplacer("[async]", "", "[async method]", "[method]", "[async static]", "[static]")

func (b *builder) function(owner string, src wasmtools.Func) *Func {
	f := &Func{Name: plainName.Replace(src.Name), Docs: src.Docs}
	where := owner + ", function " + f.Name
	switch src.Kind {
	case "freestanding":
	case "method":
		f.Kind = Method
	case "static":
		f.Kind = Static
	case "constructor":
		f.Kind = Constructor
	default:
		if !strings.HasPrefix(src.Name, "[async") {
			b.unsupported(where, "functions of this kind")
		}
		b.unsupported(where, "async functions")
	}
	if src.Resource != nil {
		f.Resource = b.resource(where, src.Resource)
	}
	for _, p := range src.Params {
		f.Params = append(f.Params, Param{Name: p.Name, Type: b.ref(where+", parameter "+p.Name, p.Type)})
	}
	if src.Result != nil {
		f.Result = b.ref(where+", result", src.Result)
	}
	return f
}

func (b *builder) kind(where string, t wasmtools.Type) Kind {
	switch t.Kind {
	case "record":
		k := &Record{}
		for _, m := range t.Members {
			k.Fields = append(k.Fields, Field{Name: m.Name, Docs: m.Docs, Type: b.ref(where+", field "+m.Name, m.Type)})
		}
		return k
	case "variant":
		k := &Variant{}
		for _, m := range t.Members {
			k.Cases = append(k.Cases, Case{Name: m.Name, Docs: m.Docs, Type: b.ref(where+", case "+m.Name, m.Type)})
		}
		return k
	case "enum":
		return &Enum{Cases: labels(t.Members)}
	case "flags":
		return &Flags{Flags: labels(t.Members)}
	case "resource":
		return &Resource{}
	}
	return &Alias{Type: b.anonymous(where, t)}
}

func labels(members []wasmtools.Member) []Label {
	out := make([]Label, len(members))
	for i, m := range members {
		out[i] = Label{Name: m.Name, Docs: m.Docs}
	}
	return out
}

// anonymous is the type that a declaration without a name stands for.
func (b *builder) anonymous(where string, t wasmtools.Type) Type {
	switch t.Kind {
	case "alias":
		return b.ref(where, t.Elem)
	case "list":
		return &List{Elem: b.ref(where, t.Elem)}
	case "option":
		return &Option{Elem: b.ref(where, t.Elem)}
	case "result":
		return &Result{OK: b.ref(where, t.Elem), Err: b.ref(where, t.Err)}
	case "stream":
		return &Stream{Elem: b.ref(where, t.Elem)}
	case "future":
		return &Future{Elem: b.ref(where, t.Elem)}
	case "own":
		return &Own{Resource: b.resource(where, t.Elem)}
	case "borrow":
		return &Borrow{Resource: b.resource(where, t.Elem)}
	case "tuple":
		k := &Tuple{}
		for _, m := range t.Members {
			k.Elems = append(k.Elems, b.ref(where, m.Type))
		}
		return k
	}
	// The package in between has no other type that wasm-tools reads.
	b.unsupported(where, "fixed-length lists")
	return nil
}

// ref is nil where r is.
func (b *builder) ref(where string, r *wasmtools.Ref) Type {
	switch {
	case r == nil:
		return nil
	case r.Prim != "":
		p, ok := PrimOf(r.Prim)
		if !ok {
			b.unsupported(where, fmt.Sprintf("types called %q", r.Prim))
		}
		return p
	case b.types[r.Index] != nil:
		return b.types[r.Index]
	}
	return b.anonymous(where, b.tree.Types[r.Index])
}

func (b *builder) resource(where string, r *wasmtools.Ref) *TypeDef {
	d, ok := b.ref(where, r).(*TypeDef)
	if !ok {
		b.unsupported(where, "handles of anything but a resource")
	}
	return d
}
