package wave

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
)

// The forms of numbers: those of JSON.
var (
	integerForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	numberForm  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// An integerKind is the range of an integer type and how its values are held.
type integerKind struct {
	bits   int
	signed bool
	value  func(v uint64) abi.Value
}

var integers = map[abi.Kind]integerKind{
	abi.KindS8:  {8, true, func(v uint64) abi.Value { return int8(v) }},
	abi.KindU8:  {8, false, func(v uint64) abi.Value { return uint8(v) }},
	abi.KindS16: {16, true, func(v uint64) abi.Value { return int16(v) }},
	abi.KindU16: {16, false, func(v uint64) abi.Value { return uint16(v) }},
	abi.KindS32: {32, true, func(v uint64) abi.Value { return int32(v) }},
	abi.KindU32: {32, false, func(v uint64) abi.Value { return uint32(v) }},
	abi.KindS64: {64, true, func(v uint64) abi.Value { return int64(v) }},
	abi.KindU64: {64, false, func(v uint64) abi.Value { return v }},
}

func (p *parser) integer(t *abi.Type) abi.Value {
	k, ok := integers[t.Kind]
	if !ok {
		p.fail(p.tok.at, "a value of type %s cannot be written", t)
	}
	if p.tok.kind != tokenNumber {
		p.expected("an integer (%s)", t)
	}
	text := p.tok.text
	if !integerForm.MatchString(text) {
		p.expected("an integer (%s) in decimal", t)
	}
	v, err := strconv.ParseUint(text, 10, k.bits)
	if k.signed {
		var s int64
		s, err = strconv.ParseInt(text, 10, k.bits)
		v = uint64(s)
	}
	if err != nil {
		lo, hi := k.bounds()
		p.expected("a %s, from %s to %s", t, lo, hi)
	}
	p.take()
	return k.value(v)
}

// bounds are the least and the greatest integer.
func (k integerKind) bounds() (lo, hi string) {
	if !k.signed {
		return "0", strconv.FormatUint(math.MaxUint64>>(64-k.bits), 10)
	}
	least := int64(-1) << (k.bits - 1)
	return strconv.FormatInt(least, 10), strconv.FormatInt(^least, 10)
}

// float reads a number as the nearest one of the type; what is beyond its range
// is infinite.
func (p *parser) float(t *abi.Type) abi.Value {
	bits := int(t.Size()) * 8
	v, ok := p.floating(bits)
	if !ok {
		p.expected("a number (%s)", t)
	}
	if bits == 32 {
		return float32(v)
	}
	return v
}

func (p *parser) floating(bits int) (float64, bool) {
	switch {
	case p.keyword("nan"):
		return math.NaN(), true
	case p.keyword("inf"):
		return math.Inf(1), true
	case p.tok.kind == tokenNumber && p.tok.text == "-inf":
		p.take()
		return math.Inf(-1), true
	case p.tok.kind != tokenNumber || !numberForm.MatchString(p.tok.text):
		return 0, false
	}
	v, _ := strconv.ParseFloat(p.take().text, bits) // the error is its range's: v is infinite
	return v, true
}

// formatFloat writes the shortest number that Parse reads as v, in the manner of
// JSON: with an exponent only where it is very large or very small.
func formatFloat(v float64, bits int) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, bits), "+"))
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(v, 'e', -1, bits)
	}
	return strconv.FormatFloat(v, 'f', -1, bits)
}
