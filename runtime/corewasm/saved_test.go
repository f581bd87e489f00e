package corewasm_test

import (
	"testing"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// FuzzSaved reads what may have been saved: it is refused or taken, and nothing
// of it makes the way back to the file panic.
func FuzzSaved(f *testing.F) {
	m, err := corewasm.Decode(manyFuncs())
	if err != nil {
		f.Fatal(err)
	}
	out, err := m.Rewrite(grown(m))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out.Save())
	f.Add([]byte{})
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, saved []byte) {
		w, err := m.Saved(saved)
		if err != nil {
			return
		}
		for at := range uint64(300) {
			w.OriginalOffset(at)
			w.OriginalFunc(uint32(at))
		}
	})
}

// TestSavedIsAsRewritten holds a module that was saved to the one that was not.
func TestSavedIsAsRewritten(t *testing.T) {
	t.Parallel()
	m, err := corewasm.Decode(manyFuncs())
	if err != nil {
		t.Fatal(err)
	}
	out := rewrite(t, m, grown(m))
	again, err := m.Saved(out.Save())
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Wasm) != string(out.Wasm) {
		t.Error("the binary is another one")
	}
	for at := range uint64(len(out.Wasm)) {
		a, aok := out.OriginalOffset(at)
		b, bok := again.OriginalOffset(at)
		if a != b || aok != bok {
			t.Fatalf("offset %d leads to %d, %v and %d, %v", at, a, aok, b, bok)
		}
		fa, aok := out.OriginalFunc(uint32(at))
		fb, bok := again.OriginalFunc(uint32(at))
		if fa != fb || aok != bok {
			t.Fatalf("function %d leads to %d, %v and %d, %v", at, fa, aok, fb, bok)
		}
	}
}
