package corewasm

import (
	"fmt"
)

// Module is a decoded module. It keeps the bytes that it was decoded from,
// which must not change afterwards. Nothing writes to it, so that goroutines
// may share it.
//
// The index spaces Funcs, Tables, Memories, Globals and Tags begin with what is
// imported, in the order of the imports.
type Module struct {
	Types    []FuncType
	Imports  []Import
	Funcs    []uint32 // index into Types for each function
	Tables   []Table
	Memories []Limits
	Globals  []Global
	Tags     []uint32 // index into Types for each tag
	Exports  []Export
	Elements []Element
	Data     []Data
	Bodies   []Body // of the functions that are not imported
	Customs  []Custom

	Start    uint32 // the start function, if HasStart
	HasStart bool

	// Name is the module's own, from its name section, or "".
	Name string

	// ImportedFuncs and the like say how many of a space are imported.
	ImportedFuncs, ImportedTables, ImportedMemories, ImportedGlobals, ImportedTags int

	data        []byte
	sections    [sectionCount]span
	hasData     bool // has a data count section
	dataCount   uint32
	exports     map[string]int
	importDescs []span // where each import's type stands
	funcNames   map[uint32]string

	// The engine knows no memory index: where one stands that it would not read
	// as memory 0, Split takes it away.
	indexed bool
	origin  *origin // of a module that Split made

	// Where function indices stand, as file offsets in ascending order:
	// outside of bodies, and in bodies (Body.calls is a range of codeRefs).
	funcRefs, codeRefs []uint32
}

// span is a range of the file.
type span struct{ start, end int }

// Kind is the sort of an import or export.
type Kind uint8

// The kinds by their codes [5.5.5].
const (
	KindFunc Kind = iota
	KindTable
	KindMemory
	KindGlobal
	KindTag
)

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

var kindNames = [...]string{"function", "table", "memory", "global", "tag"}

// Import is one import. Its type stands in the module's space of its kind at
// Index.
type Import struct {
	Module, Name string
	Kind         Kind
	Index        uint32
}

// Export is one export.
type Export struct {
	Name  string
	Kind  Kind
	Index uint32
}

// Table is a table; one that is defined with an initial value has Init.
type Table struct {
	TableType
	Init ConstExpr

	limits span // where they stand
}

// Global is a global; one that is defined has Init.
type Global struct {
	GlobalType
	Init ConstExpr
}

// SegmentMode says when a segment is copied.
type SegmentMode uint8

// Segments are copied when the module is instantiated, by an instruction, or
// never: those only declare functions for ref.func.
const (
	Active SegmentMode = iota
	Passive
	Declarative
)

// Element is an element segment [5.5.12].
type Element struct {
	Mode   SegmentMode
	Table  uint32    // that an active one is copied to
	Offset ConstExpr // where an active one is copied to
	Type   ValType
	// Funcs are the functions; where the segment holds something else than a
	// function (null, a global), IsFunc says so.
	Funcs []uint32
}

// IsFunc reports whether the i-th item is a known function.
func (e *Element) IsFunc(i int) bool { return e.Funcs[i] != noFunc }

// Data is a data segment [5.5.15].
type Data struct {
	Mode   SegmentMode
	Memory uint32    // that an active one is copied to
	Offset ConstExpr // where an active one is copied to
	Init   []byte    // aliases the module's bytes
}

// Body is a function's code [5.5.13]. Offsets are the file's.
type Body struct {
	Func   uint32 // whose body it is, in the space Funcs
	Offset uint32 // of the body's size
	Decls  uint32 // of the declarations of locals
	Code   uint32 // of the first instruction
	End    uint32 // behind the last
	Locals uint32 // how many there are, parameters not included
	// Relabelled says that branches of the body are rewritten, so that none may be
	// replaced.
	Relabelled bool

	calls [2]uint32 // its range of Module.codeRefs
}

// Custom is a custom section.
type Custom struct {
	Name string
	Data []byte // aliases the module's bytes
}

// FuncType gives the type of a function.
func (m *Module) FuncType(index uint32) FuncType { return m.Types[m.Funcs[index]] }

// Referenced tells of each function whether it can be called otherwise than by
// its index: it is exported, in an element segment, or referred to.
func (m *Module) Referenced() []bool {
	out := make([]bool, len(m.Funcs))
	for _, at := range m.funcRefs {
		r := reader{buf: m.data, pos: int(at)}
		if i := r.u32(); int(i) < len(out) {
			out[i] = true
		}
	}
	for _, e := range m.Exports {
		if e.Kind == KindFunc {
			out[e.Index] = true
		}
	}
	return out
}

// Export finds an export by its name.
func (m *Module) Export(name string) (Export, bool) {
	if i, ok := m.exports[name]; ok {
		return m.Exports[i], true
	}
	return Export{}, false
}

// FunctionName gives a function's name: from the name section, else that of an
// export or import, else "".
func (m *Module) FunctionName(index uint32) string {
	if n := m.funcNames[index]; n != "" {
		return n
	}
	for _, e := range m.Exports {
		if e.Kind == KindFunc && e.Index == index {
			return e.Name
		}
	}
	for _, im := range m.Imports {
		if im.Kind == KindFunc && im.Index == index {
			return im.Module + "#" + im.Name
		}
	}
	return ""
}

// TypeString writes the type of what is imported or exported.
func (m *Module) TypeString(kind Kind, index uint32) string {
	switch kind {
	case KindFunc:
		return m.FuncType(index).String()
	case KindTable:
		return fmt.Sprintf("%+v", m.Tables[index].TableType)
	case KindMemory:
		return fmt.Sprintf("%+v", m.Memories[index])
	case KindGlobal:
		return fmt.Sprintf("%+v", m.Globals[index].GlobalType)
	case KindTag:
		return m.Types[m.Tags[index]].String()
	}
	return kind.String()
}

// sameType reports whether two imports of this module have one type.
func (m *Module) sameType(a, b Import) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case KindFunc:
		return m.FuncType(a.Index).Equal(m.FuncType(b.Index))
	case KindTable:
		return m.Tables[a.Index].TableType == m.Tables[b.Index].TableType
	case KindMemory:
		return m.Memories[a.Index] == m.Memories[b.Index]
	case KindGlobal:
		return m.Globals[a.Index].GlobalType == m.Globals[b.Index].GlobalType
	default:
		return m.Types[m.Tags[a.Index]].Equal(m.Types[m.Tags[b.Index]])
	}
}
