package validate

import "github.com/airsstack/witgen/runtime/component/binary"

// checkVisible checks that an import or export speaks of no resource, record,
// variant, enum or flags type but such as were imported or exported before it,
// and adds the types that it makes visible itself [Explainer.md, External
// Visibility of Types]. Instance types are checked where they become the type of
// something.
func (s *scope) checkVisible(e *externs, name string, ext extern) {
	if r, ok := ext.typ.(resourceName); ok && ext.sort == binary.SortType {
		e.label(r, name)
	}
	if s.kind == inInstanceType {
		return
	}
	if t := s.hidden(e, ext); t != nil {
		noun := t.noun()
		if val, ok := t.(*valueType); ok {
			noun = article(val.describe()) + " type"
		}
		s.v.failNamed(ClassVisibility, name, "%s %q speaks of %s that is not %sed before it: %s the type, and use the %sed one",
			e.what, name, noun, e.what, e.what, e.what)
	}
}

// hidden gives a type that an item speaks of and may not, or nil. On the way it
// makes visible what the item does.
func (s *scope) hidden(e *externs, ext extern) typ {
	s.v.step()
	switch ext.sort {
	case binary.SortType:
		if t := s.hiddenInside(e, ext.typ); t != nil {
			return t
		}
		e.see(ext.typ)
		if e == &s.imports { // what is imported can be exported again
			s.exports.see(ext.typ)
		}
	case binary.SortInstance:
		for _, export := range ext.typ.(*instanceType).exports.list {
			if t := s.hidden(e, export.ext); t != nil {
				return t
			}
		}
	case binary.SortFunc:
		return s.hiddenInside(e, ext.typ)
	case binary.SortValue:
		return s.hiddenValue(e, ext.typ.(*valueType))
	}
	return nil // modules and components stand for themselves
}

// hiddenInside looks into a type that is imported or exported itself.
func (s *scope) hiddenInside(e *externs, t typ) typ {
	s.v.step()
	switch t := t.(type) {
	case *valueType:
		if t.kind == kindOwn || t.kind == kindBorrow {
			return s.hiddenValue(e, t)
		}
		return s.hiddenParts(e, t.parts)
	case *funcType:
		if hidden := s.hiddenParts(e, t.params); hidden != nil || t.result == nil {
			return hidden
		}
		return s.hiddenValue(e, t.result)
	case *instanceType:
		for _, export := range t.exports.list {
			if export.ext.module != nil {
				continue
			}
			if hidden := s.hiddenInside(e, export.ext.typ); hidden != nil {
				return hidden
			}
		}
	}
	return nil // resource types get their name, component types were checked
}

func (s *scope) hiddenParts(e *externs, parts []part) typ {
	s.v.stepOver(len(parts))
	for _, p := range parts {
		if p.typ == nil {
			continue
		}
		if t := s.hiddenValue(e, p.typ); t != nil {
			return t
		}
	}
	return nil
}

// hiddenValue looks at a value type that something speaks of.
func (s *scope) hiddenValue(e *externs, t *valueType) typ {
	s.v.step()
	switch t.kind {
	case kindPrim:
		return nil
	case kindRecord, kindVariant, kindEnum, kindFlags:
		if !e.visible[t] {
			return t
		}
		return nil
	case kindOwn, kindBorrow:
		if !e.visible[t.res] {
			return t.res
		}
		return nil
	}
	return s.hiddenParts(e, t.parts)
}
