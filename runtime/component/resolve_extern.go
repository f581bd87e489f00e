package component

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// importDef takes a nested component's import from its arguments, and makes
// the root's.
func (r *resolver) importDef(d *binary.Import, s *scope) error {
	const section = "import"
	if s.args != nil {
		item, ok := s.args[d.Name.Name]
		if !ok {
			return fault(d.Offset, section, "the instantiation gives no argument for import %q", d.Name.Name)
		}
		if !s.push(d.Type.Sort, item) {
			return fault(d.Offset, section, "the argument for import %q is not a %s", d.Name.Name, d.Type.Sort)
		}
		return s.checkArgument(d, item)
	}
	item, err := s.declared(d.Type, d.Name.Name, d.Offset, section)
	if err != nil {
		return err
	}
	switch x := item.(type) {
	case *fn:
		x.imp = &importRef{name: d.Name.Name}
	case *instance:
		for _, name := range x.names {
			switch e := x.exports[name].(type) {
			case *fn:
				e.imp = &importRef{iface: d.Name.Name, name: name}
			case *instance:
				return unsupported(d.Offset, section, "instance %q within imported instance %q: nested instances are not supported yet", name, d.Name.Name)
			}
		}
	case *closure, *coreModule:
		return unsupported(d.Offset, section, "import %q: importing a %s is not supported yet", d.Name.Name, d.Type.Sort)
	}
	if _, dup := r.imports.exports[d.Name.Name]; dup {
		return fault(d.Offset, section, "import name %q conflicts with a previous one", d.Name.Name)
	}
	r.imports.add(d.Name.Name, item)
	s.push(d.Type.Sort, item)
	return nil
}

// checkArgument holds a function that an inner component is given to the type
// that it imports. Instances are held to nothing here: what is taken of one is
// used as the type that it has.
func (s *scope) checkArgument(d *binary.Import, arg any) error {
	f, ok := arg.(*fn)
	if !ok {
		return nil
	}
	t, err := lookup(s.types, d.Type.Index, d.Offset, "import", "type")
	if err != nil {
		return err
	}
	if t.fn == nil {
		return fault(d.Offset, "import", "%q is declared as a func, which type %d is not the type of", d.Name.Name, d.Type.Index)
	}
	if err := s.budget.spend(t.fn.Nodes()/1000, d.Offset, "import"); err != nil {
		return err
	}
	if diff := funcDiff(f.typ, t.fn); diff != "" {
		return fault(d.Offset, "import", "the argument for import %q is not of its type: %s", d.Name.Name, diff)
	}
	return nil
}

func (r *resolver) export(d *binary.Export, s *scope) error {
	const section = "export"
	item, err := s.item(d.Sort, d.Index, d.Offset, section)
	if err != nil {
		return err
	}
	if f, ok := item.(*fn); ok && d.Type != nil && d.Type.Sort == binary.SortFunc {
		// The type given is the function's own in terms of exported types: it
		// has the names that people know.
		t, err := lookup(s.types, d.Type.Index, d.Offset, section, "type")
		if err != nil {
			return err
		}
		if t.fn == nil {
			return fault(d.Offset, section, "export %q: type %d is not a function type", d.Name.Name, d.Type.Index)
		}
		if err := s.budget.spend(t.fn.Nodes()/1000, d.Offset, section); err != nil {
			return err
		}
		if diff := funcDiff(f.typ, t.fn); diff != "" {
			return fault(d.Offset, section, "export %q is given a type that it does not have: %s", d.Name.Name, diff)
		}
		named := *f
		named.typ = t.fn
		item = &named
	}
	if t, ok := item.(*typeItem); ok {
		switch {
		case t.val != nil:
			item = &typeItem{val: t.val.Named(d.Name.Name)}
		case t.res != nil && t.res.Name == "":
			t.res.Name = d.Name.Name
		}
	}
	if _, dup := s.out.exports[d.Name.Name]; dup {
		return fault(d.Offset, section, "export name %q conflicts with a previous one", d.Name.Name)
	}
	s.out.add(d.Name.Name, item)
	s.push(d.Sort, item)
	return nil
}
