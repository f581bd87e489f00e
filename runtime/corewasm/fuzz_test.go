package corewasm_test

import (
	"errors"
	"testing"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// FuzzDecode: what is decoded is rewritten into what is decoded again, to the
// same module but for what was added; all else is refused with a place.
func FuzzDecode(f *testing.F) {
	f.Add(linksWasm)
	f.Add(trapsWasm)
	f.Add(manyFuncs())
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
