package synth

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/airsstack/witgen/runtime/abi"
)

// Types draws types. It is for one goroutine.
type Types struct {
	rand  *rand.Rand
	kinds []abi.Kind
	named []*abi.Type
	names int      // how many names of types were given
	odd   []string // names that are left, beside those with numbers
}

// NewTypes draws from r. Kinds of compound types that are not wanted are named.
func NewTypes(r *rand.Rand, without ...abi.Kind) *Types {
	all := []abi.Kind{
		abi.KindList, abi.KindFixedList, abi.KindMap, abi.KindOption, abi.KindResult,
		abi.KindEnum, abi.KindFlags, abi.KindTuple, abi.KindRecord, abi.KindVariant,
	}
	names := slices.Clone(typeNames)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return &Types{rand: r, odd: names, kinds: slices.DeleteFunc(all, func(k abi.Kind) bool { return slices.Contains(without, k) })}
}

var scalars = []*abi.Type{
	abi.Bool, abi.S8, abi.U8, abi.S16, abi.U16, abi.S32, abi.U32, abi.S64, abi.U64, abi.Float32, abi.Float64, abi.Char, abi.String, abi.String,
}

// keys are the types that keys of maps may have.
var keys = []*abi.Type{abi.Bool, abi.S8, abi.U8, abi.S16, abi.U16, abi.S32, abi.U32, abi.S64, abi.U64, abi.Char, abi.String}

// Labels that are something else already in WIT, in Go or in generated code,
// and such as have an idea of upper case of their own.
var labels = []string{
	"a", "b1", "type", "func", "string", "error", "value", "valid", "is-err", "ok", "err", "ctx", "len", "range", "nil", "map", "x-y-z",
	"http-id", "URL", "host", "c", "cx", "s", "ptr", "n", "out", "cm", "abi", "component", "uint32", "e", "f", "record", "list", "r", "context",
}

// Names of types of the same sort, and such as cases of t1 and t2 might have.
var typeNames = []string{
	"error", "string", "option", "result", "type", "func", "exports", "import", "url", "uint32", "context", "unit", "err", "r", "cx",
	"t1-a", "t2-value", "error-code", "names-t1", "is-t1", "new-t1", "t1-ok", "cm", "abi", "component", "call", "byte", "rune", "any",
}

// few gives different labels, at most eight.
func (r *Types) few(n int) []string {
	out := make([]string, n)
	for i, at := range r.rand.Perm(len(labels))[:n] {
		out[i] = labels[at]
	}
	return out
}

func many(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("l%d", i)
	}
	return out
}

func (r *Types) name() string {
	if len(r.odd) > 0 && r.rand.IntN(4) == 0 {
		name := r.odd[0]
		r.odd = r.odd[1:]
		return name
	}
	r.names++
	return fmt.Sprintf("t%d", r.names)
}

func (r *Types) declare(t *abi.Type) *abi.Type {
	r.named = append(r.named, t)
	return t
}

// Named are the types that were drawn and have names, each after those that it
// speaks of.
func (r *Types) Named() []*abi.Type { return r.named }

func (r *Types) optional(depth int) *abi.Type {
	if r.rand.IntN(3) == 0 {
		return nil
	}
	return r.Type(depth)
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// Type draws a type that is at most so many compound types deep, unless it is
// one that was drawn before.
func (r *Types) Type(depth int) *abi.Type {
	switch {
	case depth == 0 || r.rand.IntN(4) == 0:
		return one(r.rand, scalars...)
	case len(r.named) > 0 && r.rand.IntN(8) == 0:
		return one(r.rand, r.named...)
	}
	depth--
	n := 1 + r.rand.IntN(4)
	switch kind := one(r.rand, r.kinds...); kind {
	case abi.KindList:
		return abi.List(r.Type(depth))
	case abi.KindFixedList:
		return abi.FixedList(r.Type(depth), uint32(n))
	case abi.KindMap:
		return abi.Map(one(r.rand, keys...), r.Type(depth))
	case abi.KindOption:
		return abi.Option(r.Type(depth))
	case abi.KindResult:
		return abi.Result(r.optional(depth), r.optional(depth))
	case abi.KindEnum:
		return r.declare(abi.Enum(r.name(), many(one(r.rand, 1, 2, 256, 257))...))
	case abi.KindFlags:
		return r.declare(abi.Flags(r.name(), many(one(r.rand, 1, 8, 9, 17, 32))...))
	case abi.KindTuple:
		elems := make([]*abi.Type, n)
		for i := range elems {
			elems[i] = r.Type(depth)
		}
		return abi.Tuple(elems...)
	case abi.KindRecord:
		fields := make([]abi.Field, n)
		for i, l := range r.few(n) {
			fields[i] = abi.Field{Label: l, Type: r.Type(depth)}
		}
		return r.declare(abi.Record(r.name(), fields...))
	case abi.KindVariant:
		cases := make([]abi.Case, n)
		for i, l := range r.few(n) {
			cases[i] = abi.Case{Label: l, Type: r.optional(depth)}
		}
		return r.declare(abi.Variant(r.name(), cases...))
	default:
		panic("no types of kind " + kind.String())
	}
}

// Func draws the type of a function that gives back what it is given: one value
// as it is, several as a tuple.
func (r *Types) Func() *abi.FuncType {
	f := &abi.FuncType{}
	if r.rand.IntN(5) == 0 { // what Go answers with an error
		t := abi.Result(r.optional(2), r.optional(2))
		return &abi.FuncType{Params: []abi.Field{{Label: r.few(1)[0], Type: t}}, Result: t}
	}
	for _, l := range r.few(1 + r.rand.IntN(3)) {
		f.Params = append(f.Params, abi.Field{Label: l, Type: r.Type(1 + r.rand.IntN(3))})
	}
	f.Result = f.ParamsTuple()
	if len(f.Params) == 1 {
		f.Result = f.Params[0].Type
	}
	return f
}
