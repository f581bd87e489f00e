package corewasm

// Weight is how much there is to compile in a body: the values that may be alive
// at each place where ways of the code part or meet, all such places together.
// Compilers keep a table of these, so that a small body can take them as much
// time and memory as they have: a few thousand loops over a few thousand locals
// are tens of millions. What lies on the stack counts as a local does.
//
// They also go from each such place back to the blocks without which it cannot be
// reached, which where blocks follow, or stand in, one another are all before it.
// Of these steps, stepsPerValue take as long as one value at one place does: that
// matters to bodies of many thousands of blocks, and a million would take an hour.
func (m *Module) Weight(b *Body) (weight uint64) {
	w := weigher{m: m, locals: uint64(m.allLocals(b))}
	w.push(0, len(m.FuncType(b.Func).Results))
	var places, blocks uint64
	for in := range m.Instructions(b) {
		n := w.places(&in)
		weight += n * (w.locals + uint64(max(w.height, 0)))
		places += n
		blocks += min(n, 1) // where a table leads is counted there
		w.step(&in)
	}
	return weight + places*blocks/stepsPerValue
}

// stepsPerValue is by how much going back a block is quicker than keeping track of
// a value.
const stepsPerValue = 64

// A weigher follows the height of the stack through a body. It takes vector
// instructions to leave more there than they do, up to the end of their block.
type weigher struct {
	m      *Module
	locals uint64
	height int
	frames []frame
}

// A frame is a block that the weigher is in.
type frame struct{ base, params, results int }

// places is how many places an instruction makes where ways part or meet.
func (w *weigher) places(in *Instr) uint64 {
	switch in.Op {
	case OpLoop, OpIf, OpElse, OpEnd, OpBrIf, OpBrOnNull, OpBrOnNonNull:
		return 1
	case OpBrTable, OpTryTable:
		return uint64(len(in.Labels))
	}
	return 0
}

func (w *weigher) push(params, results int) {
	w.frames = append(w.frames, frame{w.height - params, params, results})
}

func (w *weigher) step(in *Instr) {
	top := len(w.frames) - 1
	if top < 0 {
		return // behind the last end
	}
	switch in.Op {
	case OpIf:
		w.height--
		w.push(w.blockType(in))
	case OpBlock, OpLoop, OpTryTable:
		w.push(w.blockType(in))
	case OpElse:
		w.height = w.frames[top].base + w.frames[top].params
	case OpEnd:
		w.height = w.frames[top].base + w.frames[top].results
		w.frames = w.frames[:top]
	case OpBr, OpBrTable, OpReturn, OpUnreachable, OpThrow, OpThrowRef, OpReturnCall, OpReturnCallIndirect, OpReturnCallRef:
		w.height = w.frames[top].base // what follows does not run
	case OpCall:
		w.call(w.m.FuncType(in.Index))
	case OpCallIndirect, OpCallRef:
		w.height--
		w.call(w.m.Types[in.Index])
	default:
		w.height += effect(in.Op)
	}
	if top < len(w.frames) {
		w.height = max(w.height, w.frames[top].base)
	}
}

func (w *weigher) call(t FuncType) { w.height += len(t.Results) - len(t.Params) }

func (w *weigher) blockType(in *Instr) (params, results int) {
	switch {
	case in.Index > 0:
	case w.m.data[in.Offset+1] == emptyBlockType:
		return 0, 0
	default:
		return 0, 1
	}
	t := w.m.Types[in.Index-1]
	return len(t.Params), len(t.Results)
}

// effect is by how much an instruction makes the stack higher.
func effect(op Op) int {
	switch op >> 8 {
	case 0:
		return int(effects[op])
	case prefixMisc:
		switch op {
		case OpMemoryInit, OpMemoryCopy, OpMemoryFill, OpTableInit, OpTableCopy, OpTableFill:
			return -3
		case OpTableGrow:
			return -1
		case opTableSize:
			return 1
		}
	case prefixVector:
		switch {
		case op == opV128Const:
			return 1
		case op == opV128Store:
			return -2
		}
	case prefixAtomic:
		return atomicEffect(op & 0xff)
	}
	return 0
}

func atomicEffect(op Op) int {
	switch {
	case op == 0x00, op >= 0x1e && op <= 0x47: // notify, and what reads, modifies and writes
		return -1
	case op == 0x01, op == 0x02, op >= 0x17 && op <= 0x1d, op >= 0x48: // wait, store, compare and exchange
		return -2
	}
	return 0
}

const (
	opTableSize Op = 0xfc10

	emptyBlockType = 0x40 // [5.3.6]

	opV128Store Op = 0xfd0b
)

// effects are those of instructions without a prefix, but for control.
var effects = func() (e [0x100]int8) {
	for _, r := range []struct {
		from, to Op
		by       int8
	}{
		{OpDrop, OpDrop, -1},
		{0x1b, 0x1c, -2}, // select
		{OpBrIf, OpBrIf, -1},
		{OpLocalGet, OpLocalGet, 1},
		{OpLocalSet, OpLocalSet, -1},
		{OpGlobalGet, OpGlobalGet, 1},
		{OpGlobalSet, OpGlobalSet, -1},
		{OpTableSet, OpTableSet, -2},
		{0x36, 0x3e, -2}, // stores
		{opMemorySize, opMemorySize, 1},
		{OpI32Const, opF64Const, 1},
		{0x46, 0x4f, -1}, // comparisons of i32
		{0x51, 0x66, -1}, // of i64, f32, f64
		{0x6a, 0x78, -1}, // of two i32
		{0x7c, 0x8a, -1}, // i64
		{0x92, 0x98, -1}, // f32
		{0xa0, 0xa6, -1}, // f64
		{OpRefNull, OpRefNull, 1},
		{OpRefFunc, OpRefFunc, 1},
		{OpBrOnNonNull, OpBrOnNonNull, -1},
	} {
		for op := r.from; op <= r.to; op++ {
			e[op] = r.by
		}
	}
	return e
}()
