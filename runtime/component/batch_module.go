package component

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A call from the host crosses into the guest once for each allocation, once for
// the function and once for its post-return; a call between two functions of
// WebAssembly costs a tenth of such a crossing. So what the canonical ABI does
// around a function is also compiled to WebAssembly: a module of the host's own
// beside the component's, whose one function lowers the arguments of many calls
// from where the host staged them, and makes the calls. Each stays a call of its
// own: it allocates, runs and is returned from in order [CanonicalABI.md, "canon
// lift"].

// A batchPlan is that module for one function.
type batchPlan struct {
	inst *planInst
	code int    // index of Factory.compiled
	text []bool // of each string and byte list that the parameters hold, in order, whether it is a string
}

// The globals by which the host sees how far a batch has come.
const (
	batchDone   = iota // calls that have ended
	batchPhase         // what runs
	batchResult        // the core function's result where it is not a plain success
	batchCount         // how many calls there are to be; the host may lower it
	batchGlobals
)

// The phases of a call.
const (
	phaseCall  = iota // the guest's function
	phaseLower        // realloc, for the arguments
	phasePost         // post-return
)

// What the module imports, in the order of its functions.
const (
	batchRealloc = iota
	batchFunc
	batchPost // or the first function of its own
)

// batched plans the module for the lift, or says why its function cannot be
// called in batches.
func (p *plan) batched(l *planLift, index int) (*batchPlan, error) {
	opt := p.options[l.opt]
	text, ok := batchText(nil, l.typ.ParamsTuple())
	switch {
	case !ok || len(text) == 0:
		return nil, batchable(l, "its parameters hold something else than strings and lists of bytes")
	case 2*len(text) > abi.MaxFlatParams:
		return nil, batchable(l, fmt.Sprintf("its parameters flatten to more than %d values", abi.MaxFlatParams))
	case l.typ.Result != nil && !(l.typ.Result.Kind == abi.KindResult && l.typ.Result.Cases[0].Type == nil):
		return nil, batchable(l, "its result is not nothing, and no result that is empty where all is well")
	case opt.realloc < 0 || opt.memory == nowhere || opt.encoding != abi.UTF8:
		return nil, batchable(l, "its canonical options are not UTF-8 with a memory and a realloc")
	case l.async || l.passes || l.enters != nil:
		return nil, batchable(l, "it is async, passed on, or its component's instances call one another")
	case slices.ContainsFunc(p.lowers, func(l *planLower) bool { return strings.HasPrefix(l.builtin, "context.") }):
		return nil, batchable(l, "its component keeps values for each task (context.set)")
	}
	wasm := batchModule(l, len(text))
	m, err := corewasm.Decode(wasm)
	if err != nil {
		return nil, fmt.Errorf("component: the module that calls %s in batches: %w", l.name, err)
	}
	pi := &planInst{module: &coreModule{index: -index, bytes: wasm, module: m}}
	add := func(it planItem) {
		pi.imports = append(pi.imports, planImport{len(pi.providers), it.name})
		pi.providers = append(pi.providers, it.inst)
	}
	add(opt.memory)
	add(p.funcs[opt.realloc])
	add(p.funcs[l.fn])
	if l.post >= 0 {
		add(p.funcs[l.post])
	}
	return &batchPlan{inst: pi, text: text}, nil
}

func batchable(l *planLift, why string) error {
	return &UnsupportedError{What: "calling " + l.name + " in batches: " + why}
}

// batchText finds the strings and byte lists in a type that holds nothing else.
func batchText(text []bool, t *abi.Type) (_ []bool, ok bool) {
	switch {
	case t.Kind == abi.KindString:
		return append(text, true), true
	case t.Kind == abi.KindList && t.Elem.Kind == abi.KindU8:
		return append(text, false), true
	case t.Kind != abi.KindRecord && t.Kind != abi.KindTuple:
		return nil, false
	}
	for _, f := range t.Fields {
		if text, ok = batchText(text, f.Type); !ok {
			return nil, false
		}
	}
	return text, true
}

