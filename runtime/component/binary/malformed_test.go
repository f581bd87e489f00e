package binary_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/component/binary"
)

const preamble = "\x00asm\x0d\x00\x01\x00"

// leb is n as the format writes it.
func leb(n int) string {
	var b []byte
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return string(append(b, byte(n)))
}

func section(id byte, content string) string {
	return string(id) + leb(len(content)) + content
}

// deep nests n things, each made of what stands before and after the one in it.
func deep(n int, before, inner, after string) string {
	return strings.Repeat(before, n) + inner + strings.Repeat(after, n)
}

func nestedComponents(n int) string {
	c := preamble
	for range n {
		c = preamble + section(4, c)
	}
	return c
}

func TestDecodeMalformed(t *testing.T) {
	t.Parallel()
	huge := "\xff\xff\xff\xff\x0f"
	for _, test := range []struct{ name, wasm, want string }{
		{"empty", "", "not a component: byte 0x0: the file is empty"},
		{"short", "\x00asm\x0d", "not a component: byte 0x5: the file ends within its first 8 bytes"},
		{"core module", "\x00asm\x01\x00\x00\x00", "not a component: byte 0x8: this is a core module (layer 0); make a component of it with `wasm-tools component new`"},
		{"layer", "\x00asm\x0d\x00\x02\x00", "not a component: byte 0x6: layer 2 is neither a core module's (0) nor a component's (1)"},
		{"version", "\x00asm\x0c\x00\x01\x00", "not a component: byte 0x4: version 0xc of the component format; this host reads 0xd"},
		{"text format", "\n (component)", "not a component: byte 0x0: this is WebAssembly text; make a binary of it with `wasm-tools parse`"},
		{"text with a comment", ";; c\n(component)", "not a component: byte 0x0: this is WebAssembly text; make a binary of it with `wasm-tools parse`"},
		{"text", "package a:b;\n", "not a component: byte 0x0: this is a text file, not WebAssembly"},
		{"long text", "a" + strings.Repeat("é", 600), "not a component: byte 0x0: this is a text file, not WebAssembly"},
		{"elf", "\x7fELF\x02\x01", "not a component: byte 0x0: this is not WebAssembly: it starts with 7f 45 4c 46, not with 00 61 73 6d"},

		{"section id", preamble + section(13, ""), "unknown section at byte 0x8: section 13; the sections of a component are 0 to 12"},
		{"section size", preamble + "\x07\x05\x00", "type section at byte 0x8: it claims 5 bytes, but only 1 bytes are left"},
		{"no section size", preamble + "\x07", "type section at byte 0x9: it ends where the size of the section was to follow"},
		{"left over", preamble + section(7, "\x01\x7f\x00\x00"), "type section at byte 0xc: 2 bytes are left over at its end"},
		{"custom name", preamble + section(0, "\x02\xff\xff"), `custom section at byte 0xa: the name of the section is not valid UTF-8: "\xff\xff"`},
		{"not a core module", preamble + section(1, "\x00asm"), "core module section at byte 0xa: it does not hold a core module: it starts with 00 61 73 6d"},
		{"not a component", preamble + section(4, "\x00asm\x01\x00\x00\x00"), "component section at byte 0xa: it does not hold a component: it starts with 00 61 73 6d 01 00 00 00"},
		{"error in a nested component", preamble + section(4, preamble+section(7, "\x01\x00")), "type section at byte 0x15: 0x0 is no type"},

		{"fields", preamble + section(7, "\x01\x72"+huge), "type section at byte 0xc: list of 4294967295 fields, but only 0 bytes are left"},
		{"fields with more to come", preamble + section(7, "\x01\x72"+huge+strings.Repeat("x", 312)), "type section at byte 0xd: list of 4294967295 fields, but only 312 bytes are left"},
		{"types", preamble + section(7, "\x09\x7f"), "type section at byte 0xa: list of 9 type definitions, but only 1 bytes are left"},
		{"too many flags", preamble + section(7, "\x01\x6e"+leb(1001)+strings.Repeat("\x01a", 1001)), "type section at byte 0xd: list of 1001 flags; the limit is 1000"},
		{"number too long", preamble + section(7, "\x80\x80\x80\x80\x80\x00"), "type section at byte 0xa: the number of type definitions: the number does not fit 32 bits"},
		{"number too large", preamble + section(7, "\xff\xff\xff\xff\x1f"), "type section at byte 0xa: the number of type definitions: the number does not fit 32 bits"},
		{"number cut", preamble + section(7, "\x80"), "type section at byte 0xb: it ends where the number of type definitions was to follow"},
		{"empty record", preamble + section(7, "\x01\x72\x00"), "type section at byte 0xb: a type without fields"},
		{"empty enum", preamble + section(7, "\x01\x6d\x00"), "type section at byte 0xb: a type without cases"},
		{"no type", preamble + section(7, "\x01\x6c"), "type section at byte 0xb: 0x6c is no type"},
		{"no value type", preamble + section(7, "\x01\x70\x72"), "type section at byte 0xc: 0x72 is no value type"},
		{"fixed list of nothing", preamble + section(7, "\x01\x67\x7f\x00"), "type section at byte 0xb: a list type of length 0"},
		{"refined case", preamble + section(7, "\x01\x71\x01\x01a\x00\x01\x00"), "type section at byte 0x10: the end of a case is 0x0, not 0x1"},
		{"presence", preamble + section(7, "\x01\x6a\x02\x00"), "type section at byte 0xc: the presence of a type is 0x0 or 0x1, not 0x2"},
		{"named results", preamble + section(7, "\x01\x40\x00\x01\x01\x01a\x7f"), "type section at byte 0xd: 1 named results, which the component model no longer has; build the component with newer tools"},
		{"import in an instance type", preamble + section(7, "\x01\x42\x01\x03\x00\x01a\x01\x00"), "type section at byte 0xd: an instance type declares an import"},
		{"no declaration", preamble + section(7, "\x01\x41\x01\x05"), "type section at byte 0xd: 0x5 is no declaration"},
		{"name in pieces", preamble + section(7, "\x01\x6e\x01\x05abc"), "type section at byte 0xe: a flag's name of 5 bytes, but only 3 bytes are left"},

		{"no sort", preamble + section(6, "\x01\x06\x00\x00\x00"), "alias section at byte 0xb: 0x6 is no sort"},
		{"no core sort", preamble + section(6, "\x01\x00\x05\x01\x00\x00"), "alias section at byte 0xc: 0x5 is no core sort"},
		{"alias of a core func in an instance", preamble + section(6, "\x01\x00\x00\x00\x00\x01a"), "alias section at byte 0xb: an instance exports no core func"},
		{"core alias of a func", preamble + section(6, "\x01\x01\x01\x00\x01a"), "alias section at byte 0xb: a core instance exports no func"},
		{"outer alias of a func", preamble + section(6, "\x01\x01\x02\x00\x00"), "alias section at byte 0xb: an outer alias cannot name a func"},
		{"no alias", preamble + section(6, "\x01\x01\x03\x00\x00"), "alias section at byte 0xc: 0x3 is no target of an alias: 0x0 (export), 0x1 (core export) or 0x2 (outer)"},
		{"core instance argument", preamble + section(2, "\x01\x00\x00\x01\x01a\x00\x00"), "core instance section at byte 0x10: an argument's sort, core instance, is 0x12, not 0x0"},
		{"no core instance", preamble + section(2, "\x01\x02"), "core instance section at byte 0xb: 0x2 is no core instance: 0x0 (instantiate) or 0x1 (exports)"},
		{"no instance", preamble + section(5, "\x01\x02"), "instance section at byte 0xb: 0x2 is no instance: 0x0 (instantiate) or 0x1 (exports)"},
		{"core export", preamble + section(11, "\x01\x00\x01a\x00\x00\x00\x00"), "export section at byte 0xe: a core func cannot be imported or exported by a component"},
		{"form of a name", preamble + section(10, "\x01\x03\x01a\x01\x00"), "import section at byte 0xb: 0x3 is no form of a name: 0x0, 0x1 or 0x2"},
		{"attribute", preamble + section(10, "\x01\x02\x01a\x01\x03\x00\x01\x00"), "import section at byte 0xf: 0x3 is no attribute of a name: 0x0 (implements), 0x1 (versionsuffix) or 0x2 (external-id)"},
		{"attribute twice", preamble + section(10, "\x01\x02\x01a\x02\x02\x01b\x02\x01b\x01\x00"), `import section at byte 0x12: the name "a" has the same attribute (0x2) twice`},
		{"long name", preamble + section(10, "\x01\x00"+leb(100_001)+strings.Repeat("a", 100_001)+"\x01\x00"), "import section at byte 0xe: a name of 100001 bytes; the limit is 100000"},

		{"no canon", preamble + section(8, "\x01\x3f"), "canon section at byte 0xb: 0x3f is no canonical definition"},
		{"gc option", preamble + section(8, "\x01\x01\x00\x00\x01\x09"), "canon section at byte 0xf: canonical option 0x9 is of the garbage collection proposal, which is not supported"},
		{"no option", preamble + section(8, "\x01\x01\x00\x00\x01\x0a"), "canon section at byte 0xf: 0xa is no canonical option"},
		{"core type", preamble + section(3, "\x01\x00\x60"), "core type section at byte 0xb: 0x0 0x60 is no core type"},
		{"core value type", preamble + section(3, "\x01\x60\x01\x40\x00"), "core type section at byte 0xd: 0x40 is no core value type"},

		{"components too deep", nestedComponents(1001), "component section at byte 0x2af7: components stand in one another deeper than 1000"},
		{"types too deep", preamble + section(7, "\x01"+deep(100, "\x42\x01\x01", "\x42\x00", "")), "type section at byte 0x138: types stand in one another deeper than 100"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := binary.Decode([]byte(test.wasm))
			if _, ok := errors.AsType[*binary.Error](err); !ok || c != nil {
				t.Fatalf("got %v, %v", c, err)
			}
			if err.Error() != test.want {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
		})
	}
}

