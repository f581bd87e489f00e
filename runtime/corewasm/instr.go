package corewasm

import "iter"

// Instr is one instruction of a body or constant expression.
type Instr struct {
	// Offset and End are the file offsets of its first byte and of the byte
	// after its last.
	Offset, End uint32
	Op          Op
	// Index is its first index: of the function that is called, of the label
	// that is branched to, of the local that is read. Of a block it is that of
	// its type plus one, or 0 where the block takes nothing.
	Index uint32
	// Labels are the targets of br_table, the default last, or of try_table's
	// catch clauses, which count from the block outside of the try_table.
	// They are valid until the next instruction is read.
	Labels []uint32
}

// memoryRef is how an instruction names a memory.
type memoryRef struct {
	index, source uint32 // source is memory.copy's second
	align, offset uint32
	lane          byte
	explicit      bool // an index stands there that the engine does not read
}

// decoder reads instructions and holds each index to its space.
type decoder struct {
	*reader
	m      *Module
	locals uint32   // of the function, parameters included
	labels []uint32 // reused
	fn     int      // where the last instruction's function index lies, or 0
	mem    memoryRef
}

// Instructions gives the body's instructions in order, the final end included.
func (m *Module) Instructions(b *Body) iter.Seq[Instr] {
	return func(yield func(Instr) bool) {
		m.walk(b, func(in *Instr, _ *memoryRef) bool { return yield(*in) })
	}
}

// walk gives the body's instructions in order, and how each names a memory,
// until yield is false.
func (m *Module) walk(b *Body, yield func(*Instr, *memoryRef) bool) {
	r := reader{buf: m.data[:b.End], pos: int(b.Code), section: "code"}
	d := decoder{reader: &r, m: m, locals: m.allLocals(b)}
	for r.pos < len(r.buf) {
		if in := d.next(); r.err != nil || !yield(&in, &d.mem) {
			return
		}
	}
}

func (m *Module) allLocals(b *Body) uint32 {
	return b.Locals + uint32(len(m.Types[m.Funcs[b.Func]].Params))
}

// next reads one instruction.
func (d *decoder) next() Instr {
	at := d.pos
	op := d.byte()
	in := Instr{Offset: uint32(at), Op: Op(op)}
	s := plainShapes[op]
	if s == shapeUnknown {
		in.Op, s = d.prefixed(at, op)
	}
	d.fn, d.mem = 0, memoryRef{}
	if s != shapeNone {
		d.immediates(&in, s)
	}
	in.End = uint32(d.pos)
	return in
}

// prefixed reads the rest of an opcode of two parts, and refuses what is no
// opcode. The engine takes the second part for a single byte, and the
// continuation of a vector opcode for a nop: only the shortest encoding is read
// the same by both.
func (d *decoder) prefixed(at int, prefix byte) (Op, shape) {
	var table []shape
	switch prefix {
	case prefixMisc:
		table = miscShapes[:]
	case prefixVector:
		table = vectorShapes[:]
	case prefixAtomic:
		table = atomicShapes[:]
	case prefixGC:
	default:
		d.unknown(at, prefix, 0)
		return 0, shapeNone
	}
	start := d.pos
	sub := d.u32()
	if d.err != nil {
		return 0, shapeNone
	}
	if uint64(sub) >= uint64(len(table)) || table[sub] == shapeUnknown {
		d.unknown(at, prefix, sub)
		return 0, shapeNone
	}
	if width := d.pos - start; width != leb32Len(sub) {
		d.fail(at, "opcode %#x %#x is not in its shortest form", prefix, sub)
	}
	return Op(prefix)<<8 | Op(sub), table[sub]
}

func (d *decoder) unknown(at int, prefix byte, sub uint32) {
	if feature, name := refusal(prefix, sub); feature != "" {
		d.refuse(at, feature, "%s", name)
		return
	}
	if prefix >= prefixGC && prefix <= prefixAtomic {
		d.fail(at, "%#x %#x is not an instruction", prefix, sub)
		return
	}
	d.fail(at, "%#x is not an instruction", prefix)
}

