package corewasm_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// pages is the size of each memory in these tests.
const pages = 1

// A split is a module of several memories as it runs.
type split struct {
	api.Module
	memories []api.Memory
}

// instantiateSplit takes a module apart and instantiates the parts. Memories
// that the module imports it is given as they are.
func instantiateSplit(t *testing.T, rt wazero.Runtime, wasm []byte, name string) (*split, error) {
	t.Helper()
	parts, err := decode(t, wasm).Split()
	if err != nil || parts == nil {
		t.Fatalf("Split gives %v, %v", parts, err)
	}
	s := &split{}
	named := map[string]string{}
	for i, sat := range parts.Satellites {
		named[sat.Name] = fmt.Sprintf("%s satellite %d", name, i)
		w := rewrite(t, sat.Module, corewasm.Edit{})
		m := instantiate(t, rt, w.Wasm, named[sat.Name])
		s.memories = append(s.memories, m.ExportedMemory(corewasm.SatelliteMemory))
	}
	w := rewrite(t, parts.Main, corewasm.Edit{Rename: func(im corewasm.Import) (string, string) {
		if to, ok := named[im.Module]; ok {
			return to, im.Name
		}
		return im.Module, im.Name
	}})
	s.Module, err = rt.InstantiateWithConfig(context.Background(), w.Wasm, wazero.NewModuleConfig().WithName(name))
	if err == nil {
		s.memories = append([]api.Memory{s.Memory()}, s.memories...)
	}
	return s, err
}

// An accessTest is one instruction with its immediates, as a function of
// numbers that applies it to a memory.
type accessTest struct {
	op              corewasm.Op
	offset          uint32
	params, results []corewasm.ValType // of the instruction
	immediates      func(memory byte) string
}

// accessTests are all instructions, at several offsets.
func accessTests() []accessTest {
	var tests []accessTest
	for _, op := range slices.Sorted(maps.Keys(corewasm.AccessTypes)) {
		typ := corewasm.AccessTypes[op]
		test := accessTest{op: op, params: typ.Params, results: typ.Results}
		switch op {
		case 0x3f, corewasm.OpMemoryGrow, corewasm.OpMemoryFill:
			test.immediates = func(m byte) string { return string([]byte{m}) }
		case corewasm.OpMemoryCopy:
			test.immediates = func(m byte) string { return string([]byte{m, m}) }
		case corewasm.OpMemoryInit:
			test.immediates = func(m byte) string { return string([]byte{1, m}) }
		case 0xfc09: // data.drop has a test of its own
			continue
		}
		if test.immediates != nil {
			tests = append(tests, test)
			continue
		}
		for _, offset := range []uint32{0, 3, 65528, 65536, 0xffff_fff0, 0xffff_ffff} {
			test.offset = offset
			test.immediates = func(m byte) string {
				b := []byte{alignment(op) | 0x40, m}
				if m == 0 {
					b = b[:1]
					b[0] &^= 0x40
				}
				b = binary.AppendUvarint(b, uint64(offset))
				if op >= 0xfd54 && op <= 0xfd5b {
					b = append(b, 1) // lane
				}
				return string(b)
			}
			tests = append(tests, test)
		}
	}
	return tests
}

// alignment is what atomic instructions must have; others take any.
func alignment(op corewasm.Op) byte {
	switch {
	case op < 0xfe00:
		return 0
	case op < 0xfe10:
		return []byte{2, 2, 3}[op-0xfe00]
	}
	return []byte{2, 3, 0, 1, 0, 1, 2}[(op-0xfe10)%7]
}

// slots are the numbers that stand for a value: a vector is two.
func slots(ts []corewasm.ValType) string {
	var b strings.Builder
	for _, t := range ts {
		if t == corewasm.V128 {
			b.WriteString("\x7e\x7e")
			continue
		}
		b.WriteByte(byte(t))
	}
	return b.String()
}

// body applies the instruction to the function's parameters.
func (a *accessTest) body(memory byte) string {
	var b strings.Builder
	local := byte(0)
	get := func() {
		b.WriteString("\x20" + string([]byte{local}))
		local++
	}
	for _, p := range a.params {
		get()
		if p == corewasm.V128 { // i64x2.splat, i64x2.replace_lane 1
			b.WriteString("\xfd\x12")
			get()
			b.WriteString("\xfd\x1e\x01")
		}
	}
	if a.op < 0x100 {
		b.WriteByte(byte(a.op))
	} else {
		b.WriteByte(byte(a.op >> 8))
		b.Write(binary.AppendUvarint(nil, uint64(a.op&0xff)))
	}
	b.WriteString(a.immediates(memory))
	locals := "\x00"
	if len(a.results) == 1 && a.results[0] == corewasm.V128 {
		locals = "\x01\x01\x7b"
		l := string([]byte{local})
		b.WriteString("\x21" + l + "\x20" + l + "\xfd\x1d\x00\x20" + l + "\xfd\x1d\x01")
	}
	return sized(locals + b.String() + "\x0b")
}