// What is within the limits, or an older or rarer form, decodes.
func TestDecodeAccepts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, wasm string }{
		{"nothing", preamble},
		{"components as deep as allowed", nestedComponents(1000)},
		{"types as deep as allowed", preamble + section(7, "\x01"+deep(99, "\x42\x01\x01", "\x42\x00", ""))},
		{"older form of a name", preamble + section(10, "\x01\x01\x01a\x01\x00")},
		{"version suffix", preamble + section(10, "\x01\x02\x07a:b/c@1\x01\x01\x04.2.3\x05\x00")},
		{"older backpressure.set", preamble + section(8, "\x01\x08")},
		{"threads", preamble + section(8, "\x03\x40\x01\x00\x41\x00\x00\x00\x42\x01")},
		{"values", preamble + section(10, "\x02\x00\x01a\x02\x00\x05\x00\x01b\x02\x01\x73") + section(12, "\x01\x7d\x01\x07")},
		{"start", preamble + section(9, "\x00\x02\x00\x01\x01")},
		{"index of several bytes", preamble + section(7, "\x01\x70\xf2\x00")},
		{"largest index", preamble + section(7, "\x01\x70\xff\xff\xff\xff\x0f")},
		{"number longer than need be", preamble + section(7, "\x81\x80\x80\x80\x00\x7f")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := binary.Decode([]byte(test.wasm)); err != nil {
				t.Error(err)
			}
		})
	}
}

// The memory that decoding takes follows from the bytes that are there, not
// from the lengths that they claim.
func TestDecodeMemory(t *testing.T) {
	const pad = 1 << 20
	zeros := strings.Repeat("\x00", pad)
	for _, test := range []struct {
		name, wasm string
		factor     uint64 // of the size of the input
	}{
		{"declarations claimed at each depth", preamble + section(7, "\x01"+strings.Repeat("\x42"+leb(pad)+"\x01", 99)+zeros), 2},
		{"names", preamble + section(7, "\x01\x6d"+leb(10_000)+strings.Repeat("\x01a", 10_000)), 64},
		{"the smallest definitions", preamble + section(8, leb(100_000)+strings.Repeat("\x05", 100_000)), 256},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = binary.Decode([]byte(test.wasm))
		runtime.ReadMemStats(&after)
		took, size := after.TotalAlloc-before.TotalAlloc, uint64(len(test.wasm))
		if took > test.factor*size+64<<10 {
			t.Errorf("%s: %d bytes of input took %d bytes of memory", test.name, size, took)
		}
	}
}
