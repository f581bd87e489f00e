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
	coreTypes int
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

// push puts an item into the index space of its sort. It reports false where
// the item is of another sort.
func (s *scope) push(sort binary.Sort, item any) bool {
	switch x := item.(type) {
	case *fn:
		s.funcs = append(s.funcs, x)
		return sort == binary.SortFunc
	case *typeItem:
		s.types = append(s.types, x)
		return sort == binary.SortType
	case *instance:
		s.insts = append(s.insts, x)
		return sort == binary.SortInstance
	case *closure:
		s.comps = append(s.comps, x)
		return sort == binary.SortComponent
	case *coreModule:
		s.modules = append(s.modules, x)
		return sort == binary.SortCoreModule
	}
	return false
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
	if !ok {
		return fault(d.Offset, section, "core instance %d has no export named %q", d.Instance, d.Name)
	}
	if item.sort != d.Sort {
		return fault(d.Offset, section, "export %q of core instance %d is a %s, not a %s", d.Name, d.Instance, item.sort, d.Sort)
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
	if !s.push(d.Sort, item) {
		return fault(d.Offset, "alias", "export %q of instance %d is not a %s", d.Name, d.Instance, d.Sort)
	}
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
		if d.Index >= uint32(at.coreTypes) {
			return fault(d.Offset, "alias", "core type index %d out of bounds: there are %d", d.Index, at.coreTypes)
		}
		s.coreTypes++
		return nil
	}
	item, err := at.item(d.Sort, d.Index, d.Offset, "alias")
	if err != nil {
		return err
	}
	s.push(d.Sort, item)
	return nil
}
