package corewasm

// ConstExpr is a constant expression [3.4.13] as it stands in the file, its
// end included. It aliases the module's bytes.
type ConstExpr []byte

// I32 gives the value of an expression that is one i32.const.
func (e ConstExpr) I32() (int32, bool) {
	r := reader{buf: e}
	if Op(r.byte()) != OpI32Const {
		return 0, false
	}
	v := int32(r.signed(32))
	ok := Op(r.byte()) == OpEnd && r.err == nil && r.left() == 0
	return v, ok
}

// noFunc stands among an element segment's functions for what is no ref.func.
const noFunc = ^uint32(0)

// constExpr reads a constant expression of a type, notes the function indices in
// it, and gives the function if it is one ref.func.
//
// Whether its type is right the engine says, but for one thing: it takes a funcref
// for a reference to function 0, if the module has one, and so null for what
// never is null.
func (m *Module) constExpr(r *reader, want ValType) (ConstExpr, uint32) {
	start := r.pos
	d := decoder{reader: r, m: m}
	fn, n := noFunc, 0
	funcref := false
	for r.err == nil {
		in := d.next()
		switch in.Op {
		case OpEnd:
			if n != 1 {
				fn = noFunc
			}
			if funcref && want != FuncRef {
				r.fail(start, "type mismatch: a funcref where %v is wanted", want)
			}
			return r.buf[start:r.pos:r.pos], fn
		case OpRefFunc:
			fn = in.Index
			m.funcRefs = append(m.funcRefs, uint32(d.fn))
		case OpI32Const, OpI64Const, opF32Const, opF64Const, opV128Const, OpRefNull, OpGlobalGet,
			OpI32Add, OpI32Sub, OpI32Mul, OpI64Add, OpI64Sub, OpI64Mul:
		default:
			r.fail(int(in.Offset), "instruction %#x is not constant", uint16(in.Op))
		}
		funcref = m.givesFuncref(r, &in)
		n++
	}
	return nil, noFunc
}

// givesFuncref reports whether a constant instruction gives what may be null, or
// a function of any type.
func (m *Module) givesFuncref(r *reader, in *Instr) bool {
	switch {
	case r.err != nil:
		return false
	case in.Op == OpRefNull:
		return ValType(r.buf[in.Offset+1]) == FuncRef
	default:
		return in.Op == OpGlobalGet && m.Globals[in.Index].Val == FuncRef
	}
}