// batchModule writes the module. It exports the function "run", which takes
// where the calls are staged and answers whether none was refused; and the
// globals, by their numbers.
func batchModule(l *planLift, args int) []byte {
	const i32 = corewasm.I32
	lift := coreFuncType(l.typ.FlattenLift())
	sigs := []corewasm.FuncType{
		{Params: []corewasm.ValType{i32, i32, i32, i32}, Results: []corewasm.ValType{i32}},
		lift,
		{Params: lift.Results},
		{Params: []corewasm.ValType{i32}, Results: []corewasm.ValType{i32}},
	}
	types := []byte{byte(len(sigs))}
	for _, sig := range sigs {
		types = append(types, funcTypeBytes(sig)...)
	}
	funcs := byte(batchPost)
	imports := []byte{0, 1, 'm', 2, 0, 0, 0, 1, 'r', 0, 0, 0, 1, 'f', 0, 1}
	if l.post >= 0 {
		imports = append(imports, 0, 1, 'p', 0, 2)
		funcs++
	}
	globals, exports := []byte{batchGlobals}, []byte{batchGlobals + 1, 3, 'r', 'u', 'n', 0, funcs}
	for i := range byte(batchGlobals) {
		globals = append(globals, byte(i32), 1, byte(corewasm.OpI32Const), 0, byte(corewasm.OpEnd))
		exports = append(exports, 1, '0'+i, 3, i)
	}
	var w wasmWriter
	w.section(1, types...)
	w.section(2, append([]byte{funcs + 1}, imports...)...)
	w.section(3, 1, 3)
	w.section(6, globals...)
	w.section(7, exports...)
	w.code(batchRun(l, lift, args))
	return w.bytes()
}

// batchRun is the body of "run": the parameter p, where the next call is staged,
// a local for each core argument, and one for the result.
func batchRun(l *planLift, lift corewasm.FuncType, args int) []byte {
	const p, first = 0, 1
	result := byte(first + 2*args)
	code := []byte{1, result - first + 1, byte(corewasm.I32)}
	code = append(code,
		0x41, 0, 0x24, batchDone, // done = 0
		0x03, 0x40, // loop
		0x41, phaseLower, 0x24, batchPhase)
	for k := range byte(args) {
		ptr, size := first+2*k, first+2*k+1
		code = append(code,
			// ptr = realloc(0, 0, 1, size = load(p))
			0x41, 0, 0x41, 0, 0x41, 1, 0x20, p, 0x28, 2, 0, 0x22, size, 0x10, batchRealloc, 0x21, ptr,
			// copy size bytes from p+4: that traps where they do not fit
			0x20, ptr, 0x20, p, 0x41, 4, 0x6a, 0x20, size, 0xfc, 0x0a, 0, 0,
			// p = (p + 4 + size + 3) & -4
			0x20, p, 0x20, size, 0x6a, 0x41, 7, 0x6a, 0x41, 0x7c, 0x71, 0x21, p)
	}
	code = append(code, 0x41, phaseCall, 0x24, batchPhase)
	for i := range byte(2 * args) {
		code = append(code, 0x20, first+i)
	}
	code = append(code, 0x10, batchFunc)
	code = append(code, batchAnswer(l, lift, result)...)
	if l.post >= 0 {
		code = append(code, 0x41, phasePost, 0x24, batchPhase)
		if len(lift.Results) > 0 {
			code = append(code, 0x20, result)
		}
		code = append(code, 0x10, batchPost)
	}
	return append(code,
		// done = done + 1; again if done < count
		0x23, batchDone, 0x41, 1, 0x6a, 0x24, batchDone,
		0x23, batchDone, 0x23, batchCount, 0x49, 0x0d, 0,
		0x0b, // end of the loop
		0x41, 1)
}

// batchAnswer stops at a result that is no plain success, and hands it to the
// host to lift.
func batchAnswer(l *planLift, lift corewasm.FuncType, result byte) []byte {
	if len(lift.Results) == 0 {
		return nil
	}
	code := []byte{0x22, result}
	if t := l.typ.Result; len(t.Flat()) > 1 { // a pointer to it
		code = append(code, 0x41)
		code = appendSigned(code, int64(t.Align()-1))
		code = append(code, 0x71)                             // unaligned?
		code = append(code, 0x20, result, 0x2d, 0)            // or its last byte: that traps where there is none
		code = binary.AppendUvarint(code, uint64(t.Size()-1)) // (its value does not matter)
		code = append(code, 0x41, 0, 0x71, 0x72)
		code = append(code, 0x20, result, 0x2d, 0, 0, 0x72) // or the discriminant
	}
	return append(code,
		0x04, 0x40, // if
		0x20, result, 0x24, batchResult,
		0x41, 0, 0x0f, // return 0
		0x0b)
}