// accessModule exports the instructions, applied to a memory, by their numbers.
func accessModule(tests []accessTest, memory byte) []byte {
	limits := string([]byte{1, pages, pages + 2})
	memories := slices.Repeat([]string{limits}, int(memory)+1)
	var types, funcs, exports, bodies []string
	for i, a := range tests {
		params, results := slots(a.params), slots(a.results)
		types = append(types, "\x60"+string([]byte{byte(len(params))})+params+string([]byte{byte(len(results))})+results)
		funcs = append(funcs, string(binary.AppendUvarint(nil, uint64(i))))
		exports = append(exports, name(fmt.Sprint(i))+"\x00"+funcs[i])
		bodies = append(bodies, a.body(memory))
	}
	exports = append(exports, name("mem")+"\x02\x00")
	return module(
		long(1, types), long(3, funcs), section(5, vec(memories...)), long(7, exports),
		section(12, "\x02"), long(10, bodies),
		section(11, vec("\x01"+name("other"), "\x01"+name("0123456789"))))
}

// long is a section of any number of elements.
func long(id byte, elements []string) string {
	body := string(binary.AppendUvarint(nil, uint64(len(elements)))) + concat(elements)
	return string([]byte{id}) + string(binary.AppendUvarint(nil, uint64(len(body)))) + body
}

// TestSplitAccesses holds every instruction that accesses memory, applied to the
// second memory of a module, against the same applied to its only one: what it
// answers, how it traps, and what the memory is afterwards.
func TestSplitAccesses(t *testing.T) {
	t.Parallel()
	tests := accessTests()
	eachEngine(t, func(t *testing.T, rt wazero.Runtime) {
		one := instantiate(t, rt, accessModule(tests, 0), "one")
		two, err := instantiateSplit(t, rt, accessModule(tests, 1), "two")
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		fill(one.Memory(), rng)
		noise, _ := one.Memory().Read(0, pages<<16)
		noise = slices.Clone(noise)
		interesting := []uint64{0, 1, 5, 8, 100, 65520, 65528, 65532, 65535, 65536, 0x7fff_ffff, 0xffff_0000, 0xffff_fff0, 0xffff_ffff}
		for i, test := range tests {
			rounds := len(interesting)
			if len(test.results)+len(test.params) < 2 {
				rounds = 1
			}
			for round := range rounds {
				one.Memory().Write(0, noise)
				two.memories[1].Write(0, noise)
				stack := make([]uint64, 8)
				for j, p := range slots(test.params) {
					stack[j] = rng.Uint64()
					if corewasm.ValType(p) == corewasm.I32 {
						stack[j] = interesting[rng.IntN(len(interesting))]
					}
				}
				if len(test.params) > 0 {
					stack[0] = interesting[round]
				}
				if test.op == corewasm.OpMemoryGrow {
					stack[0] = 1
				}
				if test.op == 0xfe01 || test.op == 0xfe02 {
					stack[2] = 0 // waits no longer, if at all
				}
				given := slices.Clone(stack)
				want, wantErr := callStack(one, i, stack)
				got, gotErr := callStack(two, i, given)
				if wantErr != gotErr || wantErr == "" && !slices.Equal(want, got) {
					t.Fatalf("%#x offset %d of %#x: %#x, %q, want %#x, %q", uint16(test.op), test.offset, given, got, gotErr, want, wantErr)
				}
				if !sameMemory(two.memories[1], one.Memory()) {
					t.Fatalf("%#x offset %d of %#x: the memories differ", uint16(test.op), test.offset, given)
				}
			}
		}
		if size := two.memories[0].Size(); size != pages<<16 {
			t.Errorf("the first memory has %d bytes", size)
		}
		if b, _ := two.memories[0].Read(0, pages<<16); slices.ContainsFunc(b, func(b byte) bool { return b != 0 }) {
			t.Error("the first memory was written to")
		}
	})
}

