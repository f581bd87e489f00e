package corewasm

func (m *Module) readCode(r *reader) {
	n := r.count("bodies", MaxFunctions)
	if want := len(m.Funcs) - m.ImportedFuncs; n != want {
		r.fail(r.pos, "%d functions are declared, %d have a body", want, n)
		return
	}
	m.Bodies = make([]Body, 0, n)
	total := 0
	for i := range n {
		b := Body{Func: uint32(m.ImportedFuncs + i), Offset: uint32(r.pos)}
		size := r.u32()
		if size > MaxBodySize && r.err == nil {
			r.fail(int(b.Offset), "body of %d bytes exceeds the limit of %d", size, MaxBodySize)
		}
		s := r.sub(size)
		m.readLocals(&s, &b)
		m.readBody(&s, &b)
		if total += int(b.Locals); total > MaxAllLocals && s.err == nil {
			s.fail(int(b.Decls), "locals of all functions exceed the limit of %d", MaxAllLocals)
		}
		if r.err = s.err; r.err != nil {
			return
		}
		m.Bodies = append(m.Bodies, b)
	}
}

func (m *Module) readLocals(r *reader, b *Body) {
	b.Decls, b.End = uint32(r.pos), uint32(len(r.buf))
	groups := r.count("groups of locals", MaxLocals)
	for range groups {
		at := r.pos
		n := r.u32()
		m.valType(r)
		if n > MaxLocals-b.Locals {
			r.fail(at, "locals exceed the limit of %d", MaxLocals)
		}
		if r.err != nil {
			return
		}
		b.Locals += n
	}
	b.Code = uint32(r.pos)
}

// readBody walks a body's instructions. Its last end must be its last byte.
func (m *Module) readBody(r *reader, b *Body) {
	b.calls[0] = uint32(len(m.codeRefs))
	d := decoder{reader: r, m: m}
	if r.err == nil {
		d.locals = m.allLocals(b)
	}
	depth := 1
	tries := false
	for depth > 0 && r.err == nil {
		in := d.next()
		switch in.Op {
		case OpBlock, OpLoop, OpIf, OpTryTable:
			depth++
		case OpEnd:
			depth--
		}
		tries = tries || in.Op == OpTryTable
		m.indexed = m.indexed || d.mem.explicit
		if d.fn != 0 {
			m.codeRefs = append(m.codeRefs, uint32(d.fn))
		}
	}
	if r.err == nil && r.left() > 0 {
		r.fail(r.pos, "%d bytes after the end of function %d", r.left(), b.Func)
	}
	b.calls[1] = uint32(len(m.codeRefs))
	if tries && r.err == nil {
		b.Relabelled = (&tryEnds{m: m}).targeted(b)
	}
}
