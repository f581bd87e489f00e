package abi

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// Canonical NaNs ["Loading"].
const (
	canonicalNaN32 = 0x7fc00000
	canonicalNaN64 = 0x7ff8000000000000
)

// LiftBool is the bool in the low 32 bits of a core value.
func LiftBool(v uint64) bool { return uint32(v) != 0 }

// LowerBool is the core value of a bool.
func LowerBool(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// LiftChar is the char in the low 32 bits of a core value. It traps where they
// hold no Unicode scalar value.
func LiftChar(v uint64) rune {
	c := uint32(v)
	if c >= 0x110000 || 0xD800 <= c && c <= 0xDFFF {
		panic(&Trap{Msg: notChar(rune(c))})
	}
	return rune(c)
}

// LowerChar is the core value of a char. It traps where c is no Unicode scalar
// value.
func LowerChar(c rune) uint64 {
	if !utf8.ValidRune(c) {
		wrongChar(c)
	}
	return uint64(uint32(c))
}

func wrongChar(c rune) {
	panic(&Trap{Err: &ValueError{Type: Char, Go: "rune", Msg: notChar(c)}})
}

func notChar(c rune) string {
	return fmt.Sprintf("not a char: 0x%x is no Unicode scalar value", uint32(c))
}

// LiftFloat32 is the f32 in the low 32 bits of a core value, NaN in its
// canonical form.
func LiftFloat32(v uint64) float32 {
	f := math.Float32frombits(uint32(v))
	if f != f {
		return math.Float32frombits(canonicalNaN32)
	}
	return f
}

// LowerFloat32 is the core value of an f32, NaN in its canonical form.
func LowerFloat32(f float32) uint64 {
	if f != f {
		return canonicalNaN32
	}
	return uint64(math.Float32bits(f))
}

// LiftFloat64 is the f64 in a core value, NaN in its canonical form.
func LiftFloat64(v uint64) float64 {
	f := math.Float64frombits(v)
	if f != f {
		return math.Float64frombits(canonicalNaN64)
	}
	return f
}

// LowerFloat64 is the core value of an f64, NaN in its canonical form.
func LowerFloat64(f float64) uint64 {
	if f != f {
		return canonicalNaN64
	}
	return math.Float64bits(f)
}

// LiftCase is the case index in the low 32 bits of a core value. It traps where
// the type, named for the message, has fewer cases.
func LiftCase(v uint64, cases uint32, typeName string) uint32 {
	i := uint32(v)
	if i >= cases {
		Trapf("invalid discriminant: case %d of %s, which has %d cases", i, typeName, cases)
	}
	return i
}

// LowerCase is the case index of an enum that the host gives. It traps where the
// type, named for the message, has fewer cases.
func LowerCase(v uint64, cases uint32, typeName string) uint32 {
	if v >= uint64(cases) {
		wrongEnum(v, cases, typeName)
	}
	return uint32(v)
}

func wrongEnum(v uint64, cases uint32, typeName string) {
	panic(&Trap{Err: &ValueError{
		Type: &Type{Kind: KindEnum, Name: typeName}, Go: "number",
		Msg: fmt.Sprintf("case %d given for %s, which has %d", v, typeName, cases),
	}})
}

// Scalar reports whether the type is one that a core value holds whole: a
// number, a bool, a char, or flags.
func (t *Type) Scalar() bool {
	return t.Kind >= KindBool && t.Kind <= KindChar || t.Kind == KindFlags
}

// Pass is a core value of a scalar type as it leaves one guest and enters
// another: lifted and lowered, so that bits which mean nothing are gone. It traps
// where lifting does.
func (t *Type) Pass(v uint64) uint64 {
	switch t.Kind {
	case KindBool:
		return LowerBool(LiftBool(v))
	case KindS8:
		return uint64(uint32(int8(v)))
	case KindU8:
		return uint64(uint8(v))
	case KindS16:
		return uint64(uint32(int16(v)))
	case KindU16:
		return uint64(uint16(v))
	case KindS32, KindU32:
		return uint64(uint32(v))
	case KindF32:
		return LowerFloat32(LiftFloat32(v))
	case KindF64:
		return LowerFloat64(LiftFloat64(v))
	case KindChar:
		return LowerChar(LiftChar(v))
	case KindFlags:
		return uint64(t.liftFlags(uint32(v)))
	}
	return v
}
