package wit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// eachPath calls f for each path of a declaration, in the order of the text; world
// says that it is to name a world, and no interface.
func eachPath(d syntax.Decl, f func(path *syntax.Path, world bool)) {
	switch d := d.(type) {
	case *syntax.TopUse:
		f(&d.Path, false)
	case *syntax.Interface:
		eachItemPath(d.Items, f)
	case *syntax.World:
		for _, it := range d.Items {
			switch it := it.(type) {
			case *syntax.Use:
				f(&it.Path, false)
			case *syntax.Include:
				f(&it.Path, true)
			case *syntax.Extern:
				if it.Path != nil {
					f(it.Path, false)
				}
				if it.Inline != nil {
					eachItemPath(it.Inline.Items, f)
				}
			}
		}
	}
}

func eachItemPath(items []syntax.InterfaceItem, f func(path *syntax.Path, world bool)) {
	for _, it := range items {
		if u, ok := it.(*syntax.Use); ok {
			f(&u.Path, false)
		}
	}
}

// checkUses looks up what `use` at the top of a file names: it must be there
// whether somebody needs it or not.
func (r *resolver) checkUses(f *file) {
	for _, d := range f.decls {
		u, ok := d.(*syntax.TopUse)
		if !ok {
			continue
		}
		it := r.find(f, &u.Path, true, true)
		if it != nil && it.world != nil && u.Path.Package != nil {
			// [WIT.md, Item: toplevel-use] speaks of interfaces only.
			r.errorf(f.src, u.Path.Name.Span, "`%s` is a world, not an interface", u.Path.Name.Name).
				WithHint("declared at %s; name it where it is needed: `include %s;`", it.pos(), f.src.Text[u.Path.Start:u.Path.End])
			delete(f.uses, u.LocalName().Name)
			f.uses[u.LocalName().Name] = nil
		} else if it == nil {
			f.uses[u.LocalName().Name] = nil
		}
	}
}

// find is the interface or world that a path names. Where it is not found that is
// reported, unless a gate leaves the statement out (on is false) and it names
// another package; the result is nil then.
func (r *resolver) find(f *file, path *syntax.Path, on, top bool) *item {
	if path.Package == nil {
		return r.findLocal(f, path, top)
	}
	p := r.packages[nameOf(path.Package)]
	if p == nil {
		if on {
			r.errorf(f.src, path.Package.Span, "package `%s` is not found", nameOf(path.Package)).Hint = r.packageHint(path.Package)
		}
		return nil
	}
	if p == f.pkg {
		return nil // reported as a circle
	}
	it := p.items[path.Name.Name]
	if it == nil && on {
		e := r.errorf(f.src, path.Name.Span, "`%s` is not defined in package `%s`", path.Name.Name, p.model.Name)
		e.Hint = r.hint(path.Name.Name, maps.Keys(p.items), func(name string) Pos { return p.items[name].pos() })
	}
	return it
}

// findLocal looks a bare name up: in its file, then in its package [WIT.md,
// Interfaces, worlds, and use]. What a `use` at the top names is not looked for in
// the file again, which would go in circles.
func (r *resolver) findLocal(f *file, path *syntax.Path, top bool) *item {
	name := path.Name.Name
	if u, ok := f.uses[name]; ok && !top {
		if u == nil {
			return nil // reported where the `use` is
		}
		return r.find(f, &u.Path, true, true)
	}
	it := f.pkg.items[name]
	if it == nil {
		e := r.errorf(f.src, path.Name.Span, "interface or world `%s` is not defined", name)
		e.Hint = r.hint(name, maps.Keys(f.pkg.items), func(name string) Pos { return f.pkg.items[name].pos() })
		if e.Hint == "" {
			e.Hint = r.elsewhere(name)
		}
	}
	return it
}

// elsewhere says which other package has an item of that name.
func (r *resolver) elsewhere(name string) string {
	if r.errs.Full() {
		return ""
	}
	for _, p := range r.order {
		if p.items[name] != nil {
			return "package `" + p.model.Name.String() + "` has one: `" + p.model.Name.Item(name) + "`"
		}
	}
	return ""
}

// findInterface is the interface that a path names, or nil.
func (r *resolver) findInterface(f *file, path *syntax.Path, on bool) *item {
	it := r.find(f, path, on, false)
	if it != nil && it.world != nil {
		if on || path.Package == nil {
			r.errorf(f.src, path.Name.Span, "`%s` is a world, not an interface", path.Name.Name).WithHint("declared at %s", it.pos())
		}
		return nil
	}
	return it
}

// findWorld is the world that a path names, or nil.
func (r *resolver) findWorld(f *file, path *syntax.Path, on bool) *item {
	it := r.find(f, path, on, false)
	if it != nil && it.iface != nil {
		if on || path.Package == nil {
			r.errorf(f.src, path.Name.Span, "`%s` is an interface, not a world", path.Name.Name).WithHint("declared at %s", it.pos())
		}
		return nil
	}
	return it
}

// packageHint says what to do about a package that is missing.
func (r *resolver) packageHint(name *syntax.PackageName) string {
	if r.errs.Full() {
		return ""
	}
	known := map[string]bool{}
	var versions []string
	for n := range r.packages {
		known[n.String()] = true
		if n.Namespace == name.Namespace && n.Name == name.Name {
			versions = append(versions, "`"+n.String()+"`")
		}
	}
	if len(versions) > 0 {
		slices.Sort(versions)
		return "there is " + strings.Join(versions, ", ")
	}
	for _, l := range r.locks {
		if l.knows(nameOf(name)) {
			return fmt.Sprintf("%s names it: fetch it with `%s`", l.name, l.tool)
		}
	}
	if near := nearest(nameOf(name).String(), maps.Keys(known)); near != "" {
		return "did you mean `" + near + "`?"
	}
	names := slices.Sorted(maps.Keys(known))
	if len(names) > 6 {
		names = append(names[:6], "…")
	}
	return "put it into deps/; known packages: " + strings.Join(names, ", ")
}
