package component

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
)

// The resolver evaluates a component symbolically. It walks the definitions of
// the root and of every component that is instantiated inside it, in order, and
// lets each index stand for what it means: nested components are flattened into
// one list of core instantiations, and every item is known by what provides it.
// Nothing is compiled here; the planner makes the result linear.
//
// The component was validated before, so no rule is looked at again: what an
// index means is looked up, and what cannot be is an error of ours.

// What one component may ask for, far beyond what toolchains write: nesting could
// ask for exponentially much.
const (
	// maxInstances bounds the instances of its modules, inner components and
	// instance types.
	maxInstances = 1000
	// maxSteps bounds what evaluating it may take: a step is one definition, one
	// import or export of a core instance, or a thousand types that are compared.
	maxSteps = 2_000_000
)

// A resolved is a component after resolution.
type resolved struct {
	modules []*coreModule
	insts   []*coreInst // in the order of instantiation, bundles left out
	lowers  []*lowered
	imports *instance // the root's imports by name
	exports *instance // the root's exports by name
	taken   []string  // what the root imports of what it is given
	absent  []absent  // what the root imports that had to be given and was not
	parents []int     // of each component instance the one that made it; -1 for the root
	dtors   map[*abi.Resource]coreItem
	hidden  int // modules that the host made
}

// hiddenIndex is a new index for a module that the host makes.
func (r *resolved) hiddenIndex() int {
	r.hidden++
	return -r.hidden
}

// An absent is an import of a component or core module that nobody gave.
type absent struct {
	name string
	sort binary.Sort
}

type resolver struct {
	resolved
	budget
	cores
	given      given
	decoded    map[*binary.CoreModule]*coreModule // a nested component may be evaluated often
	forwarders map[*lowered]coreItem
}

// fault is the error of a component that asks for more than it may.
func fault(offset int, section, format string, args ...any) error {
	return &binary.Error{Offset: offset, Section: section, Msg: fmt.Sprintf(format, args...)}
}

// unsupported is the error of a component that uses what the runtime does not
// do yet.
func unsupported(offset int, section, format string, args ...any) error {
	return &UnsupportedError{Offset: offset, What: fmt.Sprintf(section+": "+format, args...)}
}

// resolve evaluates the component, of which some core modules may be decoded
// already, with the components and core modules that it is given.
func resolve(c *binary.Component, modules cores, given given) (*resolved, error) {
	r := &resolver{cores: modules, given: given, decoded: map[*binary.CoreModule]*coreModule{}}
	r.imports, r.parents, r.dtors = newInstance(), []int{-1}, map[*abi.Resource]coreItem{}
	root := &scope{budget: &r.budget, core: map[binary.Sort][]coreItem{}, out: newInstance()}
	if err := r.component(c, root); err != nil {
		return nil, err
	}
	r.exports = root.out
	return &r.resolved, nil
}

