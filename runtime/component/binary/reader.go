package binary

import (
	"fmt"
	"unicode/utf8"
)

// A reader walks over data[pos:end]. The first failure sticks: after it every
// read gives zero and consumes nothing, so that callers look at err once, at
// the end of what they read, and loops end by list.
type reader struct {
	data     []byte // the whole file, so that positions are those of the file
	pos, end int
	section  string
	defs     int // definitions and declarations read so far, in the whole file
	types    int // nesting of instance and component types
	err      *Error
}

// failAt records the first failure.
func (r *reader) failAt(offset int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: offset, Section: r.section, Msg: fmt.Sprintf(format, args...)}
	}
	r.pos = r.end
}

// at is the position. Composite literals that also read take it from here: only
// calls have an order in them.
func (r *reader) at() int { return r.pos }

func (r *reader) left() int { return r.end - r.pos }

// byte reads one byte; what names the thing that it starts.
func (r *reader) byte(what string) byte {
	if r.err != nil {
		return 0
	}
	if r.pos >= r.end {
		r.failAt(r.pos, "it ends where %s was to follow", what)
		return 0
	}
	r.pos++
	return r.data[r.pos-1]
}

// peek is the next byte, 0 at the end.
func (r *reader) peek() byte {
	if r.err != nil || r.pos >= r.end {
		return 0
	}
	return r.data[r.pos]
}

// bytes reads n bytes, which stay those of the file.
func (r *reader) bytes(n uint32, what string) []byte {
	if r.err != nil {
		return nil
	}
	if int64(n) > int64(r.left()) {
		r.failAt(r.pos, "%s of %d bytes, but only %d bytes are left", what, n, r.left())
		return nil
	}
	b := r.data[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// uleb reads an unsigned number of at most the given bits [core: binary/values].
func (r *reader) uleb(bits uint, what string) uint64 {
	start, v := r.pos, uint64(0)
	for shift := uint(0); ; shift += 7 {
		b := r.byte(what)
		if r.err != nil {
			return 0
		}
		if room := bits - shift; room < 7 && b&0x7f>>room != 0 || room <= 7 && b >= 0x80 {
			r.failAt(start, "%s: the number does not fit %d bits", what, bits)
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

func (r *reader) u32(what string) uint32 { return uint32(r.uleb(32, what)) }

// index reads a type index that stands where a negative number would be a type
// of its own: a non-negative SLEB128 of 33 bits.
func (r *reader) index(what string) uint32 {
	start := r.pos
	v := r.uleb(33, what)
	if n := r.pos - start; r.err == nil && (v > 1<<32-1 || n < 5 && r.data[r.pos-1]&0x40 != 0) {
		r.failAt(start, "%#x is no %s", r.data[start], what)
		return 0
	}
	return uint32(v)
}

// flag reads a byte that is 0 or 1.
func (r *reader) flag(what string) bool {
	at := r.pos
	b := r.byte(what)
	if b > 1 {
		r.failAt(at, "%s is 0x0 or 0x1, not %#x", what, b)
	}
	return b == 1
}

// expect reads a byte that can have one value only.
func (r *reader) expect(want byte, what string) {
	at := r.pos
	if b := r.byte(what); b != want && r.err == nil {
		r.failAt(at, "%s is %#x, not %#x", what, want, b)
	}
}

// name reads a name: a length and as many bytes of UTF-8.
func (r *reader) name(what string) string {
	at := r.pos
	n := r.u32("the length of " + what)
	b := r.bytes(n, what)
	switch {
	case r.err != nil:
		return ""
	case n > maxNameBytes:
		r.failAt(at, "%s of %d bytes; the limit is %d", what, n, maxNameBytes)
		return ""
	case !utf8.Valid(b):
		r.failAt(at, "%s is not valid UTF-8: %q", what, b[:min(len(b), 40)])
		return ""
	}
	return string(b)
}

// count reads the length of a list. What is named in the plural.
func (r *reader) count(what string, limit int) int {
	at := r.pos
	n := r.u32("the number of " + what)
	switch {
	case r.err != nil:
		return 0
	case int64(n) > int64(r.left()): // each element takes a byte at least
		r.failAt(at, "list of %d %s, but only %d bytes are left", n, what, r.left())
		return 0
	case int64(n) > int64(limit):
		r.failAt(at, "list of %d %s; the limit is %d", n, what, limit)
		return 0
	}
	return int(n)
}

// list reads a list: its length and that many elements.
func list[T any](r *reader, what string, limit int, read func() T) []T {
	n := r.count(what, limit)
	if n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, preallocated))
	for range n {
		v := read()
		if r.err != nil {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// optional reads an optional thing.
func optional[T any](r *reader, what string, read func() T) *T {
	if !r.flag("the presence of " + what) {
		return nil
	}
	v := read()
	return &v
}

// define counts a definition or declaration.
func (r *reader) define() {
	r.defs++
	if r.defs > maxDefinitions {
		r.failAt(r.pos, "more than %d definitions in one file", maxDefinitions)
	}
}
