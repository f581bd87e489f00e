package component

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
)

// A LinkError says why a component does not fit a world: every reason at once.
type LinkError struct {
	// World is the world's name.
	World string
	// Problems are the reasons, one import or export each.
	Problems []string
	// ExportsFit tells that all of them are imports: the component is of the
	// world, and wants something that is not offered here.
	ExportsFit bool
}

func (e *LinkError) Error() string {
	return "the component does not fit the world " + e.World + "\n  " + strings.Join(e.Problems, "\n  ")
}

// A linker matches what a component imports and exports with what a world
// offers and wants.
type linker struct {
	world    *World
	offers   []*Import // the world's, then the providers'
	problems []string
	chosen   map[string]int // offers by the names of imports; -1 for none
	// exportsFit tells that every export was found.
	exportsFit bool

	// Resource types of the component and those of the world and the providers
	// that they turned out to be, both ways.
	worlds map[*abi.Resource]*abi.Resource
	own    map[*abi.Resource]*abi.Resource
}

// pair takes a resource type of the component for one of the world: the first
// time that the two meet under one name, and then always.
func (l *linker) pair(have, want *abi.Resource) bool {
	w, known := l.worlds[have]
	h, taken := l.own[want]
	switch {
	case known || taken:
		return w == want && h == have
	case have.Name != want.Name && have.Name != "" && want.Name != "":
		return false
	}
	l.worlds[have], l.own[want] = want, have
	return true
}

func (l *linker) diff(have, want *abi.FuncType) string {
	return (&differ{pair: l.pair}).funcDiff(have, want)
}

// resources binds the resource types of an imported interface to the host's.
func (l *linker) resources(f *Factory, name string, item *instance) {
	host, offer := l.offer(name)
	if offer == nil {
		return
	}
	for _, n := range item.names {
		t, ok := item.exports[n].(*typeItem)
		if !ok || t.res == nil {
			continue
		}
		i := slices.IndexFunc(offer.Resources, func(r HostResource) bool { return r.Type.Name == n })
		if i < 0 {
			if !l.elsewhere(t.res) {
				what := "import "
				if name != "" {
					what += name + ", resource "
				}
				l.problem("%s%s: this host has no such resource", what, n)
			}
			continue
		}
		if l.pair(t.res, offer.Resources[i].Type) {
			t.res.Host = offer.Resources[i].Type
			f.resources[t.res] = hostResource{host, &offer.Resources[i]}
		}
	}
}

// elsewhere reports whether the resource type was bound through another
// interface, which this one uses it from.
func (l *linker) elsewhere(r *abi.Resource) bool { return l.worlds[r] != nil }

func (l *linker) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *linker) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	return &LinkError{World: l.world.Name, Problems: l.problems, ExportsFit: l.exportsFit}
}

// A binding is the host's answer to one imported function.
type binding struct {
	host int // index of the offer, and of the implementation at New
	fn   *HostFunc
}

// imports binds every resource type and function that the component imports.
func (l *linker) imports(f *Factory, root *instance) map[importRef]binding {
	for _, i := range root.interfaces("") {
		l.chosen[i.name] = l.choose(i.name, i.instance)
		l.resources(f, i.name, i.instance)
	}
	l.resources(f, "", root) // it may use those of the interfaces
	bound := map[importRef]binding{}
	l.bindAll(bound, "", root)
	return bound
}

// A namedInstance is one among the imports or exports of the root.
type namedInstance struct {
	name string
	*instance
}

// interfaces are the instances that an instance holds, those within others
// after these.
func (in *instance) interfaces(name string) []namedInstance {
	var out []namedInstance
	for _, n := range in.names {
		if item, ok := in.exports[n].(*instance); ok {
			full := nestedName(name, n)
			out = append(append(out, namedInstance{full, item}), item.interfaces(full)...)
		}
	}
	return out
}

// bindAll binds the functions of an imported instance, and of those within it, in
// the order in which they were declared; those of the root have no interface.
func (l *linker) bindAll(bound map[importRef]binding, iface string, in *instance) {
	for _, name := range in.names {
		switch item := in.exports[name].(type) {
		case *fn:
			l.bind(bound, importRef{iface, name}, item)
		case *instance:
			l.bindAll(bound, nestedName(iface, name), item)
		}
	}
}

// absent reports what the component imports whole and was not given.
func (l *linker) absent(imports []absent) {
	for _, a := range imports {
		with := "WithComponent"
		if a.sort == binary.SortCoreModule {
			with = "WithModule"
		}
		l.problem("import %s: the component imports a %s of that name and is not given it: load it with component.%s (witgen call --with %s=FILE)", a.name, a.sort, with, a.name)
	}
}

