package abi

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// How a string is stored depends on how it was encoded where it comes from: by
// that the receiver is first asked for room, and asked again when the first
// guess was wrong. Guests see those calls, so they are the specification's, and
// the functions here have the names of its own ["Storing", store_string].

// A sourceString is a string on its way from one component instance into
// another (the specification's String).
type sourceString struct {
	text     string
	encoding Encoding
	tagged   uint32 // its code units there, with utf16Tag
}

// units are the source's code units and the encoding that they are really in:
// latin1 or UTF16 where it was latin1+utf16.
func (s sourceString) units() (simple Encoding, n uint32) {
	switch {
	case s.encoding != Latin1UTF16:
		return s.encoding, s.tagged
	case s.tagged&utf16Tag != 0:
		return UTF16, s.tagged ^ utf16Tag
	}
	return latin1, s.tagged
}

// latin1 is the encoding of a latin1+utf16 string without the tag.
const latin1 Encoding = 0xff

// liftString is the string of n code units at ptr as a value.
func (cx *Context) liftString(ptr, n uint32) Value {
	s := cx.LiftString(ptr, n)
	if !cx.keep {
		return s
	}
	return sourceString{s, cx.opts.Encoding, n}
}

// lowerString lowers a value that is a string.
func (cx *Context) lowerString(t *Type, v Value) (ptr, n uint32) {
	if s, ok := v.(sourceString); ok {
		return cx.storeStringIntoRange(s)
	}
	return cx.LowerString(as[string](cx, t, v))
}

// LowerString copies s into the guest in the encoding of the options and
// returns where it lies and how many code units it has. It traps where s is
// not valid UTF-8.
func (cx *Context) LowerString(s string) (ptr, n uint32) {
	if !utf8.ValidString(s) {
		cx.wrong(String, s, nil, "invalid UTF-8 in a string of %d bytes that the host gives", len(s))
	}
	if len(s) > MaxStringBytes {
		cx.wrong(String, s, nil, "string too long: %d bytes", len(s))
	}
	n = uint32(len(s))
	if cx.opts.Encoding != UTF8 {
		return cx.storeStringIntoRange(sourceString{s, UTF8, n})
	}
	ptr = cx.Alloc(n, 1)
	copy(cx.mem[ptr:], s)
	return ptr, n
}

// StoreString lowers s and writes its pointer and length at ptr.
func (cx *Context) StoreString(ptr uint32, s string) {
	at, n := cx.LowerString(s)
	cx.Put32(ptr, at)
	cx.Put32(ptr+4, n)
}

func (cx *Context) storeStringIntoRange(s sourceString) (ptr, tagged uint32) {
	simple, units := s.units()
	switch cx.opts.Encoding {
	case UTF16:
		if simple == UTF8 {
			return cx.storeUTF8ToUTF16(s.text, units)
		}
		ptr = cx.Alloc(2*units, 2)
		cx.putUTF16(ptr, s.text)
		return ptr, units
	case Latin1UTF16:
		switch {
		case s.encoding != Latin1UTF16:
			return cx.storeStringToLatin1OrUTF16(s.text, units)
		case simple == UTF16:
			return cx.storeProbablyUTF16ToLatin1OrUTF16(s.text, units)
		}
		ptr = cx.Alloc(units, 2)
		cx.putLatin1(ptr, s.text)
		return ptr, units
	}
	switch simple {
	case UTF16:
		return cx.storeStringToUTF8(s.text, units, 3*units)
	case latin1:
		return cx.storeStringToUTF8(s.text, units, 2*units)
	}
	ptr = cx.Alloc(units, 1)
	copy(cx.mem[ptr:], s.text)
	return ptr, units
}

// storeStringToUTF8 takes the text for ASCII until it is not.
func (cx *Context) storeStringToUTF8(text string, units, worst uint32) (ptr, n uint32) {
	ptr = cx.Alloc(units, 1)
	ascii := 0
	for ascii < len(text) && text[ascii] < utf8.RuneSelf {
		ascii++
	}
	copy(cx.mem[ptr:], text[:ascii])
	if ascii == len(text) {
		return ptr, units
	}
	ptr = cx.reallocate(ptr, units, 1, worst)
	copy(cx.mem[ptr+uint32(ascii):], text[ascii:])
	n = uint32(len(text))
	if n < worst {
		ptr = cx.reallocate(ptr, worst, 1, n)
	}
	return ptr, n
}

// storeUTF8ToUTF16 takes each byte for a code unit of its own.
func (cx *Context) storeUTF8ToUTF16(text string, units uint32) (ptr, n uint32) {
	worst := 2 * units
	ptr = cx.Alloc(worst, 2)
	n = cx.putUTF16(ptr, text)
	if 2*n < worst {
		ptr = cx.reallocate(ptr, worst, 2, 2*n)
	}
	return ptr, n
}

// storeStringToLatin1OrUTF16 takes the text for Latin-1 until it is not; then
// what is there becomes UTF-16 where it stands.
func (cx *Context) storeStringToLatin1OrUTF16(text string, units uint32) (ptr, tagged uint32) {
	ptr = cx.Alloc(units, 2)
	n, rest := cx.putLatin1(ptr, text)
	if rest == "" {
		if n < units {
			ptr = cx.reallocate(ptr, units, 2, n)
		}
		return ptr, n
	}
	worst := 2 * units
	ptr = cx.reallocate(ptr, units, 2, worst)
	for j := n; j > 0; j-- {
		cx.Put16(ptr+2*(j-1), uint16(cx.mem[ptr+j-1]))
	}
	n += cx.putUTF16(ptr+2*n, rest)
	if 2*n < worst {
		ptr = cx.reallocate(ptr, worst, 2, 2*n)
	}
	return ptr, n | utf16Tag
}

// storeProbablyUTF16ToLatin1OrUTF16 takes the text for UTF-16, as it was, and
// makes it Latin-1 where it turns out that it could be.
func (cx *Context) storeProbablyUTF16ToLatin1OrUTF16(text string, units uint32) (ptr, tagged uint32) {
	ptr = cx.Alloc(2*units, 2)
	cx.putUTF16(ptr, text)
	for _, r := range text {
		if r > maxLatin1 {
			return ptr, units | utf16Tag
		}
	}
	for i := range units {
		cx.Put8(ptr+i, cx.mem[ptr+2*i])
	}
	return cx.reallocate(ptr, 2*units, 1, units), units
}

const maxLatin1 = 0xff

// putUTF16 writes text at ptr, where there is room, and gives its code units.
func (cx *Context) putUTF16(ptr uint32, text string) (units uint32) {
	to := cx.mem[ptr:]
	for _, r := range text {
		if r > 0xffff {
			high, low := utf16.EncodeRune(r)
			binary.LittleEndian.PutUint16(to[2*units:], uint16(high))
			units, r = units+1, low
		}
		binary.LittleEndian.PutUint16(to[2*units:], uint16(r))
		units++
	}
	return units
}

// putLatin1 writes text at ptr, where there is room, up to the first character
// that is not of Latin-1, and gives what is left.
func (cx *Context) putLatin1(ptr uint32, text string) (units uint32, rest string) {
	for i, r := range text {
		if r > maxLatin1 {
			return units, text[i:]
		}
		cx.Put8(ptr+units, uint8(r))
		units++
	}
	return units, ""
}
