package synth

import "github.com/airsstack/witgen/runtime/abi"

// The core modules of the components.

// Opcodes [core specification, 5.4 "Instructions"].
const (
	opIf, opEnd, opCall, opDrop           = 0x04, 0x0b, 0x10, 0x1a
	opSelect                              = 0x1b
	opLocalGet, opLocalSet, opLocalTee    = 0x20, 0x21, 0x22
	opGlobalGet, opGlobalSet              = 0x23, 0x24
	opI32Store, opI64Store                = 0x36, 0x37
	opF32Store, opF64Store                = 0x38, 0x39
	opI32Store8, opI32Store16             = 0x3a, 0x3b
	opI32Const, opI32Eq, opI32LtU         = 0x41, 0x46, 0x49
	opI32Add, opI32Sub, opI32And          = 0x6a, 0x6b, 0x71
	opI32WrapI64                          = 0xa7
	opF32ReinterpretI32, opF64Reinterpret = 0xbe, 0xbf
	noResult                              = 0x40
)

// A coreWriter writes a core module of a few functions.
type coreWriter struct {
	types, imports, funcs, exports, code [][]byte
}

func (w *coreWriter) typ(params, results []abi.CoreType) int {
	part := func(ts []abi.CoreType) []byte {
		b := u32s(len(ts))
		for _, t := range ts {
			b = append(b, byte(t))
		}
		return b
	}
	w.types = append(w.types, cat([]byte{0x60}, part(params), part(results)))
	return len(w.types) - 1
}

// imported is a function from "". Those come before the others.
func (w *coreWriter) imported(name string, typ int) {
	w.imports = append(w.imports, cat(str(""), str(name), []byte{coreFunc}, u32s(typ)))
}

// fn adds a function that is exported, with further locals of type i32.
func (w *coreWriter) fn(name string, index, typ, locals int, code []byte) {
	w.funcs = append(w.funcs, u32s(typ))
	w.exports = append(w.exports, cat(str(name), []byte{coreFunc}, u32s(index)))
	body := cat([]byte{1}, u32s(locals), []byte{byte(abi.I32)}, code, []byte{opEnd})
	w.code = append(w.code, append(u32s(len(body)), body...))
}

// module is the module, with memories and globals as given.
func (w *coreWriter) module(memories, globals [][]byte) []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id    byte
		items [][]byte
	}{{1, w.types}, {2, w.imports}, {3, w.funcs}, {5, memories}, {6, globals}, {7, w.exports}, {10, w.code}} {
		if len(s.items) > 0 {
			body := cat(append([][]byte{u32s(len(s.items))}, s.items...)...)
			out = append(uleb(append(out, s.id), uint32(len(body))), body...)
		}
	}
	return out
}

var i32x4 = []abi.CoreType{abi.I32, abi.I32, abi.I32, abi.I32}

const heapBase = 64 // what realloc gives first

// memoryModule is a module with a memory, a realloc that gives it out upwards,
// and reset, after which all of it is free again.
func memoryModule() []byte {
	var w coreWriter
	const old, oldSize, align, size, at = 0, 1, 2, 3, 4
	w.fn("realloc", 0, w.typ(i32x4, []abi.CoreType{abi.I32}), 1, []byte{
		opGlobalGet, 0, opLocalGet, align, opI32Add, opI32Const, 1, opI32Sub,
		opI32Const, 0, opLocalGet, align, opI32Sub, opI32And, opLocalTee, at,
		opLocalGet, size, opI32Add, opGlobalSet, 0,
		opLocalGet, at, opLocalGet, old,
		opLocalGet, oldSize, opLocalGet, size, opLocalGet, oldSize, opLocalGet, size, opI32LtU, opSelect,
		0xfc, 10, 0, 0, // memory.copy
		opLocalGet, at,
	})
	w.fn("reset", 1, w.typ(nil, nil), 0, cat([]byte{opI32Const}, sleb(heapBase), []byte{opGlobalSet, 0}))
	w.exports = append(w.exports, cat(str("mem"), []byte{coreMemory, 0}))
	return w.module([][]byte{{0, 64}}, [][]byte{cat([]byte{byte(abi.I32), 1, opI32Const}, sleb(heapBase), []byte{opEnd})})
}

// guestModule exports "run", the core function of a guest, and its post-return.
func guestModule(kind guestKind, f *abi.FuncType) []byte {
	var w coreWriter
	lift, lower := f.FlattenLift(), f.FlattenLower()
	realloc, reset := w.typ(i32x4, []abi.CoreType{abi.I32}), w.typ(nil, nil)
	w.imports = append(w.imports, cat(str(""), str("mem"), []byte{coreMemory, 0, 1}))
	w.imported("realloc", realloc) // function 0
	w.imported("reset", reset)     // 1
	index, code := 2, []byte(nil)
	switch {
	case kind == passesOn:
		w.imported("f", w.typ(lower.Params, lower.Results))
		index, code = 3, passOn(f)
	case lift.ParamsSpilled, !lift.ResultSpilled:
		code = []byte{opLocalGet, 0} // the value, or the pointer to it
	default:
		code = giveBack(f)
	}
	w.fn("run", index, w.typ(lift.Params, lift.Results), 1, code)
	w.fn("post", index+1, w.typ(lift.Results, nil), 0, []byte{opCall, 1})
	return w.module(nil, nil)
}

