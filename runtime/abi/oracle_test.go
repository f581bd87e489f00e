package abi_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/abi"
)

// An oracle is a value as the specification's definitions.py lowers it; see
// testdata/oracle.py.
type oracle struct {
	Type            json.RawMessage
	Size, Align     uint32
	Flat            []string
	Value           json.RawMessage
	Stack           []uint64
	Lowered, Stored string // memory afterwards, in hexadecimal
}

func oracles(t testing.TB) []oracle {
	t.Helper()
	file, err := os.Open("testdata/oracle.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []oracle
	for dec := json.NewDecoder(file); dec.More(); {
		var o oracle
		if err := dec.Decode(&o); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

// TestLayout compares size, alignment and flattening with the specification's.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, o := range oracles(t) {
		typ := typeOf(t, o.Type)
		if typ.Size() != o.Size || typ.Align() != o.Align {
			t.Errorf("%s: size %d, alignment %d, want %d and %d", typ, typ.Size(), typ.Align(), o.Size, o.Align)
		}
		want := o.Flat[:min(len(o.Flat), abi.MaxFlatParams+1)] // beyond, it travels through memory anyway
		if diff := cmp.Diff(want, names(typ.Flat())); diff != "" {
			t.Errorf("%s: flat types (-want +got):\n%s", typ, diff)
		}
	}
}

func names(ts []abi.CoreType) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.String()
	}
	return out
}

// TestValues lowers and stores, lifts and loads values as the specification
// does, byte for byte.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, o := range oracles(t) {
		typ := typeOf(t, o.Type)
		value := valueOf(t, typ, o.Value)
		same := func(what string, got abi.Value) {
			t.Helper()
			if diff := cmp.Diff(value, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", what, typ, diff)
			}
		}

		cx, mem := newContext(1<<16, abi.Options{})
		ptr := cx.Alloc(typ.Size(), typ.Align())
		cx.Store(typ, value, ptr)
		wantMemory(t, "storing "+typ.String(), mem, o.Stored)
		same("loading", cx.Load(typ, cx.Region(ptr, typ.Size(), typ.Align())))

		if len(o.Flat) > abi.MaxFlatParams {
			continue
		}
		cx, mem = newContext(1<<16, abi.Options{})
		stack := make([]uint64, len(o.Flat))
		for i := range stack {
			stack[i] = math.MaxUint64 // whatever was there before
		}
		cx.Lower(typ, value, stack)
		if diff := cmp.Diff(o.Stack, stack); diff != "" {
			t.Errorf("lowering %s (-want +got):\n%s", typ, diff)
		}
		wantMemory(t, "lowering "+typ.String(), mem, o.Lowered)
		same("lifting", cx.Lift(typ, stack))
		for i, f := range typ.Flat() { // the upper half of a 32-bit value means nothing
			if f == abi.I32 || f == abi.F32 {
				stack[i] |= 0xdead_beef << 32
			}
		}
		same("lifting with upper halves", cx.Lift(typ, stack))
	}
}

func wantMemory(t *testing.T, what string, mem *heap, want string) {
	t.Helper()
	b, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := mem.bytes[:mem.top]; !bytes.Equal(got, b) {
		t.Errorf("%s: memory is\n%x, want\n%x", what, got, b)
	}
}

var prims = map[string]*abi.Type{
	"bool": abi.Bool, "s8": abi.S8, "u8": abi.U8, "s16": abi.S16, "u16": abi.U16, "s32": abi.S32, "u32": abi.U32,
	"s64": abi.S64, "u64": abi.U64, "f32": abi.Float32, "f64": abi.Float64, "char": abi.Char, "string": abi.String,
}

// typeOf reads a type as oracle.py writes it: "u8", ["list", "u8"],
// ["enum", 300]; null is no type.
func typeOf(t testing.TB, raw json.RawMessage) *abi.Type {
	t.Helper()
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return prims[name] // nil for null
	}
	var parts []json.RawMessage
	decode(t, raw, &parts)
	decode(t, parts[0], &name)
	parts = parts[1:]
	switch name {
	case "enum", "flags":
		var n int
		decode(t, parts[0], &n)
		return labelled(name, n)
	case "list":
		return abi.List(typeOf(t, parts[0]))
	case "fixed":
		var n uint32
		decode(t, parts[0], &n)
		return abi.FixedList(typeOf(t, parts[1]), n)
	case "map":
		return abi.Map(typeOf(t, parts[0]), typeOf(t, parts[1]))
	case "option":
		return abi.Option(typeOf(t, parts[0]))
	case "result":
		return abi.Result(typeOf(t, parts[0]), typeOf(t, parts[1]))
	}
	types := make([]*abi.Type, len(parts))
	for i, p := range parts {
		types[i] = typeOf(t, p)
	}
	return compound(name, types)
}

