package validate

import (
	stdbinary "encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// value checks the definition of a value: that its bytes are one of its type
// [Binary.md, Value Definitions].
func (s *scope) value(d *binary.Value) *valueType {
	t := s.valType(d.Type)
	r := valueReader{v: s.v, rest: d.Bytes}
	r.value(t)
	if len(r.rest) > 0 {
		r.bad("%d bytes are left over", len(r.rest))
	}
	return t
}

// start checks a start definition [Binary.md, Start Definitions].
func (s *scope) start(d *binary.Start) {
	v, f := s.v, at(s.v, s.funcs, d.Func, "func")
	if len(d.Args) != len(f.params) {
		v.mismatched("the start function, func "+itoa(d.Func), count(len(f.params), "argument"), count(len(d.Args), "argument"))
	}
	for i, arg := range d.Args {
		if diff := v.newMatcher().typ(s.use(arg), f.params[i].typ); diff != nil {
			panic(bailout{diff.fault(v, "argument "+itoa(uint32(i))+" of the start function")})
		}
	}
	results := uint32(0)
	if f.result != nil {
		results = 1
		s.values = append(s.values, value{typ: f.result})
	}
	if d.Results != results {
		v.mismatched("the start function, func "+itoa(d.Func), count(int(results), "result"), count(int(d.Results), "result"))
	}
}

// A valueReader reads the bytes of a value.
type valueReader struct {
	v    *validator
	rest []byte
}

func (r *valueReader) bad(format string, args ...any) {
	e := r.v.fault(ClassValue, format, args...)
	e.Msg = "the bytes of the value are none of its type: " + e.Msg
	panic(bailout{e})
}

func (r *valueReader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.bad("%d bytes are wanted, and %d are left", n, len(r.rest))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// tag reads a byte that tells apart n cases.
func (r *valueReader) tag(n byte) byte {
	b := r.bytes(1)[0]
	if b >= n {
		r.bad("%#x is not below %d", b, n)
	}
	return b
}

// uleb reads an unsigned number of at most the given bits.
func (r *valueReader) uleb(bits int) uint64 {
	n, size := stdbinary.Uvarint(r.rest)
	if size <= 0 || size > (bits+6)/7 || bits < 64 && n>>bits != 0 {
		r.bad("no number of %d bits", bits)
	}
	r.rest = r.rest[size:]
	return n
}

// sleb reads a signed number of the given bits.
func (r *valueReader) sleb(bits int) {
	var n int64
	for shift := 0; ; shift += 7 {
		b := r.bytes(1)[0]
		n |= int64(b&0x7f) << shift
		if b < 0x80 {
			if shift < 57 {
				n = n << (57 - shift) >> (57 - shift)
			} else if b != 0 && b != 0x7f {
				r.bad("no number of %d bits", bits)
			}
			break
		}
		if shift+7 >= bits {
			r.bad("no number of %d bits", bits)
		}
	}
	if bits < 64 && n>>(bits-1) != 0 && n>>(bits-1) != -1 {
		r.bad("no number of %d bits", bits)
	}
}

func (r *valueReader) value(t *valueType) {
	r.v.step()
	switch t.kind {
	case kindPrim:
		r.prim(t.prim)
	case kindRecord, kindTuple:
		for _, p := range t.parts {
			r.value(p.typ)
		}
	case kindVariant, kindEnum:
		i := r.uleb(32)
		if i >= uint64(len(t.parts)) {
			r.bad("case %d of %d", i, len(t.parts))
		}
		r.part(t.parts[i])
	case kindList:
		for n := r.uleb(32); n > 0; n-- {
			r.value(t.parts[0].typ)
		}
	case kindFlags:
		n := len(t.parts)
		b := r.bytes(uint64(n+7) / 8)
		if n%8 != 0 && b[len(b)-1]>>(n%8) != 0 {
			r.bad("flags beyond its %d labels", n)
		}
	case kindOption:
		if r.tag(2) == 1 {
			r.value(t.parts[0].typ)
		}
	case kindResult:
		r.part(t.parts[r.tag(2)])
	default:
		r.v.fail(ClassValue, "a value of a %s type cannot be written down", t.describe())
	}
}

func (r *valueReader) part(p part) {
	if p.typ != nil {
		r.value(p.typ)
	}
}

func (r *valueReader) prim(prim byte) {
	switch prim {
	case binary.PrimBool:
		r.tag(2)
	case binary.PrimS8, binary.PrimU8:
		r.bytes(1)
	case binary.PrimU16:
		r.uleb(16)
	case binary.PrimU32:
		r.uleb(32)
	case binary.PrimU64:
		r.uleb(64)
	case binary.PrimS16:
		r.sleb(16)
	case binary.PrimS32:
		r.sleb(32)
	case binary.PrimS64:
		r.sleb(64)
	case binary.PrimF32:
		bits := stdbinary.LittleEndian.Uint32(r.bytes(4))
		if f := math.Float32frombits(bits); f != f && bits != 0x7fc0_0000 {
			r.bad("a NaN other than the canonical one")
		}
	case binary.PrimF64:
		bits := stdbinary.LittleEndian.Uint64(r.bytes(8))
		if f := math.Float64frombits(bits); f != f && bits != 0x7ff8_0000_0000_0000 {
			r.bad("a NaN other than the canonical one")
		}
	case binary.PrimChar:
		c, n := utf8.DecodeRune(r.rest)
		if c == utf8.RuneError && n <= 1 {
			r.bad("no character in UTF-8")
		}
		r.rest = r.rest[n:]
	case binary.PrimString:
		if b := r.bytes(r.uleb(32)); !utf8.Valid(b) {
			r.bad("a string that is not UTF-8")
		}
	default:
		r.v.fail(ClassValue, "a value of type %s cannot be written down", primNames[prim])
	}
}