func (d *decoder) immediates(in *Instr, s shape) {
	m := d.m
	switch s {
	case shapeLocal:
		in.Index = d.index("local", d.locals)
	case shapeS32:
		d.signed(32)
	case shapeMemArg, shapeMemArgLane:
		d.memArg()
		if s == shapeMemArgLane {
			d.mem.lane = d.byte()
		}
	case shapeLabel:
		in.Index = d.u32()
	case shapeFunc:
		d.fn = d.pos
		in.Index = d.index("function", uint32(len(m.Funcs)))
	case shapeGlobal:
		in.Index = d.index("global", uint32(len(m.Globals)))
	case shapeBlock:
		in.Index = d.blockType()
	case shapeCallIndirect:
		in.Index = d.index("type", uint32(len(m.Types)))
		d.index("table", uint32(len(m.Tables)))
	case shapeType:
		in.Index = d.index("type", uint32(len(m.Types)))
	case shapeTag:
		in.Index = d.index("tag", uint32(len(m.Tags)))
	case shapeS64:
		d.signed(64)
	case shapeBytes4:
		d.bytes(4)
	case shapeBytes8:
		d.bytes(8)
	case shapeBytes16:
		d.bytes(16)
	case shapeBrTable:
		d.brTable(in)
	case shapeTryTable:
		d.tryTable(in)
	case shapeLane:
		d.byte()
	case shapeSelect:
		if at := d.pos; d.byte() != 1 {
			d.fail(at, "select of other than one type")
		}
		m.valType(d.reader)
	case shapeHeapType:
		m.heapType(d.reader, refNull)
	case shapeZero:
		if at := d.pos; d.byte() != 0 {
			d.fail(at, "reserved byte is not zero")
		}
	default:
		d.segmentOp(in, s)
	}
}

// segmentOp reads the immediates of the bulk instructions.
func (d *decoder) segmentOp(in *Instr, s shape) {
	tables := uint32(len(d.m.Tables))
	switch s {
	case shapeTable:
		in.Index = d.index("table", tables)
	case shapeTableTable:
		in.Index = d.index("table", tables)
		d.index("table", tables)
	case shapeElem, shapeElemTable:
		in.Index = d.index("element segment", uint32(len(d.m.Elements)))
		if s == shapeElemTable {
			d.index("table", tables)
		}
	case shapeData, shapeDataMem:
		in.Index = d.index("data segment of the data count section", d.m.dataCount)
		if s == shapeDataMem {
			d.mem.index = d.memory()
		}
	case shapeMem:
		d.mem.index = d.memory()
	case shapeMemMem:
		d.mem.index = d.memory()
		d.mem.source = d.memory()
	}
}

func (d *decoder) index(space string, size uint32) uint32 {
	at := d.pos
	i := d.u32()
	if i >= size && d.err == nil {
		d.fail(at, "%s %d does not exist", space, i)
		return 0
	}
	return i
}

// memory reads a memory index. The engine wants one zero byte there, and says
// itself where there is no memory at all.
func (d *decoder) memory() uint32 {
	if d.left() > 0 && d.buf[d.pos] == 0 {
		d.pos++
		return 0
	}
	d.mem.explicit = true
	return d.index("memory", uint32(len(d.m.Memories)))
}

// memArg reads alignment and offset, and the memory index that a bit of the
// alignment announces [5.4.6].
func (d *decoder) memArg() {
	const indexed = 1 << 6
	at := d.pos
	align := d.u32()
	if align&indexed != 0 && align < 2*indexed {
		d.mem.explicit = true
		d.mem.index = d.index("memory", uint32(len(d.m.Memories)))
		align &^= indexed
	}
	if align >= 1<<5 {
		d.fail(at, "alignment 2^%d", align)
	}
	d.mem.align, d.mem.offset = align, d.u32()
}

// blockType reads a block's type [5.4.1]: nothing, a value type or a type index,
// which it gives plus one.
func (d *decoder) blockType() uint32 {
	if d.left() > 0 && d.buf[d.pos]&0xc0 == 0x40 {
		if d.buf[d.pos] == 0x40 {
			d.pos++
			return 0
		}
		d.m.valType(d.reader)
		return 0
	}
	at := d.pos
	i := d.signed(33)
	if d.err == nil && (i < 0 || i >= int64(len(d.m.Types))) {
		d.fail(at, "type %d does not exist", i)
	}
	return uint32(i) + 1
}

func (d *decoder) brTable(in *Instr) {
	n := d.count("labels", MaxBrTable)
	d.labels = d.labels[:0]
	for range n + 1 {
		d.labels = append(d.labels, d.u32())
	}
	in.Labels = d.labels
}

func (d *decoder) tryTable(in *Instr) {
	d.blockType()
	n := d.count("catch clauses", MaxBrTable)
	d.labels = d.labels[:0]
	for range n {
		at := d.pos
		switch kind := d.byte(); kind {
		case 0x00, 0x01: // catch, catch_ref
			d.index("tag", uint32(len(d.m.Tags)))
		case 0x02, 0x03: // catch_all, catch_all_ref
		default:
			d.fail(at, "%#x is not a catch clause", kind)
		}
		d.labels = append(d.labels, d.u32())
	}
	in.Labels = d.labels
}
