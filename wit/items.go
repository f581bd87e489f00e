package wit

import (
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// items resolves the interfaces and worlds of a package.
func (r *resolver) items(p *pkg) {
	index := make(map[*item]int, len(p.list))
	for i, it := range p.list {
		index[it] = i
	}
	edges := make([][]edge[*item], len(p.list))
	for i, it := range p.list {
		eachPath(it.decl(), func(path *syntax.Path, world bool) {
			if to := it.file.needs(path); to != nil && world == (to.world != nil) {
				edges[i] = append(edges[i], edge[*item]{index[to], to})
			}
		})
	}
	order, rest := topo(edges)
	if len(rest) > 0 {
		to := circle(edges, rest).at
		r.errorf(to.file.src, to.name.Span, "%s `%s` depends on itself", to.kind(), to.name.Name)
	}
	for _, i := range rest {
		p.list[i].broken = true
	}
	for _, i := range append(order, rest...) {
		if it := p.list[i]; it.iface != nil {
			r.namedInterface(it)
		} else {
			r.world(it)
		}
	}
}

func (i *item) decl() syntax.Decl {
	if i.iface != nil {
		return i.iface
	}
	return i.world
}

// needs is the item of the same package that a path names, or nil.
func (f *file) needs(path *syntax.Path) *item {
	if u := f.uses[path.Name.Name]; u != nil && path.Package == nil {
		path = &u.Path
	}
	if path.Package != nil {
		return nil // another package, or a mistake that has been reported
	}
	return f.pkg.items[path.Name.Name]
}

func (r *resolver) namedInterface(it *item) {
	s := r.newScope(it.file, it.iModel, it.off)
	it.types = s.symbols
	s.interfaceItems(it.iface.Items)
	it.iModel.Types = s.kept()
	it.iModel.Funcs = s.funcs
	if !it.off {
		return
	}
	for _, sym := range s.list {
		if !sym.off && sym.decl != nil {
			r.errorf(it.file.src, sym.name.Span, "type `%s` is let in, but its interface is left out", sym.name.Name).
				WithHint("mark it @unstable(feature = %s), too", it.iface.Attrs.Feature)
		}
		sym.off = true
	}
}

// interfaceItems resolves the contents of an interface.
func (s *scope) interfaceItems(items []syntax.InterfaceItem) {
	for _, it := range items {
		switch it := it.(type) {
		case *syntax.Use:
			s.use(it)
		case *syntax.TypeDecl:
			s.declare(it)
		}
	}
	s.types()
	for _, it := range items {
		switch it := it.(type) {
		case *syntax.Func:
			if s.taken(it.Name) {
				continue
			}
			on := s.r.included(s.file, it.Attrs, it.Name.Span)
			s.define(&symbol{name: it.Name, attrs: it.Attrs, function: true, off: !on})
			f := s.function(&it.Type, it.Name.Name, on, it.Name.Span)
			f.Docs, f.Stability, f.ExternalID = it.Docs, stability(it.Attrs), externalID(it.Attrs)
			if on && !s.off {
				s.funcs = append(s.funcs, f)
			}
		case *syntax.TypeDecl:
			s.resource(it, func(f *Func, on bool) {
				if on && !s.off {
					s.funcs = append(s.funcs, f)
				}
			})
		}
	}
}

// resource resolves the functions of a resource's declaration; of others there are
// none.
func (s *scope) resource(d *syntax.TypeDecl, add func(f *Func, on bool)) {
	body, ok := d.Body.(*syntax.Resource)
	sym := s.symbols[d.Name.Name]
	if !ok || sym == nil || sym.decl != d {
		return
	}
	// The resource has its name, the constructor none [Explainer.md, Name Uniqueness].
	names := map[string]syntax.Ident{strings.ToLower(d.Name.Name): d.Name}
	for _, f := range body.Funcs {
		key, what := strings.ToLower(f.Name.Name), "function `"+f.Name.Name+"`"
		if f.Kind == syntax.Constructor {
			key, what = "", "the constructor"
		}
		if old, ok := names[key]; ok && old == d.Name {
			s.r.errorf(s.file.src, f.Name.Span, "%s has the name of its resource", what).
				WithHint("choose another: a component cannot tell them apart")
			continue
		} else if ok {
			s.r.errorf(s.file.src, f.Name.Span, "%s of resource `%s` is defined more than once", what, d.Name.Name).
				WithHint("%s", already(s.file.src, old.Name, old.Start, f.Name.Name))
			continue
		}
		names[key] = f.Name
		on := s.r.included(s.file, f.Attrs, f.Name.Span)
		if on && sym.off && !s.off {
			s.r.gatedOff(s.file, f.Name.Span, "type", d.Name.Name, d.Attrs.Feature)
			on = false
		}
		add(s.resourceFunc(sym, f, on), on)
	}
}

func (s *scope) resourceFunc(sym *symbol, f *syntax.Func, on bool) *Func {
	name := sym.name.Name
	switch f.Kind {
	case syntax.Constructor:
		name = "[constructor]" + name
	case syntax.Static:
		name = "[static]" + name + "." + f.Name.Name
	default:
		name = "[method]" + name + "." + f.Name.Name
	}
	out := s.resourceFuncType(sym, f, name, on)
	out.Docs, out.Stability, out.ExternalID = f.Docs, stability(f.Attrs), externalID(f.Attrs)
	out.Resource = sym.def
	return out
}
