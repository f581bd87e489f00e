package validate

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// component checks a component, the root or a nested one, and gives its type.
func (v *validator) component(c *binary.Component, parent *scope) *componentType {
	s := v.newScope(parent, inComponent)
	for _, def := range c.Defs {
		v.define()
		s.define(def)
	}
	v.section, v.offset = "component", c.Offset
	s.endCoreTypes()
	for i, val := range s.values {
		if !val.used {
			v.fail(ClassValue, "value %d is never used: a value is used exactly once", i)
		}
	}
	return s.finish()
}

// define checks one definition and adds what it defines to its index space.
func (s *scope) define(def binary.Def) {
	if d, ok := def.(*binary.CoreTypeDef); ok {
		s.at("core type", d.Offset)
		s.coreTypeDef(d)
		return
	}
	s.endCoreTypes()
	switch d := def.(type) {
	case *binary.CoreModule:
		s.at("core module", d.Offset)
		s.coreModules = append(s.coreModules, s.v.coreModule(d))
	case *binary.CoreInstance:
		s.at("core instance", d.Offset)
		s.coreInstances = append(s.coreInstances, s.coreInstance(d))
	case *binary.NestedComponent:
		s.at("component", d.Offset)
		s.components = append(s.components, s.v.component(d.Component, s))
	case *binary.Instance:
		s.at("instance", d.Offset)
		s.instances = append(s.instances, s.instance(d))
	case *binary.Alias:
		s.at("alias", d.Offset)
		s.alias(d)
	case *binary.TypeDef:
		s.at("type", d.Offset)
		s.types = append(s.types, s.typeDef(d.Type))
	case *binary.Canon:
		s.at("canon", d.Offset)
		s.canon(d)
	case *binary.Start:
		s.at("start", d.Offset)
		s.start(d)
	case *binary.Import:
		s.at("import", d.Offset)
		s.importItem(d.Name, d.Type)
	case *binary.Export:
		s.at("export", d.Offset)
		s.exportItem(d.Name, s.exported(d))
	case *binary.Value:
		s.at("value", d.Offset)
		s.values = append(s.values, value{typ: s.value(d)})
	}
}

// at notes which definition is being looked at.
func (s *scope) at(section string, offset int) { s.v.section, s.v.offset = section, offset }

// finish gives the type of the component, or the component type, that the scope
// is of.
func (s *scope) finish() *componentType {
	t := &componentType{imports: s.imports.items, exports: s.exports.items, given: s.given}
	t.made = s.exportedResources()
	t.instance = t.exports.facts(leaf)
	t.about = t.exports.facts(t.imports.facts(leaf))
	s.v.checkSize(t.about)
	return t
}

// alias puts an item of an instance or of an outer scope into its index space
// [Binary.md, Alias Definitions].
func (s *scope) alias(d *binary.Alias) {
	if s.kind != inComponent {
		s.checkAliasDecl(d)
	}
	switch d.Target {
	case binary.AliasExport:
		inst := at(s.v, s.instances, d.Instance, "instance")
		ext, ok := inst.exports.get(d.Name)
		if !ok {
			s.v.failNamed(ClassMissing, d.Name, "instance %d has no export %q", d.Instance, d.Name)
		}
		if ext.sort != d.Sort {
			s.v.mismatched("export \""+d.Name+"\" of instance "+itoa(d.Instance), article(d.Sort.String()), article(ext.sort.String()))
		}
		s.push(ext)
	case binary.AliasCoreExport:
		s.coreAlias(d)
	case binary.AliasOuter:
		s.outerAlias(d)
	}
}

// checkAliasDecl holds an alias within a type to the sorts that it may have.
func (s *scope) checkAliasDecl(d *binary.Alias) {
	ok := false
	switch d.Target {
	case binary.AliasExport:
		ok = d.Sort == binary.SortInstance || d.Sort == binary.SortType
	case binary.AliasOuter:
		ok = d.Sort == binary.SortCoreType || d.Sort == binary.SortType
	}
	if !ok {
		s.v.fail(ClassType, "an alias of %s within a type; there only types, core types and instances can be aliased", article(d.Sort.String()))
	}
}

// outerAlias puts an item of an outer scope into its index space. A component
// takes no resource types from outside of it but by its imports.
func (s *scope) outerAlias(d *binary.Alias) {
	v, from := s.v, s.outer(d.Count)
	switch d.Sort {
	case binary.SortCoreModule:
		s.coreModules = append(s.coreModules, at(v, from.coreModules, d.Index, "core module"))
	case binary.SortComponent:
		s.components = append(s.components, at(v, from.components, d.Index, "component"))
	case binary.SortCoreType:
		s.coreTypes = append(s.coreTypes, at(v, from.coreTypes, d.Index, "core type"))
	default:
		t := from.typeAt(d.Index)
		for in := s; in != from; in = in.parent {
			if in.kind == inComponent && v.hasResources(t) {
				v.fail(ClassResource, "an outer alias takes type %d, which speaks of resource types, into a component: import the type instead", d.Index)
			}
		}
		s.types = append(s.types, t)
	}
}

// push adds an item to the index space of its sort.
func (s *scope) push(ext extern) {
	switch ext.sort {
	case binary.SortCoreModule:
		s.coreModules = append(s.coreModules, ext.module)
	case binary.SortType:
		s.types = append(s.types, ext.typ)
	case binary.SortFunc:
		s.funcs = append(s.funcs, ext.typ.(*funcType))
	case binary.SortInstance:
		s.instances = append(s.instances, ext.typ.(*instanceType))
	case binary.SortComponent:
		s.components = append(s.components, ext.typ.(*componentType))
	case binary.SortValue:
		s.values = append(s.values, value{typ: ext.typ.(*valueType)})
	}
}

// item is the item at an index of a sort that components import and export. A
// value is used up.
func (s *scope) item(sort binary.Sort, i uint32) extern {
	v, ext := s.v, extern{sort: sort}
	switch sort {
	case binary.SortCoreModule:
		ext.module = at(v, s.coreModules, i, "core module")
	case binary.SortType:
		ext.typ = s.typeAt(i)
	case binary.SortFunc:
		ext.typ = at(v, s.funcs, i, "func")
	case binary.SortInstance:
		ext.typ = at(v, s.instances, i, "instance")
	case binary.SortComponent:
		ext.typ = at(v, s.components, i, "component")
	case binary.SortValue:
		ext.typ = s.use(i)
	default:
		v.fail(ClassType, "%s cannot be given to a component or exported", article(sort.String()))
	}
	return ext
}

// use takes the value at an index.
func (s *scope) use(i uint32) *valueType {
	val := at(s.v, s.values, i, "value")
	if val.used {
		s.v.fail(ClassValue, "value %d is used a second time: a value is used exactly once", i)
	}
	s.values[i].used = true
	return val.typ
}