// callStack calls a function by its number and gives the first line of its error.
func callStack(m api.Module, fn int, stack []uint64) ([]uint64, string) {
	err := m.ExportedFunction(fmt.Sprint(fn)).CallWithStack(context.Background(), stack)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, first
	}
	results := m.ExportedFunction(fmt.Sprint(fn)).Definition().ResultTypes()
	return stack[:len(results)], ""
}

func fill(m api.Memory, rng *rand.Rand) {
	b, _ := m.Read(0, m.Size())
	for i := 0; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rng.Uint64())
	}
}

func sameMemory(a, b api.Memory) bool {
	x, _ := a.Read(0, a.Size())
	y, _ := b.Read(0, b.Size())
	return string(x) == string(y)
}

// copyModule imports two memories, which may be one, defines a third, and copies
// from the first number of its function's name to the second.
var copyModule = func() []byte {
	three := "\x60\x03\x7f\x7f\x7f\x00"
	var exports, bodies []string
	for from := range byte(3) {
		for to := range byte(3) {
			exports = append(exports, name(fmt.Sprintf("%d%d", from, to))+"\x00"+string([]byte{byte(len(exports))}))
			bodies = append(bodies, sized("\x00\x20\x00\x20\x01\x20\x02\xfc\x0a"+string([]byte{to, from})+"\x0b"))
		}
	}
	return module(
		section(1, vec(three)),
		section(2, vec(name("p")+name("a")+"\x02\x00\x01", name("p")+name("b")+"\x02\x00\x01")),
		section(3, vec(slices.Repeat([]string{"\x00"}, 9)...)),
		section(5, vec("\x00\x01")),
		section(7, vec(exports...)),
		section(10, vec(bodies...)))
}()

// TestSplitCopies copies between memories of one module, two of which may be the
// same, and compares with a copy in Go.
func TestSplitCopies(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{false, true} {
		t.Run(fmt.Sprintf("same=%v", same), func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, rt wazero.Runtime) {
				provider := module(section(5, vec("\x00\x01")), section(7, vec(name("a")+"\x02\x00", name("b")+"\x02\x00")))
				instantiate(t, rt, provider, "p")
				b := "p"
				if !same {
					instantiate(t, rt, provider, "q")
					b = "q"
				}
				copies(t, rt, b, same)
			})
		})
	}
}

func copies(t *testing.T, rt wazero.Runtime, second string, same bool) {
	wasm := slices.Clone(copyModule)
	at := strings.Index(string(wasm), name("p")+name("b"))
	wasm[at+2] = second[0]
	s, err := instantiateSplit(t, rt, wasm, "copier")
	if err != nil {
		t.Fatal(err)
	}
	memories := []api.Memory{rt.Module("p").ExportedMemory("a"), rt.Module(second).ExportedMemory("b"), s.memories[2]}
	rng := rand.New(rand.NewPCG(3, 4))
	model := make([][]byte, 3)
	for i, m := range memories {
		fill(m, rng)
		b, _ := m.Read(0, m.Size())
		model[i] = slices.Clone(b)
	}
	if same {
		model[0] = model[1] // filled last
	}
	near := []uint32{0, 1, 7, 8, 9, 31, 64, 1000, 65535, 65536, 65537, 0xffff_ffff}
	for range 2000 {
		from, to := rng.IntN(3), rng.IntN(3)
		d, s0, n := near[rng.IntN(len(near))], near[rng.IntN(len(near))], near[rng.IntN(len(near))]
		if rng.IntN(2) == 0 {
			d, s0, n = rng.Uint32N(300), rng.Uint32N(300), rng.Uint32N(300)
		}
		fits := uint64(d)+uint64(n) <= 65536 && uint64(s0)+uint64(n) <= 65536
		_, err := s.ExportedFunction(fmt.Sprintf("%d%d", from, to)).Call(context.Background(), uint64(d), uint64(s0), uint64(n))
		switch {
		case fits != (err == nil):
			t.Fatalf("%d bytes from %d of memory %d to %d of memory %d: %v", n, s0, from, d, to, err)
		case fits:
			copy(model[to][d:d+n], model[from][s0:s0+n])
		case !strings.Contains(err.Error(), "out of bounds memory access"):
			t.Fatal(err)
		}
		for i, m := range memories {
			if b, _ := m.Read(0, m.Size()); string(b) != string(model[i]) {
				t.Fatalf("%d bytes from %d of memory %d to %d of memory %d: memory %d is not what it should be", n, s0, from, d, to, i)
			}
		}
	}
}

