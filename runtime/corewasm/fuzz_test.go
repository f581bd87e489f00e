package corewasm_test

import (
	"errors"
	"testing"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// FuzzDecode: what is decoded is rewritten into what is decoded again, to the
// same module but for what was added; all else is refused with a place. One of
// several memories comes apart.
func FuzzDecode(f *testing.F) {
	f.Add(linksWasm)
	f.Add(trapsWasm)
	f.Add(manyFuncs())
	f.Add(accessModule(accessTests()[:40], 1))
	f.Add(copyModule)
	f.Add(code("\xfd\x0c0123456789abcdef\xfd\x80\x01\x1a"))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := corewasm.Decode(wasm)
		if err != nil {
			var e *corewasm.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(wasm) {
				t.Fatalf("%v", err)
			}
			return
		}
		for i := range m.Funcs {
			m.FunctionName(uint32(i))
		}
		splits(t, m)
		edit := corewasm.Edit{ModuleName: "m", TraceOffsets: true}
		if m.ImportedFuncs < 0x80 && len(m.Globals) < 0x80 {
			edit = grown(m)
		}
		w, err := m.Rewrite(edit)
		if err != nil {
			return // an export is called as the added one
		}
		again, err := corewasm.Decode(w.Wasm)
		if err != nil {
			t.Fatalf("%x\nbecame\n%x\n%v", wasm, w.Wasm, err)
		}
		if len(again.Bodies) != len(m.Bodies) || len(again.Elements) != len(m.Elements) || again.HasStart != m.HasStart {
			t.Fatalf("%x\nbecame\n%x", wasm, w.Wasm)
		}
	})
}

// splits holds the parts of a module to one memory each, and to decoding, which
// Split does.
func splits(t *testing.T, m *corewasm.Module) {
	s, err := m.Split()
	if err != nil {
		if !errors.As(err, new(*corewasm.Error)) {
			t.Fatal(err)
		}
		return
	}
	if s == nil {
		if len(m.Memories) > 1 {
			t.Fatal("several memories stay together")
		}
		return
	}
	parts := []*corewasm.Module{s.Main}
	for _, sat := range s.Satellites {
		parts = append(parts, sat.Module)
	}
	if want := max(len(m.Memories), 1); len(parts) != want {
		t.Fatalf("%d parts of %d memories", len(parts), want)
	}
	for _, part := range parts {
		if again, err := part.Split(); again != nil || err != nil {
			t.Fatalf("a part is split again: %v", err)
		}
		if len(part.Memories) > 1 {
			t.Fatalf("a part has %d memories", len(part.Memories))
		}
	}
}