func (l *linker) bind(bound map[importRef]binding, ref importRef, f *fn) {
	what := "import " + ref.name
	if ref.iface != "" {
		what = "import " + ref.iface + ", function " + ref.name
	}
	host, offer := l.offer(ref.iface)
	if offer == nil {
		l.problem("%s: %s", what, l.noOffer(ref.iface))
		return
	}
	i := slices.IndexFunc(offer.Funcs, func(h HostFunc) bool { return h.Name == ref.name })
	if i < 0 {
		l.problem("%s: this host has no such function%s", what, nearestFunc(offer, ref.name))
		return
	}
	h := &offer.Funcs[i]
	if d := l.diff(f.typ, h.Type); d != "" {
		l.problem("%s: the component's differs from what this host offers: %s", what, d)
		return
	}
	if len(h.Points) == 0 {
		l.problem("%s: the host function has no capability point", what)
		return
	}
	bound[ref] = binding{host, h}
}

// offer is the interface that answers the name: what choose took, or for the
// functions of the world itself those that the host offers so.
func (l *linker) offer(name string) (int, *Import) {
	i, ok := l.chosen[name]
	if !ok {
		i = l.choose(name, nil)
		l.chosen[name] = i
	}
	if i < 0 {
		return 0, nil
	}
	return i, l.offers[i]
}

// choose finds the interface that answers the name of an imported instance: the
// same one, or the highest version that is compatible with it and has all that
// the instance asks for; where none has, the highest. -1 is none.
func (l *linker) choose(name string, in *instance) int {
	best, fitting := -1, -1
	for i, o := range l.offers {
		if o.Name == name {
			return i
		}
		if !compatible(o.Name, name) {
			continue
		}
		if best < 0 || newer(o.Name, l.offers[best].Name) {
			best = i
		}
		if in != nil && in.answeredBy(o) && (fitting < 0 || newer(o.Name, l.offers[fitting].Name)) {
			fitting = i
		}
	}
	if fitting >= 0 {
		return fitting
	}
	return best
}

// answeredBy reports whether an interface has every function of an imported
// instance, with its type. Resources count by their names: whether they are the
// same ones is seen when they are bound.
func (in *instance) answeredBy(o *Import) bool {
	d := &differ{pair: func(have, want *abi.Resource) bool { return have.Name == "" || have.Name == want.Name }}
	for _, name := range in.names {
		f, ok := in.exports[name].(*fn)
		if !ok {
			continue
		}
		i := slices.IndexFunc(o.Funcs, func(h HostFunc) bool { return h.Name == name })
		if i < 0 || d.funcDiff(f.typ, o.Funcs[i].Type) != "" {
			return false
		}
	}
	return true
}

func (l *linker) noOffer(name string) string {
	if name == "" {
		return "this host offers no functions outside of interfaces"
	}
	base, _ := splitVersion(name)
	for _, o := range l.offers {
		if b, v := splitVersion(o.Name); b == base {
			return "this host offers " + versionName(v) + ", which is not compatible"
		}
	}
	return "this host has no such interface"
}

func nearestFunc(o *Import, name string) string {
	for _, h := range o.Funcs {
		if strings.Contains(h.Name, name) || strings.Contains(name, h.Name) {
			return "; it has `" + h.Name + "`"
		}
	}
	return ""
}

// exports finds every function that the world wants, in the order of the
// world's tables.
func (l *linker) exports(root *instance) [][]*fn {
	out := make([][]*fn, len(l.world.Exports))
	for i, want := range l.world.Exports {
		in, name := root, ""
		if want.Name != "" {
			name = want.Name
			if in = l.exported(root, name); in == nil {
				continue
			}
		}
		for j := range want.Funcs {
			out[i] = append(out[i], l.export(in, name, &want.Funcs[j]))
		}
	}
	return out
}

// exported is the instance that the component exports under the name, or under
// that of a compatible version.
func (l *linker) exported(root *instance, name string) *instance {
	var best namedInstance
	for _, have := range root.interfaces("") {
		if have.name == name {
			return have.instance
		}
		if compatible(have.name, name) && (best.instance == nil || newer(have.name, best.name)) {
			best = have
		}
	}
	if best.instance == nil {
		l.problem("export %s: the component does not have it%s", name, otherVersion(root, name))
	}
	return best.instance
}

func otherVersion(root *instance, name string) string {
	base, _ := splitVersion(name)
	for _, have := range root.names {
		if b, v := splitVersion(have); b == base {
			return "; it has " + versionName(v) + ": build it against the one that is wanted"
		}
	}
	return ""
}

func (l *linker) export(in *instance, iface string, want *ExportFunc) *fn {
	what := "export " + want.Name
	if iface != "" {
		what = "export " + iface + ", function " + want.Name
	}
	f, ok := in.exports[want.Name].(*fn)
	if !ok {
		l.problem("%s: the component does not have it", what)
		return nil
	}
	if u := funcUnsupported(f.typ); u != nil {
		l.problem("%s: %s types are not supported yet (%s)", what, u.Kind, f.typ)
		return nil
	}
	if d := l.diff(f.typ, want.Type); d != "" {
		l.problem("%s: the component's differs from what the world wants: %s", what, d)
		return nil
	}
	return f
}

func funcUnsupported(f *abi.FuncType) *abi.Type {
	for _, p := range f.Params {
		if u := p.Type.Unsupported(); u != nil {
			return u
		}
	}
	return f.Result.Unsupported()
}
