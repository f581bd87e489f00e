package wit

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// Print writes a package as WIT in canonical form, with its docs, and after it
// others as nested packages, by name. What was written so reads as the same model, once with
// all features on, as long as all that main and nested need is among them. What
// `include` and the needs of types added to a world is written out.
func Print(w io.Writer, main *Package, nested ...*Package) error {
	p := &printer{}
	p.docs(main.Docs)
	p.line("package %s;", packageText(main.Name))
	p.contents(main)
	nested = slices.Clone(nested)
	slices.SortStableFunc(nested, func(a, b *Package) int { return a.Name.compare(b.Name) })
	for _, n := range nested {
		if n == main {
			continue
		}
		p.blank()
		p.docs(n.Docs)
		p.open("package %s", packageText(n.Name))
		p.contents(n)
		p.close()
	}
	_, err := w.Write(p.text)
	return err
}

// A printer writes lines.
type printer struct {
	text  []byte
	depth int
	pkg   *Package
	// fresh says that a block was just opened, so that no blank line is due.
	fresh bool
}

func (p *printer) line(format string, args ...any) {
	p.text = append(p.text, strings.Repeat("  ", p.depth)...)
	p.text = fmt.Appendf(p.text, format, args...)
	p.text = append(p.text, '\n')
	p.fresh = false
}

func (p *printer) open(format string, args ...any) {
	p.line(format+" {", args...)
	p.depth++
	p.fresh = true
}

// close ends a block; an empty one on its own line.
func (p *printer) close() {
	p.depth--
	if p.fresh {
		p.text = append(bytes.TrimSuffix(p.text, []byte("\n")), "}\n"...)
		p.fresh = false
		return
	}
	p.line("}")
}

// blank parts what follows from what stands before.
func (p *printer) blank() {
	if !p.fresh {
		p.text = append(p.text, '\n')
	}
}

func (p *printer) docs(text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		p.line("%s", strings.TrimRight("/// "+line, " "))
	}
}

// head writes what stands before an item.
func (p *printer) head(docs string, s Stability, external string) {
	p.docs(docs)
	if s.Since != "" {
		p.line("@since(version = %s)", s.Since)
	}
	if s.Feature != "" {
		p.line("@unstable(feature = %s)", escaped(s.Feature))
	}
	if s.Deprecated != "" {
		p.line("@deprecated(version = %s)", s.Deprecated)
	}
	if external != "" {
		p.line("@external-id(%s)", quoted(external))
	}
}

// escaped is a name as WIT has it where it could be a keyword.
func escaped(name string) string {
	if syntax.IsKeyword(name) {
		return "%" + name
	}
	return name
}

