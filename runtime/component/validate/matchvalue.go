package validate

import "fmt"

// value compares two value types, which must be equal: the component model has no
// subtypes among them.
func (m *matcher) value(a, b *valueType) *mismatch {
	if a.kind != b.kind || a.prim != b.prim {
		return differ(b.describe(), a.describe())
	}
	switch b.kind {
	case kindOwn, kindBorrow:
		return m.resource(a.res, b.res).in("%s", b.describe())
	case kindFixedList:
		if a.n != b.n {
			return differ(fmt.Sprintf("a list of length %d", b.n), fmt.Sprintf("one of length %d", a.n))
		}
	}
	if what := partNouns[b.kind]; what != "" {
		return m.labelled(what, a.parts, b.parts)
	}
	for i := range b.parts {
		if d := m.part(a.parts[i].typ, b.parts[i].typ); d != nil {
			return d.in("%s", placeIn(b.kind, i))
		}
	}
	return nil
}

// partNouns name the parts of types that may have any number of them.
var partNouns = map[kind]string{
	kindRecord: "field", kindVariant: "case", kindFlags: "flag", kindEnum: "case", kindTuple: "element",
}

// placeIn names a part of a type that has a fixed number of them.
func placeIn(k kind, i int) string {
	switch {
	case k == kindResult && i == 0:
		return "result's ok"
	case k == kindResult:
		return "result's error"
	case k == kindMap && i == 0:
		return "map's key"
	case k == kindMap:
		return "map's value"
	}
	return kindNames[k] + "'s element"
}

// labelled compares fields, cases, labels, elements or parameters in order.
func (m *matcher) labelled(what string, a, b []part) *mismatch {
	if len(a) != len(b) {
		return differ(count(len(b), what), count(len(a), what))
	}
	m.v.stepOver(len(b))
	for i := range b {
		if a[i].label != b[i].label {
			return differ(fmt.Sprintf("%s %q", what, b[i].label), fmt.Sprintf("%s %q", what, a[i].label))
		}
		if d := m.part(a[i].typ, b[i].typ); d != nil {
			if b[i].label == "" {
				return d.in("%s %d", what, i)
			}
			return d.in("%s %q", what, b[i].label)
		}
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// part compares two types that may be absent.
func (m *matcher) part(a, b *valueType) *mismatch {
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil || b == nil:
		return differ(b.describe(), a.describe())
	}
	return m.typ(a, b)
}

// function compares two function types, which must be equal.
func (m *matcher) function(a, b *funcType) *mismatch {
	if a.async != b.async {
		return differ(asyncness(b), asyncness(a))
	}
	if d := m.labelled("parameter", a.params, b.params); d != nil {
		return d
	}
	return m.part(a.result, b.result).in("result")
}

func asyncness(f *funcType) string {
	if f.async {
		return "an async function"
	}
	return "a function that is not async"
}
