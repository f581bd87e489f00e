package corewasm

import "slices"

// accessTypes are the types of the instructions that access memory, as
// functions from operands to results. What acts on a range of memory, or on all
// of it, is among them.
var accessTypes = map[Op]FuncType{}

// The operands' types, one for each width that atomic instructions come in
// [5.4.6].
var atomicWidths = []ValType{I32, I64, I32, I32, I64, I64, I64}

func init() {
	types := func(ts ...ValType) []ValType { return ts }
	each := func(first Op, vals []ValType, typ func(v ValType) FuncType) {
		for i, v := range vals {
			accessTypes[first+Op(i)] = typ(v)
		}
	}
	load := func(v ValType) FuncType { return FuncType{types(I32), types(v)} }
	store := func(v ValType) FuncType { return FuncType{types(I32, v), nil} }

	each(0x28, types(I32, I64, F32, F64, I32, I32, I32, I32, I64, I64, I64, I64, I64, I64), load)
	each(0x36, types(I32, I64, F32, F64, I32, I32, I64, I64, I64), store)

	each(0xfd00, slices.Repeat(types(V128), 11), load)
	accessTypes[0xfd0b] = store(V128)
	each(0xfd54, slices.Repeat(types(V128), 4), func(ValType) FuncType { return FuncType{types(I32, V128), types(V128)} })
	each(0xfd58, slices.Repeat(types(V128), 4), store)
	each(0xfd5c, slices.Repeat(types(V128), 2), load)

	accessTypes[0xfe00] = FuncType{types(I32, I32), types(I32)}      // memory.atomic.notify
	accessTypes[0xfe01] = FuncType{types(I32, I32, I64), types(I32)} // memory.atomic.wait32
	accessTypes[0xfe02] = FuncType{types(I32, I64, I64), types(I32)} // memory.atomic.wait64
	each(0xfe10, atomicWidths, load)
	each(0xfe17, atomicWidths, store)
	for _, first := range []Op{0xfe1e, 0xfe25, 0xfe2c, 0xfe33, 0xfe3a, 0xfe41} { // add, sub, and, or, xor, xchg
		each(first, atomicWidths, func(v ValType) FuncType { return FuncType{types(I32, v), types(v)} })
	}
	each(0xfe48, atomicWidths, func(v ValType) FuncType { return FuncType{types(I32, v, v), types(v)} }) // cmpxchg

	accessTypes[opMemorySize] = FuncType{nil, types(I32)}
	accessTypes[OpMemoryGrow] = FuncType{types(I32), types(I32)}
	for _, op := range []Op{OpMemoryInit, OpMemoryCopy, OpMemoryFill} {
		accessTypes[op] = FuncType{types(I32, I32, I32), nil}
	}
	accessTypes[opDataDrop] = FuncType{}
}
