package component

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// The builtins of the asynchronous ABI are instantiated, so that components of
// which only a part is asynchronous run. Those that a task which never waits
// may use are there; a call of another one traps and names it.

// asyncSigs are their core signatures, as the letters of parameters and
// results: i for i32, l for i64 [CanonicalABI.md, "Canonical Definitions"].
var asyncSigs = map[string][2]string{
	"backpressure.set": {"i", ""}, "backpressure.inc": {"", ""}, "backpressure.dec": {"", ""},
	"task.cancel": {"", ""}, "subtask.cancel": {"i", "i"}, "subtask.drop": {"i", ""},
	"stream.new": {"", "l"}, "stream.read": {"iii", "i"}, "stream.write": {"iii", "i"},
	"stream.cancel-read": {"i", "i"}, "stream.cancel-write": {"i", "i"},
	"stream.drop-readable": {"i", ""}, "stream.drop-writable": {"i", ""}, "stream.forward": {"ii", ""},
	"future.new": {"", "l"}, "future.read": {"ii", "i"}, "future.write": {"ii", "i"},
	"future.cancel-read": {"i", "i"}, "future.cancel-write": {"i", "i"},
	"future.drop-readable": {"i", ""}, "future.drop-writable": {"i", ""}, "future.forward": {"ii", ""},
	"error-context.new": {"ii", "i"}, "error-context.debug-message": {"ii", ""}, "error-context.drop": {"i", ""},
	"waitable-set.new": {"", "i"}, "waitable-set.wait": {"ii", "i"}, "waitable-set.poll": {"ii", "i"},
	"waitable-set.drop": {"i", ""}, "waitable.join": {"ii", ""},
	"thread.index": {"", "i"}, "thread.new-indirect": {"ii", "i"}, "thread.resume-later": {"i", ""},
	"thread.suspend": {"", "i"}, "thread.yield": {"", "i"},
	"thread.suspend-then-resume": {"i", "i"}, "thread.yield-then-resume": {"i", "i"},
	"thread.suspend-then-promote": {"i", "i"}, "thread.yield-then-promote": {"i", "i"},
	"thread.spawn-indirect": {"ii", "i"}, "thread.available-parallelism": {"", "i"},
}

// taskSlots is how many slots of storage a task has.
const taskSlots = 2

// asyncBuiltin makes one of them.
func (r *resolver) asyncBuiltin(d *binary.Canon, s *scope, section string) error {
	low := &lowered{offset: d.Offset, inst: s.id, builtin: d.Name, slot: d.Slot}
	sig, ok := asyncSigs[d.Name]
	switch {
	case d.Name == "task.return":
		f := abi.FuncType{}
		if d.HasResult {
			e := typeEval{scope: s, offset: d.Offset}
			f.Params = []abi.Field{{Type: e.val(*d.Result)}}
			if e.err != nil {
				return e.err
			}
		}
		low.sig = coreFuncType(f.FlattenLift())
	case (d.Name == "context.get" || d.Name == "context.set") && d.Slot >= taskSlots:
		return fault(d.Offset, section, "%s: slot %d is out of bounds: a task has %d", d.Name, d.Slot, taskSlots)
	case d.Name == "context.get":
		low.sig.Results = []corewasm.ValType{corewasm.ValType(d.CoreType)}
	case d.Name == "context.set":
		low.sig.Params = []corewasm.ValType{corewasm.ValType(d.CoreType)}
	case ok:
		low.sig = corewasm.FuncType{Params: letters(sig[0]), Results: letters(sig[1])}
	default:
		return unsupported(d.Offset, section, "the builtin %s is not supported yet", d.Name)
	}
	r.lower(low, s)
	return nil
}

func letters(s string) []corewasm.ValType {
	var out []corewasm.ValType
	for _, c := range s {
		t := corewasm.I32
		if c == 'l' {
			t = corewasm.I64
		}
		out = append(out, t)
	}
	return out
}

// An absentFunc stands for what this runtime does not do yet: it traps by name.
type absentFunc struct {
	what string
	inst int // that calls it
}

// Call implements api.GoFunction.
func (a *absentFunc) Call(ctx context.Context, _ []uint64) {
	if !ctx.(*Call).in.insts[a.inst].mayLeave {
		abi.Trapf("cannot leave component instance: %s was called from within a realloc or post-return function", a.what)
	}
	abi.Trapf("%s is not supported yet", a.what)
}

var _ api.GoFunction = (*absentFunc)(nil)

// flattenAsync is the core signature of an asynchronously lowered function
// [CanonicalABI.md, flatten_functype].
func flattenAsync(f *abi.FuncType) corewasm.FuncType {
	const maxFlatAsyncParams = 4
	flat := coreFuncType(abi.CoreFunc{Params: f.ParamsTuple().Flat()})
	if len(flat.Params) > maxFlatAsyncParams {
		flat.Params = letters("i")
	}
	if f.Result != nil {
		flat.Params = append(flat.Params, corewasm.I32)
	}
	flat.Results = letters("i")
	return flat
}

// A storageFunc reads or writes the storage of the current task, which has two
// slots of its own [CanonicalABI.md, "canon context.get", "canon context.set"].
type storageFunc struct {
	slot uint32
	set  bool
}

// Call implements api.GoFunction.
func (f *storageFunc) Call(ctx context.Context, stack []uint64) {
	c := ctx.(*Call)
	slot := &c.storage[f.slot]
	if f.set {
		*slot, c.dirty = stack[0], true
	} else {
		stack[0] = *slot
	}
}

// A backpressureFunc counts how often the instance asked for no new tasks. There
// are none here while one runs [CanonicalABI.md, "canon backpressure.{inc,dec}"].
type backpressureFunc struct{ inst, by int }

// Call implements api.GoFunction.
func (f *backpressureFunc) Call(ctx context.Context, _ []uint64) {
	inst := &ctx.(*Call).in.insts[f.inst]
	if inst.backpressure += f.by; inst.backpressure < 0 || inst.backpressure >= 1<<16 {
		abi.Trapf("backpressure counter out of bounds: %d", inst.backpressure)
	}
}

// builtinFunc is the Go function behind a builtin that is not for resources.
func builtinFunc(low *planLower) api.GoFunction {
	switch low.builtin {
	case "context.get", "context.set":
		return &storageFunc{slot: low.slot, set: low.builtin == "context.set"}
	case "backpressure.inc":
		return &backpressureFunc{low.inst, 1}
	case "backpressure.dec":
		return &backpressureFunc{low.inst, -1}
	}
	return &absentFunc{what: low.builtin, inst: low.inst}
}
