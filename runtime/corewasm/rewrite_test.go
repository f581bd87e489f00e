package corewasm_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/airsstack/witgen/runtime/corewasm"
)

const features = api.CoreFeaturesV2 | experimental.CoreFeaturesThreads | experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences

func eachEngine(t *testing.T, test func(*testing.T, wazero.Runtime)) {
	engines := map[string]wazero.RuntimeConfig{"interpreter": wazero.NewRuntimeConfigInterpreter()}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		engines["compiler"] = wazero.NewRuntimeConfigCompiler()
	}
	for name, config := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			rt := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(features))
			t.Cleanup(func() { _ = rt.Close(ctx) })
			test(t, rt)
		})
	}
}

func rewrite(tb testing.TB, m *corewasm.Module, e corewasm.Edit) *corewasm.Rewritten {
	tb.Helper()
	w, err := m.Rewrite(e)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func instantiate(tb testing.TB, rt wazero.Runtime, wasm []byte, name string) api.Module {
	tb.Helper()
	m, err := rt.InstantiateWithConfig(context.Background(), wasm, wazero.NewModuleConfig().WithName(name))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func hostFunc(results ...uint64) api.GoFunc {
	return func(_ context.Context, stack []uint64) { copy(stack, results) }
}

var i32s = []api.ValueType{api.ValueTypeI32}

// grown is an edit that adds everything and changes no meaning: each body first
// calls the added function and puts its answer into the added global.
func grown(m *corewasm.Module) corewasm.Edit {
	code := []byte{byte(corewasm.OpCall), byte(m.ImportedFuncs), byte(corewasm.OpGlobalSet), byte(len(m.Globals))}
	return corewasm.Edit{
		ModuleName:   "m2",
		TraceOffsets: true,
		Import:       &corewasm.FuncImport{Module: "host", Name: "tick", Type: corewasm.FuncType{Results: []corewasm.ValType{corewasm.F64}}},
		Globals: []corewasm.Global{{
			GlobalType: corewasm.GlobalType{Val: corewasm.F64, Mutable: true},
			Init:       corewasm.ConstExpr("\x44\x00\x00\x00\x00\x00\x00\x00\x00\x0b"),
		}},
		Exports: []corewasm.Export{
			{Name: "\x00ticks", Kind: corewasm.KindGlobal, Index: uint32(len(m.Globals))},
		},
		Code: func(b *corewasm.Body) corewasm.BodyEdit {
			return corewasm.BodyEdit{
				Locals: []corewasm.ValType{corewasm.I64, corewasm.V128},
				Insert: []corewasm.Insertion{{At: b.Code, Code: code}},
			}
		},
	}
}

func TestRewriteWithoutEditChangesNothing(t *testing.T) {
	t.Parallel()
	for _, wasm := range [][]byte{linksWasm, trapsWasm} {
		w := rewrite(t, decode(t, wasm), corewasm.Edit{})
		if !bytes.HasPrefix(wasm, w.Wasm) { // what follows is the name section
			t.Errorf("%x\nbecame\n%x", wasm, w.Wasm)
		}
	}
}

func TestRewrittenModuleLinksAndAnswersTheSame(t *testing.T) {
	t.Parallel()
	provider := module(
		section(1, vec("\x60\x01\x7f\x00")),
		section(4, vec("\x70\x01\x01\x0a")),
		section(5, vec("\x01\x01\x0a")),
		section(13, vec("\x00\x00")),
		section(6, vec("\x7f\x01\x41\x00\x0b", "\x7f\x00\x41\x29\x0b")),
		section(7, vec("\x05table\x01\x00", "\x06memory\x02\x00", "\x06global\x03\x00", "\x05fixed\x03\x01", "\x03tag\x04\x00")),
	)
	eachEngine(t, func(t *testing.T, rt wazero.Runtime) {
		ctx := context.Background()
		_, err := rt.NewHostModuleBuilder("host").
			NewFunctionBuilder().WithGoFunction(hostFunc(9), nil, i32s).Export("nine").
			NewFunctionBuilder().WithGoFunction(hostFunc(api.EncodeF64(0.5)), nil, []api.ValueType{api.ValueTypeF64}).Export("tick").
			Instantiate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		instantiate(t, rt, provider, "provider")
		m := decode(t, linksWasm)
		e := grown(m)
		e.Rename = func(im corewasm.Import) (string, string) {
			if im.Kind == corewasm.KindFunc {
				return "host", "nine"
			}
			return "provider", im.Name
		}
		e.Exports = append(e.Exports, corewasm.Export{Name: "\x00eight", Kind: corewasm.KindFunc, Index: 4})
		guest := instantiate(t, rt, rewrite(t, m, e).Wasm, "guest")
		for _, c := range []struct {
			name string
			arg  []uint64
			want uint64
		}{
			{"a.f", nil, 9},
			{"seven", nil, 7},
			{"\x00eight", nil, 8},
			{"call", nil, 17},
			{"tail", nil, 8},
			{"at", []uint64{0}, 7},
			{"at", []uint64{1}, 8},
			{"at", []uint64{2}, 9},
			{"at", []uint64{3}, 7},
			{"at", []uint64{5}, 8},
			{"filled", nil, 7},
			{"ref", nil, 8},
			{"init", nil, 7},
			{"catch", []uint64{33}, 33},
		} {
			got, err := guest.ExportedFunction(c.name).Call(ctx, c.arg...)
			if err != nil || got[0] != c.want {
				t.Errorf("%q%v = %v, %v; want %d", c.name, c.arg, got, err, c.want)
			}
		}
		if _, err := guest.ExportedFunction("start-again").Call(ctx); err != nil {
			t.Error(err)
		}
		if got := guest.ExportedGlobal("sum").Get(); got != 42 {
			t.Errorf("sum = %d", got)
		}
		if got := guest.ExportedGlobal("\x00ticks").Get(); got != api.EncodeF64(0.5) {
			t.Errorf("ticks = %v", api.DecodeF64(got))
		}
	})
}

func TestRewriteRefuses(t *testing.T) {
	t.Parallel()
	m := decode(t, trapsWasm)
	for what, e := range map[string]corewasm.Edit{
		"a name that is taken":    {Exports: []corewasm.Export{{Name: "mid", Kind: corewasm.KindMemory}}},
		"a name twice":            {Exports: []corewasm.Export{{Name: "x", Kind: corewasm.KindMemory}, {Name: "x", Kind: corewasm.KindMemory}}},
		"an export of nothing":    {Exports: []corewasm.Export{{Name: "x", Kind: corewasm.KindGlobal}}},
		"code outside of a body":  {Code: insertAt(0)},
		"code before an earlier ": {Code: insertAt(m.Bodies[0].Code+4, m.Bodies[0].Code)},
	} {
		if w, err := m.Rewrite(e); err == nil {
			t.Errorf("%s gave %x", what, w.Wasm)
		}
	}
}

func insertAt(offsets ...uint32) func(*corewasm.Body) corewasm.BodyEdit {
	return func(*corewasm.Body) (e corewasm.BodyEdit) {
		for _, at := range offsets {
			e.Insert = append(e.Insert, corewasm.Insertion{At: at, Code: []byte{byte(corewasm.OpNop)}})
		}
		return e
	}
}

// frames are the lines of a stack trace that the engine prints for a guest.
var frames = regexp.MustCompile(`(?m)^\tm2\.\$(\d+)\(.*\n\t\t0x([0-9a-f]+): wasm:1$`)

func TestStackTracesLeadToTheOriginal(t *testing.T) {
	t.Parallel()
	const leaf, mid, run = 1, 2, 3
	type frame struct{ fn, offset uint32 }
	eachEngine(t, func(t *testing.T, rt wazero.Runtime) {
		ctx := context.Background()
		_, err := rt.NewHostModuleBuilder("env").
			NewFunctionBuilder().WithFunc(func(uint32) { panic("host") }).Export("host").Instantiate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rt.NewHostModuleBuilder("host").
			NewFunctionBuilder().WithFunc(func() float64 { return 1 }).Export("tick").Instantiate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m := decode(t, trapsWasm)
		plain := corewasm.Edit{ModuleName: "m2", TraceOffsets: true}
		for what, e := range map[string]corewasm.Edit{"plain": plain, "grown": grown(m)} {
			w := rewrite(t, m, e)
			guest := instantiate(t, rt, w.Wasm, what)
			for _, c := range []struct {
				fn  string
				arg uint64
				at  uint32 // in leaf
			}{
				{"run", 3, 0x55}, // unreachable
				{"run", 4, 0x65}, // division by zero
				{"run", 5, 0x71}, // load out of bounds
				{"run", 6, 0x7f}, // panic in a host function
				{"run", 7, 0x8d}, // call of a null
				{"run", 8, 0xa2}, // fill out of bounds
				{"mid", 3, 0x55},
			} {
				want := []frame{{leaf, c.at}, {run, 0xc1}} // call_indirect
				if c.fn == "mid" {
					want[1] = frame{mid, 0xae} // call
				}
				_, err := guest.ExportedFunction(c.fn).Call(ctx, c.arg)
				var got []frame
				for _, f := range frames.FindAllStringSubmatch(fmt.Sprint(err), -1) {
					got = append(got, translate(t, w, f[1], f[2]))
				}
				if !cmp.Equal(want, got, cmp.AllowUnexported(frame{})) {
					t.Errorf("%s: %s(%d): %#x, want %#x in\n%v", what, c.fn, c.arg, got, want, err)
				}
			}
		}
	})
}

func translate(t *testing.T, w *corewasm.Rewritten, fn, offset string) struct{ fn, offset uint32 } {
	t.Helper()
	index, err := strconv.ParseUint(fn, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	code, err := strconv.ParseUint(offset, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	original, ok := w.OriginalFunc(uint32(index))
	at, ok2 := w.OriginalOffset(code)
	if !ok || !ok2 {
		t.Fatalf("function %s, offset %s lead nowhere", fn, offset)
	}
	return struct{ fn, offset uint32 }{original, at}
}

// Each instruction of the original is found from where it went, and what leads
// nowhere says so.
func TestOriginalOffsetIsExact(t *testing.T) {
	t.Parallel()
	for _, wasm := range [][]byte{trapsWasm, linksWasm, manyFuncs()} {
		m := decode(t, wasm)
		w := rewrite(t, m, grown(m))
		again := decode(t, w.Wasm)
		payload := codePayload(t, w.Wasm)
		for i := range m.Bodies {
			var before, after []corewasm.Instr
			for in := range m.Instructions(&m.Bodies[i]) {
				before = append(before, in)
			}
			for in := range again.Instructions(&again.Bodies[i]) {
				after = append(after, in)
			}
			for j, in := range after {
				want := before[0] // inserted code leads to what it was put before
				if j >= 2 {
					want = before[j-2]
				}
				got, ok := w.OriginalOffset(uint64(in.Offset) - payload)
				if !ok || got != want.Offset {
					t.Fatalf("function %d, instruction %d at %#x: %#x, %v; want %#x", i, j, in.Offset, got, ok, want.Offset)
				}
				if j >= 2 && in.Op != want.Op {
					t.Fatalf("function %d, instruction %d: %#x became %#x", i, j, want.Op, in.Op)
				}
			}
			if got, ok := w.OriginalOffset(uint64(again.Bodies[i].Offset) - payload); ok {
				t.Errorf("the size of body %d leads to %#x", i, got)
			}
		}
		for _, at := range []uint64{0, uint64(len(w.Wasm)), 1 << 40} {
			if got, ok := w.OriginalOffset(at); ok {
				t.Errorf("%#x leads to %#x", at, got)
			}
		}
		if _, ok := w.OriginalFunc(uint32(m.ImportedFuncs)); ok {
			t.Error("the added import was not there before")
		}
	}
}

// manyFuncs is a module of 127 functions that call one another, so that some
// indices need a byte more when functions move.
func manyFuncs() []byte {
	var types, bodies []string
	for i := range 127 {
		types = append(types, "\x00")
		var body []byte
		for _, callee := range []int{i, 126 - i, 126} {
			body = append(body, byte(corewasm.OpNop), byte(corewasm.OpCall), byte(callee))
		}
		bodies = append(bodies, sized("\x00"+string(body)+"\x0b"))
	}
	return module(section(1, vec("\x60\x00\x00")), section(2, vec("\x01a\x01b\x00\x00")),
		section(3, vec(types...)), section(10, vec(bodies...)))
}

// codePayload finds where the contents of the code section begin.
func codePayload(t *testing.T, wasm []byte) uint64 {
	t.Helper()
	for at := len(header); at < len(wasm); {
		id, size, shift := wasm[at], 0, 0
		for at++; ; at++ {
			size |= int(wasm[at]&0x7f) << shift
			shift += 7
			if wasm[at] < 0x80 {
				break
			}
		}
		at++
		if id == 10 {
			return uint64(at)
		}
		at += size
	}
	t.Fatal("no code section")
	return 0
}
