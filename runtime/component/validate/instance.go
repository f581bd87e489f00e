package validate

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// instance checks the definition of an instance and gives its type.
func (s *scope) instance(d *binary.Instance) *instanceType {
	if d.Inline {
		return s.bundle(d)
	}
	v, comp := s.v, at(s.v, s.components, d.Component, "component")
	args := s.args(d)
	m := v.newMatcher()
	m.prebind(args, &comp.imports, set(comp.given))
	sub := v.newSubst()
	sub.resources = m.right
	for i := range comp.imports.list {
		im := &comp.imports.list[i]
		arg, ok := args.get(im.name)
		if !ok {
			v.failNamed(ClassMissing, im.name, "component %d imports %q, %s, and is not given it", d.Component, im.name, article(im.ext.sort.String()))
		}
		if diff := m.extern(arg, im.ext); diff != nil {
			panic(bailout{diff.fault(v, fmt.Sprintf("argument %q does not fit the import of component %d", im.name, d.Component)).named(im.name)})
		}
		sub.given(im.ext, arg)
	}
	// Each instance has resource types of its own [Explainer.md, Type Checking].
	for _, old := range comp.made {
		v.node()
		r := &resource{}
		sub.resources[old] = r
		s.make(r)
	}
	out := &instanceType{about: comp.instance}
	out.exports, _ = sub.items(comp.exports)
	return out
}

// args are the arguments of an instantiation.
func (s *scope) args(d *binary.Instance) *items {
	args := &items{}
	for _, a := range d.Args {
		if _, ok := args.get(a.Name); ok {
			s.v.failNamed(ClassUnique, a.Name, "argument %q is given twice", a.Name)
		}
		args.add(a.Name, s.item(a.Sort, a.Index))
	}
	return args
}

// given notes that the copies of types that an import makes are those of the
// argument from now on.
func (s *subst) given(im, arg extern) {
	s.v.step()
	switch im.sort {
	case binary.SortType:
		if im.typ.facts().movable {
			s.types[im.typ] = arg.typ
		}
	case binary.SortInstance:
		if !im.typ.facts().movable {
			return
		}
		have := &arg.typ.(*instanceType).exports
		for _, export := range im.typ.(*instanceType).exports.list {
			if ext, ok := have.get(export.name); ok {
				s.given(export.ext, ext)
			}
		}
	}
}

// bundle checks an instance that is put together from items. It makes no copies
// of types: as long as it is not exported, it gives nothing a name.
func (s *scope) bundle(d *binary.Instance) *instanceType {
	exports := &externs{what: "export"}
	for _, e := range d.Exports {
		s.v.addExtern(exports, e.Name, s.item(e.Sort, e.Index))
	}
	out := &instanceType{exports: exports.items}
	out.about = out.exports.facts(leaf)
	s.v.checkSize(out.about)
	return out
}
