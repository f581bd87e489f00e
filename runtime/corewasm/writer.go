package corewasm

import "math/bits"

// leb32Len is the length of the shortest encoding.
func leb32Len(v uint32) int { return max(1, (bits.Len32(v)+6)/7) }

func appendU32(b []byte, v uint32) []byte { return appendPadded(b, v, 1) }

// appendPadded appends v in at least width bytes.
func appendPadded(b []byte, v uint32, width int) []byte {
	for ; v >= 0x80 || width > 1; width-- {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func appendName(b []byte, s string) []byte {
	return append(appendU32(b, uint32(len(s))), s...)
}

func appendSection(b []byte, id byte, contents []byte) []byte {
	b = appendU32(append(b, id), uint32(len(contents)))
	return append(b, contents...)
}

func appendCustom(b []byte, name string, contents []byte) []byte {
	return appendSection(b, secCustom, append(appendName(nil, name), contents...))
}

func appendFuncType(b []byte, t FuncType) []byte {
	b = append(b, 0x60)
	for _, ts := range [][]ValType{t.Params, t.Results} {
		b = appendU32(b, uint32(len(ts)))
		for _, t := range ts {
			b = AppendValType(b, t)
		}
	}
	return b
}

// AppendValType appends a value type [5.3.4].
func AppendValType(b []byte, t ValType) []byte {
	switch code := t & 0xff; {
	case code == ref || code == refNull:
		return appendS32(append(b, byte(code)), int32(t>>8))
	case t&nonNull != 0:
		return append(b, byte(ref), byte(code))
	}
	return append(b, byte(t))
}

func appendLimits(b []byte, l Limits) []byte {
	if !l.HasMax {
		return appendU32(append(b, 0), l.Min)
	}
	return appendU32(appendU32(append(b, 1), l.Min), l.Max)
}

// appendS32 appends the operand of an i32.const.
func appendS32(b []byte, v int32) []byte {
	for ; v >= 0x40 || v < -0x40; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v)&0x7f)
}

func appendOp(b []byte, op Op) []byte {
	if op < 0x100 {
		return append(b, byte(op))
	}
	return appendU32(append(b, byte(op>>8)), uint32(op&0xff))
}
