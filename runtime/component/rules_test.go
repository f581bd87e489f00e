package component_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// The guest liar gives the host core values that it is told to give.

// A lie is what the guest is made to do: steps before, and the call that must
// trap, or give a value.
type lie struct {
	name  string
	set   []uint32          // what realloc answers, and its mood
	poke  map[uint32]uint64 // what is in memory
	fn    string
	args  []abi.Value
	trap  string
	value abi.Value
}

func u(vs ...uint32) []abi.Value {
	args := make([]abi.Value, len(vs))
	for i, v := range vs {
		args[i] = v
	}
	return args
}

const page = 1 << 16

var lies = []lie{
	{name: "bool", fn: "bool", args: u(2), value: true},
	{name: "u8 beyond its bits", fn: "u8", args: u(0x1ff), value: uint8(0xff)},
	{name: "s16 beyond its bits", fn: "s16", args: u(0x1_8000), value: int16(-0x8000)},
	{name: "greatest char", fn: "char", args: u(0x10ffff), value: abi.CharValue(0x10ffff)},
	{name: "char too great", fn: "char", args: u(0x110000), trap: "not a char: 0x110000 is no Unicode scalar value"},
	{name: "surrogate", fn: "char", args: u(0xd800), trap: "not a char: 0xd800 is no Unicode scalar value"},
	{name: "enum", fn: "color", args: u(2), value: abi.VariantValue{Case: 2}},
	{name: "enum beyond its cases", fn: "color", args: u(3), trap: "invalid discriminant: case 3 of color-type, which has 3 cases"},
	{name: "flags beyond their labels", fn: "perms", args: u(0xffff_fffe), value: abi.FlagsValue(2)},
	{name: "option", fn: "option", args: u(1, 7), value: abi.VariantValue{Case: 1, Payload: uint32(7)}},
	{name: "option whose byte has others behind it", fn: "option", args: u(0xff00, 7), value: abi.VariantValue{}},
	{name: "option beyond its cases", fn: "option", args: u(2, 7), trap: "invalid discriminant: case 2 of option<u32>, which has 2 cases"},

	{name: "result out of bounds", fn: "tuple", args: u(page - 8), trap: "pointer out of bounds: 16 bytes at 0xfff8, and the memory has 65536"},
	{name: "result at the very end", fn: "tuple", args: u(page - 16), value: abi.RecordValue{uint32(0), uint64(0)}},
	{name: "result past everything", fn: "tuple", args: u(0xffff_fff8), trap: "pointer out of bounds"},
	{name: "result misaligned", fn: "tuple", args: u(4), trap: "unaligned pointer: 0x4, and the type wants a multiple of 8"},

	{name: "string", poke: map[uint32]uint64{64: 0xa9c3}, fn: "string", args: u(64, 2), value: "é"},
	{name: "empty string", fn: "string", args: u(page, 0), value: ""},
	{name: "empty string past the end", fn: "string", args: u(page+1, 0), trap: "pointer out of bounds"},
	{name: "string out of bounds", fn: "string", args: u(page-1, 2), trap: "pointer out of bounds: 2 bytes at 0xffff"},
	{name: "string of all memory there may be", fn: "string", args: u(1, 0xffff_ffff), trap: "string too long: 4294967295 bytes"},
	{name: "string just short of too long", fn: "string", args: u(0, 1<<28-1), trap: "pointer out of bounds: 268435455 bytes"},
	{name: "string of half a character", poke: map[uint32]uint64{64: 0xc3}, fn: "string", args: u(64, 1), trap: "invalid UTF-8 in a string of 1 bytes at 0x40"},
	{name: "string with a surrogate", poke: map[uint32]uint64{64: 0x80a0ed}, fn: "string", args: u(64, 3), trap: "invalid UTF-8"},
	{name: "UTF-16", poke: map[uint32]uint64{64: 0xde00_d83d_00e9}, fn: "utf16", args: u(64, 3), value: "é😀"},
	{name: "UTF-16 misaligned", fn: "utf16", args: u(65, 1), trap: "unaligned pointer: 0x41"},
	{name: "UTF-16 with a lone surrogate", poke: map[uint32]uint64{64: 0x0041_d83d}, fn: "utf16", args: u(64, 2), trap: "invalid UTF-16: a lone surrogate"},
	{name: "UTF-16 that ends in half a pair", poke: map[uint32]uint64{64: 0xd83d}, fn: "utf16", args: u(64, 1), trap: "invalid UTF-16"},
	{name: "UTF-16 too long", fn: "utf16", args: u(64, 1<<27), trap: "string too long"},
	{name: "Latin-1", poke: map[uint32]uint64{64: 0xe941}, fn: "latin1", args: u(64, 2), value: "Aé"},
	{name: "Latin-1 in UTF-16", poke: map[uint32]uint64{64: 0xde00_d83d}, fn: "latin1", args: u(64, 2|1<<31), value: "😀"},
	{name: "Latin-1 misaligned", fn: "latin1", args: u(65, 1), trap: "unaligned pointer"},

	{name: "list", poke: map[uint32]uint64{64: 1, 72: 2}, fn: "longs", args: u(64, 2), value: []abi.Value{uint64(1), uint64(2)}},
	{name: "empty list", fn: "longs", args: u(8, 0), value: []abi.Value{}},
	{name: "empty list misaligned", fn: "longs", args: u(4, 0), trap: "unaligned pointer: 0x4"},
	{name: "list misaligned", fn: "longs", args: u(4, 1), trap: "unaligned pointer: 0x4"},
	{name: "list out of bounds", fn: "longs", args: u(8, 8192), trap: "pointer out of bounds"},
	{name: "list of more than 32 bits", fn: "longs", args: u(8, 0xffff_ffff), trap: "list too long: 4294967295 elements of 8 bytes"},
	{name: "list whose length wraps around", fn: "longs", args: u(8, 0x2000_0001), trap: "list too long"},
	{name: "list of chars", poke: map[uint32]uint64{64: 0xd800_0000_0041}, fn: "chars", args: u(64, 2), trap: "not a char"},
	{name: "list of strings", poke: map[uint32]uint64{64: 1<<32 | 0x50, 72: 1<<32 | 0xffff_fff0, 80: 'x'}, fn: "strings", args: u(64, 2), trap: "pointer out of bounds: 1 bytes at 0xfffffff0"},
	{name: "claims beyond memory", fn: "bools", args: u(0, 0x0fff_ffff), trap: "pointer out of bounds"},

	{name: "realloc", set: []uint32{64, 0}, fn: "take", args: []abi.Value{"four"}, value: uint32(4)},
	{name: "realloc out of bounds", set: []uint32{page - 3, 0}, fn: "take", args: []abi.Value{"four"}, trap: "realloc returned a pointer out of bounds: 4 bytes at 0xfffd, and the memory has 65536"},
	{name: "realloc past everything", set: []uint32{0xffff_ffff, 0}, fn: "take", args: []abi.Value{"four"}, trap: "realloc returned a pointer out of bounds"},
	{name: "realloc misaligned", set: []uint32{4, 0}, fn: "take-longs", args: []abi.Value{[]abi.Value{uint64(1)}}, trap: "realloc returned an unaligned pointer: 0x4, asked for a multiple of 8"},
	{name: "realloc misaligned for UTF-16", set: []uint32{5, 0}, fn: "take-utf16", args: []abi.Value{"é"}, trap: "realloc returned an unaligned pointer: 0x5"},
	{name: "realloc traps", set: []uint32{0, 1}, fn: "take", args: []abi.Value{"four"}, trap: "unreachable"},
	{name: "realloc leaves", set: []uint32{0, 2}, fn: "take", args: []abi.Value{"four"}, trap: "nop was called from within a realloc or post-return function"},
	{name: "realloc grows memory", set: []uint32{0, 4}, fn: "take", args: []abi.Value{"four"}, value: uint32(4)},
	{name: "realloc of an import's result out of bounds", set: []uint32{page, 0}, fn: "get", args: u(8), trap: "realloc returned a pointer out of bounds"},
	{name: "realloc of an import's result traps", set: []uint32{0, 1}, fn: "get", args: u(8), trap: "unreachable"},
	{name: "realloc of an import's result leaves", set: []uint32{0, 2}, fn: "get", args: u(8), trap: "nop was called from within"},
	{name: "realloc of an import's result grows memory", set: []uint32{0, 4}, fn: "get", args: u(8)},
	{name: "return pointer out of bounds", fn: "get", args: u(page - 4), trap: "pointer out of bounds"},
	{name: "return pointer misaligned", fn: "get", args: u(6), trap: "unaligned pointer: 0x6"},
	{name: "post-return", fn: "posted", args: u(64, 0), value: ""},
	{name: "post-return traps", set: []uint32{0, 1}, fn: "posted", args: u(64, 0), trap: "unreachable"},
	{name: "post-return leaves", set: []uint32{0, 2}, fn: "posted", args: u(64, 0), trap: "nop was called from within"},

	{name: "argument of an import", fn: "say", args: u(64, 3)},
	{name: "argument of an import out of bounds", fn: "say", args: u(page, 1), trap: "pointer out of bounds: 1 bytes at 0x10000"},
	{name: "argument of an import that is no text", poke: map[uint32]uint64{64: 0xff}, fn: "say", args: u(64, 1), trap: "invalid UTF-8"},
	{name: "arguments in memory", fn: "many", args: u(64)},
	{name: "arguments in memory out of bounds", fn: "many", args: u(page - 64), trap: "pointer out of bounds: 68 bytes at 0xffc0"},
	{name: "arguments in memory misaligned", fn: "many", args: u(66), trap: "unaligned pointer: 0x42"},
}

