package oracle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Dump writes a tree as text in which the numbering makes no difference, a package
// each, sorted by name. The test of package wit writes its model in the same form.
func (t *Tree) Dump() string {
	var parts []string
	for _, p := range t.Packages {
		var b strings.Builder
		fmt.Fprintf(&b, "package %s%s\n", p.Name, docs(p.Docs))
		items := []string{}
		for _, i := range p.Interfaces {
			items = append(items, "interface "+t.Interfaces[i].Name+t.iface(t.Interfaces[i]))
		}
		for _, w := range p.Worlds {
			items = append(items, t.world(t.Worlds[w]))
		}
		slices.Sort(items)
		b.WriteString(strings.Join(items, ""))
		parts = append(parts, b.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, "")
}

func docs(s string) string {
	if s == "" {
		return ""
	}
	return " // " + strconv.Quote(s)
}

func (t *Tree) iface(i Interface) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n", i.Stability, docs(i.Docs))
	types := []string{}
	for _, n := range i.Types {
		types = append(types, "  "+t.decl(t.Types[n]))
	}
	slices.Sort(types)
	b.WriteString(strings.Join(types, ""))
	for _, f := range i.Funcs {
		b.WriteString("  " + t.function(f))
	}
	return b.String()
}

func (t *Tree) world(w World) string {
	var b strings.Builder
	fmt.Fprintf(&b, "world %s%s%s\n", w.Name, w.Stability, docs(w.Docs))
	types := []string{}
	for _, it := range w.Imports {
		if it.Type >= 0 {
			types = append(types, "  "+t.decl(t.Types[it.Type]))
		}
	}
	slices.Sort(types)
	b.WriteString(strings.Join(types, ""))
	for _, it := range w.Imports {
		b.WriteString(t.item("import", it))
	}
	for _, it := range w.Exports {
		b.WriteString(t.item("export", it))
	}
	return b.String()
}

func (t *Tree) item(verb string, it Item) string {
	switch {
	case it.Func != nil:
		return " " + verb + " " + t.function(*it.Func)
	case it.Type >= 0:
		return ""
	}
	i := t.Interfaces[it.Interface]
	if i.Name == "" {
		i.Stability = it.Stability
		return " " + verb + " " + it.Name + it.External + t.iface(i)
	}
	name := t.interfaceID(it.Interface)
	if it.Name != "" && !strings.HasPrefix(it.Name, "interface-") {
		name = it.Name + ": " + name
	}
	return " " + verb + " " + name + it.External + it.Stability + docs(it.Docs) + "\n"
}

func (t *Tree) interfaceID(n int) string {
	i := t.Interfaces[n]
	pkg, version, _ := strings.Cut(t.Packages[i.Package].Name, "@")
	if version != "" {
		version = "@" + version
	}
	return pkg + "/" + i.Name + version
}

func (t *Tree) function(f Func) string {
	var b strings.Builder
	b.WriteString(f.Kind + " " + f.Name + "(")
	for _, p := range f.Params {
		b.WriteString(p.Name + ": " + t.ref(p.Type) + ", ")
	}
	b.WriteString(")")
	if f.Result != nil {
		b.WriteString(" -> " + t.ref(f.Result))
	}
	return b.String() + f.External + f.Stability + docs(f.Docs) + "\n"
}

func (t *Tree) decl(d Type) string {
	s := "type " + d.Name + " = " + t.typ(d)
	if d.Kind == "alias" && d.Elem.Prim == "" {
		if of := t.Types[d.Elem.Index]; of.Interface != d.Interface || of.World != d.World {
			s += " of " + t.owner(of)
		}
	}
	return s + d.External + d.Stability + docs(d.Docs) + "\n"
}

func (t *Tree) owner(d Type) string {
	switch {
	case d.Interface >= 0 && t.Interfaces[d.Interface].Name != "":
		return t.interfaceID(d.Interface)
	case d.Interface >= 0:
		return "inline"
	case d.World >= 0:
		return "world " + t.Worlds[d.World].Name
	}
	return "nobody"
}

func (t *Tree) typ(d Type) string {
	var b strings.Builder
	b.WriteString(d.Kind + "<")
	for _, m := range d.Members {
		b.WriteString(m.Name)
		if m.Type != nil {
			b.WriteString(": " + t.ref(m.Type))
		}
		b.WriteString(docs(m.Docs) + ", ")
	}
	switch d.Kind {
	case "record", "variant", "enum", "flags", "resource", "tuple":
	case "result", "map":
		b.WriteString(t.ref(d.Elem) + ", " + t.ref(d.Err))
	default:
		b.WriteString(t.ref(d.Elem))
	}
	if d.Len > 0 {
		b.WriteString(", " + strconv.Itoa(d.Len))
	}
	return b.String() + ">"
}

func (t *Tree) ref(r *Ref) string {
	switch {
	case r == nil:
		return "_"
	case r.Prim != "":
		return r.Prim
	case t.Types[r.Index].Name != "":
		return t.Types[r.Index].Name
	}
	return t.typ(t.Types[r.Index])
}
