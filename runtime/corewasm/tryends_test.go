package corewasm_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// A try_table that is left by a branch to its own label catches nothing any more:
// neither in its function, nor after that has returned.
func TestTryTablesAreLeftByTheirOwnLabel(t *testing.T) {
	t.Parallel()
	const (
		try     = "\x1f\x40\x01\x02\x00" // try_table (catch_all 0)
		one     = "\x41\x01"
		caught  = "\x0b\x41\x02"
		nested  = try + one + "\x0d\x00" + try + one + "\x0d\x01\x00\x0b\x00\x0b" // br_if to itself, and to the outer one
		typed   = "\x1f\x7f\x01\x02\x00" + one + "\x0c\x00\x0b\x1a"               // one that gives an i32
		byTable = try + "\x41\x00\x0e\x01\x00\x01\x0b"                            // br_table to itself, or to the block
	)
	for _, c := range []struct {
		name, code string
		want       uint64 // of f
	}{
		{"br", "\x02\x40" + try + "\x0c\x00\x0b" + one + "\x0f" + caught, 1},
		{"br_if", "\x02\x40" + nested + one + "\x0f" + caught, 1},
		{"br_table", "\x02\x40" + byTable + one + "\x0f" + caught, 1},
		{"a value", "\x02\x40" + typed + one + "\x0f" + caught, 1},
		{"over two", "\x02\x40\x02\x40" + try + try + "\x0c\x02\x0b\x0c\x00\x0b\x00\x0b" + one + "\x0f" + caught, 1},
		{"a clause of one within", "\x02\x40" + try + "\x02\x40\x1f\x40\x01\x02\x02\x08\x00\x0b\x0b\x0c\x00\x0b" + one + "\x0f" + caught, 2},
		{"in a loop", "\x02\x40\x03\x40" + try + one + "\x0d\x00\x0c\x01\x0b" + one + "\x0f\x0b" + caught, 1},
	} {
		// f runs the code; g calls it and throws, which nothing catches.
		wasm := module(
			section(1, vec("\x60\x00\x01\x7f", "\x60\x00\x00")),
			section(3, vec("\x00", "\x00")),
			section(13, vec("\x00\x01")),
			section(7, vec("\x01f\x00\x00", "\x01g\x00\x01")),
			section(10, vec(sized("\x00"+c.code+"\x0b"), sized("\x00\x10\x00\x1a\x08\x00\x0b"))),
		)
		out, err := decode(t, wasm).Rewrite(corewasm.Edit{})
		if err != nil {
			t.Fatal(err)
		}
		decode(t, out.Wasm)
		eachEngine(t, func(t *testing.T, rt wazero.Runtime) {
			m := instantiate(t, rt, out.Wasm, "")
			if got, err := m.ExportedFunction("f").Call(context.Background()); err != nil || got[0] != c.want {
				t.Errorf("%s: f = %v, %v", c.name, got, err)
			}
			got, err := m.ExportedFunction("g").Call(context.Background())
			if err == nil || !strings.Contains(err.Error(), "uncaught exception") {
				t.Errorf("%s: g = %v, %v", c.name, got, err)
			}
		})
	}
}
