package fromwasm_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airsstack/witgen/gen/fromwasm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/wit"
)

func world(t *testing.T, path string) *wit.World {
	t.Helper()
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := component.Describe(wasm)
	if err != nil {
		t.Fatal(err)
	}
	return fromwasm.World(d)
}

// lines writes the items of a world, one function or type a line.
func lines(w *wit.World) []string {
	out := typeLines("world", w.Types)
	for _, side := range []struct {
		name  string
		items []wit.Item
	}{{"import", w.Imports}, {"export", w.Exports}} {
		for _, item := range side.items {
			at := side.name + " " + item.ItemName()
			switch item := item.(type) {
			case *wit.FuncItem:
				out = append(out, at+" = "+item.Func.Signature())
			case *wit.InterfaceItem:
				out = append(out, at)
				out = append(out, typeLines(at, item.Interface.Types)...)
				for _, f := range item.Interface.Funcs {
					out = append(out, at+" "+f.String())
				}
			}
		}
	}
	return out
}

func typeLines(at string, defs []*wit.TypeDef) []string {
	var out []string
	for _, def := range defs {
		line := at + " " + def.Declaration()
		if used := def.Used(); used != nil {
			line += " of " + used.Owner.ID()
		}
		out = append(out, line)
	}
	return out
}

// restated are lines that a component says in other words than its text: another
// name for a type without parts of its own leaves no trace of the type.
var restated = map[string]string{
	"world type tt = u32": "world type tt = t of t:a/i@0.1.0",
}

// What wit-component built from a WIT text says what the text says: each line of
// the component's world is one of the text's, and no function is missing.
func TestWorldIsThatOfTheWIT(t *testing.T) {
	t.Parallel()
	texts, err := filepath.Glob("testdata/*.wit")
	if err != nil || len(texts) == 0 {
		t.Fatalf("no texts: %v", err)
	}
	for _, text := range texts {
		t.Run(filepath.Base(text), func(t *testing.T) {
			t.Parallel()
			r, err := wit.Load(text)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for _, w := range r.Main.Worlds {
				for _, line := range lines(w) {
					want[line] = true
				}
			}
			for _, line := range lines(world(t, strings.TrimSuffix(text, ".wit")+".wasm")) {
				if other, ok := restated[line]; ok {
					line = other
				}
				if !want[line] {
					t.Errorf("the text does not say: %s", line)
				}
				delete(want, line)
			}
			for line := range want {
				if strings.Contains(line, "func(") {
					t.Errorf("the component does not say: %s", line)
				}
			}
		})
	}
}

// leb is n as the binary format writes it, signed or unsigned.
func leb(n int) []byte {
	var b []byte
	for ; n >= 0x40; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// A type that holds two lists of a type that holds two lists and so on has a
// text that doubles with each level; it is cut.
func TestWorldOfEndlessText(t *testing.T) {
	t.Parallel()
	const levels = 16                                                    // a few more, and Describe refuses what the type holds
	types := slices.Concat(leb(2*levels+2), []byte{0x6f, 2, 0x7d, 0x7d}) // tuple<u8, u8>
	for i := range levels {
		list := leb(2*i + 1)
		types = slices.Concat(types, []byte{0x70}, leb(2*i), []byte{0x6f, 2}, list, list)
	}
	types = slices.Concat(types, []byte{0x40, 1, 1, 'x'}, leb(2*levels), []byte{1, 0}) // func(x: …)
	imp := slices.Concat([]byte{1, 0, 1, 'f', 1}, leb(2*levels+1))
	wasm := slices.Concat([]byte("\x00asm\x0d\x00\x01\x00"),
		[]byte{7}, leb(len(types)), types, []byte{10}, leb(len(imp)), imp)
	d, err := component.Describe(wasm)
	if err != nil {
		t.Fatal(err)
	}
	f := fromwasm.World(d).Imports[0].(*wit.FuncItem).Func
	if s := f.Signature(); len(s) > 2000 || !strings.Contains(s, "…") {
		t.Errorf("%d bytes: %.200s", len(s), s)
	}
}

// FuzzWorld holds that what Describe accepts has a world that can be written.
func FuzzWorld(f *testing.F) {
	files, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatalf("no components: %v", err)
	}
	for _, file := range files {
		wasm, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wasm)
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		d, err := component.Describe(wasm)
		if err != nil {
			return
		}
		for _, line := range lines(fromwasm.World(d)) {
			if len(line) > 1_000_000 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
	})
}
