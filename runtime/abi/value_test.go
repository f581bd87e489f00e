package abi_test

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
)

// TestNaNs gives every NaN its canonical form, in both directions.
func TestNaNs(t *testing.T) {
	t.Parallel()
	cx, _ := newContext(64, abi.Options{})
	for _, bits := range []uint64{0x7fc00000, 0x7f800001, 0xffffffff, 0x7fffffff} {
		got := math.Float32bits(cx.Lift(abi.Float32, []uint64{bits}).(float32))
		var stack [1]uint64
		cx.Lower(abi.Float32, math.Float32frombits(uint32(bits)), stack[:])
		if got != 0x7fc00000 || stack[0] != 0x7fc00000 {
			t.Errorf("f32 %#x is lifted to %#x and lowered to %#x", bits, got, stack[0])
		}
	}
	for _, bits := range []uint64{0x7ff8000000000000, 0x7ff0000000000001, math.MaxUint64} {
		got := math.Float64bits(cx.Lift(abi.Float64, []uint64{bits}).(float64))
		var stack [1]uint64
		cx.Lower(abi.Float64, math.Float64frombits(bits), stack[:])
		if got != 0x7ff8000000000000 || stack[0] != 0x7ff8000000000000 {
			t.Errorf("f64 %#x is lifted to %#x and lowered to %#x", bits, got, stack[0])
		}
	}
}

// TestHostValues lowers values that are not of their type.
func TestHostValues(t *testing.T) {
	t.Parallel()
	rgb := abi.Enum("rgb", "red", "green", "blue")
	tests := []struct {
		t   *abi.Type
		v   abi.Value
		msg string
	}{
		{abi.U32, int32(1), "a int32 given for a value of type u32"},
		{abi.U32, nil, "a <nil> given for a value of type u32"},
		{abi.Char, 'a', "a int32 given for a value of type char"},
		{abi.Char, abi.CharValue(0xd800), "not a char: 0xd800"},
		{abi.Char, abi.CharValue(-1), "not a char"},
		{abi.String, []byte("text"), "a []uint8 given for a value of type string"},
		{abi.List(abi.U8), []abi.Value{uint8(1)}, "given for a value of type list<u8>"},
		{abi.List(abi.U16), []uint16{1}, "a []uint16 given for a value of type list<u16>"},
		{abi.List(abi.U16), []abi.Value{uint16(1), uint8(1)}, "a uint8 given for a value of type u16"},
		{abi.Tuple(abi.U8, abi.U8), abi.RecordValue{uint8(1)}, "a value of 1 fields given for tuple<u8, u8>, which has 2"},
		{rgb, abi.VariantValue{Case: 3}, "case 3 given for rgb, which has 3"},
		{abi.Option(abi.U8), abi.VariantValue{Case: 1}, "a <nil> given for a value of type u8"},
		{abi.Flags("rw", "r", "w"), abi.FlagsValue(4), "value 0x4 has more flags than rw"},
		{abi.Own(&abi.Resource{Name: "file"}), uint32(1), "a uint32 given for a value of type own<file>"},
	}
	for _, test := range tests {
		cx, _ := newContext(256, abi.Options{})
		wantTrap(t, caught(func() { cx.Lower(test.t, test.v, make([]uint64, 16)) }), test.msg)
		wantTrap(t, caught(func() { cx.Store(test.t, test.v, cx.Alloc(test.t.Size(), test.t.Align())) }), test.msg)
	}
}

// TestWithoutMemory moves scalars, and traps where a value needs memory.
func TestWithoutMemory(t *testing.T) {
	t.Parallel()
	var cx abi.Context
	cx.Reset(&abi.Options{}, &heap{})
	if v := cx.Lift(abi.Tuple(abi.U8, abi.S64), []uint64{1, 2}); !cmp.Equal(v, abi.RecordValue{uint8(1), int64(2)}) {
		t.Errorf("lifted %v", v)
	}
	wantTrap(t, caught(func() { cx.LiftString(0, 0) }), "a value needs memory and the function's canonical options name none")
	wantTrap(t, caught(func() { cx.LowerString("") }), "a value needs memory")
}

// TestMaxLift counts all strings and lists of one set of values.
func TestMaxLift(t *testing.T) {
	t.Parallel()
	cx, _ := newContext(1<<10, abi.Options{MaxLift: 100})
	cx.LiftString(0, 60)
	cx.LiftString(0, 40)
	wantTrap(t, caught(func() { cx.LiftString(0, 1) }), "to the host come to more than the limit of 100 bytes")
	cx, _ = newContext(1<<10, abi.Options{MaxLift: 100})
	cx.List(0, 10, 8, 8)
	wantTrap(t, caught(func() { cx.List(0, 3, 8, 8) }), "to the host come to more than the limit of 100 bytes")
}

// TestMaxLower counts all that one set of values takes of the guest's memory.
func TestMaxLower(t *testing.T) {
	t.Parallel()
	cx, _ := newContext(1<<10, abi.Options{MaxLower: 100})
	cx.LowerString(strings.Repeat("a", 60))
	cx.AllocList(5, 8, 8)
	err := caught(func() { cx.LowerString("a") })
	wantTrap(t, err, "to the guest come to more than the limit of 100 bytes")
	if limit, ok := errors.AsType[*abi.LimitError](err); !ok || *limit != (abi.LimitError{Of: abi.BytesToGuest, Limit: 100}) {
		t.Errorf("got %#v", err)
	}
	// Room that an encoding asks for in vain comes back.
	cx, _ = newContext(1<<10, abi.Options{MaxLower: 100, Encoding: abi.UTF16})
	cx.LowerString(strings.Repeat("ä", 25))
	cx.LowerString(strings.Repeat("ä", 12))
	wantTrap(t, caught(func() { cx.LowerString(strings.Repeat("ä", 14)) }), "to the guest")
}

