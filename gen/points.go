package gen

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airsstack/witgen/gen/model"
)

// apply gives the imported functions of the world their capability points and
// their answers to refusals. Mistakes are kept in the config.
func (c *Config) apply(w *model.World) {
	imports := map[string]*model.Package{}
	var ids, exported []string
	for _, l := range w.Imports {
		imports[l.Package.ID] = l.Package
		ids = append(ids, l.Package.ID, unversioned(l.Package.ID))
	}
	for _, l := range w.Exports {
		exported = append(exported, l.Package.ID, unversioned(l.Package.ID))
	}
	if len(w.Package.Imports) > 0 || len(c.Functions) > 0 || c.OnDeny.Set {
		c.guard(w, scope{where: "the world " + w.ID, funcs: w.Package.Imports, points: c.Functions, onDeny: c.OnDeny})
	}
	seen := map[*model.Package]string{}
	for _, id := range slices.Sorted(maps.Keys(c.Interface)) {
		at := []any{"interface", id} // within the config
		p := find(imports, id)
		switch {
		case p == nil && slices.Contains(exported, id):
			c.doc.FailKey(fmt.Sprintf("%q is exported by components of %s, not imported; capability points stand before imports", id, w.ID), "", c.key(at...)...)
		case p == nil:
			c.doc.FailKey(fmt.Sprintf("%s imports no interface %q", w.ID, id), didYouMean(id, ids), c.key(at...)...)
		case seen[p] != "":
			c.doc.FailKey(fmt.Sprintf("%q is the interface of [interface.%q], too", id, seen[p]), "put both together", c.key(at...)...)
		default:
			seen[p] = id
			g := c.Interface[id]
			c.guard(w, scope{where: id, at: at, funcs: p.Imports, points: g.Functions, onDeny: g.OnDeny})
		}
	}
}

func unversioned(id string) string {
	id, _, _ = strings.Cut(id, "@")
	return id
}

// find is the interface that a name, with or without a version, means.
func find(imports map[string]*model.Package, id string) *model.Package {
	if p := imports[id]; p != nil {
		return p
	}
	var found *model.Package
	for full, p := range imports {
		if unversioned(full) == id {
			if found != nil {
				return nil // two versions: it has to be said which
			}
			found = p
		}
	}
	return found
}

// scope is one table of the config with the functions that it is about.
type scope struct {
	where  string
	at     []any
	funcs  []*model.Func
	points map[string]PointsConfig
	onDeny OnDeny
}

func (s scope) key(names ...any) []any { return append(s.at[:len(s.at):len(s.at)], names...) }

func (c *Config) guard(w *model.World, s scope) {
	names := make([]string, len(s.funcs))
	byName := map[string]*model.Func{}
	for i, f := range s.funcs {
		names[i], byName[f.Name] = f.ShortName(), f
		byName[f.ShortName()] = f
	}
	for _, name := range slices.Sorted(maps.Keys(s.points)) {
		f := byName[name]
		if f == nil {
			c.doc.FailKey(fmt.Sprintf("%s has no function `%s`", s.where, name), didYouMean(name, names), c.key(s.key("functions", name)...)...)
			continue
		}
		var points []*model.Point
		for _, p := range s.points[name] {
			points = append(points, c.point(w, s, f, p))
		}
		c.special(s, f, s.points[name], byName)
		if len(points) == 0 {
			c.fail(fmt.Sprintf("`%s` has an empty list of capability points", name), "leave it out to guard the function by its interface", s.key("functions", name)...)
			continue
		}
		f.Points = points
	}
	for _, f := range s.funcs {
		if f.Cover != nil {
			f.Points[0].Kind = f.Cover.Opener.Points[0].Kind
		}
	}
	c.denials(w, s)
}

// point makes one point; paths that lead nowhere are mistakes.
func (c *Config) point(w *model.World, s scope, f *model.Func, p *PointConfig) *model.Point {
	out := &model.Point{Interface: f.Points[0].Interface, Func: f.Name, Kind: p.Kind}
	r := &resolver{c: c, f: f, p: p, prefix: fmt.Sprintf("capability point %q.%s: ", s.where, f.Name)}
	if p.CoveredBy != "" {
		return out
	}
	if p.Kind == "" {
		r.fail("`kind` is missing", `write for example kind = "filesystem"`)
	} else if near := didYouMean(p.Kind, known); near != "" && !slices.Contains(known, p.Kind) {
		w.Warnings = append(w.Warnings, fmt.Sprintf("%s%q is a kind of its own; %s", r.prefix, p.Kind, near))
	}
	r.resource(out)
	r.action(w, out)
	for i, path := range p.When {
		a := r.access(path, f.Condition, "when", i)
		if a == nil {
			continue
		}
		if a.Lists() > 0 {
			r.fail(fmt.Sprintf("`%s` goes through a list; a condition is about one value", path), "", "when", i)
		}
		out.When = append(out.When, a)
	}
	return out
}

// known are the kinds that package capability gives a meaning to.
var known = []string{"filesystem", "network", "storage", "process", "messaging"}

// resolver follows the paths of one point.
type resolver struct {
	c      *Config
	f      *model.Func
	p      *PointConfig
	prefix string
}

func (r *resolver) fail(msg, hint string, key ...any) {
	r.c.doc.Fail(r.prefix+msg, hint, append(r.p.at[:len(r.p.at):len(r.p.at)], key...)...)
}