// TestSplitLeavesAlone does not touch modules that the engine runs as they are.
func TestSplitLeavesAlone(t *testing.T) {
	t.Parallel()
	for _, wasm := range [][]byte{linksWasm, trapsWasm, module(), code("\x3f\x00\x1a")} {
		m := decode(t, wasm)
		if s, err := m.Split(); s != nil || err != nil {
			t.Errorf("%v, %v", s, err)
		}
		if m.Original() != m {
			t.Error("the module is not its own original")
		}
	}
}

// TestSplitOneMemory takes away what names memory 0 in a way that the engine
// misreads.
func TestSplitOneMemory(t *testing.T) {
	t.Parallel()
	for what, body := range map[string]string{
		"a load":        "\x41\x00\x28\x42\x00\x04\x1a",
		"a vector load": "\x41\x00\xfd\x00\x42\x80\x00\x04\x1a",
		"a long index":  "\x3f\x80\x00\x1a",
		"a fill":        "\x41\x00\x41\x00\x41\x00\xfc\x0b\x80\x80\x00",
	} {
		eachEngine(t, func(t *testing.T, rt wazero.Runtime) {
			s, err := instantiateSplit(t, rt, code(body), what)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if len(s.memories) != 1 {
				t.Errorf("%s: %d memories", what, len(s.memories))
			}
		})
	}
}

// TestSplitLeadsBack finds functions and instructions of the whole module from
// what was rewritten of a part.
func TestSplitLeadsBack(t *testing.T) {
	t.Parallel()
	nothing := "\x60\x00\x00"
	access := sized("\x00\x41\x07\x2d\x40\x01\x00\x1a\x00\x0b") // i32.load8_u of memory 1, drop, unreachable
	wasm := module(
		section(1, vec(nothing)), section(3, vec("\x00", "\x00")), section(5, vec("\x00\x01", "\x00\x01")),
		section(7, vec(name("call")+"\x00\x01")), section(8, "\x00"),
		section(10, vec(access, sized("\x00\x10\x00\x0b"))),
		section(11, vec("\x02\x01\x41\x00\x0b\x01x")))
	whole := decode(t, wasm)
	parts, err := whole.Split()
	if err != nil {
		t.Fatal(err)
	}
	w := rewrite(t, parts.Main, grown(parts.Main))
	again := decode(t, w.Wasm)
	var funcs []uint32
	for i := range again.Funcs {
		if f, ok := w.OriginalFunc(uint32(i)); ok {
			funcs = append(funcs, f)
		}
	}
	if diff := cmp.Diff([]uint32{0, 1}, funcs); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	if parts.Main.Original() != whole {
		t.Error("the original is another one")
	}

	// Each instruction of the whole is found from its place in the new code, and
	// nothing else.
	want := map[uint32]bool{}
	for i := range whole.Bodies {
		for in := range whole.Instructions(&whole.Bodies[i]) {
			want[in.Offset] = true
		}
	}
	start := codePayload(t, w.Wasm)
	got := map[uint32]bool{}
	for i := range again.Bodies {
		for in := range again.Instructions(&again.Bodies[i]) {
			if at, ok := w.OriginalOffset(uint64(in.Offset) - start); ok {
				got[at] = true
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("offsets (-want +got):\n%s", diff)
	}
}

// TestSplitLimits refuses what would make much of little: data that many memories
// take.
func TestSplitLimits(t *testing.T) {
	t.Parallel()
	inits := ""
	for m := range byte(5) {
		inits += "\x41\x00\x41\x00\x41\x00\xfc\x08\x00" + string([]byte{m})
	}
	many := func(data int) []byte {
		return module(
			section(1, vec("\x60\x00\x00")), section(3, vec("\x00")), section(5, vec(slices.Repeat([]string{"\x00\x01"}, 5)...)),
			section(12, "\x01"), section(10, vec(sized("\x00"+inits+"\x0b"))),
			long(11, []string{"\x01" + string(binary.AppendUvarint(nil, uint64(data))) + strings.Repeat("x", data)}))
	}
	if _, err := decode(t, many(1000)).Split(); err != nil {
		t.Error(err)
	}
	_, err := decode(t, many(1_000_000)).Split()
	if e, ok := errors.AsType[*corewasm.Error](err); !ok || !strings.Contains(e.Msg, "4000000 bytes of data for memories after the first") {
		t.Errorf("%v", err)
	}
}
