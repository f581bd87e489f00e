package component

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// A scope holds the index spaces of one component while it is evaluated, or of
// one instance type.
type scope struct {
	id        int // of the component instance
	parent    *scope
	budget    *budget
	modules   []*coreModule
	coreInsts []*coreInst
	core      map[binary.Sort][]coreItem // funcs, tables, memories, globals, tags
	funcs     []*fn
	types     []*typeItem
	insts     []*instance
	comps     []*closure
	args      map[string]any // of a nested component; nil in the root
	out       *instance      // what it exports
}

// item is the item of a component-level sort, or a core module.
func (s *scope) item(sort binary.Sort, i uint32, offset int, section string) (any, error) {
	switch sort {
	case binary.SortFunc:
		return lookup(s.funcs, i, offset, section, "func")
	case binary.SortType:
		return lookup(s.types, i, offset, section, "type")
	case binary.SortInstance:
		return lookup(s.insts, i, offset, section, "instance")
	case binary.SortComponent:
		return lookup(s.comps, i, offset, section, "component")
	case binary.SortCoreModule:
		return lookup(s.modules, i, offset, section, "core module")
	case binary.SortValue:
		return nil, unsupported(offset, section, "component-level values are not supported yet")
	}
	return nil, fault(offset, section, "a %s cannot stand here", sort)
}

// push puts an item into the index space of its sort.
func (s *scope) push(item any) {
	switch x := item.(type) {
	case *fn:
		s.funcs = append(s.funcs, x)
	case *typeItem:
		s.types = append(s.types, x)
	case *instance:
		s.insts = append(s.insts, x)
	case *closure:
		s.comps = append(s.comps, x)
	case *coreModule:
		s.modules = append(s.modules, x)
	}
}

func (r *resolver) alias(d *binary.Alias, s *scope) error {
	const section = "alias"
	switch d.Target {
	case binary.AliasExport:
		return s.aliasExport(d)
	case binary.AliasOuter:
		return s.aliasOuter(d)
	}
	in, err := lookup(s.coreInsts, d.Instance, d.Offset, section, "core instance")
	if err != nil {
		return err
	}
	item, ok := in.items[d.Name]
	switch {
	case in.items == nil:
		item = coreItem{sort: d.Sort, inst: in, name: d.Name}
	case !ok:
		return fault(d.Offset, section, "core instance %d has no export named %q", d.Instance, d.Name)
	}
	s.core[d.Sort] = append(s.core[d.Sort], item)
	return nil
}

func (s *scope) aliasExport(d *binary.Alias) error {
	in, err := lookup(s.insts, d.Instance, d.Offset, "alias", "instance")
	if err != nil {
		return err
	}
	item, ok := in.exports[d.Name]
	if !ok {
		return fault(d.Offset, "alias", "instance %d has no export named %q", d.Instance, d.Name)
	}
	s.push(item)
	return nil
}

func (s *scope) aliasOuter(d *binary.Alias) error {
	at := s
	for range d.Count {
		if at = at.parent; at == nil {
			return fault(d.Offset, "alias", "outer alias of count %d leaves the root component", d.Count)
		}
	}
	if d.Sort == binary.SortCoreType {
		return nil
	}
	item, err := at.item(d.Sort, d.Index, d.Offset, "alias")
	if err != nil {
		return err
	}
	s.push(item)
	return nil
}
