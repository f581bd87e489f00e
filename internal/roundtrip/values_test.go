package roundtrip_test

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/abi"
)

// The first rounds take the extremes of each type in turn, so that none is left
// to chance: in round i every value is the i-th of them. Later rounds mix them
// with anything else.
const extremes = 18

// The lengths of the first two rounds: nothing, and much.
const (
	roundEmpty = 0
	roundLong  = 1
)

// A generator makes the values of one call.
type generator struct {
	*rand.Rand
	round int
	// canonical gives NaN as it arrives: in its canonical form.
	canonical bool
	// javascript leaves out what componentize-js 0.23 changes or traps on, on
	// other hosts as well: a u32 of 32 bits, a negative s64, a negative f32 or
	// f64 as a payload, a byte order mark.
	javascript bool
	// room is how many elements and characters there may still be.
	room int
}

// newGenerator makes the values of a call, which depend on the seed, the
// function and the round alone.
func newGenerator(seed uint64, fn string, round int) *generator {
	h := fnv.New64a()
	h.Write([]byte(fn))
	g := &generator{Rand: rand.New(rand.NewPCG(seed, h.Sum64()+uint64(round))), round: round, room: 300}
	if round == roundLong {
		g.room = 6000
	}
	return g
}

func (g *generator) arguments(f *abi.FuncType) []abi.Value {
	args := make([]abi.Value, len(f.Params))
	for i, p := range f.Params {
		args[i] = g.value(p.Type)
	}
	return args
}

func (g *generator) value(t *abi.Type) abi.Value {
	switch t.Kind {
	case abi.KindBool:
		return g.index(2) == 1
	case abi.KindS8:
		return int8(g.bits(8))
	case abi.KindU8:
		return uint8(g.bits(8))
	case abi.KindS16:
		return int16(g.bits(16))
	case abi.KindU16:
		return uint16(g.bits(16))
	case abi.KindS32:
		return int32(g.bits(32))
	case abi.KindU32:
		return uint32(g.bits(g.all(32)))
	case abi.KindS64:
		return int64(g.bits(g.all(64)))
	case abi.KindU64:
		return g.bits(64)
	case abi.KindF32:
		return g.float32()
	case abi.KindF64:
		return g.float64()
	case abi.KindChar:
		return abi.CharValue(g.char())
	case abi.KindString:
		return g.text()
	case abi.KindList:
		return g.list(t.Elem)
	case abi.KindFixedList:
		list := make([]abi.Value, t.Len)
		for i := range list {
			list[i] = g.value(t.Elem)
		}
		return list
	case abi.KindMap:
		return g.entries(t)
	case abi.KindRecord, abi.KindTuple:
		r := make(abi.RecordValue, len(t.Fields))
		for i, f := range t.Fields {
			r[i] = g.value(f.Type)
		}
		return r
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
		v := abi.VariantValue{Case: uint32(g.index(len(t.Cases)))}
		if c := t.Cases[v.Case].Type; c != nil {
			v.Payload = g.value(c)
		}
		return v
	case abi.KindFlags:
		return abi.FlagsValue(g.bits(len(t.Labels)))
	}
	panic("no values of type " + t.String())
}

// index is one of n cases: each in turn, then any.
func (g *generator) index(n int) int {
	if g.round < extremes {
		return g.round % n
	}
	return g.IntN(n)
}

// pick is one of the extremes of a type: each in turn, then half of the time
// any of them, the other half something else.
func pick[T any](g *generator, extremes []T, other func() T) T {
	switch {
	case g.round < len(extremes):
		return extremes[g.round]
	case g.IntN(2) == 0:
		return extremes[g.IntN(len(extremes))]
	}
	return other()
}

// all is how many bits a guest keeps of so many.
func (g *generator) all(n int) int {
	if g.javascript {
		return n - 1
	}
	return n
}

// bits are those of an integer of so many bits.
func (g *generator) bits(n int) uint64 {
	all, top := ^uint64(0)>>(64-n), uint64(1)<<(n-1)
	// Nothing, one, minus one or the greatest, the smallest and the greatest
	// signed number, those beside them, every other bit, the sign of a byte.
	return pick(g, []uint64{
		0, 1 & all, all, top, all &^ top, (top + 1) & all, all - 1, 0xaaaa_aaaa_aaaa_aaaa & all, 0x80 & all,
	}, func() uint64 { return g.Uint64() >> g.IntN(64) & all })
}

