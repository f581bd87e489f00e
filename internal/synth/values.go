package synth

import (
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/abi"
)

// Values draws the values of one call, with a liking for the extremes. It is
// for one goroutine.
type Values struct {
	Rand *rand.Rand
	// Canonical has every NaN as it arrives, in its canonical form. It changes
	// nothing else that is drawn.
	Canonical bool
	// Room is how many characters and elements there may still be.
	Room int
	// Resource gives the values of resource types, if there may be any.
	Resource func(*abi.Type) *abi.ResourceValue
}

// hugeElem is the size in bytes of elements, lists of a fixed length, of which
// no list has any.
const hugeElem = 1 << 16

// Args draws the arguments of a function.
func (r *Values) Args(f *abi.FuncType) []abi.Value {
	args := make([]abi.Value, len(f.Params))
	for i, p := range f.Params {
		args[i] = r.Value(p.Type)
	}
	return args
}

// Value draws a value of a type.
func (r *Values) Value(t *abi.Type) abi.Value {
	switch t.Kind {
	case abi.KindBool:
		return r.Rand.IntN(2) == 0
	case abi.KindS8:
		return int8(r.bits())
	case abi.KindU8:
		return uint8(r.bits())
	case abi.KindS16:
		return int16(r.bits())
	case abi.KindU16:
		return uint16(r.bits())
	case abi.KindS32:
		return int32(r.bits())
	case abi.KindU32:
		return uint32(r.bits())
	case abi.KindS64:
		return int64(r.bits())
	case abi.KindU64:
		return r.bits()
	case abi.KindF32:
		return r.float32()
	case abi.KindF64:
		return r.float64()
	case abi.KindChar:
		return abi.CharValue(one(r.Rand, chars...))
	case abi.KindString:
		return r.text()
	case abi.KindList, abi.KindMap:
		switch {
		case t.Elem.Size() > hugeElem:
			return []abi.Value{}
		case t.Elem.Kind == abi.KindU8:
			return r.bytes(r.length())
		}
		return r.elems(t.Elem, r.length())
	case abi.KindFixedList: // of bytes, too
		return r.elems(t.Elem, int(t.Len))
	case abi.KindRecord, abi.KindTuple:
		fields := make(abi.RecordValue, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = r.Value(f.Type)
		}
		return fields
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
		v := abi.VariantValue{Case: uint32(r.Rand.IntN(len(t.Cases)))}
		if c := t.Cases[v.Case].Type; c != nil {
			v.Payload = r.Value(c)
		}
		return v
	case abi.KindFlags:
		return abi.FlagsValue(r.bits() & (1<<len(t.Labels) - 1))
	case abi.KindOwn, abi.KindBorrow:
		return r.Resource(t)
	}
	panic("no values of type " + t.String())
}

func (r *Values) bits() uint64 {
	switch r.Rand.IntN(8) {
	case 0:
		return 0
	case 1:
		return math.MaxUint64
	case 2:
		return 0x8080_8080_8080_8080 // the smallest signed number of each half
	case 3:
		return 0x7f7f_7f7f_7fff_ffff
	case 4:
		return math.Float64bits(math.NaN()) | 1<<22 // a NaN for both halves
	case 5:
		return uint64(math.Float32bits(float32(math.Inf(1))))
	}
	return r.Rand.Uint64()
}

func (r *Values) float32() float32 {
	f := math.Float32frombits(uint32(r.bits()))
	if f != f && r.Canonical {
		return math.Float32frombits(0x7fc0_0000)
	}
	return f
}

func (r *Values) float64() float64 {
	f := math.Float64frombits(r.bits())
	if f != f && r.Canonical {
		return math.Float64frombits(0x7ff8_0000_0000_0000)
	}
	return f
}

// The ends of the lengths that UTF-8 and UTF-16 have, of Latin-1 and of the
// surrogates.
var chars = []rune{0, 'a', 0x7f, 0x80, 'é', 0xff, 0x100, 0x7ff, 0x800, '世', 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, '😀', utf8.MaxRune}

func (r *Values) text() string {
	some := chars[:1+r.Rand.IntN(len(chars))] // now and then of Latin-1 alone
	var b strings.Builder
	for range r.length() {
		b.WriteRune(one(r.Rand, some...))
	}
	return b.String()
}

func (r *Values) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.bits())
	}
	return b
}

func (r *Values) elems(elem *abi.Type, n int) []abi.Value {
	list := make([]abi.Value, n)
	for i := range list {
		list[i] = r.Value(elem)
	}
	return list
}

// length is how many there are of something: often nothing, seldom much, and
// less the less room is left.
func (r *Values) length() int {
	n := min(r.Rand.IntN(6), r.Room)
	if r.Rand.IntN(10) == 0 {
		n = r.Rand.IntN(r.Room + 1)
	}
	r.Room -= n
	return n
}