func (r *resolver) component(c *binary.Component, s *scope) error {
	for _, d := range c.Defs {
		if err := r.spend(1, c.Offset, "component"); err != nil {
			return err
		}
		if err := r.def(d, s); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) def(d binary.Def, s *scope) error {
	switch d := d.(type) {
	case *binary.CoreModule:
		return r.coreModule(d, s)
	case *binary.CoreInstance:
		return r.coreInstance(d, s)
	case *binary.CoreTypeDef:
		return nil // core types are for the validator
	case *binary.NestedComponent:
		s.comps = append(s.comps, &closure{comp: d.Component, scope: s})
		return nil
	case *binary.Instance:
		return r.instance(d, s)
	case *binary.Alias:
		return r.alias(d, s)
	case *binary.TypeDef:
		t, err := s.typeDef(d)
		if err != nil {
			return err
		}
		s.types = append(s.types, t)
		return r.destructor(d, t, s)
	case *binary.Canon:
		return r.canon(d, s)
	case *binary.Import:
		return r.importDef(d, s)
	case *binary.Export:
		return r.export(d, s)
	case *binary.Start:
		return unsupported(d.Offset, "start", "start functions of components are not supported yet")
	case *binary.Value:
		return unsupported(d.Offset, "value", "component-level values are not supported yet")
	}
	return fmt.Errorf("component: unknown definition %T", d)
}

// destructor remembers the destructor of a resource that the component defines.
func (r *resolver) destructor(d *binary.TypeDef, t *typeItem, s *scope) error {
	def, ok := d.Type.(*binary.Resource)
	if !ok || def.Dtor == nil {
		return nil
	}
	item, err := lookup(s.core[binary.SortCoreFunc], *def.Dtor, d.Offset, "type", "core func")
	if err != nil {
		return err
	}
	r.dtors[t.res], err = r.called(item, d.Offset, "type")
	return err
}

// lookup is the item at index i of an index space.
func lookup[T any](space []T, i uint32, offset int, section, what string) (T, error) {
	if uint64(i) < uint64(len(space)) {
		return space[i], nil
	}
	var none T
	return none, fault(offset, section, "%s index %d out of bounds: there are %d", what, i, len(space))
}

func (r *resolver) coreModule(d *binary.CoreModule, s *scope) error {
	m, err := r.module(d)
	s.modules = append(s.modules, m)
	return err
}

func (r *resolver) module(d *binary.CoreModule) (*coreModule, error) {
	if m, ok := r.decoded[d]; ok {
		return m, nil
	}
	mod, err := r.decode(d)
	if err != nil {
		return nil, fmt.Errorf("core module at byte 0x%x: %w", d.Offset, err)
	}
	split, err := mod.Split()
	if err != nil {
		return nil, fmt.Errorf("core module at byte 0x%x: %w", d.Offset, err)
	}
	m := &coreModule{index: len(r.modules), offset: d.Offset, bytes: d.Bytes, module: mod}
	if split != nil {
		m.module, m.bytes = split.Main, split.Wasm
		for _, s := range split.Satellites {
			m.satellites = append(m.satellites, satellite{
				&coreModule{index: r.hiddenIndex(), offset: d.Offset, bytes: s.Wasm, module: s.Module}, s.Name,
			})
		}
	}
	r.modules = append(r.modules, m)
	r.decoded[d] = m
	return m, nil
}

// A budget counts what a component has the resolver make.
type budget struct{ made, steps int }

func (b *budget) count(offset int, section string) error {
	if b.made++; b.made > maxInstances {
		return fault(offset, section, "the component makes more than %d instances of its modules, inner components and instance types", maxInstances)
	}
	return nil
}

func (b *budget) spend(steps, offset int, section string) error {
	if b.steps += steps; b.steps > maxSteps {
		return fault(offset, section, "evaluating the component takes more than %d steps: it uses inner components, instance types or modules too often", maxSteps)
	}
	return nil
}

func (r *resolver) coreInstance(d *binary.CoreInstance, s *scope) error {
	const section = "core instance"
	if err := r.count(d.Offset, section); err != nil {
		return err
	}
	if d.Inline {
		in := &coreInst{index: -1, items: map[string]coreItem{}}
		for _, e := range d.Exports {
			item, err := lookup(s.core[e.Sort], e.Index, d.Offset, section, e.Sort.String())
			if err != nil {
				return err
			}
			in.items[e.Name] = item
		}
		s.coreInsts = append(s.coreInsts, in)
		return nil
	}
	m, err := lookup(s.modules, d.Module, d.Offset, section, "core module")
	if err != nil {
		return err
	}
	if m.module == nil {
		s.coreInsts = append(s.coreInsts, &coreInst{index: -1})
		return nil
	}
	if err := r.spend(len(m.module.Imports)+len(m.module.Exports), d.Offset, section); err != nil {
		return err
	}
	in := &coreInst{module: m, args: map[string]*coreInst{}}
	for _, a := range d.Args {
		if in.args[a.Name], err = lookup(s.coreInsts, a.Instance, d.Offset, section, "core instance"); err != nil {
			return err
		}
	}
	for _, sat := range m.satellites {
		if err := r.count(d.Offset, section); err != nil {
			return err
		}
		part := &coreInst{index: len(r.insts), module: sat.coreModule, args: in.args}
		part.trace()
		r.insts, in.args[sat.name] = append(r.insts, part), part
	}
	in.index = len(r.insts)
	in.trace()
	if err := in.checkElements(d.Offset); err != nil {
		return err
	}
	r.insts = append(r.insts, in)
	s.coreInsts = append(s.coreInsts, in)
	return nil
}

// instance instantiates an inner component, or bundles items.
func (r *resolver) instance(d *binary.Instance, s *scope) error {
	const section = "instance"
	if err := r.count(d.Offset, section); err != nil {
		return err
	}
	if d.Inline {
		in := newInstance()
		for _, e := range d.Exports {
			item, err := s.item(e.Sort, e.Index, d.Offset, section)
			if err != nil {
				return err
			}
			in.add(e.Name.Name, item)
		}
		s.insts = append(s.insts, in)
		return nil
	}
	c, err := lookup(s.comps, d.Component, d.Offset, section, "component")
	if err != nil {
		return err
	}
	args := make(map[string]any, len(d.Args))
	for _, a := range d.Args {
		if args[a.Name], err = s.item(a.Sort, a.Index, d.Offset, section); err != nil {
			return err
		}
	}
	var made *instance
	if c.comp == nil {
		made, err = c.typ.instantiate(args, d.Offset)
	} else {
		made, err = r.inner(c, args, s.id)
	}
	s.insts = append(s.insts, made)
	return err
}

// inner evaluates a component with arguments inside the instance parent.
func (r *resolver) inner(c *closure, args map[string]any, parent int) (*instance, error) {
	s := &scope{id: len(r.parents), parent: c.scope, budget: &r.budget, core: map[binary.Sort][]coreItem{}, args: args, out: newInstance()}
	r.parents = append(r.parents, parent)
	return s.out, r.component(c.comp, s)
}
