package gen

import (
	"fmt"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/wit"
)

// reuse reads `with` and `packages`. Mistakes are kept in the config.
func (c *Config) reuse(w *wit.World, o *model.Options) {
	o.Packages, o.Types, o.Dirs = map[string]string{}, map[string]model.GoType{}, map[string]string{}
	interfaces := map[string]*wit.Interface{}
	for _, items := range [][]wit.Item{w.Imports, w.Exports} {
		for _, it := range items {
			if i, ok := it.(*wit.InterfaceItem); ok {
				interfaces[i.ItemName()] = i.Interface
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Packages)) {
		c.place(o, interfaces, id)
	}
	for _, key := range slices.Sorted(maps.Keys(c.With)) {
		id, typ, isType := strings.Cut(key, "#")
		full := nameOf(interfaces, id)
		if full == "" {
			c.doc.FailKey(fmt.Sprintf("%s has no interface %q", w.ID(), id), didYouMean(id, interfaceNames(interfaces)), c.key("with", key)...)
			continue
		}
		if !isType {
			o.Packages[full] = c.With[key]
			continue
		}
		c.reuseType(o, key, full, typ, interfaces[full])
	}
}

// goPackage is a folder below Out whose last name can be that of a package.
var goPackage = regexp.MustCompile(`^([a-z0-9_]+/)*[a-z][a-z0-9_]*$`)

// place reads where one package goes.
func (c *Config) place(o *model.Options, interfaces map[string]*wit.Interface, id string) {
	full, dir := nameOf(interfaces, id), c.Packages[id]
	switch {
	case full == "":
		c.doc.FailKey(fmt.Sprintf("the world has no interface %q", id), didYouMean(id, interfaceNames(interfaces)), c.key("packages", id)...)
	case !goPackage.MatchString(dir) || token.IsKeyword(path.Base(dir)) || path.Base(dir) == "main":
		c.fail(fmt.Sprintf("%q is no folder for a Go package", dir), "write names of lower-case letters, digits and _, with / between them", "packages", id)
	default:
		for other, taken := range o.Dirs {
			if taken == dir {
				c.fail(fmt.Sprintf("%q is the folder of %s already", dir, other), "", "packages", id)
			}
		}
		o.Dirs[full] = dir
	}
}

func (c *Config) reuseType(o *model.Options, key, id, typ string, i *wit.Interface) {
	var names []string
	for _, d := range i.Types {
		names = append(names, d.Name)
	}
	if !slices.Contains(names, typ) {
		c.doc.FailKey(fmt.Sprintf("%s has no type `%s`", id, typ), didYouMean(typ, names), c.key("with", key)...)
		return
	}
	dir, last := path.Split(c.With[key])
	pkg, name, ok := strings.Cut(last, ".")
	if r, _ := utf8.DecodeRuneInString(name); !ok || pkg == "" || !unicode.IsUpper(r) {
		c.fail(fmt.Sprintf("%q is no Go type", c.With[key]), "write the import path, a dot and the type, as in \"image.Point\"", "with", key)
		return
	}
	o.Types[id+"#"+typ] = model.GoType{Path: dir + pkg, Name: name}
}

// interfaceNames are the names that interfaces go by.
func interfaceNames(interfaces map[string]*wit.Interface) []string {
	var names []string
	for _, full := range slices.Sorted(maps.Keys(interfaces)) {
		names = append(names, unversioned(full), full)
	}
	return names
}

// nameOf is the full name of the interface that a name, with or without a
// version, means; "" for none and for several.
func nameOf(interfaces map[string]*wit.Interface, id string) string {
	if interfaces[id] != nil {
		return id
	}
	var found []string
	for full := range interfaces {
		if unversioned(full) == id {
			found = append(found, full)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// options marks the imported functions that patterns choose. A pattern that
// chooses none is a mistake.
func (c *Config) options(w *model.World) {
	for _, o := range []struct {
		key      string
		patterns StringList
		set      func(*model.Func)
	}{
		{"stub", c.Stub, func(f *model.Func) { f.Stub = true }},
		{"trace", c.Trace, func(f *model.Func) { f.Trace = true }},
		{"borrow-args", c.BorrowArgs, func(f *model.Func) { f.Borrow = true }},
	} {
		for i, pattern := range o.patterns {
			at := []any{o.key, i}
			if !c.doc.Has(c.key(at...)...) {
				at = at[:1]
			}
			if !choose(w, pattern, o.set) {
				c.fail(fmt.Sprintf("no function that %s imports is called %q", w.ID, pattern), didYouMean(pattern, functionNames(w)), at...)
			}
		}
	}
}

// choose calls set for the imported functions whose names a pattern matches.
func choose(w *model.World, pattern string, set func(*model.Func)) bool {
	found := false
	each(w, func(names []string, f *model.Func) {
		if slices.ContainsFunc(names, func(name string) bool { return matches(pattern, name) }) {
			set(f)
			found = true
		}
	})
	return found
}

// each visits the imported functions of a world with the names that they go by.
func each(w *model.World, visit func(names []string, f *model.Func)) {
	for _, f := range w.Package.Imports {
		visit([]string{f.ShortName(), f.Name}, f)
	}
	for _, l := range w.Imports {
		if l.Package.Foreign {
			continue
		}
		for _, f := range l.Package.Imports {
			id, short := l.Package.ID, unversioned(l.Package.ID)
			visit([]string{short + "#" + f.ShortName(), short + "#" + f.Name, id + "#" + f.ShortName(), id + "#" + f.Name}, f)
		}
	}
}

func functionNames(w *model.World) []string {
	var all []string
	each(w, func(names []string, _ *model.Func) { all = append(all, names[0]) })
	return all
}

// matches tells whether a name is what a pattern, in which * is any text, says.
func matches(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	for i := len(first); i <= len(name); i++ {
		if matches(rest, name[i:]) {
			return true
		}
	}
	return false
}

// unusedFeatures are mistakes: a feature that gates nothing is misspelt, or gone.
func (c *Config) unusedFeatures(r *wit.Resolve) {
	known := map[string]bool{}
	gates(r, func(s wit.Stability) { known[s.Feature] = true })
	delete(known, "")
	for i, name := range c.Features {
		if !known[name] {
			c.fail(fmt.Sprintf("nothing in %s is gated by the feature `%s`", c.WIT, name), didYouMean(name, slices.Sorted(maps.Keys(known))), "features", i)
		}
	}
}

// gates visits the stability of everything that can have one.
func gates(r *wit.Resolve, visit func(wit.Stability)) {
	for _, p := range r.Packages {
		for _, i := range p.Interfaces {
			visit(i.Stability)
			gatesOf(i.Types, i.Funcs, visit)
		}
		for _, w := range p.Worlds {
			visit(w.Stability)
			gatesOf(w.Types, nil, visit)
			for _, it := range slices.Concat(w.Imports, w.Exports) {
				switch it := it.(type) {
				case *wit.InterfaceItem:
					visit(it.Stability)
					gatesOf(it.Interface.Types, it.Interface.Funcs, visit)
				case *wit.FuncItem:
					visit(it.Func.Stability)
				}
			}
		}
	}
}

func gatesOf(types []*wit.TypeDef, funcs []*wit.Func, visit func(wit.Stability)) {
	for _, t := range types {
		visit(t.Stability)
	}
	for _, f := range funcs {
		visit(f.Stability)
	}
}
