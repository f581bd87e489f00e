package corewasm

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestWeightKnowsTheStack holds the height of the stack to what validation says
// that it is at the end of each block that is reached, in modules of every kind.
func TestWeightKnowsTheStack(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../testdata/guests/*/*.wasm")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	ends := 0
	for _, path := range append(paths, "../meter/testdata/guest.wasm", "../component/testdata/features.wasm") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range coreModules(b) {
			for i := range m.Bodies {
				ends += checkHeights(t, path, m, &m.Bodies[i])
			}
		}
	}
	if ends < 10_000 {
		t.Errorf("only %d blocks", ends)
	}
}

// coreModules finds the modules in a file by their first bytes.
func coreModules(b []byte) (out []*Module) {
	if m, err := Decode(b); err == nil {
		return []*Module{m}
	}
	for at := 8; at < len(b); {
		id, r := b[at], reader{buf: b, pos: at + 1}
		end := int(r.u32()) + r.pos
		if r.err != nil || end > len(b) {
			break
		}
		if id == 1 { // a core module [Binary.md]
			if m, err := Decode(b[r.pos:end]); err == nil {
				out = append(out, m)
			}
		}
		at = end
	}
	return out
}

// checkHeights gives how many ends of blocks it looked at.
func checkHeights(t *testing.T, path string, m *Module, b *Body) (ends int) {
	t.Helper()
	w := weigher{m: m}
	w.push(0, len(m.FuncType(b.Func).Results))
	dead := []bool{false} // of each frame, whether the rest of it runs
	for in := range m.Instructions(b) {
		top := len(dead) - 1
		if in.Op>>8 == prefixVector {
			return ends // their heights are not exact
		}
		if in.Op == OpEnd || in.Op == OpElse {
			if f := w.frames[top]; !dead[top] {
				ends++
				if w.height != f.base+f.results {
					t.Fatalf("%s, function %d, byte %#x: the height is %d, want %d", path, b.Func, in.Offset, w.height, f.base+f.results)
				}
			}
		}
		w.step(&in)
		switch in.Op {
		case OpBlock, OpLoop, OpIf, OpTryTable:
			dead = append(dead, dead[top])
		case OpElse:
			dead[top] = top > 0 && dead[top-1]
		case OpEnd:
			dead = dead[:top]
		case OpBr, OpBrTable, OpReturn, OpUnreachable, OpThrow, OpThrowRef, OpReturnCall, OpReturnCallIndirect, OpReturnCallRef:
			dead[top] = true
		}
	}
	return ends
}

// TestWeight adds up small bodies.
func TestWeight(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		code []byte
		want uint64
	}{
		{"its end", nil, 3},
		{"a loop", []byte{0x03, 0x40, 0x0b}, 3 + 3 + 3},
		{"a loop over two values", []byte{0x20, 0, 0x20, 0, 0x03, 0x40, 0x0b, 0x1a, 0x1a}, 5 + 5 + 3},
		{"a condition", []byte{0x20, 0, 0x04, 0x40, 0x05, 0x0b}, 4 + 3 + 3 + 3},
		{"a table of three", []byte{0x02, 0x40, 0x20, 0, 0x0e, 2, 0, 0, 0, 0x0b}, 3*4 + 3 + 3},
		{"forty blocks", append(bytes.Repeat([]byte{0x02, 0x40}, 40), bytes.Repeat([]byte{0x0b}, 40)...), 41*3 + 41*41/64},
		{"what does not run", []byte{0x02, 0x40, 0x00, 0x20, 0, 0x20, 0, 0x03, 0x40, 0x0b, 0x0b}, 5 + 5 + 5 + 3},
	} {
		body := append([]byte{1, 2, 0x7f}, append(test.code, 0x0b)...) // two locals beside the parameter
		wasm := append([]byte("\x00asm\x01\x00\x00\x00\x01\x05\x01\x60\x01\x7f\x00\x03\x02\x01\x00\x0a"), byte(len(body)+2), 1, byte(len(body)))
		m, err := Decode(append(wasm, body...))
		if err != nil {
			t.Fatal(test.name, err)
		}
		if got := m.Weight(&m.Bodies[0]); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
