package corewasm

// Edit says what is changed in a module. Its zero value changes nothing that
// runs. Whatever is added stands at the end of its index space; only functions
// move, by one, if a function is imported.
type Edit struct {
	// ModuleName is the name that the engine shows in stack traces.
	ModuleName string

	// Rename gives an import's new names. Nil keeps them.
	Rename func(Import) (module, name string)

	// Exports are added. Their indices are those of the module as it was
	// decoded, in which the added Globals begin at len(Module.Globals). A name
	// that the module exports already is an error.
	Exports []Export

	// Import is a function to import behind all others, so that it gets the
	// index Module.ImportedFuncs.
	Import *FuncImport

	// Types are function types to add behind all others: the first one has the
	// index len(Module.Types).
	Types []FuncType

	// Globals are to be defined behind all others.
	Globals []Global

	// Funcs are to be defined behind all others. The first one has the index
	// len(Module.Funcs), or one more where a function is imported.
	Funcs []Func

	// TableMax is how many elements the tables that the module defines may grow
	// to, where they have no lower maximum; 0 leaves them as they are. It is not
	// to be below the minimum of one.
	TableMax uint32

	// Code is asked once for each body, in order, for what to put into it. It
	// may reuse the memory of its last answer.
	Code func(*Body) BodyEdit

	// TraceOffsets makes the engine print, below each frame of a stack trace, the
	// frame's offset in the code section, which [Rewritten.OriginalOffset]
	// translates. The engine pays for it with a table of 16 bytes for about
	// each instruction.
	TraceOffsets bool
}

// FuncImport is a function import to add.
type FuncImport struct {
	Module, Name string
	Type         FuncType // of number types only
}

// Func is a function to add. Stack traces of the engine show it, and
// [Rewritten.OriginalFunc] tells it from the module's own.
type Func struct {
	Type FuncType
	Code []byte // declarations of locals, instructions, end
}

// BodyEdit is what is put into one body.
type BodyEdit struct {
	// Locals are added behind the function's own.
	Locals []ValType
	// Insert is in ascending order of At.
	Insert []Insertion
}

// Insertion is code put before an instruction, or in place of some.
type Insertion struct {
	// At is the file offset of the instruction. Before a loop's first
	// instruction, the code runs in each round.
	At uint32
	// Code leaves the stack as it was and has the indices of the edited module.
	Code []byte
	// Until is the offset up to which Code stands in place of instructions, and
	// does to the stack what they did; 0 where it is put before the one at At.
	Until uint32
}

// Rewritten is an edited module.
type Rewritten struct {
	// Wasm is the binary. It shares no memory with the module that it was made of.
	Wasm []byte

	segments []segment
	imported uint32 // functions of the original
	funcs    uint32 // all functions of the original
	shift    uint32 // by which defined functions moved
	origin   *origin
}

// segment maps code from the offset at, in the code section's contents, up to
// the next segment.
type segment struct {
	at, orig uint32
}

const (
	fixed   = 1 << 31   // all of the segment maps to one original offset
	nowhere = fixed - 1 // there is none
)

// OriginalFunc gives the index that a function had before the edit, in the file
// that was decoded. It is false for what was added.
func (w *Rewritten) OriginalFunc(index uint32) (uint32, bool) {
	switch {
	case index < w.imported:
	case index < w.imported+w.shift, index-w.shift >= w.funcs:
		return 0, false
	default:
		index -= w.shift
	}
	if w.origin != nil {
		return w.origin.split.OriginalFunc(index)
	}
	return index, true
}
