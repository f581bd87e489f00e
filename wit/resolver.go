package wit

import (
	"slices"

	"github.com/airsstack/witgen/wit/syntax"
)

// A resolver binds trees to the model. It goes from the large to the small:
// packages in the order of their needs, in each its interfaces and worlds in the
// order of theirs, in each its types, then its functions. So whatever a name means
// is complete when it is looked up. What is wrong is reported once; what hangs on
// it is left alone.
type resolver struct {
	options  *options
	errs     *syntax.ErrorList
	locks    []*lock
	packages map[PackageName]*pkg
	// order holds the packages in that of their declaration, nameless those that lack
	// one.
	order    []*pkg
	nameless []*pkg
	main     *pkg
	// borrows says of types whether a borrow is inside.
	borrows map[*TypeDef]bool
}

// A pkg is a package on its way into the model.
type pkg struct {
	model *Package
	files []*file
	// src and at are where it is named.
	src   *syntax.Source
	at    syntax.Span
	items map[string]*item
	list  []*item // in the order of declaration
	group *group
	// state tells whether its needs are being, or have been, put in order; following
	// is the one that is followed, in from.
	state     visit
	following *syntax.Path
	from      *file
	// inCircle says that it needs itself, so that what is in it is not known.
	inCircle bool
}

type visit uint8

const (
	unvisited visit = iota
	visiting
	visited
)

// A file is a scope for names: a file's part of a package, or a nested package.
type file struct {
	pkg   *pkg
	src   *syntax.Source
	decls []syntax.Decl
	// uses are the names that `use` at the top brings in.
	uses map[string]*syntax.TopUse
}

// An item is an interface or a world of a package.
type item struct {
	file *file
	name syntax.Ident
	// One of the two is nil.
	iface *syntax.Interface
	world *syntax.World
	// off says that the item's gate leaves it out.
	off bool
	// broken says that its contents are not known, since it stands in a circle.
	broken bool
	// types are the names of an interface's types and functions.
	types map[string]*symbol

	iModel *Interface
	wModel *World
	// imports and exports are a world's.
	imports, exports *itemList
}

func (i *item) kind() string {
	if i.world != nil {
		return "world"
	}
	return "interface"
}

func (i *item) pos() Pos { return i.file.src.Pos(i.name.Start) }

// errorf reports a mistake. Its hint may be set, unless there are too many already.
func (r *resolver) errorf(src *syntax.Source, at syntax.Span, format string, args ...any) *Error {
	e := src.Errorf(at, format, args...)
	r.errs.Add(e)
	return e
}

// parse reads the files of a group and sorts their contents into packages.
func (r *resolver) parse(g *group) {
	var files []*syntax.File
	before := len(*r.errs)
	for _, src := range g.files {
		files = append(files, syntax.Parse(src, r.errs))
	}
	p := r.groupPackage(g, files)
	if p == nil {
		if len(*r.errs) == before {
			r.errs.Add(&Error{Pos: Pos{File: g.display}, Msg: noPackage(files), Hint: "name the package first: `package ns:name;`"})
		}
		// What is in it is checked all the same.
		p = newPkg(PackageName{}, g)
		r.nameless = append(r.nameless, p)
	} else if old := r.packages[p.model.Name]; old != nil {
		if !sameText(old.group, g) {
			r.twice(p, old)
		}
		return
	} else {
		r.packages[p.model.Name] = p
		r.order = append(r.order, p)
	}
	if r.main == nil {
		r.main = p
	}
	for _, f := range files {
		r.addFile(p, f.Source, f.Decls, g)
	}
}

func noPackage(files []*syntax.File) string {
	for _, f := range files {
		for _, d := range f.Decls {
			if _, ok := d.(*syntax.NestedPackage); ok {
				return "there is no `package` line beside the nested packages"
			}
		}
	}
	return "there is no `package` line"
}

func newPkg(name PackageName, g *group) *pkg {
	return &pkg{model: &Package{Name: name}, items: map[string]*item{}, group: g}
}

// sameText says whether a group of another root is the same as one before.
func sameText(old, g *group) bool {
	return g.again && old != nil && slices.EqualFunc(old.files, g.files, func(a, b *syntax.Source) bool { return a.Text == b.Text })
}

func (r *resolver) twice(p, old *pkg) {
	e := p.src.Errorf(p.at, "package `%s` is defined a second time", p.model.Name)
	r.errs.Add(e.WithHint("it is defined at %s already", old.src.Pos(old.at.Start)))
}

// groupPackage is the package that the files of a group name; nil where none does.
// One of them must, and those that do must agree.
func (r *resolver) groupPackage(g *group, files []*syntax.File) *pkg {
	var p *pkg
	docs := false
	for _, f := range files {
		d := f.Package
		if d == nil || d.Name.Name == "" {
			continue
		}
		name := PackageName{Namespace: d.Name.Namespace, Name: d.Name.Name, Version: d.Name.Version}
		switch {
		case p == nil:
			p = newPkg(name, g)
			p.src, p.at = f.Source, d.Name.Span
			p.model.Pos = f.Source.Pos(d.Name.Start)
		case name != p.model.Name:
			e := f.Source.Errorf(d.Name.Span, "this is package `%s`, but another file of it says `%s`", name, p.model.Name)
			r.errs.Add(e.WithHint("declared at %s", p.model.Pos))
		}
		if d.Docs == "" {
			continue
		}
		if docs {
			r.errorf(f.Source, d.DocsSpan, "the package has docs in more than one file")
		}
		docs = true
		p.model.Docs = d.Docs
	}
	return p
}