// alloc makes room for a value of that type and leaves the pointer in a local.
func alloc(t *abi.Type, local int) []byte {
	return cat(
		[]byte{opI32Const, 0, opI32Const, 0, opI32Const}, sleb(t.Align()), []byte{opI32Const}, sleb(t.Size()),
		[]byte{opCall, 0, opLocalSet}, u32s(local),
	)
}

// sleb is a number that is not negative as the constants of code are written.
func sleb(v uint32) []byte {
	var b []byte
	for ; v >= 0x40; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

// passOn calls the imported function with what it was given.
func passOn(f *abi.FuncType) []byte {
	lift := f.FlattenLift()
	var code []byte
	at := len(lift.Params)
	if lift.ResultSpilled {
		code = alloc(f.Result, at)
	}
	for i := range lift.Params {
		code = append(append(code, opLocalGet), u32s(i)...)
	}
	if !lift.ResultSpilled {
		return append(code, opCall, 2)
	}
	return cat(code, []byte{opLocalGet}, u32s(at), []byte{opCall, 2, opLocalGet}, u32s(at))
}

// giveBack stores the flat parameters as the result, which is the tuple of them
// or the only one: what the canonical ABI does, in WebAssembly.
func giveBack(f *abi.FuncType) []byte {
	params := f.FlattenLift().Params
	s := storer{base: len(params), code: alloc(f.Result, len(params))}
	slots := make([]slot, len(params))
	for i, p := range params {
		slots[i] = slot{i, p}
	}
	s.store(f.ParamsTuple(), slots, 0)
	return cat(s.code, []byte{opLocalGet}, u32s(s.base))
}

// A slot is a core value of a flattened one, in a local of its own type.
type slot struct {
	local int
	typ   abi.CoreType
}

// A storer writes code that stores flattened values.
type storer struct {
	base int // the local that points to where they go
	code []byte
}

func (s *storer) op(code byte, operands ...[]byte) {
	s.code = append(append(s.code, code), cat(operands...)...)
}

// push pushes a slot as a value of the type that a case wants of it.
func (s *storer) push(in slot, want abi.CoreType) {
	s.op(opLocalGet, u32s(in.local))
	if in.typ == abi.I64 && (want == abi.I32 || want == abi.F32) {
		s.op(opI32WrapI64)
		in.typ = abi.I32
	}
	switch {
	case in.typ == abi.I32 && want == abi.F32:
		s.op(opF32ReinterpretI32)
	case in.typ == abi.I64 && want == abi.F64:
		s.op(opF64Reinterpret)
	}
}

// put stores a slot as size bytes.
func (s *storer) put(in slot, want abi.CoreType, size, offset uint32) {
	s.op(opLocalGet, u32s(s.base))
	s.push(in, want)
	code := map[uint32]byte{1: opI32Store8, 2: opI32Store16, 4: opI32Store}[size]
	switch want {
	case abi.I64:
		code = opI64Store
	case abi.F32:
		code = opF32Store
	case abi.F64:
		code = opF64Store
	}
	s.op(code, []byte{0}, u32s(int(offset)))
}

func (s *storer) store(t *abi.Type, in []slot, offset uint32) {
	switch t.Kind {
	case abi.KindString, abi.KindList, abi.KindMap:
		s.put(in[0], abi.I32, 4, offset)
		s.put(in[1], abi.I32, 4, offset+4)
	case abi.KindRecord, abi.KindTuple:
		for i, f := range t.Fields {
			s.store(f.Type, in[t.FieldFlat(i):], offset+t.FieldOffset(i))
		}
	case abi.KindFixedList:
		for i := range t.Len {
			s.store(t.Elem, in[int(i)*len(t.Elem.Flat()):], offset+i*t.Elem.Size())
		}
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
		s.put(in[0], abi.I32, t.DiscriminantSize(), offset)
		for i, c := range t.Cases {
			if c.Type == nil {
				continue
			}
			s.push(in[0], abi.I32)
			s.op(opI32Const, sleb(uint32(i)))
			s.op(opI32Eq)
			s.op(opIf, []byte{noResult})
			s.store(c.Type, in[1:], offset+t.PayloadOffset())
			s.op(opEnd)
		}
	default:
		s.put(in[0], t.Flat()[0], t.Size(), offset)
	}
}
