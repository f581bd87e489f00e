package corewasm

import "slices"

// The engine's compiler does not leave a try_table whose own label is branched
// to: its clauses go on to catch, with the stack of a function that may have
// returned. So in a body with such branches, those try_tables get a block around
// what is in them, which the branches lead to the end of, and the other labels
// that are counted across one more are written anew.

// A tryFrame is an open block.
type tryFrame struct {
	try   int // the number of the try_table in the body, counted from one; 0 for others
	outer int // how many frames around it get a block
}

// tryEnds walks bodies with try_tables.
type tryEnds struct {
	m       *Module
	frames  []tryFrame
	tries   int
	blocked []bool // by number, from one: the try_tables that get a block
	insert  []Insertion
}

// targeted finds the try_tables of a body whose own labels are branched to, and
// reports whether there are any.
func (t *tryEnds) targeted(b *Body) bool {
	t.blocked = append(t.blocked[:0], false)
	found := false
	t.walk(b, func(in *Instr, labels []uint32) {
		for _, l := range labels {
			if f := t.target(l); f != nil && f.try > 0 {
				t.blocked[f.try], found = true, true
			}
		}
		if in.Op == OpTryTable {
			t.blocked = append(t.blocked, false)
		}
	}, func(*Instr, *tryFrame) {})
	return found
}

// write gives what is to be put into the body. Its memory is reused.
func (t *tryEnds) write(b *Body) []Insertion {
	t.insert = t.insert[:0]
	t.walk(b, func(in *Instr, labels []uint32) {
		if len(labels) > 0 {
			t.relabel(in, labels)
		}
		if in.Op == OpTryTable && t.blocked[t.tries+1] {
			t.insert = append(t.insert, Insertion{At: in.End, Code: slices.Concat([]byte{byte(OpBlock)}, t.blockType(in))})
		}
	}, func(in *Instr, f *tryFrame) {
		if t.blocked[f.try] {
			t.insert = append(t.insert, Insertion{At: in.Offset, Code: []byte{byte(OpEnd)}})
		}
	})
	return t.insert
}

// walk calls each with every instruction and the labels in it, before its own
// block is open, and end with each end and the frame that it closes.
func (t *tryEnds) walk(b *Body, each func(*Instr, []uint32), end func(*Instr, *tryFrame)) {
	t.frames, t.tries = append(t.frames[:0], tryFrame{}), 0
	for in := range t.m.Instructions(b) {
		switch in.Op {
		case OpBr, OpBrIf, OpBrOnNull, OpBrOnNonNull:
			each(&in, []uint32{in.Index})
			continue
		}
		each(&in, in.Labels)
		switch in.Op {
		case OpBlock, OpLoop, OpIf:
			t.open(0)
		case OpTryTable:
			t.tries++
			t.open(t.tries)
		case OpEnd:
			end(&in, &t.frames[len(t.frames)-1])
			if len(t.frames) > 1 {
				t.frames = t.frames[:len(t.frames)-1]
			}
		}
	}
}

func (t *tryEnds) open(try int) {
	t.frames = append(t.frames, tryFrame{try: try, outer: t.inner(len(t.frames) - 1)})
}

// inner is how many of the frames up to the i-th get a block.
func (t *tryEnds) inner(i int) int {
	f := &t.frames[i]
	if f.try < len(t.blocked) && t.blocked[f.try] {
		return f.outer + 1
	}
	return f.outer
}

// target is the frame of a label, nil for a label that does not exist.
func (t *tryEnds) target(label uint32) *tryFrame {
	if int64(label) >= int64(len(t.frames)) {
		return nil
	}
	return &t.frames[len(t.frames)-1-int(label)]
}

// relabel writes the labels of an instruction anew. They are what it ends in, but
// for the clauses of a try_table.
func (t *tryEnds) relabel(in *Instr, labels []uint32) {
	r := reader{buf: t.m.data[:in.End], pos: int(in.Offset) + 1}
	switch in.Op {
	case OpBrTable:
		r.u32() // how many
	case OpTryTable:
		r.pos += len(t.blockType(in))
		r.u32()
	}
	for _, l := range labels {
		if in.Op == OpTryTable {
			if kind := r.byte(); kind < 2 {
				r.u32() // its tag
			}
		}
		at := r.pos
		r.u32()
		if t.target(l) == nil {
			continue // the engine refuses it
		}
		top := len(t.frames) - 1
		if more := t.inner(top) - t.inner(top-int(l)); more > 0 {
			t.insert = append(t.insert, Insertion{At: uint32(at), Code: appendU32(nil, l+uint32(more)), Until: uint32(r.pos)})
		}
	}
}

// blockType is the type of a try_table as it stands in the file.
func (t *tryEnds) blockType(in *Instr) []byte {
	end := in.Offset + 1
	switch first := t.m.data[end]; {
	case first == byte(ref) || first == byte(refNull): // and what it refers to
		end++
		fallthrough
	default:
		for t.m.data[end]&0x80 != 0 {
			end++
		}
	}
	return t.m.data[in.Offset+1 : end+1]
}

// merge puts the insertions of both in order, at the same place first the outer.
func merge(outer, inner []Insertion) []Insertion {
	all := append(slices.Clone(outer), inner...)
	slices.SortStableFunc(all, func(a, b Insertion) int { return int(a.At) - int(b.At) })
	return all
}
