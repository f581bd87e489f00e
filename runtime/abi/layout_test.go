package abi_test

import (
	"slices"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
)

// TestDiscriminants is about the numbers of cases at which the discriminant
// grows.
func TestDiscriminants(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]uint32{1: 1, 2: 1, 255: 1, 256: 1, 257: 2, 65536: 2, 65537: 4} {
		if got := labelled("enum", n).Size(); got != want {
			t.Errorf("an enum of %d cases takes %d bytes, want %d", n, got, want)
		}
	}
	for n := 1; n <= 32; n++ {
		want := uint32(4)
		if n <= 8 {
			want = 1
		} else if n <= 16 {
			want = 2
		}
		if got := labelled("flags", n); got.Size() != want || got.Align() != want {
			t.Errorf("flags of %d labels take %d bytes, want %d", n, got.Size(), want)
		}
	}
}

// TestOffsets is about the places within records and variants.
func TestOffsets(t *testing.T) {
	t.Parallel()
	r := abi.Tuple(abi.U8, abi.U64, abi.U16, abi.String, abi.Bool)
	for i, want := range []uint32{0, 8, 16, 20, 28} {
		if got := r.FieldOffset(i); got != want {
			t.Errorf("field %d lies at %d, want %d", i, got, want)
		}
	}
	for i, want := range []int{0, 1, 2, 3, 5} {
		if got := r.FieldFlat(i); got != want {
			t.Errorf("field %d is flat value %d, want %d", i, got, want)
		}
	}
	for _, test := range []struct {
		t    *abi.Type
		want uint32
	}{
		{abi.Option(abi.U8), 1},
		{abi.Option(abi.U64), 8},
		{abi.Result(nil, nil), 1},
		{abi.Result(abi.U16, abi.U32), 4},
	} {
		if got := test.t.PayloadOffset(); got != test.want {
			t.Errorf("the payload of %s lies at %d, want %d", test.t, got, test.want)
		}
	}
}

// TestFunctions is about the limits at which parameters and results travel
// through memory.
func TestFunctions(t *testing.T) {
	t.Parallel()
	params := func(n int, last *abi.Type) []abi.Field {
		fs := slices.Repeat([]abi.Field{{Label: "p", Type: abi.U64}}, n)
		return append(fs, abi.Field{Label: "last", Type: last})
	}
	i64s := slices.Repeat([]abi.CoreType{abi.I64}, 16)
	tests := []struct {
		name        string
		f           abi.FuncType
		lift, lower abi.CoreFunc
	}{
		{"nothing", abi.FuncType{}, abi.CoreFunc{}, abi.CoreFunc{}},
		{
			"scalars",
			abi.FuncType{Params: params(0, abi.Float32), Result: abi.Float64},
			abi.CoreFunc{Params: []abi.CoreType{abi.F32}, Results: []abi.CoreType{abi.F64}},
			abi.CoreFunc{Params: []abi.CoreType{abi.F32}, Results: []abi.CoreType{abi.F64}},
		},
		{
			"sixteen",
			abi.FuncType{Params: params(15, abi.U64)},
			abi.CoreFunc{Params: i64s},
			abi.CoreFunc{Params: i64s},
		},
		{
			"seventeen",
			abi.FuncType{Params: params(15, abi.String), Result: abi.String},
			abi.CoreFunc{Params: []abi.CoreType{abi.I32}, Results: []abi.CoreType{abi.I32}, ParamsSpilled: true, ResultSpilled: true},
			abi.CoreFunc{Params: []abi.CoreType{abi.I32, abi.I32}, ParamsSpilled: true, ResultSpilled: true},
		},
		{
			"sixteen and a pointer",
			abi.FuncType{Params: params(15, abi.U64), Result: abi.String},
			abi.CoreFunc{Params: i64s, Results: []abi.CoreType{abi.I32}, ResultSpilled: true},
			abi.CoreFunc{Params: append(slices.Clone(i64s), abi.I32), ResultSpilled: true},
		},
		{
			"one flat value in a tuple",
			abi.FuncType{Result: abi.Tuple(abi.Tuple(abi.U8))},
			abi.CoreFunc{Results: []abi.CoreType{abi.I32}},
			abi.CoreFunc{Results: []abi.CoreType{abi.I32}},
		},
	}
	same := func(a, b abi.CoreFunc) bool {
		return slices.Equal(a.Params, b.Params) && slices.Equal(a.Results, b.Results) &&
			a.ParamsSpilled == b.ParamsSpilled && a.ResultSpilled == b.ResultSpilled
	}
	for _, test := range tests {
		if got := test.f.FlattenLift(); !same(got, test.lift) {
			t.Errorf("%s: lifted from %+v, want %+v", test.name, got, test.lift)
		}
		if got := test.f.FlattenLower(); !same(got, test.lower) {
			t.Errorf("%s: lowered to %+v, want %+v", test.name, got, test.lower)
		}
	}
}

// TestTowers builds types that double with each storey: layouts stop growing.
func TestTowers(t *testing.T) {
	t.Parallel()
	tuple, variant := abi.U64, abi.U64
	for range 200 {
		tuple = abi.Tuple(tuple, tuple)
		variant = abi.Variant("", abi.Case{Label: "a", Type: abi.Tuple(variant, variant)}, abi.Case{Label: "b", Type: variant})
	}
	for _, typ := range []*abi.Type{tuple, variant} {
		if typ.Size() < abi.MaxTypeSize || len(typ.Flat()) > abi.MaxFlatParams+1 {
			t.Errorf("a tower takes %d bytes and %d flat values", typ.Size(), len(typ.Flat()))
		}
	}
}
