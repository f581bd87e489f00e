package component

import (
	"encoding/binary"
	"fmt"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// globalName is the name under which the host finds a mutable global of a core
// module, by its index there.
func globalName(index uint32) string { return fmt.Sprintf("\x00g%d", index) }

// A memento tells what a core module's instance must be given back to be as it
// was: beside its memory, these globals. Tables and segments cannot be given
// back: a module with an instruction that changes one is not cleaned, nor is
// one with a mutable global that is no number.
type memento struct {
	globals []string
	memory  bool   // it has one, which it does not import
	lost    string // what cannot be given back, "" where there is nothing
}

// remember looks for what code can change, and exports what the host wants of
// it.
func remember(m *corewasm.Module) (*memento, []corewasm.Export) {
	out := memento{memory: len(m.Memories) > m.ImportedMemories}
	var exports []corewasm.Export
	for i, g := range m.Globals[m.ImportedGlobals:] {
		if !g.Mutable {
			continue
		}
		index := uint32(m.ImportedGlobals + i)
		switch g.Val {
		case corewasm.I32, corewasm.I64, corewasm.F32, corewasm.F64:
		default:
			return &memento{lost: fmt.Sprintf("its global %d is mutable and no number", index)}, nil
		}
		out.globals = append(out.globals, globalName(index))
		exports = append(exports, corewasm.Export{Name: globalName(index), Kind: corewasm.KindGlobal, Index: index})
	}
	for i := range m.Bodies {
		for in := range m.Instructions(&m.Bodies[i]) {
			if what := changes[in.Op]; what != "" {
				return &memento{lost: fmt.Sprintf("its function %d has %s", m.Bodies[i].Func, what)}, nil
			}
		}
	}
	return &out, exports
}

// changes are the instructions that change what cannot be given back.
var changes = map[corewasm.Op]string{
	corewasm.OpTableSet:  "table.set, which changes a table",
	corewasm.OpTableGrow: "table.grow, which changes a table",
	corewasm.OpTableInit: "table.init, which changes a table",
	corewasm.OpTableCopy: "table.copy, which changes a table",
	corewasm.OpTableFill: "table.fill, which changes a table",
	corewasm.OpDataDrop:  "data.drop, which drops a data segment",
	corewasm.OpElemDrop:  "elem.drop, which drops an element segment",
}

// save gives what savedMemento makes a memento of again.
func (k *memento) save() []byte {
	b := appendString(appendBool(nil, k.memory), k.lost)
	b = binary.AppendUvarint(b, uint64(len(k.globals)))
	for _, name := range k.globals {
		b = appendString(b, name)
	}
	return b
}

// savedMemento reads a memento, and gives what stands behind it. It is nil where
// there is none.
func savedMemento(b []byte) (k *memento, rest []byte) {
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[max(n, 0):]
		return min(v, uint64(len(b)))
	}
	text := func() string {
		n := number()
		s := string(b[:n])
		b = b[n:]
		return s
	}
	if len(b) == 0 {
		return nil, nil
	}
	k = &memento{memory: b[0] == 1}
	b = b[1:]
	k.lost = text()
	for range number() {
		k.globals = append(k.globals, text())
	}
	return k, b
}
