package abi_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/airsstack/witgen/runtime/abi"
)

var encodings = []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}

// TestStrings moves strings into memory and back in each encoding.
func TestStrings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "a", "plain text", "\x00", "é", "\u00ff\u0080", "\u0100", "aĀ", "世界", "\ud7ff\ue000\uffff", "😀", "a😀é\U0010ffff", strings.Repeat("ÿ", 1000),
	} {
		for _, e := range encodings {
			cx, _ := newContext(1<<16, abi.Options{Encoding: e})
			ptr, n := cx.LowerString(s)
			if got := cx.LiftString(ptr, n); got != s {
				t.Errorf("%s: %q came back as %q", e, s, got)
			}
			if got := cx.StringView(ptr, n); got != s {
				t.Errorf("%s: the view of %q is %q", e, s, got)
			}
			cx.StoreString(cx.Alloc(8, 4), s)
		}
	}
}

// TestStringBytes looks at what lies in memory.
func TestStringBytes(t *testing.T) {
	t.Parallel()
	const tag = 1 << 31
	tests := []struct {
		encoding abi.Encoding
		s        string
		bytes    []byte
		units    uint32
	}{
		{abi.UTF8, "é😀", []byte("é😀"), 6},
		{abi.UTF16, "é😀", []byte{0xe9, 0, 0x3d, 0xd8, 0, 0xde}, 3},
		{abi.Latin1UTF16, "aé", []byte{'a', 0xe9}, 2},
		{abi.Latin1UTF16, "aĀ", []byte{'a', 0, 0, 1}, 2 | tag},
		{abi.Latin1UTF16, "", nil, 0},
	}
	for _, test := range tests {
		cx, mem := newContext(64, abi.Options{Encoding: test.encoding})
		cx.Alloc(1, 1) // so that alignment shows
		ptr, n := cx.LowerString(test.s)
		if test.encoding == abi.UTF8 && ptr != 1 {
			t.Errorf("UTF-8 lies at %d, want 1", ptr)
		}
		if test.encoding != abi.UTF8 && ptr%2 != 0 {
			t.Errorf("%s lies at %d, want a multiple of 2", test.encoding, ptr)
		}
		if n != test.units || !bytes.Equal(mem.bytes[ptr:mem.top], test.bytes) {
			t.Errorf("%s: %q is % x in %#x units, want % x in %#x", test.encoding, test.s, mem.bytes[ptr:mem.top], n, test.bytes, test.units)
		}
	}
}

// TestStringTraps lifts and lowers what is no string.
func TestStringTraps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		encoding abi.Encoding
		memory   []uint16
		ptr, n   uint32
		msg      string
	}{
		{abi.UTF8, []uint16{0xffff}, 0, 1, "invalid UTF-8"},
		{abi.UTF8, nil, 0, 1 << 28, "string too long"},
		{abi.UTF8, nil, 1, 64, "pointer out of bounds"},
		{abi.UTF16, []uint16{0xdc00, 0xd800}, 0, 2, "lone surrogate"},
		{abi.UTF16, []uint16{0xd800, 0xd800}, 0, 2, "lone surrogate"},
		{abi.UTF16, []uint16{'a', 0xd800}, 0, 2, "lone surrogate"},
		{abi.UTF16, nil, 1, 1, "unaligned pointer"},
		{abi.UTF16, nil, 2, 32, "pointer out of bounds"},
		{abi.UTF16, nil, 0, 1 << 31, "string too long"},
		{abi.Latin1UTF16, nil, 1, 1, "unaligned pointer"},
		{abi.Latin1UTF16, nil, 2, 63, "pointer out of bounds"},
		{abi.Latin1UTF16, nil, 0, 1<<31 - 1, "string too long"},
		{abi.Latin1UTF16, nil, 0, 1<<31 | 1<<30, "string too long"},
	}
	for _, test := range tests {
		cx, mem := newContext(64, abi.Options{Encoding: test.encoding})
		for i, u := range test.memory {
			mem.bytes[2*i], mem.bytes[2*i+1] = byte(u), byte(u>>8)
		}
		wantTrap(t, caught(func() { cx.LiftString(test.ptr, test.n) }), test.msg)
		wantTrap(t, caught(func() { cx.StringView(test.ptr, test.n) }), test.msg)
	}
	for _, e := range encodings {
		cx, mem := newContext(64, abi.Options{Encoding: e})
		for _, s := range []string{"\xff", "a\xc3", "\xed\xa0\x80"} {
			wantTrap(t, caught(func() { cx.LowerString(s) }), "invalid UTF-8")
		}
		if len(mem.calls) > 0 {
			t.Errorf("%s: room was made for what is no string", e)
		}
	}
}

// FuzzStrings lifts whatever lies in memory: the result is what the standard
// library makes of it, or a trap.
func FuzzStrings(f *testing.F) {
	f.Add([]byte("text"), uint32(0), uint32(4), byte(0))
	f.Add([]byte{0x3d, 0xd8, 0, 0xde}, uint32(0), uint32(2), byte(1))
	f.Add([]byte{0xe9, 'a'}, uint32(0), uint32(2), byte(2))
	f.Fuzz(func(t *testing.T, memory []byte, ptr, n uint32, encoding byte) {
		e := encodings[int(encoding)%len(encodings)]
		h := &heap{bytes: memory}
		var cx abi.Context
		cx.Reset(&abi.Options{Memory: h, Encoding: e}, h)
		var s string
		if caught(func() { s = cx.LiftString(ptr, n) }) != nil {
			return
		}
		if e == abi.UTF16 {
			units := make([]uint16, n)
			for i := range units {
				units[i] = uint16(memory[int(ptr)+2*i]) | uint16(memory[int(ptr)+2*i+1])<<8
			}
			if want := string(utf16.Decode(units)); s != want {
				t.Fatalf("lifted %q, want %q", s, want)
			}
		}
		back, _ := newContext(16*len(memory)+64, abi.Options{Encoding: e})
		if at, n := back.LowerString(s); back.LiftString(at, n) != s {
			t.Fatalf("%q does not come back", s)
		}
	})
}