func (g *generator) float32() float32 {
	f := pick(g, []float32{
		0, 1, float32(math.Copysign(0, -1)), -1.5, math.MaxFloat32, -math.SmallestNonzeroFloat32,
		float32(math.Inf(1)), float32(math.Inf(-1)), math.Float32frombits(0x7fc0_0000), math.Float32frombits(0xffd5_5555),
	}, func() float32 { return math.Float32frombits(g.Uint32()) })
	if f != f && g.canonical {
		return math.Float32frombits(0x7fc0_0000)
	}
	if g.javascript {
		return float32(math.Abs(float64(f)))
	}
	return f
}

func (g *generator) float64() float64 {
	f := pick(g, []float64{
		0, 1, math.Copysign(0, -1), -1.5, math.MaxFloat64, -math.SmallestNonzeroFloat64,
		math.Inf(1), math.Inf(-1), math.Float64frombits(0x7ff8_0000_0000_0000), math.Float64frombits(0xfffd_5555_5555_5555),
	}, func() float64 { return math.Float64frombits(g.Uint64()) })
	if f != f && g.canonical {
		return math.Float64frombits(0x7ff8_0000_0000_0000)
	}
	if g.javascript {
		return math.Abs(f)
	}
	return f
}

// The ends of the lengths that UTF-8 and UTF-16 have, of Latin-1 and of the
// surrogates, and what people trip over: a mark that combines, a direction, a
// byte order mark, a non-character.
var chars = []rune{
	0, 'a', 0x7f, 0x80, 'é', 0xff, 0x100, 0x301, 0x7ff, 0x800, 0x202e, 0xd7ff, 0xe000, byteOrderMark, 0xfffd, 0xffff, '😀', utf8.MaxRune,
}

const byteOrderMark = 0xfeff

func (g *generator) char() rune {
	c := pick(g, chars, func() rune {
		for {
			if c := g.Int32N(utf8.MaxRune + 1); utf8.ValidRune(c) {
				return c
			}
		}
	})
	if c == byteOrderMark && g.javascript {
		return utf8.RuneError
	}
	return c
}

func (g *generator) text() string {
	var b strings.Builder
	for range g.length() {
		b.WriteRune(g.char())
	}
	return b.String()
}

func (g *generator) list(elem *abi.Type) abi.Value {
	n := g.length()
	if elem.Kind == abi.KindU8 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(g.bits(8))
		}
		return b
	}
	list := make([]abi.Value, n)
	for i := range list {
		list[i] = g.value(elem)
	}
	return list
}

// entries are those of a map, in the order of their keys, as they arrive.
func (g *generator) entries(t *abi.Type) abi.Value {
	byKey := map[abi.Value]abi.Value{}
	for range g.length() {
		key := g.value(t.Elem.Fields[0].Type)
		byKey[key] = g.value(t.Elem.Fields[1].Type)
		if g.round < extremes {
			break // every other key would be the same
		}
	}
	list := make([]abi.Value, 0, len(byKey))
	for _, key := range slices.SortedFunc(maps.Keys(byKey), compareKeys) {
		list = append(list, abi.RecordValue{key, byKey[key]})
	}
	return list
}

func compareKeys(a, b abi.Value) int {
	switch a := a.(type) {
	case bool:
		return cmp.Compare(abi.LowerBool(a), abi.LowerBool(b.(bool)))
	case string:
		return cmp.Compare(a, b.(string))
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.CanInt() {
		return cmp.Compare(x.Int(), y.Int())
	}
	return cmp.Compare(x.Uint(), y.Uint())
}

// length is how many there are of something: seldom many, and less the less
// room is left.
func (g *generator) length() int {
	var n int
	switch {
	case g.round == roundEmpty:
	case g.round == roundLong:
		n = g.room / 2
	case g.IntN(20) == 0:
		n = g.IntN(g.room + 1)
	default:
		n = min(g.IntN(6), g.room)
	}
	g.room -= n
	return n
}
