package corewasm

func (m *Module) readElements(r *reader) {
	n := r.count("element segments", MaxSegments)
	total := 0
	for range n {
		at := r.pos
		e := m.element(r)
		if r.err != nil {
			return
		}
		if total += len(e.Funcs); total > MaxTableElements {
			r.fail(at, "elements exceed the limit of %d", MaxTableElements)
			return
		}
		m.checkRange(r, at, &e)
		m.Elements = append(m.Elements, e)
	}
}

// element reads a segment by the bits of its flags [5.5.12].
func (m *Module) element(r *reader) Element {
	const (
		notActive  = 1 // passive or, with explicit, declarative
		explicit   = 2 // has a table index, if active
		exprs      = 4 // holds expressions instead of function indices
		knownFlags = 7
	)
	at := r.pos
	flags := r.u32()
	if flags > knownFlags {
		r.fail(at, "%#x does not introduce an element segment", flags)
		return Element{}
	}
	e := Element{Type: FuncRef}
	switch {
	case flags&notActive == 0:
		if flags&explicit != 0 {
			e.Table = r.u32()
		}
		if int64(e.Table) >= int64(len(m.Tables)) {
			r.fail(at, "table %d does not exist", e.Table)
		}
		e.Offset, _ = m.constExpr(r, I32)
	case flags&explicit != 0:
		e.Mode = Declarative
	default:
		e.Mode = Passive
	}
	if flags&(notActive|explicit) != 0 {
		if at := r.pos; flags&exprs != 0 {
			e.Type = m.refType(r)
		} else if r.byte() != 0 {
			r.fail(at, "element kind is not function")
		}
	}
	e.Funcs = m.elementItems(r, flags&exprs != 0, e.Type)
	return e
}

func (m *Module) elementItems(r *reader, exprs bool, t ValType) []uint32 {
	n := r.count("elements", MaxTableElements)
	funcs := make([]uint32, n)
	for i := range funcs {
		if r.err != nil {
			return nil
		}
		if exprs {
			_, funcs[i] = m.constExpr(r, t)
			continue
		}
		at := r.pos
		funcs[i] = r.u32()
		if int64(funcs[i]) >= int64(len(m.Funcs)) && r.err == nil {
			r.fail(at, "function %d does not exist", funcs[i])
		}
		m.funcRefs = append(m.funcRefs, uint32(at))
	}
	return funcs
}

// checkRange refuses a segment that cannot fit the table that it is copied to:
// the engine ignores it, where the specification traps [4.7.2].
func (m *Module) checkRange(r *reader, at int, e *Element) {
	if e.Mode != Active || int(e.Table) < m.ImportedTables {
		return // an imported table's size shows when the module is linked
	}
	off, ok := e.Offset.I32()
	size := m.Tables[e.Table].Limits.Min
	if end := uint64(uint32(off)) + uint64(len(e.Funcs)); ok && end > uint64(size) {
		r.fail(at, "segment of elements %d to %d is outside of table %d, which has %d", uint32(off), end, e.Table, size)
	}
}

func (m *Module) readDataCount(r *reader) {
	at := r.pos
	m.dataCount, m.hasData = r.u32(), true
	if m.dataCount > MaxSegments {
		r.fail(at, "%d data segments exceed the limit of %d", m.dataCount, MaxSegments)
	}
}

func (m *Module) readData(r *reader) {
	n := r.count("data segments", MaxSegments)
	for range n {
		var d Data
		at := r.pos
		switch flags := r.u32(); flags {
		case 0, 2:
			if flags == 2 {
				d.Memory = r.u32()
			}
			if int64(d.Memory) >= int64(len(m.Memories)) {
				r.fail(at, "memory %d does not exist", d.Memory)
			}
			d.Offset, _ = m.constExpr(r, I32)
		case 1:
			d.Mode = Passive
		default:
			r.fail(at, "%#x does not introduce a data segment", flags)
		}
		d.Init = r.bytes(r.count("bytes of data", MaxModuleSize))
		if r.err != nil {
			return
		}
		m.Data = append(m.Data, d)
	}
}
