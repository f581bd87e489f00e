package validate

import "github.com/airsstack/witgen/runtime/component/binary"

// How many core values a call passes before it passes a pointer
// [CanonicalABI.md, Flattening].
const (
	maxFlatParams      = 16
	maxFlatAsyncParams = 4
	maxFlatResults     = 1
)

// flatState tells what is known about a type's core values.
type flatState uint8

const (
	flatUnknown flatState = iota
	flatFits
	flatTooMany // more than maxFlatParams
)

// ptr is the width of pointers, as an index.
type ptr uint8

const (
	ptr32 ptr = iota
	ptr64
)

// val is the core type of a pointer.
func (p ptr) val() coreVal {
	if p == ptr64 {
		return coreI64
	}
	return coreI32
}

// flatten gives the core values that a value of the type is passed as, and
// false where they are more than maxFlatParams [CanonicalABI.md, flatten_type].
func (v *validator) flatten(t *valueType, p ptr) ([]coreVal, bool) {
	if t.flattenable[p] == flatUnknown {
		v.step()
		flat, ok := v.flattenParts(t, p)
		t.flattenable[p] = flatTooMany
		if ok {
			t.flat[p], t.flattenable[p] = flat, flatFits
		}
	}
	return t.flat[p], t.flattenable[p] == flatFits
}

func (v *validator) flattenParts(t *valueType, p ptr) ([]coreVal, bool) {
	switch t.kind {
	case kindList, kindMap:
		return []coreVal{p.val(), p.val()}, true
	case kindRecord, kindTuple:
		return v.flattenAll(t.parts, maxFlatParams, p)
	case kindFixedList:
		elem, ok := v.flatten(t.parts[0].typ, p)
		if !ok || uint64(t.n)*uint64(len(elem)) > maxFlatParams {
			return nil, false
		}
		var out []coreVal
		for range t.n {
			out = append(out, elem...)
		}
		return out, true
	case kindVariant, kindOption, kindResult:
		return v.flattenCases(t.parts, p)
	}
	return []coreVal{coreI32}, true
}

// flattenAll gives the core values of one part after another, and false where
// they are more than limit.
func (v *validator) flattenAll(parts []part, limit int, p ptr) ([]coreVal, bool) {
	var out []coreVal
	for _, part := range parts {
		flat, ok := v.flatten(part.typ, p)
		if !ok || len(out)+len(flat) > limit {
			return nil, false
		}
		out = append(out, flat...)
	}
	return out, true
}

// flattenCases gives a discriminant and the core values that each of the cases
// can be passed in.
func (v *validator) flattenCases(parts []part, p ptr) ([]coreVal, bool) {
	out := []coreVal{coreI32}
	for _, part := range parts {
		if part.typ == nil {
			continue
		}
		flat, ok := v.flatten(part.typ, p)
		if !ok || 1+len(flat) > maxFlatParams {
			return nil, false
		}
		for i, c := range flat {
			if 1+i < len(out) {
				out[1+i] = join(out[1+i], c)
			} else {
				out = append(out, c)
			}
		}
	}
	return out, true
}

// join is the core type that can hold either.
func join(a, b coreVal) coreVal {
	switch {
	case a == b:
		return a
	case a == coreI32 && b == coreF32 || a == coreF32 && b == coreI32:
		return coreI32
	}
	return coreI64
}

// primFlats gives the core values of a primitive type for both widths.
func primFlats(prim byte) (flat [2][]coreVal, state [2]flatState) {
	for p := ptr32; p <= ptr64; p++ {
		state[p] = flatFits
		switch prim {
		case binary.PrimS64, binary.PrimU64:
			flat[p] = []coreVal{coreI64}
		case binary.PrimF32:
			flat[p] = []coreVal{coreF32}
		case binary.PrimF64:
			flat[p] = []coreVal{coreF64}
		case binary.PrimString:
			flat[p] = []coreVal{p.val(), p.val()}
		default:
			flat[p] = []coreVal{coreI32}
		}
	}
	return flat, state
}
