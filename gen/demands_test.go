package gen_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/gen/testdata/points/want/demo/points/files"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// linear is a guest's memory with an allocator that never frees.
type linear struct {
	bytes []byte
	used  uint32
}

func (m *linear) Size() uint32 { return uint32(len(m.bytes)) }

func (m *linear) Read(offset, n uint32) ([]byte, bool) { return m.bytes[offset : offset+n], true }

func (m *linear) Realloc(_, _, align, size uint32) uint32 {
	ptr := abi.AlignTo(m.used, align)
	m.used = ptr + size
	return ptr
}

func lowered(typ *abi.FuncType, args ...abi.Value) (*abi.Context, []uint64) {
	mem := &linear{bytes: make([]byte, 4096), used: 16}
	cx := &abi.Context{}
	cx.Reset(&abi.Options{Memory: mem}, mem)
	stack := make([]uint64, abi.MaxFlatParams+1)
	cx.LowerParams(typ, args, stack)
	return cx, stack
}

func hostFunc(t *testing.T, name string) component.HostFunc {
	t.Helper()
	for _, fn := range files.Import.Funcs {
		if fn.Name == name {
			return fn
		}
	}
	t.Fatalf("no function %s", name)
	return component.HostFunc{}
}

// Short forms for values of the type-driven path.
func of(i uint32, payload ...abi.Value) abi.Value {
	v := abi.VariantValue{Case: i}
	if len(payload) > 0 {
		v.Payload = payload[0]
	}
	return v
}

func some(v abi.Value) abi.Value { return of(1, v) }

var none = of(0)

type demand = capability.Demand

// TestDemands runs the generated extractors on arguments and compares what they
// ask the guard for.
func TestDemands(t *testing.T) {
	t.Parallel()
	const read, write, appendMode, readWrite = 0, 1, 2, 3
	options := func(mode uint32, create bool, createNew, truncate abi.Value) abi.Value {
		return abi.RecordValue{of(mode), create, createNew, truncate}
	}
	deep := func(where abi.Value, perms uint32, how abi.Value, verbose bool) []abi.Value {
		return []abi.Value{where, uint64(7), abi.FlagsValue(perms), of(appendMode), abi.RecordValue{how}, abi.CharValue('ß'), verbose}
	}
	file, host, nowhere := of(0, "/f"), of(1, abi.RecordValue{"h", uint16(80)}), of(2)
	wide := func(ns string, name abi.Value, verb string) []abi.Value {
		return []abi.Value{abi.RecordValue{ns, name}, verb, "", "", "", "", "", ""}
	}
	for _, c := range []struct {
		name, fn string
		args     []abi.Value
		want     []demand
	}{
		{"a mapped action", "open", []abi.Value{"/a", options(read, false, none, none)}, []demand{{Point: 0, Action: "read", Resource: "/a"}}},
		{"two actions for one mode", "open", []abi.Value{"/a", options(readWrite, false, none, none)}, []demand{{Point: 0, Action: "read", Resource: "/a"}, {Point: 0, Action: "write", Resource: "/a"}}},
		{"a condition", "open", []abi.Value{"/a", options(write, true, none, none)}, []demand{{Point: 0, Action: "write", Resource: "/a"}, {Point: 1, Resource: "/a"}}},
		{"an optional condition that is false", "open", []abi.Value{"/a", options(write, false, some(false), none)}, []demand{{Point: 0, Action: "write", Resource: "/a"}}},
		{"an optional condition that is true", "open", []abi.Value{"/a", options(write, false, some(true), none)}, []demand{{Point: 0, Action: "write", Resource: "/a"}, {Point: 1, Resource: "/a"}}},
		{"a condition by presence", "open", []abi.Value{"/a", options(write, false, none, some(uint64(0)))}, []demand{{Point: 0, Action: "write", Resource: "/a"}, {Point: 1, Resource: "/a"}}},
		{"two points", "rename", []abi.Value{"/a", "/b"}, []demand{{Point: 0, Resource: "/a"}, {Point: 1, Resource: "/b"}}},
		{"each of a list", "remove-all", []abi.Value{[]abi.Value{"/a", "/b"}}, []demand{{Resource: "/a"}, {Resource: "/b"}}},
		{"none of a list", "remove-all", []abi.Value{[]abi.Value{}}, nil},
		{"a field of each of an optional list", "copy", []abi.Value{some([]abi.Value{abi.RecordValue{"a", none}, abi.RecordValue{"b/c", some("d")}}), some("")}, []demand{{Resource: "/a"}, {Resource: `/"b/c"`}}},
		{"a list that is not there", "copy", []abi.Value{none, some("")}, nil},
		{"a case, no flags, no action", "deep", deep(file, 0, none, false), []demand{
			{Point: 0, Resource: "/f"},
			{Point: 2, Action: "", Resource: "7"},
			{Point: 3, Action: "", Resource: "append"},
		}},
		{"another case, flags, an action", "deep", deep(host, 0b111, some("list"), true), []demand{
			{Point: 1, Resource: "h:80"},
			{Point: 2, Action: "read", Resource: "7"},
			{Point: 2, Action: "write", Resource: "7"},
			{Point: 3, Action: "list", Resource: "append"},
			{Point: 4, Action: "much", Resource: "ß"},
		}},
		{"a flag that asks for nothing", "deep", deep(nowhere, 0b100, some(""), false), []demand{
			{Point: 3, Action: "", Resource: "append"},
			{Point: 4, Action: "little", Resource: "ß"},
		}},
		{"spilled parameters", "wide", wide("n", some("m"), "put"), []demand{{Action: "write", Resource: "n:m"}}},
		{"a text that no map knows", "wide", wide("n", some("m"), "burn"), []demand{{Action: "burn", Resource: "n:m"}}},
		{"a part that is not there", "wide", wide("n", none, "get"), []demand{{Action: "read", Resource: "n:"}}},
		{"a part that would pass for two", "wide", wide("n:m", some("x"), "get"), []demand{{Action: "read", Resource: `"n:m":x`}}},
		{"parts that may be empty", "call", []abi.Value{[]abi.Value{abi.RecordValue{"n", "m", ""}, abi.RecordValue{"n", "m", "i"}, abi.RecordValue{"n", "m", "i/j"}}}, []demand{
			{Resource: "n:m"}, {Resource: "n:m/i"}, {Resource: `n:m/"i/j"`},
		}},
		{"an action by case", "stat", []abi.Value{"/a", host}, []demand{{Action: "connect", Resource: "/a"}}},
		{"a case that asks for nothing", "stat", []abi.Value{"/a", nowhere}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fn := hostFunc(t, c.fn)
			cx, stack := lowered(fn.Type, c.args...)
			got := fn.Demands(cx, stack, nil)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDemandsCostNothing holds the usual extractor to no allocation.
func TestDemandsCostNothing(t *testing.T) {
	fn := hostFunc(t, "rename")
	cx, stack := lowered(fn.Type, "/a", "/b")
	room := make([]demand, 0, 4)
	if n := testing.AllocsPerRun(100, func() { fn.Demands(cx, stack, room) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
