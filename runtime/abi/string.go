package abi

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// utf16Tag marks a latin1+utf16 string as being in UTF-16 ["Loading", utf16_tag].
const utf16Tag = 1 << 31

// LiftString is a copy of the string of n code units at ptr. It traps where
// the string is out of bounds, misaligned, too long, or not valid in the
// encoding of the options.
func (cx *Context) LiftString(ptr, n uint32) string {
	if cx.opts.Encoding != UTF8 {
		return cx.liftOther(ptr, n)
	}
	b := cx.utf8Bytes(ptr, n)
	cx.take(n)
	return string(b)
}

// StringView is the string of n code units at ptr without a copy where the
// encoding is UTF-8: it is good until the guest runs again. Checks are asked
// with views, so that a question about a string costs no allocation.
func (cx *Context) StringView(ptr, n uint32) string {
	if cx.opts.Encoding != UTF8 {
		return cx.liftOther(ptr, n)
	}
	b := cx.utf8Bytes(ptr, n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (cx *Context) utf8Bytes(ptr, n uint32) []byte {
	if n > MaxStringBytes {
		Trapf("string too long: %d bytes", n)
	}
	b := cx.Bytes(ptr, n)
	if !utf8.Valid(b) {
		Trapf("invalid UTF-8 in a string of %d bytes at 0x%x", n, ptr)
	}
	return b
}

// LoadString is the string whose pointer and length lie at the start of b.
func (cx *Context) LoadString(b []byte) string {
	return cx.LiftString(binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]))
}

func (cx *Context) liftOther(ptr, tagged uint32) string {
	units, wide := tagged, true
	if cx.opts.Encoding == Latin1UTF16 {
		units, wide = tagged&^utf16Tag, tagged&utf16Tag != 0
	}
	if !wide {
		if units > MaxStringBytes {
			Trapf("string too long: %d bytes", units)
		}
		b := cx.Region(ptr, units, 2)
		cx.take(units)
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		return string(runes)
	}
	if units > MaxStringBytes/2 {
		Trapf("string too long: %d UTF-16 code units", units)
	}
	b := cx.Region(ptr, 2*units, 2)
	cx.take(2 * units)
	return decodeUTF16(b, ptr)
}

// decodeUTF16 traps where a surrogate stands alone: utf16.Decode would replace
// it in silence.
func decodeUTF16(b []byte, ptr uint32) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i += 2 {
		r := rune(binary.LittleEndian.Uint16(b[i:]))
		if utf16.IsSurrogate(r) {
			if i+4 <= len(b) {
				r = utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(b[i+2:])))
				i += 2
			} else {
				r = utf8.RuneError
			}
			if r == utf8.RuneError {
				Trapf("invalid UTF-16: a lone surrogate in the string at 0x%x", ptr)
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