// addFile adds declarations to a package; nested packages become ones of their own.
func (r *resolver) addFile(p *pkg, src *syntax.Source, decls []syntax.Decl, g *group) {
	f := &file{pkg: p, src: src, decls: decls, uses: map[string]*syntax.TopUse{}}
	p.files = append(p.files, f)
	for _, d := range decls {
		nested, ok := d.(*syntax.NestedPackage)
		if !ok {
			continue
		}
		n := nested.Package.Name
		q := newPkg(PackageName{Namespace: n.Namespace, Name: n.Name, Version: n.Version}, nil)
		q.src, q.at = src, n.Span
		q.model.Docs, q.model.Pos = nested.Package.Docs, src.Pos(n.Start)
		if old := r.packages[q.model.Name]; old != nil {
			if !sameText(old.group, g) {
				r.twice(q, old)
			}
			continue
		}
		q.group = g
		r.packages[q.model.Name] = q
		r.order = append(r.order, q)
		r.addFile(q, src, nested.Decls, g)
	}
}

func (r *resolver) resolve() *Resolve {
	pkgs := slices.Concat(r.order, r.nameless)
	for _, p := range pkgs {
		r.declare(p)
	}
	out := &Resolve{Main: r.main.model}
	for _, p := range r.sorted(pkgs) {
		for _, f := range p.files {
			r.checkUses(f)
		}
		r.items(p)
		out.Packages = append(out.Packages, p.model)
	}
	return out
}

// declare enters the names of a package's interfaces and worlds.
func (r *resolver) declare(p *pkg) {
	for _, f := range p.files {
		local := map[string]syntax.Ident{}
		for _, d := range f.decls {
			it := &item{file: f}
			var attrs syntax.Attrs
			switch d := d.(type) {
			case *syntax.Interface:
				it.iface, it.name, attrs = d, d.Name, d.Attrs
			case *syntax.World:
				it.world, it.name, attrs = d, d.Name, d.Attrs
			case *syntax.TopUse:
				name := d.LocalName()
				if r.declareLocal(f, local, name) {
					f.uses[name.Name] = d
				}
				continue
			default:
				continue
			}
			if old := p.items[it.name.Name]; old != nil {
				r.errorf(f.src, it.name.Span, "`%s` is defined more than once in this package", it.name.Name).
					WithHint("it is defined at %s already", old.pos())
				continue
			}
			r.declareLocal(f, local, it.name)
			p.items[it.name.Name] = it
			p.list = append(p.list, it)
			it.off = !r.included(f, attrs, it.name.Span)
			r.declareItem(p, it, attrs)
		}
	}
}

// declareLocal enters a name of a file, and says whether it was free.
func (r *resolver) declareLocal(f *file, local map[string]syntax.Ident, name syntax.Ident) bool {
	if old, ok := local[name.Name]; ok {
		r.errorf(f.src, name.Span, "the name `%s` is taken in this file", name.Name).
			WithHint("it is defined at %s already", f.src.Pos(old.Start))
		return false
	}
	local[name.Name] = name
	return true
}

func (r *resolver) declareItem(p *pkg, it *item, attrs syntax.Attrs) {
	if it.iface != nil {
		it.iModel = &Interface{Pos: it.pos(), Docs: it.iface.Docs, Stability: stability(attrs), Name: it.name.Name, Package: p.model}
		if !it.off {
			p.model.Interfaces = append(p.model.Interfaces, it.iModel)
		}
		return
	}
	it.wModel = &World{Pos: it.pos(), Docs: it.world.Docs, Stability: stability(attrs), Name: it.name.Name, Package: p.model}
	it.imports, it.exports = newItemList(), newItemList()
	if !it.off {
		p.model.Worlds = append(p.model.Worlds, it.wModel)
	}
}

// sorted gives the packages in an order in which each comes after those it needs.
func (r *resolver) sorted(pkgs []*pkg) []*pkg {
	byName := slices.Clone(pkgs)
	slices.SortStableFunc(byName, func(a, b *pkg) int { return a.model.Name.compare(b.model.Name) })
	var out []*pkg
	for _, p := range byName {
		r.visit(p, &out)
	}
	return out
}

func (r *resolver) visit(p *pkg, out *[]*pkg) {
	if p.state != unvisited {
		return
	}
	p.state = visiting
	for _, f := range p.files {
		for _, d := range f.decls {
			eachPath(d, func(path *syntax.Path, _ bool) {
				if path.Package == nil {
					return
				}
				need := r.packages[nameOf(path.Package)]
				switch {
				case need == nil:
				case need.state == unvisited:
					p.following, p.from = path, f
					r.visit(need, out)
				case need == p:
					p.inCircle = true
					r.errorf(f.src, path.Package.Span, "package `%s` depends on itself", p.model.Name).
						WithHint("its own interfaces go by their names alone: `%s`", path.Name.Name)
				case need.state == visiting:
					first := need.following
					for _, p := range r.order {
						p.inCircle = p.inCircle || p.state == visiting
					}
					r.errorf(need.from.src, first.Package.Span, "package `%s` depends on `%s`, and the other way round", need.model.Name, nameOf(first.Package)).
						WithHint("packages cannot depend on each other in a circle, which closes at %s", f.src.Pos(path.Start))
				}
			})
		}
	}
	p.state = visited
	*out = append(*out, p)
}

func nameOf(p *syntax.PackageName) PackageName {
	return PackageName{Namespace: p.Namespace, Name: p.Name, Version: p.Version}
}