// compound is a record, tuple or variant with labels from 0.
func compound(kind string, types []*abi.Type) *abi.Type {
	var fields []abi.Field
	var cases []abi.Case
	for i, t := range types {
		fields = append(fields, abi.Field{Label: "f" + strconv.Itoa(i), Type: t})
		cases = append(cases, abi.Case{Label: "c" + strconv.Itoa(i), Type: t})
	}
	switch kind {
	case "record":
		return abi.Record("", fields...)
	case "variant":
		return abi.Variant("", cases...)
	}
	return abi.Tuple(types...)
}

// labelled is an enum or flags type of n labels.
func labelled(kind string, n int) *abi.Type {
	labels := make([]string, n)
	for i := range labels {
		labels[i] = "l" + strconv.Itoa(i)
	}
	if kind == "flags" {
		return abi.Flags("", labels...)
	}
	return abi.Enum("", labels...)
}

func decode(t testing.TB, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
}

// valueOf reads a value of that type as oracle.py writes it.
func valueOf(t testing.TB, typ *abi.Type, raw json.RawMessage) abi.Value {
	t.Helper()
	switch typ.Kind {
	case abi.KindBool:
		return scalarOf[bool](t, raw)
	case abi.KindS8:
		return scalarOf[int8](t, raw)
	case abi.KindU8:
		return scalarOf[uint8](t, raw)
	case abi.KindS16:
		return scalarOf[int16](t, raw)
	case abi.KindU16:
		return scalarOf[uint16](t, raw)
	case abi.KindS32:
		return scalarOf[int32](t, raw)
	case abi.KindU32:
		return scalarOf[uint32](t, raw)
	case abi.KindS64:
		return scalarOf[int64](t, raw)
	case abi.KindU64:
		return scalarOf[uint64](t, raw)
	case abi.KindF32:
		return math.Float32frombits(scalarOf[uint32](t, raw))
	case abi.KindF64:
		return math.Float64frombits(scalarOf[uint64](t, raw))
	case abi.KindChar:
		return abi.CharValue(scalarOf[rune](t, raw))
	case abi.KindString:
		return scalarOf[string](t, raw)
	case abi.KindFlags:
		return abi.FlagsValue(scalarOf[uint32](t, raw))
	}
	parts := scalarOf[[]json.RawMessage](t, raw)
	switch typ.Kind {
	case abi.KindList, abi.KindMap:
		return listOf(t, typ.Elem, parts)
	case abi.KindFixedList:
		list := make([]abi.Value, len(parts))
		for i, p := range parts {
			list[i] = valueOf(t, typ.Elem, p)
		}
		return list
	case abi.KindRecord, abi.KindTuple:
		r := make(abi.RecordValue, len(parts))
		for i, p := range parts {
			r[i] = valueOf(t, typ.Fields[i].Type, p)
		}
		return r
	}
	v := abi.VariantValue{Case: scalarOf[uint32](t, parts[0])}
	if c := typ.Cases[v.Case].Type; c != nil {
		v.Payload = valueOf(t, c, parts[1])
	}
	return v
}

func scalarOf[T any](t testing.TB, raw json.RawMessage) (v T) {
	t.Helper()
	decode(t, raw, &v)
	return v
}

func listOf(t testing.TB, elem *abi.Type, parts []json.RawMessage) abi.Value {
	t.Helper()
	list, octets := make([]abi.Value, len(parts)), make([]byte, len(parts))
	for i, p := range parts {
		list[i] = valueOf(t, elem, p)
		if elem.Kind == abi.KindU8 {
			octets[i] = list[i].(uint8)
		}
	}
	if elem.Kind == abi.KindU8 {
		return octets
	}
	return list
}
