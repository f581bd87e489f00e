package binary

// An immediate is one operand of a canonical definition.
type immediate byte

const (
	immType        immediate = iota // index of a component-level or core type
	immOptions                      // canonical options
	immResult                       // the result of a task
	immAsync                        // a flag
	immCancellable                  // a flag
	immShared                       // a flag
	immMemory                       // index of a core memory
	immTable                        // index of a core table
	immCoreType                     // a core value type
	immSlot                         // index into the context of a thread
)

// A builtin is a canonical definition other than lift and lower: the kind that
// it becomes, its name in the text format, and what follows its opcode.
type builtin struct {
	kind       CanonKind
	name       string
	immediates []immediate
}

// builtins are the canonical definitions by opcode [Binary.md, Canonical
// Definitions]. Three stand only in what tools write: 0x08 is the older form of
// 0x24 and 0x25, 0x2e and 0x2f are newer than the specification's list.
var builtins = map[byte]builtin{
	0x02: {CanonResourceNew, "resource.new", []immediate{immType}},
	0x03: {CanonResourceDrop, "resource.drop", []immediate{immType}},
	0x04: {CanonResourceRep, "resource.rep", []immediate{immType}},
	0x05: {CanonBuiltin, "task.cancel", nil},
	0x06: {CanonBuiltin, "subtask.cancel", []immediate{immAsync}},
	0x08: {CanonBuiltin, "backpressure.set", nil},
	0x09: {CanonBuiltin, "task.return", []immediate{immResult, immOptions}},
	0x0a: {CanonBuiltin, "context.get", []immediate{immCoreType, immSlot}},
	0x0b: {CanonBuiltin, "context.set", []immediate{immCoreType, immSlot}},
	0x0c: {CanonBuiltin, "thread.yield", []immediate{immCancellable}},
	0x0d: {CanonBuiltin, "subtask.drop", nil},
	0x0e: {CanonBuiltin, "stream.new", []immediate{immType}},
	0x0f: {CanonBuiltin, "stream.read", []immediate{immType, immOptions}},
	0x10: {CanonBuiltin, "stream.write", []immediate{immType, immOptions}},
	0x11: {CanonBuiltin, "stream.cancel-read", []immediate{immType, immAsync}},
	0x12: {CanonBuiltin, "stream.cancel-write", []immediate{immType, immAsync}},
	0x13: {CanonBuiltin, "stream.drop-readable", []immediate{immType}},
	0x14: {CanonBuiltin, "stream.drop-writable", []immediate{immType}},
	0x15: {CanonBuiltin, "future.new", []immediate{immType}},
	0x16: {CanonBuiltin, "future.read", []immediate{immType, immOptions}},
	0x17: {CanonBuiltin, "future.write", []immediate{immType, immOptions}},
	0x18: {CanonBuiltin, "future.cancel-read", []immediate{immType, immAsync}},
	0x19: {CanonBuiltin, "future.cancel-write", []immediate{immType, immAsync}},
	0x1a: {CanonBuiltin, "future.drop-readable", []immediate{immType}},
	0x1b: {CanonBuiltin, "future.drop-writable", []immediate{immType}},
	0x1c: {CanonBuiltin, "error-context.new", []immediate{immOptions}},
	0x1d: {CanonBuiltin, "error-context.debug-message", []immediate{immOptions}},
	0x1e: {CanonBuiltin, "error-context.drop", nil},
	0x1f: {CanonBuiltin, "waitable-set.new", nil},
	0x20: {CanonBuiltin, "waitable-set.wait", []immediate{immCancellable, immMemory}},
	0x21: {CanonBuiltin, "waitable-set.poll", []immediate{immCancellable, immMemory}},
	0x22: {CanonBuiltin, "waitable-set.drop", nil},
	0x23: {CanonBuiltin, "waitable.join", nil},
	0x24: {CanonBuiltin, "backpressure.inc", nil},
	0x25: {CanonBuiltin, "backpressure.dec", nil},
	0x26: {CanonBuiltin, "thread.index", nil},
	0x27: {CanonBuiltin, "thread.new-indirect", []immediate{immType, immTable}},
	0x28: {CanonBuiltin, "thread.resume-later", nil},
	0x29: {CanonBuiltin, "thread.suspend", []immediate{immCancellable}},
	0x2a: {CanonBuiltin, "thread.suspend-then-resume", []immediate{immCancellable}},
	0x2b: {CanonBuiltin, "thread.yield-then-resume", []immediate{immCancellable}},
	0x2c: {CanonBuiltin, "thread.suspend-then-promote", []immediate{immCancellable}},
	0x2d: {CanonBuiltin, "thread.yield-then-promote", []immediate{immCancellable}},
	0x2e: {CanonBuiltin, "stream.forward", []immediate{immType}},
	0x2f: {CanonBuiltin, "future.forward", []immediate{immType}},
	0x40: {CanonBuiltin, "thread.spawn-ref", []immediate{immShared, immType}},
	0x41: {CanonBuiltin, "thread.spawn-indirect", []immediate{immShared, immType, immTable}},
	0x42: {CanonBuiltin, "thread.available-parallelism", []immediate{immShared}},
}

// canon reads a canonical definition.
func (r *reader) canon() *Canon {
	c := &Canon{Offset: r.at()}
	switch opcode := r.byte("a canonical definition"); opcode {
	case 0x00:
		c.Kind, c.Name = CanonLift, "lift"
		r.expect(0x00, "the sort of a lift")
		c.Func, c.Options = r.u32("a core function's index"), r.options()
		c.Type = r.u32("a function type's index")
	case 0x01:
		c.Kind, c.Name = CanonLower, "lower"
		r.expect(0x00, "the sort of a lower")
		c.Func, c.Options = r.u32("a function's index"), r.options()
	default:
		b, ok := builtins[opcode]
		if !ok {
			r.failAt(c.Offset, "%#x is no canonical definition", opcode)
			return c
		}
		c.Kind, c.Name = b.kind, b.name
		for _, imm := range b.immediates {
			r.immediate(c, imm)
		}
	}
	return c
}

func (r *reader) immediate(c *Canon, imm immediate) {
	switch imm {
	case immType:
		c.Type = r.u32("a type's index")
	case immOptions:
		c.Options = r.options()
	case immResult:
		c.Result = r.resultList()
		c.HasResult = c.Result != nil
	case immAsync:
		c.Async = r.flag("async")
	case immCancellable:
		c.Cancellable = r.flag("cancellable")
	case immShared:
		c.Shared = r.flag("shared")
	case immMemory:
		c.Memory = r.u32("a core memory's index")
	case immTable:
		c.Table = r.u32("a core table's index")
	case immCoreType:
		c.CoreType = r.coreValType().Code
	case immSlot:
		c.Slot = r.u32("a context slot")
	}
}

// options reads canonical options. Two more exist in a proposal on garbage
// collected values, which no core module that this host runs can use.
func (r *reader) options() []CanonOption {
	return list(r, "canonical options", maxCanonOptions, func() CanonOption {
		at := r.pos
		o := CanonOption{Kind: OptionKind(r.byte("a canonical option"))}
		switch o.Kind {
		case OptUTF8, OptUTF16, OptLatin1UTF16, OptAsync:
		case OptMemory:
			o.Index = r.u32("a core memory's index")
		case OptRealloc, OptPostReturn, OptCallback:
			o.Index = r.u32("a core function's index")
		case 0x08, 0x09:
			r.failAt(at, "canonical option %#x is of the garbage collection proposal, which is not supported", byte(o.Kind))
		default:
			r.failAt(at, "%#x is no canonical option", byte(o.Kind))
		}
		return o
	})
}