func liarHost(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
	if fn == "get" {
		return "from the host", nil
	}
	return nil, nil
}

// tell makes the guest ready for a lie and has it told.
func (l lie) tell(t *testing.T, p *plugin) (abi.Value, error) {
	t.Helper()
	if l.set != nil {
		p.must(t, "set", u(l.set...)...)
	}
	for at, v := range l.poke {
		p.must(t, "poke", at, v)
	}
	return p.call(context.Background(), l.fn, l.args...)
}

// TestRules has every rule of the canonical ABI broken that a guest can break.
func TestRules(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), handmade(t, "liar"))
		for _, l := range lies {
			t.Run(l.name, func(t *testing.T) {
				p := start(t, f, liarHost)
				v, err := l.tell(t, p)
				if l.trap != "" {
					if trap := wantTrap(t, err, l.trap); trap.Func != l.fn {
						t.Errorf("the trap is in %s, want %s", trap.Func, l.fn)
					}
					_, err = p.call(context.Background(), "bool", uint32(1))
					if !errors.As(err, new(*component.PoisonedError)) {
						t.Errorf("a call after the trap gives %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(l.value, v); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				p.must(t, "bool", uint32(1))
			})
		}
	})
}

// TestMaxLift reports where values are too much for the host, before it makes
// room for them.
func TestMaxLift(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), handmade(t, "liar"))
	limit := component.WithLimits(component.Limits{Values: 1000})
	tests := []struct {
		fn   string
		args []abi.Value
		trap bool
	}{
		{"string", u(64, 1000), false},
		{"string", u(64, 1001), true},
		{"bytes", u(64, 1000), false},
		{"bytes", u(64, 1001), true},
		{"bools", u(64, 1001), true},
		{"say", u(64, 1001), true},
		{"utf16", u(64, 501), true},
		{"latin1", u(64, 1001), true},
	}
	for _, test := range tests {
		_, err := start(t, f, liarHost, limit).call(context.Background(), test.fn, test.args...)
		if test.trap {
			wantTrap(t, err, "values too large: the strings and lists of one call to the host come to more than the limit of 1000 bytes")
		} else if err != nil {
			t.Errorf("%s%v: %v", test.fn, test.args, err)
		}
	}

	// Each call has the limit anew.
	p := start(t, f, liarHost, limit)
	for range 3 {
		p.must(t, "bytes", u(64, 900)...)
	}
}

