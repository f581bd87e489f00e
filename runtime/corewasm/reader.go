package corewasm

import (
	"fmt"
	"unicode/utf8"
)

// reader reads values of the binary format from buf[pos:]. The first fault
// sticks: later reads answer zero, so that a caller may read a whole construct
// and look at err once. Loops over counts must look at err.
type reader struct {
	buf     []byte // the module from its first byte to the end of what may be read
	pos     int
	section string
	err     *Error
}

// sub splits off a reader for the next n bytes and steps over them.
func (r *reader) sub(n uint32) reader {
	if r.err == nil && int64(n) > int64(r.left()) {
		r.fail(r.pos, "%d bytes are claimed, but only %d are left", n, r.left())
	}
	if r.err != nil {
		return reader{buf: r.buf[:r.pos], pos: r.pos, section: r.section, err: r.err}
	}
	s := reader{buf: r.buf[:r.pos+int(n)], pos: r.pos, section: r.section}
	r.pos += int(n)
	return s
}

func (r *reader) left() int { return len(r.buf) - r.pos }

func (r *reader) fail(at int, format string, args ...any) {
	r.refuse(at, "", format, args...)
}

// refuse is fail for what is well formed but not run here.
func (r *reader) refuse(at int, feature, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: at, Section: r.section, Feature: feature, Msg: fmt.Sprintf(format, args...)}
	}
	r.pos = len(r.buf)
}

func (r *reader) truncated() { r.fail(len(r.buf), "unexpected end") }

// done refuses what is left over.
func (r *reader) done() error {
	if r.err == nil && r.left() > 0 {
		r.fail(r.pos, "%d bytes left over", r.left())
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

func (r *reader) byte() byte {
	if r.pos >= len(r.buf) {
		r.truncated()
		return 0
	}
	b := r.buf[r.pos]
	r.pos++
	return b
}

func (r *reader) bytes(n int) []byte {
	if n > r.left() {
		r.truncated()
		return nil
	}
	b := r.buf[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return b
}

// u32 reads an unsigned LEB128 number of 32 bits [5.2.2].
func (r *reader) u32() uint32 {
	if r.pos < len(r.buf) {
		if b := r.buf[r.pos]; b < 0x80 {
			r.pos++
			return uint32(b)
		}
	}
	return r.longU32()
}

func (r *reader) longU32() uint32 {
	at := r.pos
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			break
		}
		v |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.fail(at, "number exceeds 32 bits")
	return 0
}

// signed reads a signed LEB128 number of the given bits [5.2.2].
func (r *reader) signed(bits int) int64 {
	at := r.pos
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b >= 0x80 {
			continue
		}
		if used := bits - shift; used < 7 {
			// In the last byte all bits from the sign up must agree.
			if top := int8(b<<1) >> used; top != 0 && top != -1 {
				break
			}
		}
		if shift < 57 {
			v = v << (57 - shift) >> (57 - shift)
		}
		return v
	}
	r.fail(at, "number exceeds %d bits", bits)
	return 0
}

// count reads the length of a vector and holds it to limit and to the bytes
// that are left, of which each element takes at least one.
func (r *reader) count(what string, limit int) int {
	at := r.pos
	n := int64(r.u32())
	switch {
	case r.err != nil:
		return 0
	case n > int64(r.left()):
		r.fail(at, "%d %s are claimed, but only %d bytes are left", n, what, r.left())
		return 0
	case n > int64(limit):
		r.fail(at, "%d %s exceed the limit of %d", n, what, limit)
		return 0
	}
	return int(n)
}

// name reads a string [5.2.4].
func (r *reader) name() string {
	at := r.pos
	b := r.bytes(r.count("bytes of a name", MaxModuleSize))
	if !utf8.Valid(b) {
		r.fail(at, "name is not UTF-8")
		return ""
	}
	return string(b)
}
