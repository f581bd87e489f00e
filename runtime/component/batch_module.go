package component

import (
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
	inst  *planInst
	code  int         // index of Factory.compiled
	items []batchItem // what the parameters hold, in order
}

// A batchItem is one thing that is staged for a call.
type batchItem struct {
	kind batchKind
	max  uint64 // the largest number
	some int    // how many items the value of an option is
}

type batchKind uint8

const (
	batchString batchKind = iota + 1
	batchBytes
	batchNumber
	batchOption
)

// maxBatchItems bounds what is written for one call.
const maxBatchItems = 64

// The globals by which the host sees how far a batch has come.
const (
	batchDone   = iota // calls that have ended
	batchPhase         // what runs
	batchResult        // the core function's result where it is not a plain success
	batchCount         // how many calls there are to be; the host may lower it
	batchLift          // how many bytes a result may hold
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
	items, ok := batchItems(nil, l.typ.ParamsTuple())
	switch {
	case !ok || len(items) == 0:
		return nil, batchable(l, "its parameters hold something else than strings, lists of bytes, unsigned numbers and options of these")
	case len(items) > maxBatchItems:
		return nil, batchable(l, fmt.Sprintf("its parameters hold more than %d values", maxBatchItems))
	case l.typ.Result != nil && (l.typ.Result.Kind != abi.KindResult || !unlifted(l.typ.Result.Cases[0].Type)):
		return nil, batchable(l, "its result is not nothing, and no result that holds bytes at most where all is well")
	case opt.realloc < 0 || opt.memory == nowhere || opt.encoding != abi.UTF8:
		return nil, batchable(l, "its canonical options are not UTF-8 with a memory and a realloc")
	case l.async || l.passes || l.enters != nil:
		return nil, batchable(l, "it is async, passed on, or its component's instances call one another")
	case slices.ContainsFunc(p.lowers, func(l *planLower) bool { return strings.HasPrefix(l.builtin, "context.") }):
		return nil, batchable(l, "its component keeps values for each task (context.set)")
	}
	wasm := batchModule(l)
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
	return &batchPlan{inst: pi, items: items}, nil
}

func batchable(l *planLift, why string) error {
	return &UnsupportedError{What: "calling " + l.name + " in batches: " + why}
}

// batchItems finds what is to be staged for a type, unless it holds something
// else than what can be.
func batchItems(items []batchItem, t *abi.Type) (_ []batchItem, ok bool) {
	switch t.Kind {
	case abi.KindString:
		return append(items, batchItem{kind: batchString}), true
	case abi.KindU8, abi.KindU16, abi.KindU32, abi.KindU64:
		return append(items, batchItem{kind: batchNumber, max: 1<<(8*t.Size()) - 1}), true
	case abi.KindOption:
		at := len(items)
		items, ok = batchItems(append(items, batchItem{kind: batchOption}), t.Elem)
		items[at].some = len(items) - at - 1
		return items, ok
	case abi.KindRecord, abi.KindTuple:
		for _, f := range t.Fields {
			if items, ok = batchItems(items, f.Type); !ok {
				return items, false
			}
		}
		return items, true
	}
	return append(items, batchItem{kind: batchBytes}), isBytes(t)
}

func isBytes(t *abi.Type) bool { return t.Kind == abi.KindList && t.Elem.Kind == abi.KindU8 }

// unlifted says whether a result that nobody wants can be checked in place as
// lifting it would: of strings, say, every byte were to be looked at.
func unlifted(t *abi.Type) bool {
	return t == nil || isBytes(t) || t.Kind == abi.KindOption && isBytes(t.Elem)
}

// batchModule writes the module. It exports the function "run", which takes
// where the calls are staged and answers whether none was refused; and the
// globals, by their numbers.
func batchModule(l *planLift) []byte {
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
	w.code(batchRun(l, lift))
	return w.bytes()
}