// TestOverlappingClaims has many strings claim the same region: the host stops
// at its limit and not after memory.
func TestOverlappingClaims(t *testing.T) { // not parallel: it counts what is allocated
	p := run(t, component.Config{}, handmade(t, "liar"), liarHost, component.WithLimits(component.Limits{Values: 1 << 20}))
	for at := range uint32(1000) { // strings from 0 of 60,000 bytes each; the pointers are text themselves
		p.must(t, "poke", 60_000-8000+at*8, uint64(50_000)<<32|64)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := p.call(context.Background(), "strings", u(52_000, 1000)...)
	runtime.ReadMemStats(&after)
	wantTrap(t, err, "values too large")
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
		t.Errorf("lifting up to a limit of 1 MiB allocated %d bytes", n)
	}
}

// TestInterruptedReallocAndPostReturn ends guests that hang where the host
// calls them beside the export itself.
func TestInterruptedReallocAndPostReturn(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), handmade(t, "liar"))
		for _, test := range []lie{
			{fn: "take", args: []abi.Value{"four"}},
			{fn: "get", args: u(8)},
			{fn: "posted", args: u(64, 0)},
		} {
			p := start(t, f, liarHost)
			p.must(t, "set", u(0, 3)...)
			err := entered(t, func() error {
				ctx, cancel := context.WithTimeout(context.Background(), brief)
				defer cancel()
				_, err := p.call(ctx, test.fn, test.args...)
				return err
			})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s ended with %v, want DeadlineExceeded", test.fn, err)
			}
		}
	})
}