// TestValuesThatGrow lifts types whose values take much more room in Go than in
// memory: the limit counts the room in Go.
func TestValuesThatGrow(t *testing.T) { // not parallel: it counts what is allocated
	const limit = 1 << 20
	tower := abi.U8
	for range 50 {
		tower = abi.Tuple(tower)
	}
	for _, elem := range []*abi.Type{abi.Bool, tower, abi.Option(abi.Option(abi.Bool)), abi.Enum("e", "a"), abi.Tuple(slices.Repeat([]*abi.Type{abi.U8}, 100)...)} {
		cx, _ := newContext(1<<20, abi.Options{MaxLift: limit})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		trap := caught(func() { cx.Lift(abi.List(elem), []uint64{0, uint64((1 << 20) / elem.Size())}) })
		runtime.ReadMemStats(&after)
		wantTrap(t, trap, "values too large")
		if n := after.TotalAlloc - before.TotalAlloc; n > 4*limit {
			t.Errorf("lifting a list of %s up to a limit of %d bytes allocated %d", elem, limit, n)
		}
	}
}

// TestScalarLists moves lists of numbers in bulk.
func TestScalarLists(t *testing.T) {
	t.Parallel()
	scalars(t, []uint8{0, 1, 255})
	scalars(t, []int8{0, -1, 127, -128})
	scalars(t, []uint16{0, 1, 0x1234, 0xffff})
	scalars(t, []int16{0, -1, 0x1234, -0x8000})
	scalars(t, []uint32{0, 0x12345678})
	scalars(t, []int32{0, -1, math.MinInt32})
	scalars(t, []uint64{0, 0x123456789abcdef0})
	scalars(t, []int64{0, -1, math.MinInt64})
	scalars(t, []uint64{})
	scalars(t, []uint64(nil))
}

func scalars[T abi.Scalar](t *testing.T, v []T) {
	t.Helper()
	size := uint32(8)
	switch any(T(0)).(type) {
	case uint8, int8:
		size = 1
	case uint16, int16:
		size = 2
	case uint32, int32:
		size = 4
	}
	cx, mem := newContext(256, abi.Options{})
	ptr := cx.AllocList(len(v), size, size)
	abi.StoreScalars(cx, ptr, v)
	for i, e := range v {
		for b := range size {
			if got, want := mem.bytes[ptr+uint32(i)*size+b], byte(uint64(e)>>(8*b)); got != want {
				t.Errorf("%v: byte %d of element %d is %#x, want %#x", v, b, i, got, want)
			}
		}
	}
	if got := abi.LoadScalars[T](cx.List(ptr, uint32(len(v)), size, size)); !slices.Equal(got, v) {
		t.Errorf("%v came back as %v", v, got)
	}
}

// TestTypeNames writes types as WIT does.
func TestTypeNames(t *testing.T) {
	t.Parallel()
	point := abi.Record("point", abi.Field{Label: "x", Type: abi.U32})
	tests := map[string]*abi.Type{
		"list<point>":             abi.List(point),
		"tuple<u8, string>":       abi.Tuple(abi.U8, abi.String),
		"option<list<f32>>":       abi.Option(abi.List(abi.Float32)),
		"result":                  abi.Result(nil, nil),
		"result<u8>":              abi.Result(abi.U8, nil),
		"result<_, char>":         abi.Result(nil, abi.Char),
		"result<u8, bool>":        abi.Result(abi.U8, abi.Bool),
		"variant { a, b(point) }": abi.Variant("", abi.Case{Label: "a"}, abi.Case{Label: "b", Type: point}),
		"enum { a, b }":           abi.Enum("", "a", "b"),
		"flags { a, b }":          abi.Flags("", "a", "b"),
		"record { p: point }":     abi.Record("", abi.Field{Label: "p", Type: point}),
		"other":                   point.Named("other"),
		"list<u8, 4>":             abi.FixedList(abi.U8, 4),
		"map<string, u8>":         abi.Map(abi.String, abi.U8),
		"stream<u8>":              abi.Unsupported(abi.KindStream, abi.U8),
		"future":                  abi.Unsupported(abi.KindFuture, nil),
		"borrow<file>":            abi.Borrow(&abi.Resource{Name: "file"}),
		"_":                       nil,
	}
	for want, typ := range tests {
		if got := typ.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := point.Structure(); got != "record { x: u32 }" {
		t.Errorf("the structure of point is %s", got)
	}
	f := abi.FuncType{Params: []abi.Field{{Label: "p", Type: point}}, Result: abi.Bool, Async: true}
	if got := f.String(); got != "async func(p: point) -> bool" {
		t.Errorf("got %s", got)
	}
	if u := abi.List(abi.Option(tests["stream<u8>"])).Unsupported(); u != tests["stream<u8>"] {
		t.Errorf("the unsupported type within is %v", u)
	}
}
