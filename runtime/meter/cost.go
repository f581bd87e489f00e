package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// Version changes whenever the same code costs otherwise than before.
const Version = 6

// One unit of fuel pays for about what a processor does in a nanosecond or
// less, so that a slice of 100,000 units stays well below a millisecond. What
// does not run (block, end) is free; the table has what is dearer than 1.
var costs = [0x100]int64{
	corewasm.OpCall:               4, // the callee's entry pays for the callee, unless it is carried
	corewasm.OpCallIndirect:       6,
	corewasm.OpReturnCall:         4,
	corewasm.OpReturnCallIndirect: 6,
	corewasm.OpCallRef:            6,
	corewasm.OpReturnCallRef:      6,
	corewasm.OpThrow:              500, // the engine unwinds by way of the host
	corewasm.OpThrowRef:           500,
	corewasm.OpTryTable:           50,
	corewasm.OpBrTable:            2,
	corewasm.OpMemoryGrow:         200,
}

// The price of what is handled in one instruction.
const (
	carriedCost  = 32  // the most that a function may cost without paying for itself
	roundCost    = 128 // the most that a loop's first round may add to what is around it
	entryCost    = 1   // a call whose callee does nothing
	localsShift  = 3   // per 8 locals, which are zeroed on entry
	divCost      = 8   // integer division
	bulkCost     = 20  // a bulk instruction, whatever its length
	bytesShift   = 4   // memory.fill, .copy and .init: per 16 bytes
	elementShift = 0   // table.fill, .copy, .init and .grow: per element
	pageShift    = 10  // memory.grow: 1,024 per page of 64 KiB
)

// cost is the static price of an instruction.
func cost(op corewasm.Op) int64 {
	switch op {
	case corewasm.OpNop, corewasm.OpBlock, corewasm.OpLoop, corewasm.OpElse, corewasm.OpEnd:
		return 0
	}
	switch {
	case op >= corewasm.OpI32DivS && op <= corewasm.OpI32RemU,
		op >= corewasm.OpI64DivS && op <= corewasm.OpI64RemU:
		return divCost
	case op < 0x100 && costs[op] != 0:
		return costs[op]
	case op >= corewasm.OpMemoryInit && op <= corewasm.OpTableFill:
		return bulkCost
	}
	return 1
}

// bulk says how an instruction whose length is on top of the stack pays by it.
type bulk struct {
	shift int8 // right, or left where negative, from length to fuel
	after bool // only if the instruction does not answer -1
}

var bulks = map[corewasm.Op]bulk{
	corewasm.OpMemoryFill: {shift: bytesShift},
	corewasm.OpMemoryCopy: {shift: bytesShift},
	corewasm.OpMemoryInit: {shift: bytesShift},
	corewasm.OpTableFill:  {shift: elementShift},
	corewasm.OpTableCopy:  {shift: elementShift},
	corewasm.OpTableInit:  {shift: elementShift},
	corewasm.OpTableGrow:  {shift: elementShift, after: true},
	corewasm.OpMemoryGrow: {shift: -pageShift, after: true},
}
