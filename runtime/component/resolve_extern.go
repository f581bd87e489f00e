package component

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// importDef takes a nested component's import from its arguments, and makes
// the root's.
func (r *resolver) importDef(d *binary.Import, s *scope) error {
	name := d.Name.Name
	if s.args != nil {
		item, ok := s.args[name]
		if !ok {
			return fault(d.Offset, "import", "the instantiation gives no argument for import %q", name)
		}
		s.push(item)
		return nil
	}
	item, err := s.declared(d.Type, name, d.Offset, "import")
	if err != nil {
		return err
	}
	if item, err = r.provided("", name, item); err != nil {
		return err
	}
	r.imports.add(name, item)
	s.push(item)
	return nil
}

// provided is the item of an import of the root, or of an instance that it
// imports, with what provides it.
func (r *resolver) provided(iface, name string, item any) (any, error) {
	full := nestedName(iface, name)
	switch x := item.(type) {
	case *fn:
		x.imp = &importRef{iface, name}
	case *instance:
		for _, inner := range x.names {
			var err error
			if x.exports[inner], err = r.provided(full, inner, x.exports[inner]); err != nil {
				return nil, err
			}
		}
	case *closure:
		if def, ok := r.given[full].(*binary.NestedComponent); ok {
			r.taken = append(r.taken, full)
			outside := &scope{budget: &r.budget, core: map[binary.Sort][]coreItem{}}
			return &closure{comp: def.Component, scope: outside}, nil
		}
		r.absent = append(r.absent, absent{full, binary.SortComponent})
	case *coreModule:
		if def, ok := r.given[full].(*binary.CoreModule); ok {
			r.taken = append(r.taken, full)
			return r.module(def)
		}
		r.absent = append(r.absent, absent{full, binary.SortCoreModule})
	}
	return item, nil
}

// nestedName is the name of an item that an instance holds.
func nestedName(instance, name string) string {
	if instance == "" {
		return name
	}
	return instance + "#" + name
}

func (r *resolver) export(d *binary.Export, s *scope) error {
	const section = "export"
	item, err := s.item(d.Sort, d.Index, d.Offset, section)
	if err != nil {
		return err
	}
	switch x := item.(type) {
	case *fn:
		if d.Type == nil {
			break
		}
		// The type given is the function's own in terms of exported types: it
		// has the names that people know.
		t, err := lookup(s.types, d.Type.Index, d.Offset, section, "type")
		if err != nil {
			return err
		}
		named := *x
		named.typ = t.fn
		item = &named
	case *typeItem:
		switch {
		case x.val != nil:
			item = &typeItem{val: x.val.Named(d.Name.Name)}
		case x.res != nil && x.res.Name == "":
			x.res.Name = d.Name.Name
		}
	}
	s.out.add(d.Name.Name, item)
	s.push(item)
	return nil
}
