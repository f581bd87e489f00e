package validate

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// externs are the imports or the exports of a scope, or the exports of an
// instance that is put together from items.
type externs struct {
	what string // "import" or "export"
	items
	canonical map[string]string // names by their canonical form
	// labels gives the label under which a resource type stands among these, and
	// resources has the labels of all.
	labels    map[resourceName]string
	resources map[string]bool
	// visible are the types that these items may speak of [Explainer.md, External
	// Visibility of Types].
	visible map[typ]bool
}

// see adds a type that the items may speak of.
func (e *externs) see(t typ) {
	if e.visible == nil {
		e.visible = map[typ]bool{}
	}
	e.visible[t] = true
}

// label notes the name of a resource type.
func (e *externs) label(r resourceName, name string) {
	if e.labels == nil {
		e.labels, e.resources = map[resourceName]string{}, map[string]bool{}
	}
	e.labels[r], e.resources[name] = name, true
}

// importItem checks an import, or the declaration of one, and defines what it
// imports [Binary.md, Import and Export Definitions].
func (s *scope) importItem(name binary.ExternName, t binary.ExternType) {
	ext := s.externType(t)
	switch t := ext.typ.(type) {
	case resourceName:
		if !t.res.bound {
			s.give(t.res)
		}
	case *instanceType:
		if ext.sort == binary.SortInstance {
			ext.typ = s.v.fresh(t, s.give)
		}
	}
	if s.speaksOfMade(ext) {
		s.v.failNamed(ClassVisibility, name.Name, "import %q speaks of a resource type that this component makes or exports; an import can only speak of imported ones", name.Name)
	}
	s.push(ext)
	s.checkVisible(&s.imports, name.Name, ext)
	s.v.addExtern(&s.imports, name, ext)
	if s.parent == nil && s.kind == inComponent && len(s.v.given) > 0 {
		s.v.checkGiven(name.Name, ext)
	}
}

// checkGiven holds what was given for an import, or for an item of an imported
// instance, to its type.
func (v *validator) checkGiven(name string, want extern) {
	if inst, ok := want.typ.(*instanceType); ok && want.sort == binary.SortInstance {
		for _, e := range inst.exports.list {
			v.checkGiven(name+"#"+e.name, e.ext)
		}
		return
	}
	all, section, offset := v.given, v.section, v.offset
	if all[name] == nil {
		return
	}
	v.given = nil // its own imports are answered by the component that instantiates it
	have := extern{sort: binary.SortComponent}
	switch d := all[name].(type) {
	case *binary.NestedComponent:
		have.typ = v.component(d.Component, nil)
	case *binary.CoreModule:
		have.sort, have.module = binary.SortCoreModule, v.coreModule(d)
	}
	v.given, v.section, v.offset = all, section, offset
	if diff := v.newMatcher().extern(have, want); diff != nil {
		panic(bailout{diff.fault(v, fmt.Sprintf("what is given for import %q does not fit its type", name)).named(name)})
	}
}

// exportItem checks an export, or the declaration of one, and defines what it
// exports under its new name.
func (s *scope) exportItem(name binary.ExternName, ext extern) {
	v := s.v
	switch t := ext.typ.(type) {
	case resourceName:
		if ext.sort == binary.SortType && !t.res.bound {
			s.make(t.res)
		}
	case *instanceType:
		if ext.sort == binary.SortInstance {
			ext.typ = v.fresh(t, s.make)
		}
	case *valueType:
		if ext.sort == binary.SortValue && t.about.borrows {
			v.failNamed(ClassType, name.Name, "export %q is a value with a borrow in it", name.Name)
		}
	}
	s.push(ext)
	if ext.sort == binary.SortValue && s.kind == inComponent {
		s.values[len(s.values)-1].used = true
	}
	s.checkVisible(&s.exports, name.Name, ext)
	v.addExtern(&s.exports, name, ext)
}

// exported is the item of an export, with the type that the export gives it.
func (s *scope) exported(d *binary.Export) extern {
	ext := s.item(d.Sort, d.Index)
	if d.Type == nil {
		if ext.sort == binary.SortType {
			ext.typ = s.v.copyType(ext.typ)
		}
		return ext
	}
	ascribed, m := s.externType(*d.Type), s.v.newMatcher()
	if r, ok := ascribed.typ.(resourceName); ok && !r.res.bound { // (sub resource): what it is stays within
		m.prebindOne(ext, ascribed, map[*resource]bool{r.res: true})
	}
	if diff := m.extern(ext, ascribed); diff != nil {
		panic(bailout{diff.fault(s.v, fmt.Sprintf("export %q does not fit the type that it is given", d.Name.Name)).named(d.Name.Name)})
	}
	return ascribed
}

