package validate

import (
	"math/bits"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// layout gives the size and alignment of a type in memory with 64-bit pointers
// [CanonicalABI.md, Element Size]. Each part is smaller than maxValueBytes, and
// so no sum overflows.
func layout(t *valueType) (size, align uint64) {
	switch t.kind {
	case kindPrim:
		return primLayout(t.prim)
	case kindList, kindMap:
		return 16, 8
	case kindFixedList:
		elem := t.parts[0].typ
		return uint64(t.n) * elem.bytes, elem.align
	case kindRecord, kindTuple:
		align = 1
		for _, p := range t.parts {
			size = alignTo(size, p.typ.align) + p.typ.bytes
			align = max(align, p.typ.align)
		}
		return alignTo(size, align), align
	case kindFlags:
		n := flagBytes(len(t.parts))
		return n, n
	case kindVariant, kindEnum, kindResult:
		return variantLayout(len(t.parts), t.parts)
	case kindOption:
		return variantLayout(2, t.parts)
	}
	return 4, 4 // handles
}

func primLayout(prim byte) (size, align uint64) {
	switch prim {
	case binary.PrimBool, binary.PrimS8, binary.PrimU8:
		return 1, 1
	case binary.PrimS16, binary.PrimU16:
		return 2, 2
	case binary.PrimS64, binary.PrimU64, binary.PrimF64:
		return 8, 8
	case binary.PrimString:
		return 16, 8
	}
	return 4, 4
}

// variantLayout is that of a discriminant for some number of cases, followed by
// the largest part.
func variantLayout(cases int, parts []part) (size, align uint64) {
	tag := uint64(1)
	switch n := bits.Len(uint(cases - 1)); {
	case n > 16:
		tag = 4
	case n > 8:
		tag = 2
	}
	var largest uint64
	align = 1
	for _, p := range parts {
		if p.typ != nil {
			largest, align = max(largest, p.typ.bytes), max(align, p.typ.align)
		}
	}
	size = alignTo(tag, align) + largest
	align = max(align, tag)
	return alignTo(size, align), align
}

func flagBytes(n int) uint64 {
	switch {
	case n <= 8:
		return 1
	case n <= 16:
		return 2
	}
	return 4
}

func alignTo(n, align uint64) uint64 { return (n + align - 1) &^ (align - 1) }

// prims are the primitive types, one node each.
var prims = func() map[byte]*valueType {
	out := make(map[byte]*valueType, len(primNames))
	for prim := range primNames {
		t := &valueType{kind: kindPrim, prim: prim, about: leaf}
		t.about.lists = prim == binary.PrimString
		t.bytes, t.align = primLayout(prim)
		t.flat, t.flattenable = primFlats(prim)
		out[prim] = t
	}
	return out
}()

// primType is the node of a primitive type. It is shared by all validations and
// never written to: what is made when asked for is there already.
func primType(prim byte) *valueType { return prims[prim] }
