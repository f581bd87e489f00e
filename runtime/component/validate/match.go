package validate

import (
	"fmt"
	"strings"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// A matcher tells whether one type is a subtype of another: whether an item of
// the left type can be given where one of the right type is asked for
// [Explainer.md, Type Checking].
//
// While it looks into types that bind resource types, these have a meaning on
// their side: those that stand for anything (the imports of the component that is
// asked for, what the one that is given makes) a new resource type each, the
// others the one that the other side has in their place.
type matcher struct {
	v           *validator
	left, right map[*resource]*resource
	// same has the pairs that were found to match while these meanings hold.
	same map[pair]bool
}

type pair struct{ left, right typ }

func (v *validator) newMatcher() *matcher {
	return &matcher{v, map[*resource]*resource{}, map[*resource]*resource{}, map[pair]bool{}}
}

// A mismatch is the first difference between two types.
type mismatch struct {
	class           Class
	path            []string // from inside to outside
	msg             string
	expected, found string
}

// in adds where the difference is.
func (d *mismatch) in(format string, args ...any) *mismatch {
	if d != nil {
		d.path = append(d.path, fmt.Sprintf(format, args...))
	}
	return d
}

// fault makes an error of a difference.
func (d *mismatch) fault(v *validator, msg string) *Error {
	var b strings.Builder
	b.WriteString(msg)
	for i := range d.path {
		b.WriteString(": " + d.path[len(d.path)-1-i])
	}
	if d.msg != "" {
		b.WriteString(": " + d.msg)
	}
	e := v.fault(d.class, "%s", b.String())
	e.Expected, e.Found = d.expected, d.found
	return e
}

func differ(expected, found string) *mismatch {
	return &mismatch{class: ClassType, expected: expected, found: found}
}

func missing(format string, args ...any) *mismatch {
	return &mismatch{class: ClassMissing, msg: fmt.Sprintf(format, args...)}
}

// swap turns the direction, for what is contravariant.
func (m *matcher) swap() { m.left, m.right = m.right, m.left }

// extern compares two items.
func (m *matcher) extern(a, b extern) *mismatch {
	m.v.step()
	if a.sort != b.sort {
		return differ(article(b.sort.String()), article(a.sort.String()))
	}
	switch b.sort {
	case binary.SortCoreModule:
		return m.v.matchModules(a.module, b.module)
	case binary.SortType:
		return m.equal(a.typ, b.typ)
	}
	return m.typ(a.typ, b.typ)
}

// equal compares two types that are given as types. They must be the same in both
// directions.
func (m *matcher) equal(a, b typ) *mismatch {
	if d := m.typ(a, b); d != nil {
		return d
	}
	switch b.(type) {
	case *instanceType, *componentType:
		m.swap()
		defer m.swap()
		if d := m.scoped(func() *mismatch { return m.typ(b, a) }); d != nil {
			d.expected, d.found = d.found, d.expected
			return d.in("the other way round")
		}
	}
	return nil
}

// typ compares two types.
func (m *matcher) typ(a, b typ) *mismatch {
	key := pair{a, b}
	if a == b && !a.facts().movable || m.same[key] {
		return nil
	}
	m.v.step()
	var d *mismatch
	switch b := b.(type) {
	case resourceName:
		a, ok := a.(resourceName)
		if !ok {
			return differ(b.noun(), key.left.noun())
		}
		return m.resource(a, b)
	case *valueType:
		a, ok := a.(*valueType)
		if !ok {
			return differ(b.noun(), key.left.noun())
		}
		d = m.value(a, b)
	case *funcType:
		a, ok := a.(*funcType)
		if !ok {
			return differ(b.noun(), key.left.noun())
		}
		d = m.function(a, b)
	case *instanceType:
		a, ok := a.(*instanceType)
		if !ok {
			return differ(b.noun(), key.left.noun())
		}
		d = m.instance(a, b)
	case *componentType:
		a, ok := a.(*componentType)
		if !ok {
			return differ(b.noun(), key.left.noun())
		}
		d = m.component(a, b)
	}
	if d == nil {
		m.same[key] = true
	}
	return d
}

// resource compares two resource types by what they stand for.
func (m *matcher) resource(a, b resourceName) *mismatch {
	if meaning(m.left, a.res) != meaning(m.right, b.res) {
		return &mismatch{class: ClassResource, msg: "it is another resource type"}
	}
	return nil
}

func meaning(side map[*resource]*resource, r *resource) *resource {
	if to, ok := side[r]; ok {
		return to
	}
	return r
}

// instance compares two instance types: the left one may export more.
func (m *matcher) instance(a, b *instanceType) *mismatch {
	if len(a.vars) == 0 && len(b.vars) == 0 {
		return m.exports(&a.exports, &b.exports)
	}
	return m.scoped(func() *mismatch {
		m.anything(m.left, a.vars)
		defer m.forget(m.left, a.vars)
		m.prebind(&a.exports, &b.exports, set(b.vars))
		defer m.forget(m.right, b.vars)
		return m.exports(&a.exports, &b.exports)
	})
}

// exports compares the exports that are asked for with those that there are.
func (m *matcher) exports(a, b *items) *mismatch {
	for i := range b.list {
		want := &b.list[i]
		have, ok := a.get(want.name)
		if !ok {
			return missing("export %q is missing", want.name)
		}
		if d := m.extern(have, want.ext); d != nil {
			return d.in("export %q", want.name)
		}
	}
	return nil
}

// component compares two component types: the left one may import less and export
// more.
func (m *matcher) component(a, b *componentType) *mismatch {
	return m.scoped(func() *mismatch {
		// What is given to the right one is given to the left one in its place.
		m.anything(m.right, b.given)
		defer m.forget(m.right, b.given)
		m.swap()
		m.prebind(&b.imports, &a.imports, set(a.given))
		d := m.imports(&b.imports, &a.imports)
		m.swap()
		defer m.forget(m.left, a.given)
		if d != nil {
			return d
		}
		m.same = map[pair]bool{} // those were of the other direction
		m.anything(m.left, a.made)
		defer m.forget(m.left, a.made)
		m.prebind(&a.exports, &b.exports, set(b.made))
		defer m.forget(m.right, b.made)
		return m.exports(&a.exports, &b.exports)
	})
}

// imports compares what can be given with what is asked for.
func (m *matcher) imports(have, want *items) *mismatch {
	for i := range want.list {
		w := &want.list[i]
		h, ok := have.get(w.name)
		if !ok {
			return missing("it imports %q, which it will not be given", w.name)
		}
		if d := m.extern(h, w.ext); d != nil {
			return d.in("import %q", w.name)
		}
	}
	return nil
}

// scoped compares while other meanings hold.
func (m *matcher) scoped(compare func() *mismatch) *mismatch {
	same := m.same
	m.same = map[pair]bool{}
	d := compare()
	m.same = same
	return d
}

// anything lets resource types stand for new ones each.
func (m *matcher) anything(side map[*resource]*resource, vars []*resource) {
	for _, r := range vars {
		m.v.step()
		side[r] = &resource{}
	}
}

func (m *matcher) forget(side map[*resource]*resource, vars []*resource) {
	for _, r := range vars {
		delete(side, r)
	}
}

func set(vars []*resource) map[*resource]bool {
	out := make(map[*resource]bool, len(vars))
	for _, r := range vars {
		out[r] = true
	}
	return out
}

// prebind finds what the resource types vars of the right side stand for: what
// the left side has where the right side names them. What does not fit shows
// when the items are compared.
func (m *matcher) prebind(a, b *items, vars map[*resource]bool) {
	if len(vars) == 0 {
		return
	}
	m.v.stepOver(len(b.list))
	for i := range b.list {
		if b.list[i].ext.module != nil || !b.list[i].ext.typ.facts().movable {
			continue
		}
		if have, ok := a.get(b.list[i].name); ok && have.sort == b.list[i].ext.sort {
			m.prebindOne(have, b.list[i].ext, vars)
		}
	}
}

func (m *matcher) prebindOne(a, b extern, vars map[*resource]bool) {
	m.v.step()
	switch b.sort {
	case binary.SortType:
		want, _ := b.typ.(resourceName)
		have, ok := a.typ.(resourceName)
		if _, bound := m.right[want.res]; ok && vars[want.res] && !bound {
			m.right[want.res] = meaning(m.left, have.res)
		}
	case binary.SortInstance:
		if have, ok := a.typ.(*instanceType); ok {
			m.prebind(&have.exports, &b.typ.(*instanceType).exports, vars)
		}
	}
}
