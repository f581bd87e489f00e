package component

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// A component may export a function that it imports. A call of it goes in and
// out again by the canonical ABI, like that of a function which does nothing but
// call the import: that function is made here, with a memory of its own for what
// passes. So the import is checked, traced and counted as any other.

// passage makes a function of the root that passes its calls on to one that it
// imports.
func (r *resolved) passage(f *fn) (*fn, error) {
	low := &lowered{fn: f, sig: coreFuncType(f.typ.FlattenLower())}
	wasm := passageModule(f, low.sig)
	module, err := corewasm.Decode(wasm)
	if err != nil {
		return nil, fmt.Errorf("component: the module that passes calls on: %w", err)
	}
	in := &coreInst{
		index:  len(r.insts),
		module: &coreModule{index: r.hiddenIndex(), bytes: wasm, module: module},
		args:   map[string]*coreInst{"": {index: -1, items: map[string]coreItem{"": {low: low}}}},
	}
	in.trace()
	opts := canonOptions{
		memory: in.items["memory"], realloc: in.items["realloc"], postReturn: in.items["post"],
		hasMemory: true, hasRealloc: true, hasPost: true,
	}
	low.opts = opts
	low.opts.postReturn, low.opts.hasPost = coreItem{}, false
	r.insts, r.lowers = append(r.insts, in), append(r.lowers, low)
	return &fn{typ: f.typ, lift: &lifted{core: in.items["run"], opts: opts, typ: f.typ, passes: true}}, nil
}

// passageModule has one memory, in which room is taken upwards and given back
// when a call ends.
func passageModule(f *fn, lower corewasm.FuncType) []byte {
	const i32 = corewasm.I32
	lift := coreFuncType(f.typ.FlattenLift())
	var w wasmWriter
	types := []byte{4}
	for _, sig := range []corewasm.FuncType{
		lower, lift,
		{Params: []corewasm.ValType{i32, i32, i32, i32}, Results: []corewasm.ValType{i32}},
		{Params: lift.Results},
	} {
		types = append(types, funcTypeBytes(sig)...)
	}
	w.section(1, types...)
	w.section(2, 1, 0, 0, 0, 0)                            // import "" "", function of type 0
	w.section(3, 3, 1, 2, 3)                               // run, realloc, post
	w.section(5, 1, 0, 1)                                  // one page at first
	w.section(6, 1, byte(i32), 1, 0x41, passageBase, 0x0b) // where room begins
	exports := []byte{4}
	for _, e := range []struct {
		name        string
		kind, index byte
	}{{"run", 0, 1}, {"realloc", 0, 2}, {"post", 0, 3}, {"memory", 2, 0}} {
		exports = append(append(append(exports, byte(len(e.name))), e.name...), e.kind, e.index)
	}
	w.section(7, exports...)
	w.code(passageRun(f, lift, lower), passageRealloc, passagePost)
	return w.bytes()
}

// passagePost gives all room back.
var passagePost = []byte{0, 0x41, passageBase, 0x24, 0}

// passageBase is where room begins: no pointer is zero.
const passageBase = 16

// passageRun calls the import. A result that a call gives back in memory is a
// pointer that the import is given.
func passageRun(f *fn, lift, lower corewasm.FuncType) []byte {
	if len(lower.Params) == len(lift.Params) {
		return append([]byte{0}, pass(lift, 0x10, 0)...)
	}
	ret := byte(len(lift.Params)) // a local
	code := []byte{1, 1, 0x7f, 0x41, 0, 0x41, 0, 0x41}
	code = appendSigned(code, int64(f.typ.Result.Align()))
	code = appendSigned(append(code, 0x41), int64(f.typ.Result.Size()))
	code = append(code, 0x10, 2, 0x21, ret) // call realloc
	return append(code, pass(lift, 0x20, ret, 0x10, 0, 0x20, ret)...)
}

// passageRealloc takes room and never gives any back: parameters old, old size,
// alignment and new size, locals pointer and end.
var passageRealloc = []byte{
	1, 2, 0x7f,
	// pointer = (next + alignment - 1) & -alignment
	0x23, 0, 0x20, 2, 0x6a, 0x41, 1, 0x6b, 0x41, 0, 0x20, 2, 0x6b, 0x71, 0x22, 4,
	// end = pointer + new size; less than the pointer: there is no such room
	0x20, 3, 0x6a, 0x22, 5, 0x20, 4, 0x49, 0x04, 0x40, 0x00, 0x0b,
	// end > memory.size << 16: grow by (end - (memory.size << 16) + 65535) >> 16
	0x20, 5, 0x3f, 0, 0x41, 16, 0x74, 0x4b, 0x04, 0x40,
	0x20, 5, 0x3f, 0, 0x41, 16, 0x74, 0x6b, 0x41, 0xff, 0xff, 0x03, 0x6a, 0x41, 16, 0x76, 0x40, 0,
	0x41, 0x7f, 0x46, 0x04, 0x40, 0x00, 0x0b, 0x0b,
	// copy min(old size, new size) from old
	0x20, 4, 0x20, 0, 0x20, 1, 0x20, 3, 0x20, 1, 0x20, 3, 0x49, 0x1b, 0xfc, 0x0a, 0, 0,
	// next = end; give pointer
	0x20, 5, 0x24, 0, 0x20, 4,
}