// externType looks up the type of an import or export. A (sub resource) is a new
// resource type, an (eq t) a new copy of t.
func (s *scope) externType(t binary.ExternType) extern {
	v, ext := s.v, extern{sort: t.Sort}
	switch {
	case t.Sort == binary.SortCoreModule:
		ext.module = at(v, s.coreTypes, t.Index, "core type").module
		if ext.module == nil {
			v.mismatched("core type "+itoa(t.Index), "a module type", "a core type of another kind")
		}
		return ext
	case t.Sort == binary.SortType && !t.Eq:
		ext.typ = resourceName{&resource{}, v.newCopy()}
		return ext
	case t.Sort == binary.SortType:
		ext.typ = v.copyType(s.typeAt(t.Index))
		return ext
	case t.Sort == binary.SortValue && t.Value == nil:
		v.fail(ClassUnsupported, "a value bound to equal value %d: values that equal others are not supported, give a type instead", t.Index)
	case t.Sort == binary.SortValue:
		ext.typ = s.valType(*t.Value)
		return ext
	}
	ext.typ = s.typeAt(t.Index)
	want := ""
	switch ext.typ.(type) {
	case *funcType:
		want = wantSort(t.Sort, binary.SortFunc)
	case *instanceType:
		want = wantSort(t.Sort, binary.SortInstance)
	case *componentType:
		want = wantSort(t.Sort, binary.SortComponent)
	default:
		want = nouns[t.Sort]
	}
	if want != "" {
		v.mismatched("type "+itoa(t.Index), want, ext.typ.noun())
	}
	return ext
}

// nouns name the type that an item of a sort has.
var nouns = map[binary.Sort]string{
	binary.SortFunc: "a function type", binary.SortInstance: "an instance type", binary.SortComponent: "a component type",
}

// wantSort is what a sort asks for, if it is not the one found.
func wantSort(asked, found binary.Sort) string {
	if asked == found {
		return ""
	}
	return nouns[asked]
}

// addExtern adds an import or export, if its name is well formed, unlike the
// others and one that its type may have.
func (v *validator) addExtern(e *externs, n binary.ExternName, ext extern) {
	parsed, err := parseName(n.Name)
	if err == nil {
		err = checkAttributes(parsed, n, ext.sort)
	}
	if err != nil {
		v.failNamed(ClassName, n.Name, "%s %q: %v", e.what, n.Name, err)
	}
	v.checkAnnotation(e, parsed, n.Name, ext)
	if prior, ok := e.canonical[parsed.canonical]; ok {
		if prior == n.Name {
			v.failNamed(ClassUnique, n.Name, "%s %q occurs twice", e.what, n.Name)
		}
		v.failNamed(ClassUnique, n.Name, "%s %q conflicts with the earlier %q: where names become those of another language, both may become %q", e.what, n.Name, prior, parsed.canonical)
	}
	if e.canonical == nil {
		e.canonical = map[string]string{}
	}
	e.canonical[parsed.canonical] = n.Name
	e.add(n.Name, ext)
}

// checkAttributes holds the attributes of a name to what they may say.
func checkAttributes(parsed name, n binary.ExternName, sort binary.Sort) error {
	if err := parsed.checkVersion(n.VersionSuffix, n.HasVersionSuffix); err != nil {
		return err
	}
	if !n.HasImplements {
		return nil
	}
	if parsed.kind != nameLabel {
		return fmt.Errorf("it has an `implements`, and is no plain name")
	}
	if sort != binary.SortInstance {
		return fmt.Errorf("it has an `implements`, and is %s; only instances have it", article(sort.String()))
	}
	iface, err := parseName(n.Implements)
	switch {
	case err != nil:
		return fmt.Errorf("its `implements` %q: %w", n.Implements, err)
	case iface.kind != nameInterface:
		return fmt.Errorf("its `implements` %q is not the name of an interface", n.Implements)
	}
	if err := iface.checkVersion("", false); err != nil {
		return fmt.Errorf("its `implements` %q: %w", n.Implements, err)
	}
	return nil
}

// checkAnnotation holds constructors, methods and static functions to the types
// that they must have [Binary.md, Import and Export Definitions].
func (v *validator) checkAnnotation(e *externs, parsed name, full string, ext extern) {
	if parsed.kind == nameLabel || parsed.kind == nameInterface {
		return
	}
	fail := func(format string, args ...any) {
		v.failNamed(ClassName, full, "%s %q: %s", e.what, full, fmt.Sprintf(format, args...))
	}
	if ext.sort != binary.SortFunc {
		fail("it is %s; only a func has such a name", article(ext.sort.String()))
	}
	f := ext.typ.(*funcType)
	var handle *valueType
	switch parsed.kind {
	case nameStatic:
		if !e.resources[parsed.resource] {
			fail("there is no resource type %q before it among the %ss", parsed.resource, e.what)
		}
		return
	case nameConstructor:
		if handle = constructed(f.result); handle == nil {
			fail("it gives %s; a constructor gives (own $%s) or (result (own $%s))", f.result.describe(), parsed.resource, parsed.resource)
		}
	case nameMethod:
		if len(f.params) == 0 || f.params[0].label != "self" || f.params[0].typ.kind != kindBorrow {
			fail("its first parameter is not (param \"self\" (borrow $%s))", parsed.resource)
		}
		handle = f.params[0].typ
	}
	switch label, ok := e.labels[handle.res]; {
	case !ok:
		fail("the resource type of its %s has no name among the %ss before it", handle.describe(), e.what)
	case label != parsed.resource:
		fail("the resource type of its %s is called %q", handle.describe(), label)
	}
}

// constructed is the handle that a constructor with some result gives, nil if it
// gives none.
func constructed(result *valueType) *valueType {
	if result != nil && result.kind == kindResult {
		result = result.parts[0].typ
	}
	if result == nil || result.kind != kindOwn {
		return nil
	}
	return result
}
