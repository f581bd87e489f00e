package wave_test

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/airsstack/witgen/runtime/abi"
)

// Types that several tests use.
var (
	point = abi.Record("point", abi.Field{Label: "x", Type: abi.S32}, abi.Field{Label: "y", Type: abi.S32})
	shape = abi.Variant("shape", abi.Case{Label: "circle", Type: abi.Float64}, abi.Case{Label: "poly", Type: abi.List(point)}, abi.Case{Label: "none"})
	perms = abi.Flags("perms", "read", "write", "exec")
	color = abi.Enum("color", "red", "ok")
	item  = abi.Record("item", abi.Field{Label: "name", Type: abi.String}, abi.Field{Label: "tag", Type: abi.Option(abi.String)})
	empty = abi.Record("options", abi.Field{Label: "a", Type: abi.Option(abi.U8)})
)

// A drawer draws types and values at random.
type drawer struct{ *rand.Rand }

func newDrawer(seed uint64) drawer { return drawer{rand.New(rand.NewPCG(seed, 0))} }

var scalars = []*abi.Type{
	abi.Bool, abi.S8, abi.U8, abi.S16, abi.U16, abi.S32, abi.U32, abi.S64, abi.U64, abi.Float32, abi.Float64, abi.Char, abi.String,
}

// keywordsToo are labels as they are likely to go wrong.
var keywordsToo = []string{"a", "none", "some", "ok", "err", "true", "inf", "nan", "two-words", "HTTP3", "method-GET", "x1"}

func (d drawer) labels(n int) []string {
	out := make([]string, n)
	for i, k := range d.Perm(len(keywordsToo))[:n] {
		out[i] = keywordsToo[k]
	}
	return out
}

func (d drawer) typ(depth int) *abi.Type {
	if depth == 0 || d.IntN(4) == 0 {
		return scalars[d.IntN(len(scalars))]
	}
	maybe := func() *abi.Type {
		if d.IntN(3) == 0 {
			return nil
		}
		return d.typ(depth - 1)
	}
	switch d.IntN(10) {
	case 0:
		return abi.List(d.typ(depth - 1))
	case 1:
		return abi.FixedList(d.typ(depth-1), 1+d.Uint32N(4))
	case 2:
		return abi.Map(scalars[d.IntN(len(scalars))], d.typ(depth-1))
	case 3:
		elems := make([]*abi.Type, 1+d.IntN(4))
		for i := range elems {
			elems[i] = d.typ(depth - 1)
		}
		return abi.Tuple(elems...)
	case 4:
		var fields []abi.Field
		for _, l := range d.labels(1 + d.IntN(5)) {
			fields = append(fields, abi.Field{Label: l, Type: d.typ(depth - 1)})
		}
		return abi.Record("r", fields...)
	case 5:
		var cases []abi.Case
		for _, l := range d.labels(1 + d.IntN(5)) {
			cases = append(cases, abi.Case{Label: l, Type: maybe()})
		}
		return abi.Variant("v", cases...)
	case 6:
		return abi.Enum("e", d.labels(1+d.IntN(len(keywordsToo)))...)
	case 7:
		return abi.Option(d.typ(depth - 1))
	case 8:
		return abi.Result(maybe(), maybe())
	}
	return abi.Flags("f", d.labels(1+d.IntN(len(keywordsToo)))...)
}

func (d drawer) value(t *abi.Type) abi.Value {
	switch t.Kind {
	case abi.KindList, abi.KindFixedList, abi.KindMap:
		return d.list(t)
	case abi.KindRecord, abi.KindTuple:
		r := make(abi.RecordValue, len(t.Fields))
		for i, f := range t.Fields {
			r[i] = d.value(f.Type)
		}
		return r
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
		v := abi.VariantValue{Case: d.Uint32N(uint32(len(t.Cases)))}
		if of := t.Cases[v.Case].Type; of != nil {
			v.Payload = d.value(of)
		}
		return v
	case abi.KindFlags:
		return abi.FlagsValue(d.Uint32() & (1<<len(t.Labels) - 1))
	case abi.KindString:
		s := make([]rune, d.IntN(6))
		for i := range s {
			s[i] = d.char()
		}
		return string(s)
	}
	return d.scalar(t)
}

func (d drawer) list(t *abi.Type) abi.Value {
	n := d.IntN(4)
	if t.Kind == abi.KindFixedList {
		n = int(t.Len)
	}
	if t.Kind == abi.KindList && t.Elem.Kind == abi.KindU8 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(d.Uint32())
		}
		return b
	}
	list := make([]abi.Value, n)
	for i := range list {
		list[i] = d.value(t.Elem)
	}
	return list
}

func (d drawer) scalar(t *abi.Type) abi.Value {
	v := d.Uint64() >> d.IntN(64)
	switch t.Kind {
	case abi.KindBool:
		return v&1 == 1
	case abi.KindS8:
		return int8(v)
	case abi.KindU8:
		return uint8(v)
	case abi.KindS16:
		return int16(v)
	case abi.KindU16:
		return uint16(v)
	case abi.KindS32:
		return int32(v)
	case abi.KindU32:
		return uint32(v)
	case abi.KindS64:
		return int64(v)
	case abi.KindU64:
		return v
	case abi.KindF32:
		return float32(d.float(math.Float64frombits(v), 32))
	case abi.KindF64:
		return d.float(math.Float64frombits(v), 64)
	case abi.KindChar:
		return abi.CharValue(d.char())
	}
	panic("no scalar: " + t.String())
}

// float is v, but for NaNs, of which a component sees one only, and for numbers
// that look simple.
func (d drawer) float(v float64, bits int) float64 {
	switch d.IntN(4) {
	case 0:
		return float64(d.IntN(2000)-1000) / 8
	case 1:
		return []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1e21, 1e-7}[d.IntN(6)]
	}
	if v != v {
		return 1
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, bits), bits)
	return v
}

func (d drawer) char() rune {
	odd := []rune{0, '\t', '\n', '\r', '"', '\'', '\\', 'a', '%', '☃', '🌊', 0x7f, 0x202e, 0xfffd, 0x10ffff, 0x301, ' '}
	return odd[d.IntN(len(odd))]
}