// quoted writes a string literal [WIT.md, String Literals].
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || !syntax.Allowed(r):
			fmt.Fprintf(&b, "\\u{%x}", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// packageText is the name of a package; its parts may be keywords.
func packageText(n PackageName) string {
	return escapedParts(n.Namespace, ":") + ":" + escapedParts(n.Name, "/") + versionText(n)
}

func versionText(n PackageName) string {
	if n.Version == "" {
		return ""
	}
	return "@" + n.Version
}

func escapedParts(name, sep string) string {
	parts := strings.Split(name, sep)
	for i := range parts {
		parts[i] = escaped(parts[i])
	}
	return strings.Join(parts, sep)
}

// path names an interface in the package that is written.
func (p *printer) path(i *Interface) string {
	if i.Package == p.pkg || i.Package.Name == p.pkg.Name {
		return escaped(i.Name)
	}
	n := i.Package.Name
	return escapedParts(n.Namespace, ":") + ":" + escapedParts(n.Name, "/") + "/" + escaped(i.Name) + versionText(n)
}

func (p *printer) contents(pkg *Package) {
	p.pkg = pkg
	for _, i := range united(pkg.Interfaces) {
		p.blank()
		p.head(i.Docs, i.Stability, "")
		p.open("interface %s", escaped(i.Name))
		p.interfaceItems(i)
		p.close()
	}
	for _, w := range pkg.Worlds {
		p.blank()
		p.head(w.Docs, w.Stability, "")
		p.open("world %s", escaped(w.Name))
		p.world(w)
		p.close()
	}
}

// united makes one of the interfaces of one name: a component that imports and
// exports an interface shows a part of it twice.
func united(all []*Interface) []*Interface {
	byName := map[string]*Interface{}
	var out []*Interface
	for _, i := range all {
		have := byName[i.Name]
		if have == nil {
			clone := *i
			byName[i.Name] = &clone
			out = append(out, &clone)
			continue
		}
		have.Types, have.Funcs = slices.Clone(have.Types), slices.Clone(have.Funcs)
		for _, t := range i.Types {
			if !slices.ContainsFunc(have.Types, func(u *TypeDef) bool { return u.Name == t.Name }) {
				have.Types = append(have.Types, t)
			}
		}
		for _, f := range i.Funcs {
			if !slices.ContainsFunc(have.Funcs, func(g *Func) bool { return g.Name == f.Name }) {
				have.Funcs = append(have.Funcs, f)
			}
		}
	}
	return out
}

// interfaceItems writes the contents of an interface: what it uses first, the rest
// in the order of the source, where that is known.
func (p *printer) interfaceItems(i *Interface) {
	rest := p.uses(i.Types)
	type entry struct {
		at Pos
		t  *TypeDef
		f  *Func
	}
	var entries []entry
	for _, t := range rest {
		entries = append(entries, entry{t.Pos, t, nil})
	}
	for _, f := range i.Funcs {
		if f.Kind == Freestanding {
			entries = append(entries, entry{f.Pos, nil, f})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		if a.at.File != b.at.File {
			return 0
		}
		return cmp.Or(a.at.Line-b.at.Line, a.at.Col-b.at.Col)
	})
	for n, e := range entries {
		if e.t != nil {
			p.part(n == 0, e.t.Docs, e.t.Stability, isShort(e.t))
			p.decl(e.t, i.Funcs)
		} else {
			p.part(n == 0, e.f.Docs, e.f.Stability, true)
			p.namedFunc("", e.f)
		}
	}
}

func isShort(t *TypeDef) bool {
	_, ok := t.Kind.(*Alias)
	return ok
}

// part leaves a blank line before an item, unless it is short and bare like the one
// before.
func (p *printer) part(first bool, docs string, s Stability, short bool) {
	bare := bytes.HasSuffix(p.text, []byte(";\n"))
	if !first && short && bare && docs == "" && s == (Stability{}) {
		return
	}
	p.blank()
}

// uses writes the `use`s among types, those of one interface together, and gives
// the other types.
func (p *printer) uses(types []*TypeDef) []*TypeDef {
	type key struct {
		from     *Interface
		s        Stability
		external string
	}
	var order []key
	names := map[key][]string{}
	var rest []*TypeDef
	for _, t := range types {
		from := usable(t)
		if from == nil {
			rest = append(rest, t)
			continue
		}
		k := key{from, t.Stability, t.ExternalID}
		if names[k] == nil {
			order = append(order, k)
		}
		name := escaped(t.Used().Name)
		if t.Name != t.Used().Name {
			name += " as " + escaped(t.Name)
		}
		names[k] = append(names[k], name)
	}
	for _, k := range order {
		p.head("", k.s, k.external)
		p.line("use %s.{%s};", p.path(k.from), strings.Join(names[k], ", "))
	}
	return rest
}

// usable is the interface that t is a `use` of; nil for another type, and for what
// only a component can say: the use of a type of a world or of an inline interface.
func usable(t *TypeDef) *Interface {
	if used := t.Used(); used != nil {
		if i, ok := used.Owner.(*Interface); ok && i.Name != "" {
			return i
		}
	}
	return nil
}
