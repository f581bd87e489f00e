package abi

import "math"

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
		Trapf("not a char: 0x%x is no Unicode scalar value", c)
	}
	return rune(c)
}

// LowerChar is the core value of a char. It traps where c is no Unicode scalar
// value.
func LowerChar(c rune) uint64 { return uint64(uint32(LiftChar(uint64(uint32(c))))) }

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