// TestHostValuesMustFit refuses what the host gives where it is not of the
// type, in the arguments of an export and in the result of an import.
func TestHostValuesMustFit(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), handmade(t, "liar"))
	_, err := start(t, f, liarHost).call(context.Background(), "take", "\xff")
	wantTrap(t, err, "invalid UTF-8 in a string of 1 bytes that the host gives")
	_, err = start(t, f, liarHost).call(context.Background(), "take", 7)
	wantTrap(t, err, "a int given for a value of type string")
	_, err = start(t, f, liarHost).call(context.Background(), "take")
	wantTrap(t, err, "0 arguments given, the function takes 1")

	bad := func(v abi.Value) component.DynamicHost {
		return func(context.Context, string, []abi.Value) (abi.Value, error) { return v, nil }
	}
	_, err = start(t, f, bad("\xff")).call(context.Background(), "get", uint32(8))
	wantTrap(t, err, "invalid UTF-8")
	_, err = start(t, f, bad(nil)).call(context.Background(), "get", uint32(8))
	wantTrap(t, err, "a <nil> given for a value of type string")
}

// TestSpilledArguments lifts what an import is given in memory.
func TestSpilledArguments(t *testing.T) {
	t.Parallel()
	var got string
	p := run(t, component.Config{}, handmade(t, "liar"), func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
		got = fmt.Sprint(args...)
		return nil, nil
	})
	for i := range uint32(8) {
		p.must(t, "poke", 64+8*i, uint64(i)<<32|512) // lists of length i
	}
	p.must(t, "poke", uint32(128), uint64(99))
	p.must(t, "many", uint32(64))
	want := strings.Join([]string{"[]", "[0]", "[0 0]", "[0 0 0]", "[0 0 0 0]", "[0 0 0 0 0]", "[0 0 0 0 0 0]", "[0 0 0 0 0 0 0]", "99"}, " ")
	if got != want {
		t.Errorf("the import was given %s, want %s", got, want)
	}
}
