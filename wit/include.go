package wit

import (
	"maps"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// include adds the items of another world [WIT.md, Item: include].
func (w *worldBuilder) include(d *syntax.Include) {
	on := w.r.included(w.file, d.Attrs, d.Path.Name.Span) && !w.off
	from := w.r.findWorld(w.file, &d.Path, on)
	if from == nil || !on || from.broken {
		return
	}
	if from.off {
		w.r.gatedOff(w.file, d.Path.Span, "world", from.name.Name, from.world.Attrs.Feature)
		return
	}
	in := &inclusion{w: w, d: d, from: from, external: from.file.pkg != w.file.pkg}
	in.cloner = &cloner{types: map[*TypeDef]*TypeDef{}, from: from.wModel, to: w.world, pkg: w.world.Package}
	if in.renames() {
		in.copy(from.imports, false)
		in.copy(from.exports, true)
	}
}

// An inclusion is an include while it is resolved.
type inclusion struct {
	w        *worldBuilder
	d        *syntax.Include
	from     *item
	external bool
	with     map[string]string
	cloner   *cloner
}

// renames checks and enters the names behind `with`.
func (in *inclusion) renames() bool {
	in.with = map[string]string{}
	plain := map[string]bool{}
	for _, list := range []*itemList{in.from.imports, in.from.exports} {
		for _, it := range list.items {
			if it.key.iface == nil && (it.fn == nil || it.fn.Kind == Freestanding) {
				plain[it.key.name] = true
			}
		}
	}
	ok := true
	for _, name := range in.d.With {
		from, to := name.Name.Name, name.LocalName().Name
		src := in.w.file.src
		if _, twice := in.with[from]; twice {
			in.w.r.errorf(src, name.Name.Span, "`%s` is renamed more than once", from)
			ok = false
			continue
		}
		in.with[from] = to
		if plain[from] {
			continue
		}
		ok = false
		e := in.w.r.errorf(src, name.Name.Span, "world `%s` has no import or export called `%s`", in.from.name.Name, from)
		e.Hint = in.w.r.hint(from, maps.Keys(plain), func(string) Pos { return Pos{} })
		if in.named(from) {
			e.Hint = "it has an interface of that name: only plain names can be changed"
		}
	}
	return ok
}

// named says whether the world has an interface that is called so in full.
func (in *inclusion) named(name string) bool {
	for _, list := range []*itemList{in.from.imports, in.from.exports} {
		for _, it := range list.items {
			if it.key.iface != nil && it.key.iface.Name == name {
				return true
			}
		}
	}
	return false
}

// rename is the name of an item in the world that includes it.
func (in *inclusion) rename(name string) string {
	if to, ok := in.with[name]; ok {
		return to
	}
	kind, rest, ok := strings.Cut(name, "]")
	if !ok {
		return name
	}
	resource, method, dot := strings.Cut(rest, ".")
	to, ok := in.with[resource]
	switch {
	case !ok:
		return name
	case dot:
		return kind + "]" + to + "." + method
	}
	return kind + "]" + to
}

func (in *inclusion) copy(from *itemList, export bool) {
	to := in.w.list(export)
	for _, it := range from.items {
		if it.key.iface != nil {
			in.unite(to, it)
			continue
		}
		clone := in.cloner.item(it)
		clone.key.name = in.rename(it.key.name)
		switch {
		case clone.fn != nil:
			clone.fn.Name = clone.key.name
		case clone.typ != nil:
			clone.typ.Name = clone.key.name
		case clone.iface != nil:
			clone.iface.Name = clone.key.name
		}
		if in.clashes(clone, export) {
			continue
		}
		to.add(clone)
		if clone.typ != nil {
			in.w.included = append(in.w.included, clone.typ)
		}
	}
}

// clashes reports that the name of an item is taken; it takes it otherwise.
func (in *inclusion) clashes(it *worldItem, export bool) bool {
	names := in.w.names[index(export)]
	key := strings.ToLower(it.key.name)
	at := in.d.Path.Span
	old, ok := names[key]
	if !ok {
		names[key] = named{it.key.name, it.kind(), at}
		return false
	}
	if it.fn != nil && it.fn.Kind != Freestanding {
		return true // its resource clashes
	}
	in.w.r.errorf(in.w.file.src, at, "%s `%s` of world `%s` has the name of %s %s before", verb(export), it.key.name, in.from.name.Name, article(old.kind), old.kind).
		WithHint("that comes from %s; give one another name: `include … with { %s as … }`", in.w.file.src.Pos(old.at.Start), it.key.name)
	return true
}

// unite adds an interface by its full name, unless it is there; then the gates of
// the two must agree.
func (in *inclusion) unite(to *itemList, it *worldItem) {
	have := to.byKey[it.key]
	if have == nil {
		item := *it.iface
		have = &worldItem{key: it.key, iface: &item}
		to.add(have)
	}
	from, into := it.iface.Stability, &have.iface.Stability
	switch {
	case in.external && from.Since != "":
		*into = Stability{} // another package's versions say nothing here
	case from == *into || from == Stability{}:
	case *into == Stability{}:
		*into = from
	default:
		in.w.r.errorf(in.w.file.src, in.d.Path.Span, "the gates of `%s` differ between this world and `%s`", it.key.iface.ID(), in.from.name.Name).
			WithHint("give it the same @since or @unstable in both")
	}
}

// A cloner copies what belongs to a world, or to an interface inline in it, for
// another world: a type of a world is each world's own.
type cloner struct {
	types    map[*TypeDef]*TypeDef
	from, to Owner
	pkg      *Package
}

func (c *cloner) item(it *worldItem) *worldItem {
	switch {
	case it.typ != nil:
		return &worldItem{key: it.key, typ: c.def(it.typ)}
	case it.fn != nil:
		return &worldItem{key: it.key, fn: c.function(it.fn)}
	}
	item := *it.iface
	if item.Interface.Name == "" {
		item.Interface = c.inline(item.Interface)
	}
	return &worldItem{key: it.key, iface: &item}
}

func (c *cloner) inline(i *Interface) *Interface {
	clone := *i
	clone.Package, clone.Types, clone.Funcs = c.pkg, nil, nil
	inner := &cloner{types: c.types, from: i, to: &clone, pkg: c.pkg}
	for _, t := range i.Types {
		clone.Types = append(clone.Types, inner.def(t))
	}
	for _, f := range i.Funcs {
		clone.Funcs = append(clone.Funcs, inner.function(f))
	}
	return &clone
}

func (c *cloner) def(t *TypeDef) *TypeDef {
	if t == nil || t.Owner != c.from {
		if clone := c.types[t]; clone != nil {
			return clone
		}
		return t
	}
	if clone := c.types[t]; clone != nil {
		return clone
	}
	clone := *t
	clone.Owner = c.to
	c.types[t] = &clone
	switch k := t.Kind.(type) {
	case *Alias:
		clone.Kind = &Alias{Type: c.typ(k.Type)}
	case *Record:
		r := &Record{}
		for _, f := range k.Fields {
			f.Type = c.typ(f.Type)
			r.Fields = append(r.Fields, f)
		}
		clone.Kind = r
	case *Variant:
		v := &Variant{}
		for _, cs := range k.Cases {
			cs.Type = c.typ(cs.Type)
			v.Cases = append(v.Cases, cs)
		}
		clone.Kind = v
	}
	return &clone
}

func (c *cloner) function(f *Func) *Func {
	clone := *f
	clone.Resource = c.def(f.Resource)
	clone.Params = nil
	for _, p := range f.Params {
		p.Type = c.typ(p.Type)
		clone.Params = append(clone.Params, p)
	}
	clone.Result = c.typ(f.Result)
	return &clone
}

func (c *cloner) typ(t Type) Type {
	switch t := t.(type) {
	case *TypeDef:
		return c.def(t)
	case *List:
		return &List{Elem: c.typ(t.Elem)}
	case *FixedList:
		return &FixedList{Elem: c.typ(t.Elem), Len: t.Len}
	case *Map:
		return &Map{Key: c.typ(t.Key), Value: c.typ(t.Value)}
	case *Tuple:
		out := &Tuple{}
		for _, e := range t.Elems {
			out.Elems = append(out.Elems, c.typ(e))
		}
		return out
	case *Option:
		return &Option{Elem: c.typ(t.Elem)}
	case *Result:
		return &Result{OK: c.typ(t.OK), Err: c.typ(t.Err)}
	case *Own:
		return &Own{Resource: c.def(t.Resource)}
	case *Borrow:
		return &Borrow{Resource: c.def(t.Resource)}
	case *Stream:
		return &Stream{Elem: c.typ(t.Elem)}
	case *Future:
		return &Future{Elem: c.typ(t.Elem)}
	}
	return t
}
