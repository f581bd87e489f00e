package corewasm_test

import (
	_ "embed"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/corewasm"
)

//go:embed testdata/links.wasm
var linksWasm []byte

//go:embed testdata/traps.wasm
var trapsWasm []byte

func decode(tb testing.TB, wasm []byte) *corewasm.Module {
	tb.Helper()
	m, err := corewasm.Decode(wasm)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestDecodeGivesWhatALinkerAsks(t *testing.T) {
	t.Parallel()
	m := decode(t, linksWasm)
	if want := []corewasm.Import{
		{Module: "a", Name: "f", Kind: corewasm.KindFunc},
		{Module: "a", Name: "memory", Kind: corewasm.KindMemory},
		{Module: "b", Name: "table", Kind: corewasm.KindTable},
		{Module: "b", Name: "global", Kind: corewasm.KindGlobal},
		{Module: "b", Name: "fixed", Kind: corewasm.KindGlobal, Index: 1},
		{Module: "c", Name: "tag", Kind: corewasm.KindTag},
		{Module: "a", Name: "f", Kind: corewasm.KindFunc, Index: 1},
	}; !cmp.Equal(want, m.Imports) {
		t.Error(cmp.Diff(want, m.Imports))
	}
	for _, c := range []struct {
		kind  corewasm.Kind
		index uint32
		want  string
	}{
		{corewasm.KindFunc, 0, "[] -> [i32]"},
		{corewasm.KindFunc, 7, "[i32] -> [i32]"},
		{corewasm.KindMemory, 0, "{Min:1 Max:10 HasMax:true}"},
		{corewasm.KindTable, 0, "{Elem:funcref Limits:{Min:1 Max:10 HasMax:true}}"},
		{corewasm.KindTable, 2, "{Elem:(ref null 0) Limits:{Min:2 Max:0 HasMax:false}}"},
		{corewasm.KindGlobal, 0, "{Val:i32 Mutable:true}"},
		{corewasm.KindGlobal, 2, "{Val:funcref Mutable:false}"},
		{corewasm.KindTag, 0, "[i32] -> []"},
	} {
		if got := m.TypeString(c.kind, c.index); got != c.want {
			t.Errorf("type of %v %d = %s, want %s", c.kind, c.index, got, c.want)
		}
	}
	if e, ok := m.Export("memory"); !ok || e.Kind != corewasm.KindMemory || e.Index != 0 {
		t.Errorf("export memory = %+v, %v", e, ok)
	}
	if _, ok := m.Export("f"); ok {
		t.Error("there is no export f")
	}
	var funcs [][]uint32
	for _, e := range m.Elements {
		funcs = append(funcs, e.Funcs)
	}
	null := funcs[1][1]
	if want := [][]uint32{{3, 4, 0}, {3, null, 4}, {4, 3}, {2}}; !cmp.Equal(want, funcs) || m.Elements[1].IsFunc(1) {
		t.Errorf("elements = %v", funcs)
	}
	if off, ok := m.Elements[1].Offset.I32(); off != 3 || !ok {
		t.Errorf("offset = %d, %v", off, ok)
	}
	if !m.HasStart || m.Start != 2 {
		t.Errorf("start = %d, %v", m.Start, m.HasStart)
	}
	if len(m.Data) != 1 || string(m.Data[0].Init) != "data" {
		t.Errorf("data = %v", m.Data)
	}
}

func TestFunctionNames(t *testing.T) {
	t.Parallel()
	m := decode(t, linksWasm)
	if m.Name != "links" {
		t.Errorf("module name = %q", m.Name)
	}
	for i, want := range []string{"f", "f2", "start", "seven", "eight", "call"} {
		if got := m.FunctionName(uint32(i)); got != want {
			t.Errorf("function %d is called %q, want %q", i, got, want)
		}
	}
	if got := m.FunctionName(1000); got != "" {
		t.Errorf("function 1000 is called %q", got)
	}
}

func TestABrokenNameSectionIsIgnored(t *testing.T) {
	t.Parallel()
	const fn = "\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x07\x05\x01\x01e\x00\x00\x0a\x04\x01\x02\x00\x0b"
	for what, names := range map[string]string{
		"claims too much":       "\x01\x7f",
		"ends in a name":        "\x01\x05\x01\x00\x7fab",
		"claims too many names": "\x01\x05\xff\xff\xff\xff\x0f",
		"is not UTF-8":          "\x01\x04\x01\x00\x01\xff",
		"has no size":           "\x01",
	} {
		m, err := corewasm.Decode([]byte(header + fn + section(0, name("name")+names)))
		if err != nil {
			t.Errorf("a name section that %s: %v", what, err)
		} else if got := m.FunctionName(0); got != "e" {
			t.Errorf("a name section that %s: the function is called %q", what, got)
		}
	}
}

func TestInstructions(t *testing.T) {
	t.Parallel()
	m := decode(t, trapsWasm)
	body := &m.Bodies[1] // mid
	var got []corewasm.Instr
	for in := range m.Instructions(body) {
		got = append(got, in)
	}
	want := []corewasm.Instr{
		{Offset: 0xa9, End: 0xab, Op: corewasm.OpI32Const},
		{Offset: 0xab, End: 0xac, Op: 0x1a},
		{Offset: 0xac, End: 0xae, Op: corewasm.OpLocalGet},
		{Offset: 0xae, End: 0xb0, Op: corewasm.OpCall, Index: 1},
		{Offset: 0xb0, End: 0xb1, Op: corewasm.OpNop},
		{Offset: 0xb1, End: 0xb3, Op: corewasm.OpI32Const},
		{Offset: 0xb3, End: 0xb4, Op: 0x1a},
		{Offset: 0xb4, End: 0xb5, Op: corewasm.OpEnd},
	}
	if !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const (
		memory = "\x00\x01" // a memory's limits
		i32fn  = "\x60\x01\x7f\x00"
	)
	for _, c := range []struct {
		what    string
		wasm    []byte
		feature string
		msg     string
	}{
		// What is no module.
		{"nothing", nil, "", "byte 0x0: not a core module"},
		{"a component", []byte("\x00asm\x0d\x00\x01\x00"), "", "byte 0x0: not a core module"},
		{"an unknown section", module(section(14, "")), "", "byte 0x8: 0xe is not a section"},
		{"a section that claims too much", []byte(header + "\x01\x05\x00"), "", "type section at byte 0xa: 5 bytes are claimed, but only 1 are left"},
		{"a section twice", module(section(1, vec()), section(1, vec())), "", "occurs twice"},
		{"sections out of order", module(section(5, vec()), section(4, vec())), "", "out of order"},
		{"bytes left over", module(section(1, vec()+"\x00")), "", "1 bytes left over"},
		{"a huge count", module(section(1, "\xff\xff\xff\xff\x0f")), "", "type section at byte 0xb: 4294967295 types are claimed"},
		{"a number of 33 bits", module(section(1, "\xff\xff\xff\xff\x1f")), "", "exceeds 32 bits"},
		{"functions without bodies", module(section(1, vec(i32fn)), section(3, vec("\x00"))), "", "1 functions are declared, 0 have a body"},
		{"a body of no function", module(section(10, vec("\x02\x00\x0b"))), "", "0 functions are declared, 1 have a body"},
		{"data that does not follow", module(section(12, "\x01")), "", "1 segments are announced, 0 follow"},
		{"an export twice", module(section(5, vec(memory)), section(7, vec("\x01a\x02\x00", "\x01a\x02\x00"))), "", `export "a" occurs twice`},
		{"an export of nothing", module(section(7, vec("\x01a\x00\x00"))), "", `export "a": function 0 does not exist`},
		{"a start function with a parameter", module(section(1, vec(i32fn)), section(2, vec("\x01a\x01b\x00\x00")), section(8, "\x00")), "", "must take and give nothing"},
		{"a name that is not UTF-8", module(section(2, vec("\x01\xff\x01b\x02"+memory))), "", "not UTF-8"},
		{"an element segment outside of its table", module(
			section(1, vec("\x60\x00\x00")), section(2, vec("\x01a\x01b\x00\x00")),
			section(4, vec("\x70\x00\x01")), section(9, vec("\x00\x41\x01\x0b\x01\x00"))), "", "segment of elements 1 to 2 is outside of table 0, which has 1"},

		// What is not run.
		{"a table of functions that begins with null", module(section(4, vec("\x40\x00\x64\x70\x00\x01\xd0\x70\x0b"))), "", "table section at byte 0x12: type mismatch: a funcref where (ref func) is wanted"},
		{"a function type's table that begins with null", module(section(1, vec("\x60\x00\x00")), section(4, vec("\x40\x00\x64\x00\x00\x01\xd0\x70\x0b"))), "", "a funcref where (ref 0) is wanted"},
		{"a global of a function that is null", module(section(6, vec("\x64\x70\x00\xd0\x70\x0b"))), "", "a funcref where (ref func) is wanted"},
		{"an element of functions from a global that may be null", module(
			section(2, vec("\x01a\x01b\x03\x70\x00")), section(9, vec("\x05\x64\x70\x01\x23\x00\x0b"))), "", "a funcref where (ref func) is wanted"},
		{"memory64", module(section(5, vec("\x04\x01"))), "memory64", "memory with 64-bit indices"},
		{"shared memory", module(section(5, vec("\x03\x01\x02"))), "shared memory", ""},
		{"too many memories", module(section(5, vec(slices.Repeat([]string{memory}, 101)...))), "", "101 memories exceed the limit of 100"},
		{"an active segment of a memory that does not exist", module(section(5, vec(memory)), section(11, vec("\x02\x01\x41\x00\x0b\x00"))), "", "memory 1 does not exist"},
		{"one import with two types", module(section(2, vec("\x01a\x01b\x03\x7f\x00", "\x01a\x01b\x03\x7e\x00"))), "one import with two types", `import "a" "b" is a global {Val:i32`},
		{"a struct type", module(section(1, vec("\x5f\x00"))), "garbage collection", "type struct"},
		{"a recursion group", module(section(1, vec("\x4e\x00"))), "garbage collection", "type rec"},
		{"anyref", module(section(1, vec("\x60\x01\x6e\x00"))), "garbage collection", "type anyref"},
		{"stringref", module(section(1, vec("\x60\x01\x67\x00"))), "garbage collection", "type stringref"},
		{"legacy exceptions", code("\x06\x40\x0b"), "legacy exception handling", "try"},
		{"rethrow", code("\x09\x00"), "legacy exception handling", "rethrow"},
		{"relaxed SIMD", code("\xfd\x85\x02"), "relaxed SIMD", "f32x4.relaxed_madd"},
		{"struct.new", code("\xfb\x00\x00"), "garbage collection", "struct.new"},
		{"a string instruction", code("\xfb\x80\x01\x00"), "reference-typed strings", ""},
		{"wide arithmetic", code("\xfc\x13"), "wide arithmetic", "i64.add128"},
		{"ref.eq", code("\xd3"), "garbage collection", "ref.eq"},
		{"stack switching", code("\xe0\x00"), "stack switching", ""},

		// What hides or reaches too far.
		{"an unknown opcode", code("\x27"), "", "0x27 is not an instruction"},
		{"an unknown vector opcode", code("\xfd\x9a\x01"), "", "0xfd 0x9a is not an instruction"},
		{"a long vector opcode", code("\xfd\x8e\x81\x00"), "", "not in its shortest form"},
		{"a long bulk opcode", code("\xfc\x8b\x00\x00"), "", "not in its shortest form"},
		{"an atomic opcode beyond the last", code("\xfe\x4f"), "", "0xfe 0x4f is not an instruction"},
		{"code after the end", code("\x0b\x01"), "", "2 bytes after the end of function 0"},
		{"a block that does not end", code("\x02\x40"), "", "unexpected end"},
		{"a constant that does not end", code("\x42\xff"), "", "unexpected end"},
		{"a function that does not exist", code("\x10\x01"), "", "function 1 does not exist"},
		{"a local that does not exist", code("\x20\x01\x1a"), "", "local 1 does not exist"},
		{"a global that does not exist", code("\x23\x01\x1a"), "", "global 1 does not exist"},
		{"a table that does not exist", code("\x11\x00\x01"), "", "table 1 does not exist"},
		{"a load from a memory that does not exist", code("\x41\x00\x28\x42\x01\x00\x1a"), "", "memory 1 does not exist"},
		{"the size of a memory that does not exist", code("\x3f\x01\x1a"), "", "memory 1 does not exist"},
		{"a copy from a memory that does not exist", code("\x20\x00\x20\x00\x20\x00\xfc\x0a\x00\x01"), "", "memory 1 does not exist"},
		{"an alignment of another memory", code("\x41\x00\x28\x60\x00\x00\x1a"), "", "alignment 2^32"},
		{"an alignment with bits that say nothing", code("\x41\x00\x28\x82\x01\x00\x1a"), "", "alignment 2^130"},
		{"a type that does not exist", code("\x11\x01\x00"), "", "type 1 does not exist"},
		{"a tag that does not exist", code("\x08\x01"), "", "tag 1 does not exist"},
		{"a block type that does not exist", code("\x02\x01\x0b"), "", "type 1 does not exist"},
		{"a data segment that does not exist", code("\xfc\x09\x01"), "", "data segment of the data count section 1 does not exist"},
		{"an element segment that does not exist", code("\xfc\x0d\x00"), "", "element segment 0 does not exist"},
		{"too many locals", codeWithLocals("\x01\xd1\x86\x03\x7f", ""), "", "locals exceed the limit of 50000"},
		{"locals that overflow", codeWithLocals("\x02\x01\x7f\xff\xff\xff\xff\x0f\x7f", ""), "", "locals exceed the limit of 50000"},
		{"a huge br_table", code("\x41\x00\x0e\xff\xff\xff\xff\x0f"), "", "4294967295 labels are claimed"},
		{"a huge table", module(section(4, vec("\x70\x00\xff\xff\xff\xff\x0f"))), "", "table of 4294967295 exceeds the limit"},
		{"an instruction that is not constant", module(section(6, vec("\x7f\x00\x41\x00\x45\x0b"))), "", "0x45 is not constant"},
		{"a constant that uses a later global", module(section(6, vec("\x7f\x00\x23\x00\x0b"))), "", "global 0 does not exist"},
	} {
		m, err := corewasm.Decode(c.wasm)
		var e *corewasm.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, %v", c.what, m, err)
			continue
		}
		if e.Feature != c.feature || !strings.Contains(e.Error(), c.msg) {
			t.Errorf("%s: feature %q: %v", c.what, e.Feature, e)
		}
		if e.Offset < 0 || e.Offset > len(c.wasm) {
			t.Errorf("%s: offset %#x is outside of the module", c.what, e.Offset)
		}
	}
}

// The module that the refusals are made of is in order.
func TestDecodeAccepts(t *testing.T) {
	t.Parallel()
	for what, body := range map[string]string{
		"nothing":                   "",
		"a call":                    "\x20\x00\x10\x00",
		"a padded call":             "\x20\x00\x10\x80\x80\x80\x80\x00",
		"a vector opcode above 127": "\xfd\x0c0123456789abcdef\xfd\x80\x01\x1a",
		"a data segment":            "\xfc\x09\x00",
		"memory 0 by its index":     "\x41\x00\x28\x42\x00\x00\x1a",
		"memory 0 by a long index":  "\x3f\x80\x00\x1a",
		"select by type":            "\x41\x00\x41\x00\x41\x00\x1c\x01\x7f\x1a",
	} {
		if _, err := corewasm.Decode(code(body)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
