package component

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// globalName is the name under which the host finds a mutable global of a core
// module, by its index there.
func globalName(index uint32) string { return fmt.Sprintf("\x00g%d", index) }

// A memento tells what a core module's instance must be given back to be as it
// was: beside its memories, these globals. It is nil where that is not enough,
// or not known to be.
type memento struct{ globals []string }

// remember looks for what code can change. Tables and segments cannot be given
// back: a module with an instruction that changes one is not cleaned, nor is
// one with a mutable global that is no number.
func remember(m *corewasm.Module) (*memento, []corewasm.Export) {
	var out memento
	var exports []corewasm.Export
	for i, g := range m.Globals[m.ImportedGlobals:] {
		if !g.Mutable {
			continue
		}
		switch g.Val {
		case corewasm.I32, corewasm.I64, corewasm.F32, corewasm.F64:
		default:
			return nil, nil
		}
		index := uint32(m.ImportedGlobals + i)
		out.globals = append(out.globals, globalName(index))
		exports = append(exports, corewasm.Export{Name: globalName(index), Kind: corewasm.KindGlobal, Index: index})
	}
	for i := range m.Bodies {
		for in := range m.Instructions(&m.Bodies[i]) {
			switch in.Op {
			case corewasm.OpTableSet, corewasm.OpTableGrow, corewasm.OpTableInit, corewasm.OpTableCopy, corewasm.OpTableFill,
				corewasm.OpDataDrop, corewasm.OpElemDrop:
				return nil, nil
			}
		}
	}
	return &out, exports
}
