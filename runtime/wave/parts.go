package wave

import "github.com/airsstack/witgen/runtime/abi"

// parts are what a value is written as that holds a number of others: a list, a
// record.
type parts struct {
	open, end string
	n         int
	at        func(i int) part
}

// A part is one of them, with the label of a field or the key of a map's entry.
type part struct {
	field string
	key   *abi.Type
	of    abi.Value // of the key's type
	typ   *abi.Type
	v     abi.Value
}

// label writes what stands before a part's value.
func (w *writer) label(p part) {
	switch {
	case p.key != nil:
		w.value(p.key, p.of)
		w.WriteString(": ")
	case p.field != "":
		w.WriteString(p.field + ": ")
	}
}

// partsOf takes a value with parts apart. It reports false for one that has none
// or is not of the type.
func partsOf(t *abi.Type, v abi.Value) (parts, bool) {
	switch x := v.(type) {
	case []byte:
		return parts{"[", "]", len(x), func(i int) part { return part{typ: t.Elem, v: x[i]} }},
			t.Kind == abi.KindList && t.Elem.Kind == abi.KindU8
	case []abi.Value:
		switch t.Kind {
		case abi.KindList, abi.KindFixedList:
			return parts{"[", "]", len(x), func(i int) part { return part{typ: t.Elem, v: x[i]} }}, true
		case abi.KindMap:
			return mapParts(t, x)
		}
	case abi.RecordValue:
		switch {
		case len(x) != len(t.Fields):
		case t.Kind == abi.KindTuple:
			return parts{"(", ")", len(x), func(i int) part { return part{typ: t.Fields[i].Type, v: x[i]} }}, true
		case t.Kind == abi.KindRecord:
			return recordParts(t, x), true
		}
	}
	return parts{}, false
}

func mapParts(t *abi.Type, list []abi.Value) (parts, bool) {
	for _, v := range list {
		if r, ok := v.(abi.RecordValue); !ok || len(r) != 2 {
			return parts{}, false
		}
	}
	key, value := t.Elem.Fields[0].Type, t.Elem.Fields[1].Type
	return parts{openBrace(len(list)), "}", len(list), func(i int) part {
		entry := list[i].(abi.RecordValue)
		return part{key: key, of: entry[0], typ: value, v: entry[1]}
	}}, true
}

// recordParts are the fields but for options that are none.
func recordParts(t *abi.Type, r abi.RecordValue) parts {
	var shown []int
	for i, f := range t.Fields {
		if v, ok := r[i].(abi.VariantValue); !ok || f.Type.Kind != abi.KindOption || v.Case != caseNone {
			shown = append(shown, i)
		}
	}
	return parts{openBrace(len(shown)), "}", len(shown), func(i int) part {
		f := t.Fields[shown[i]]
		return part{field: f.Label, typ: f.Type, v: r[shown[i]]}
	}}
}

// openBrace tells a record or map without anything in it from an empty set of
// flags.
func openBrace(n int) string {
	if n == 0 {
		return "{:"
	}
	return "{"
}
