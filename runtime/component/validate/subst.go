package validate

// A subst replaces resource types, and copies of types by those that were given
// for them. Types that do not change are shared.
type subst struct {
	v         *validator
	resources map[*resource]*resource
	// types holds what is known to be replaced from the start, and grows.
	types map[typ]typ
}

func (v *validator) newSubst() *subst {
	return &subst{v, map[*resource]*resource{}, map[typ]typ{}}
}

// typ gives the type that stands in the place of t.
func (s *subst) typ(t typ) typ {
	if !t.facts().movable {
		return t
	}
	if to, ok := s.types[t]; ok {
		return to
	}
	s.v.step()
	var out typ
	switch t := t.(type) {
	case resourceName:
		if to, ok := s.resources[t.res]; ok {
			return resourceName{to, t.copy}
		}
		return t
	case *valueType:
		out = s.value(t)
	case *funcType:
		out = s.function(t)
	case *instanceType:
		out = s.instance(t)
	case *componentType:
		out = s.component(t)
	}
	s.types[t] = out
	return out
}

func (s *subst) value(t *valueType) *valueType {
	parts, changed := s.parts(t.parts)
	res := t.res
	if t.kind == kindOwn || t.kind == kindBorrow {
		res = s.typ(t.res).(resourceName)
	}
	if !changed && res == t.res {
		return t
	}
	s.v.node()
	out := *t
	out.parts, out.res = parts, res
	return &out
}

func (s *subst) parts(parts []part) (out []part, changed bool) {
	out = parts
	s.v.stepOver(len(parts))
	for i, p := range parts {
		if p.typ == nil {
			continue
		}
		to := s.typ(p.typ).(*valueType)
		if to == p.typ {
			continue
		}
		if !changed {
			out, changed = append([]part(nil), parts...), true
			s.v.makeNodes(len(parts))
		}
		out[i].typ = to
	}
	return out, changed
}

func (s *subst) function(t *funcType) *funcType {
	params, changed := s.parts(t.params)
	result := t.result
	if result != nil {
		result = s.typ(result).(*valueType)
	}
	if !changed && result == t.result {
		return t
	}
	s.v.node()
	out := *t
	out.params, out.result = params, result
	return &out
}

func (s *subst) instance(t *instanceType) *instanceType {
	exports, changed := s.items(t.exports)
	if !changed {
		return t
	}
	s.v.node()
	out := *t
	out.exports = exports
	return &out
}

func (s *subst) component(t *componentType) *componentType {
	imports, changed := s.items(t.imports)
	exports, changedToo := s.items(t.exports)
	if !changed && !changedToo {
		return t
	}
	s.v.node()
	out := *t
	out.imports, out.exports = imports, exports
	return &out
}

// items replaces the types of imports or exports. Their names stay shared.
func (s *subst) items(l items) (out items, changed bool) {
	out = l
	s.v.stepOver(len(l.list))
	for i := range l.list {
		ext := l.list[i].ext
		if ext.module != nil {
			continue
		}
		to := s.typ(ext.typ)
		if to == ext.typ {
			continue
		}
		if !changed {
			out.list, changed = append([]item(nil), l.list...), true
			s.v.makeNodes(len(l.list))
		}
		out.list[i].ext.typ = to
	}
	return out, changed
}

// fresh gives the type of one instance of a declared instance type: its resource
// types are new ones, which bind takes.
func (v *validator) fresh(t *instanceType, bind func(*resource)) *instanceType {
	if len(t.vars) == 0 {
		return t
	}
	s := v.newSubst()
	for _, old := range t.vars {
		v.node()
		r := &resource{}
		s.resources[old] = r
		bind(r)
	}
	out := &instanceType{about: t.about}
	out.exports, _ = s.items(t.exports)
	return out
}

// copyType gives a type another identity, as an import or export does.
func (v *validator) copyType(t typ) typ {
	v.node()
	switch t := t.(type) {
	case resourceName:
		return resourceName{t.res, v.newCopy()}
	case *valueType:
		out := *t
		out.about.movable = true
		return &out
	case *funcType:
		out := *t
		out.about.movable = true
		return &out
	case *instanceType:
		out := *t
		out.about.movable = true
		return &out
	case *componentType:
		out := *t
		out.about.movable = true
		return &out
	}
	return t
}
