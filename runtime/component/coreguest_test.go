package component_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// The components of these tests are written as binaries: a core module around
// which is the least that makes a component of it.

func leb(v int64) (b []byte) {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func uleb(v int) []byte { return binary.AppendUvarint(nil, uint64(v)) }

func text(s string) []byte { return append(uleb(len(s)), s...) }

func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case string:
			b = append(b, text(p)...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func list(items ...[]byte) []byte {
	b := uleb(len(items))
	for _, it := range items {
		b = append(b, it...)
	}
	return b
}

func part(id int, contents []byte) []byte { return join(id, uleb(len(contents)), contents) }

// A coreFunc is a function of type (i64) -> i64 with locals of type i64.
type coreFunc struct {
	name   string // of its export, "" for none
	locals int
	code   []byte // without the end
}

// A coreModule is a module that imports one function, tick, and defines others
// behind it.
type coreModule struct {
	funcs    []coreFunc
	memory   []byte // limits
	table    []byte // type
	globals  [][]byte
	elements [][]byte
	data     [][]byte
}

func (m *coreModule) encode() []byte {
	types := list(join(0x60, list([]byte{0x7e}), list([]byte{0x7e})), join(0x60, list(), list()))
	var fns, exports, bodies [][]byte
	for i, f := range m.funcs {
		fns = append(fns, uleb(0))
		if f.name != "" {
			exports = append(exports, join(f.name, 0x00, uleb(1+i)))
		}
		body := join(list(join(uleb(f.locals), 0x7e)), f.code, 0x0b)
		bodies = append(bodies, join(uleb(len(body)), body))
	}
	out := join([]byte("\x00asm\x01\x00\x00\x00"), part(1, types), part(2, list(join("host", "tick", 0, 0))), part(3, list(fns...)))
	if m.table != nil {
		out = append(out, part(4, list(m.table))...)
	}
	if m.memory != nil {
		out = append(out, part(5, list(m.memory))...)
	}
	out = append(out, part(6, list(m.globals...))...)
	out = append(out, part(7, list(exports...))...)
	out = append(out, part(9, list(m.elements...))...)
	out = append(out, part(12, uleb(len(m.data)))...)
	out = append(out, part(10, list(bodies...))...)
	return append(out, part(11, list(m.data...))...)
}

// component exports the module's functions as functions of a u64, and imports
// tick, of that type.
func (m *coreModule) component() []byte {
	var aliases, lifts, exports [][]byte
	for _, f := range m.funcs {
		if f.name == "" {
			continue
		}
		n := uleb(1 + len(lifts))
		aliases = append(aliases, join(0, 0, 1, 1, f.name))
		lifts = append(lifts, join(0, 0, n, list(), 0))
		exports = append(exports, join(0, f.name, 1, n, 0))
	}
	return join([]byte("\x00asm\x0d\x00\x01\x00"),
		part(1, m.encode()),
		part(7, list(join(0x40, list(join("a", 0x77)), 0, 0x77))),
		part(10, list(join(0, "tick", 1, 0))),
		part(8, list(join(1, 0, 0, list()))),
		part(2, list(join(1, list(join("tick", 0, 0))), join(0, 0, list(join("host", 0x12, 0))))),
		part(6, list(aliases...)),
		part(8, list(lifts...)),
		part(11, list(exports...)),
	)
}

// Instructions by their bytes.
func get(local int) []byte    { return join(0x20, uleb(local)) }
func set(local int) []byte    { return join(0x21, uleb(local)) }
func i64c(v int64) []byte     { return join(0x42, leb(v)) }
func i32c(v int64) []byte     { return join(0x41, leb(v)) }
func callFn(index int) []byte { return join(0x10, uleb(index)) }

// masked is the accumulator, local 1, as an i32 with these bits.
func masked(mask int64) []byte { return join(get(1), 0xa7, i32c(mask), 0x71) }

// mix mixes the i64 on the stack into the accumulator.
func mix() []byte { return join(get(1), i64c(0x2545f4914f6cdd1d), 0x7e, 0x85, i64c(29), 0x8a, set(1)) }

// What a guestWriter's dirty may be.
const (
	growMemory = 13 + iota
	setTable
	dropData
	initTable
	growTable
	dirtyKinds = iota
)

// A guestWriter draws guests whose functions change everything that code can
// change, and one, look, that tells what it sees of it.
type guestWriter struct {
	*rand.Rand
	dirty int  // a kind of statement that changes what may not be cleaned, 0 for none
	quiet bool // it calls no import
}

const tableSize = 4

// draw writes a guest: look, and n functions f0 and so on.
func (w *guestWriter) draw(n int) *coreModule {
	pages := w.IntN(3)
	m := &coreModule{
		memory: join(1, uleb(pages+1), uleb(pages+1+w.IntN(3))),
		table:  join(0x70, 1, uleb(tableSize), uleb(2*tableSize)),
		globals: [][]byte{
			join(0x7f, 1, i32c(w.Int64N(1000)), 0x0b), join(0x7e, 1, i64c(w.Int64()), 0x0b),
			join(0x7d, 1, 0x43, []byte{1, 2, 3, 4}, 0x0b), join(0x7c, 1, 0x44, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 0x0b),
			join(0x7e, 0, i64c(w.Int64()), 0x0b),
		},
		data: [][]byte{
			join(0, i32c(w.Int64N(60000)), 0x0b, fmt.Sprint("active ", w.Int64())),
			join(1, fmt.Sprint("passive ", w.Int64())),
		},
	}
	m.funcs = append(m.funcs, coreFunc{name: "look", locals: 2, code: w.look()})
	for i := range n {
		var code []byte
		code = append(code, join(get(0), set(1))...)
		for range 1 + w.IntN(8) {
			code = append(code, w.statement(2+i+1, n-i-1)...)
		}
		m.funcs = append(m.funcs, coreFunc{name: fmt.Sprintf("f%d", i), locals: 2, code: join(code, get(1))})
	}
	m.elements = [][]byte{
		join(0, i32c(0), 0x0b, list(uleb(n), uleb(1+n))), // the last functions, which call nothing
		join(1, 0, list(uleb(n+1))),
	}
	return m
}

// look mixes in every byte of the memory, its size, every global and which
// elements of the table are there.
func (w *guestWriter) look() []byte {
	code := join(i64c(1), set(1), 0x3f, 0, 0xad, mix(),
		0x23, 0, 0xad, mix(), 0x23, 1, mix(), 0x23, 2, 0xbc, 0xad, mix(), 0x23, 3, 0xbd, mix(), 0x23, 4, mix(),
		0xfc, 0x10, 0, 0xad, mix())
	for i := range int64(tableSize) {
		code = append(code, join(i32c(i), 0x25, 0, 0xd1, 0xad, mix())...)
	}
	// local 2 counts through the memory's words
	return join(code, 0x03, 0x40,
		get(2), 0xa7, 0x29, 3, 0, mix(),
		get(2), i64c(8), 0x7c, set(2),
		get(2), 0x3f, 0, 0xad, i64c(16), 0x86, 0x54, 0x0d, 0, 0x0b,
		get(1))
}

// statement is a change, or a way to make several. The functions from next on,
// more in number, may be called.
func (w *guestWriter) statement(next, more int) []byte {
	kind := w.IntN(13)
	if w.dirty > 0 && w.IntN(6) == 0 {
		kind = w.dirty
	}
	switch kind {
	case 0:
		return join(get(1), 0xa7, 0x24, 0)
	case 1:
		return join(get(1), 0x24, 1)
	case 2:
		return join(get(1), 0xb4, 0x24, 2)
	case 3:
		return join(get(1), 0xb9, 0x24, 3)
	case 4, 5:
		return join(masked(0xfff8), get(1), 0x37, 0, 0)
	case 6:
		return join(masked(0xfff8), 0x29, 0, 0, mix())
	case 7: // memory.fill
		return join(masked(0x7fff), masked(0xff), i32c(w.Int64N(9000)), 0xfc, 0x0b, 0)
	case 8: // memory.init
		return join(masked(0x7fff), i32c(0), i32c(5), 0xfc, 0x08, 1, 0)
	case 9: // memory.copy
		return join(masked(0x3fff), masked(0x5fff), i32c(w.Int64N(9000)), 0xfc, 0x0a, 0, 0)
	case 10:
		if w.quiet {
			return nil
		}
		return join(get(1), callFn(0), mix())
	case 11:
		if more > 0 {
			return join(get(1), callFn(next+w.IntN(more)), mix())
		}
		return join(masked(7), 0x45, 0x04, 0x40, 0x00, 0x0b) // sometimes unreachable
	case 12: // an element of the table, which may be null
		if more > 2 {
			return join(get(1), masked(3), 0x11, 0, 0, mix())
		}
		return join(get(1), i64c(3), 0x7e, set(1))
	case growMemory:
		return join(masked(1), 0x40, 0, 0xad, mix())
	case setTable:
		return join(masked(3), 0xd0, 0x70, 0x26, 0)
	case dropData:
		return join(0xfc, 0x09, 1)
	case initTable:
		return join(masked(3), i32c(0), i32c(1), 0xfc, 0x0c, 1, 0)
	default:
		return join(0xd0, 0x70, masked(1), 0xfc, 0x0f, 0, 0xad, mix())
	}
}