// access follows a path; nil where it leads nowhere. A key that holds a single
// string in place of a list has no index.
func (r *resolver) access(path string, follow func(string) (*model.Access, error), key ...any) *model.Access {
	a, err := follow(path)
	if err == nil {
		return a
	}
	hint := ""
	if pe, ok := errors.AsType[*model.PathError](err); ok && pe.Name != "" {
		hint = didYouMean(pe.Name, pe.Candidates)
	}
	if !r.c.doc.Has(append(r.p.at[:len(r.p.at):len(r.p.at)], key...)...) {
		key = key[:1]
	}
	r.fail(err.Error(), hint, key...)
	return nil
}

func (r *resolver) resource(out *model.Point) {
	var base *model.Access
	if r.p.Resource != "" {
		if base = r.access(r.p.Resource, r.f.Access, "resource"); base == nil {
			return
		}
	}
	if r.p.Format != "" {
		r.format(out, base)
		return
	}
	if base == nil {
		return
	}
	if !r.textual(base, "resource") {
		return
	}
	out.Resource = []model.Part{{From: base}}
}

func (r *resolver) textual(a *model.Access, key string) bool {
	if a.Type != nil && a.Type.Textual() {
		return true
	}
	what, hint := "flag or a case", ""
	if a.Type != nil {
		what = a.Type.Kind().String()
	}
	switch what {
	case "record":
		hint = "name one of its fields, or put several together with `format`"
	case "list":
		hint = fmt.Sprintf("write `%s[]` to check each of its elements", a.Text)
	}
	r.fail(fmt.Sprintf("`%s` is a %s; a resource is made of strings, numbers, chars and enums", a.Text, what), hint, key)
	return false
}

// format takes "{namespace}:{name}{/instance}" apart. A name in braces is a field
// of what `resource` names, or else a path into the arguments; a separator before
// it belongs to it, as in path expansion [RFC 6570, 3.2.6].
func (r *resolver) format(out *model.Point, base *model.Access) {
	var lists *model.Access
	for rest := r.p.Format; rest != ""; {
		text, after, open := strings.Cut(rest, "{")
		if text != "" {
			out.Resource = append(out.Resource, model.Part{Text: text})
		}
		if !open {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if !closed {
			r.fail("`format` has a { without a }", "", "format")
			return
		}
		rest = next
		part := model.Part{}
		if name != "" && strings.ContainsRune("/:", rune(name[0])) {
			part.Text, name = name[:1], name[1:]
		}
		follow := r.f.Access
		if base != nil && base.HasField(strings.SplitN(name, ".", 2)[0]) {
			follow = base.Below
		}
		a := r.access(name, follow, "format")
		if a == nil || !r.textual(a, "format") {
			return
		}
		if a.Lists() > 0 {
			if lists != nil && !sameLists(lists, a) {
				r.fail("`format` puts elements of different lists together", "", "format")
				return
			}
			lists = a
		}
		part.From = a
		out.Resource = append(out.Resource, part)
	}
}

// sameLists tells whether two paths go through the same lists in the same way.
func sameLists(a, b *model.Access) bool {
	upTo := func(x *model.Access) []model.Step {
		last := 0
		for i, s := range x.Steps {
			if s.Kind == model.StepElem {
				last = i + 1
			}
		}
		return x.Steps[:last]
	}
	return slices.Equal(upTo(a), upTo(b))
}

// action tells a path from a word: it is a path where there is a map, and where
// it has a dot.
func (r *resolver) action(w *model.World, out *model.Point) {
	p := r.p
	if p.Map == nil && !strings.Contains(p.Action, ".") {
		out.Action = p.Action
		for _, param := range r.f.Params {
			if param.Name == p.Action && param.Type.Textual() {
				w.Warnings = append(w.Warnings, fmt.Sprintf("%saction %q is taken as a word, though %s has a parameter of that name; add a map to take it from there", r.prefix, p.Action, r.f.Name))
			}
		}
		return
	}
	if p.Action == "" {
		r.fail("`map` stands without an `action` to map", "", "map")
		return
	}
	a := r.access(p.Action, r.f.Access, "action")
	if a == nil {
		return
	}
	switch {
	case a.Lists() > 0:
		r.fail(fmt.Sprintf("`%s` goes through a list; an action comes from one value", p.Action), "", "action")
		return
	case a.Type == nil:
		r.fail(fmt.Sprintf("`%s` is a flag or a case", p.Action), "name the flags or the variant as a whole, and map their members", "action")
		return
	}
	out.ActionFrom = a
	if p.Map == nil {
		if k := a.Type.Kind().String(); k != "string" && k != "enum" {
			r.fail(fmt.Sprintf("`%s` is a %s, which says no action by itself", p.Action, k), "add a map", "action")
		}
		return
	}
	r.actions(out, a.Type)
}

// actions checks that a map says for everything that the argument can be what it
// asks for: what it forgot would pass unchecked.
func (r *resolver) actions(out *model.Point, t *model.Type) {
	var all []string
	switch t.Kind().String() {
	case "enum", "variant", "flags":
		for _, c := range t.Root().Cases {
			all = append(all, c.Name)
		}
	case "bool":
		all = []string{"true", "false"}
	case "string":
	default:
		r.fail(fmt.Sprintf("`%s` is a %s, which cannot be mapped", r.p.Action, t.Kind()), "map an enum, a variant, flags, a bool or a string", "action")
		return
	}
	out.Actions = map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(r.p.Map)) {
		if all != nil && !slices.Contains(all, key) {
			r.c.doc.FailKey(r.prefix+fmt.Sprintf("`%s` is not in %s %s", key, t.Kind(), t.ABI), didYouMean(key, all), append(r.p.at[:len(r.p.at):len(r.p.at)], "map", key)...)
		}
		out.Actions[key] = r.p.Map[key]
	}
	for _, name := range all {
		if _, ok := out.Actions[name]; !ok {
			r.fail(fmt.Sprintf("`map` does not say what `%s` asks for", name), "write [] for nothing", "map")
		}
	}
}
