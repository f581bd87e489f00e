package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// A large memory.fill or memory.copy would run for as long as it takes, with
// nobody able to interrupt it, nor to collect garbage meanwhile. So it is done in
// pieces, each of which is paid for before it is done. Where it would end outside
// of the memory it is left as it is, so that it traps before it writes.

// pieceShift is the size of a piece, as a shift: 1 MiB takes a tenth of a
// millisecond, or a few where the system has to find the memory first.
const pieceShift = 20

// inPieces does all but the last piece of an instruction whose operands are on
// the stack, and leaves those of the last one there, its length in g.length.
func (g *generator) inPieces(op corewasm.Op) {
	g.op(corewasm.OpLocalSet, g.length)
	g.op(corewasm.OpLocalSet, g.answer) // the byte, or where it is copied from
	g.op(corewasm.OpLocalSet, g.to)
	g.op(corewasm.OpLocalGet, g.length)
	g.code = g.i32(g.code, 1<<pieceShift)
	g.emit(opI32GtU)
	g.emit(corewasm.OpIf, emptyBlock)
	g.within(g.to)
	if op == corewasm.OpMemoryCopy {
		g.within(g.answer)
		g.emit(opI32And)
	}
	g.emit(corewasm.OpIf, emptyBlock)
	switch op {
	case corewasm.OpMemoryFill:
		g.pieces(op, false)
	default: // what lies behind must not be overwritten before it is copied
		g.op(corewasm.OpLocalGet, g.to)
		g.op(corewasm.OpLocalGet, g.answer)
		g.emit(opI32GtU)
		g.emit(corewasm.OpIf, emptyBlock)
		g.pieces(op, true)
		g.emit(corewasm.OpElse)
		g.pieces(op, false)
		g.emit(corewasm.OpEnd)
	}
	g.emit(corewasm.OpEnd)
	g.emit(corewasm.OpEnd)
	g.payLength(bulks[op])
	g.op(corewasm.OpLocalGet, g.to)
	g.op(corewasm.OpLocalGet, g.answer)
	g.op(corewasm.OpLocalGet, g.length)
}

// within leaves whether what begins there ends within the memory.
func (g *generator) within(from uint32) {
	g.op(corewasm.OpLocalGet, from)
	g.emit(corewasm.OpI64ExtendI32U)
	g.op(corewasm.OpLocalGet, g.length)
	g.emit(corewasm.OpI64ExtendI32U)
	g.emit(corewasm.OpI64Add)
	g.emit(opMemorySize, 0)
	g.emit(corewasm.OpI64ExtendI32U)
	g.i64(16)
	g.emit(corewasm.OpI64Shl)
	g.emit(opI64LeU)
}

// pieces is the loop, from the front or from the back.
func (g *generator) pieces(op corewasm.Op, back bool) {
	g.emit(corewasm.OpLoop, emptyBlock)
	g.op(corewasm.OpGlobalGet, g.fuel)
	g.i64(bulkCost + 1<<(pieceShift-bytesShift))
	g.pay()
	if back {
		g.add(g.length, -1<<pieceShift)
	}
	g.at(g.to, back)
	g.at(g.answer, back && op == corewasm.OpMemoryCopy)
	g.code = g.i32(g.code, 1<<pieceShift)
	g.code = append(g.code, 0xfc, byte(op), 0)
	if op == corewasm.OpMemoryCopy {
		g.code = append(g.code, 0)
	}
	if !back {
		g.add(g.length, -1<<pieceShift)
		g.add(g.to, 1<<pieceShift)
		if op == corewasm.OpMemoryCopy {
			g.add(g.answer, 1<<pieceShift)
		}
	}
	g.op(corewasm.OpLocalGet, g.length)
	g.code = g.i32(g.code, 1<<pieceShift)
	g.emit(opI32GtU)
	g.emit(corewasm.OpBrIf, 0)
	g.emit(corewasm.OpEnd)
}

// at leaves a local, or the sum of it and what is left.
func (g *generator) at(local uint32, back bool) {
	g.op(corewasm.OpLocalGet, local)
	if back {
		g.op(corewasm.OpLocalGet, g.length)
		g.emit(corewasm.OpI32Add)
	}
}

func (g *generator) add(local uint32, n int64) {
	g.op(corewasm.OpLocalGet, local)
	g.code = g.i32(g.code, n)
	g.emit(corewasm.OpI32Add)
	g.op(corewasm.OpLocalSet, local)
}

const (
	opMemorySize corewasm.Op = 0x3f
	opI32GtU     corewasm.Op = 0x4b
	opI32And     corewasm.Op = 0x71
	opI64LeU     corewasm.Op = 0x58
)
