package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// A large memory.fill or memory.copy would run for as long as it takes, with
// nobody able to interrupt it, nor to collect garbage meanwhile. So it is done in
// pieces, each of which is paid for before it is done, by a function that the
// module gets. Where it would end outside of the memory it is left as it is, so
// that it traps before it writes. What is small stays where it is, and costs
// nothing by its length.

const (
	// pieceShift is the size of a piece, as a shift: 1 MiB takes a tenth of a
	// millisecond, or a few where the system has to find the memory first.
	pieceShift = 20
	small      = 256 // bytes
)

// The parameters of the functions that work in pieces.
const (
	pieceTo     = 0
	pieceSource = 1 // where it is copied from, or the byte
	pieceLength = 2
)

// large adds the functions for the instructions that the module has.
func (g *generator) large() {
	for _, op := range []corewasm.Op{corewasm.OpMemoryFill, corewasm.OpMemoryCopy} {
		if g.walker.bulks[op] {
			g.pieces[op] = g.add(corewasm.Func{
				Type: corewasm.FuncType{Params: []corewasm.ValType{corewasm.I32, corewasm.I32, corewasm.I32}},
				Code: g.inPieces(op),
			})
		}
	}
}

// small does an instruction whose operands are on the stack, unless it is large.
func (g *generator) small(op corewasm.Op) {
	g.op(corewasm.OpLocalSet, g.length)
	g.op(corewasm.OpLocalSet, g.answer)
	g.op(corewasm.OpLocalSet, g.to)
	g.op(corewasm.OpLocalGet, g.length)
	g.i32(small)
	g.emit(opI32LeU)
	g.emit(corewasm.OpIf, emptyBlock)
	g.operands(g.to, g.answer, g.length)
	g.bulk(op)
	g.emit(corewasm.OpElse)
	g.operands(g.to, g.answer, g.length)
	g.op(corewasm.OpCall, g.pieces[op])
	g.emit(corewasm.OpEnd)
}

func (g *generator) operands(locals ...uint32) {
	for _, l := range locals {
		g.op(corewasm.OpLocalGet, l)
	}
}

// bulk is the instruction on the first memory.
func (g *generator) bulk(op corewasm.Op) {
	g.code = append(g.code, 0xfc, byte(op), 0)
	if op == corewasm.OpMemoryCopy {
		g.code = append(g.code, 0)
	}
}

// inPieces is the code of a function that does all of an instruction.
func (g *generator) inPieces(op corewasm.Op) []byte {
	g.code = append(g.code[:0], 0) // no locals
	g.op(corewasm.OpLocalGet, pieceLength)
	g.i32(1 << pieceShift)
	g.emit(opI32GtU)
	g.emit(corewasm.OpIf, emptyBlock)
	g.within(pieceTo)
	if op == corewasm.OpMemoryCopy {
		g.within(pieceSource)
		g.emit(opI32And)
	}
	g.emit(corewasm.OpIf, emptyBlock)
	switch op {
	case corewasm.OpMemoryFill:
		g.loop(op, false)
	default: // what lies behind must not be overwritten before it is copied
		g.operands(pieceTo, pieceSource)
		g.emit(opI32GtU)
		g.emit(corewasm.OpIf, emptyBlock)
		g.loop(op, true)
		g.emit(corewasm.OpElse)
		g.loop(op, false)
		g.emit(corewasm.OpEnd)
	}
	g.emit(corewasm.OpEnd)
	g.emit(corewasm.OpEnd)
	g.payLength(pieceLength, bulks[op])
	g.operands(pieceTo, pieceSource, pieceLength)
	g.bulk(op)
	g.emit(corewasm.OpEnd)
	return g.take()
}

// within leaves whether what begins there ends within the memory.
func (g *generator) within(from uint32) {
	g.op(corewasm.OpLocalGet, from)
	g.emit(corewasm.OpI64ExtendI32U)
	g.op(corewasm.OpLocalGet, pieceLength)
	g.emit(corewasm.OpI64ExtendI32U)
	g.emit(corewasm.OpI64Add)
	g.emit(opMemorySize, 0)
	g.emit(corewasm.OpI64ExtendI32U)
	g.i64(16)
	g.emit(corewasm.OpI64Shl)
	g.emit(opI64LeU)
}

// loop does all but the last piece, from the front or from the back.
func (g *generator) loop(op corewasm.Op, back bool) {
	g.emit(corewasm.OpLoop, emptyBlock)
	g.pay(bulkCost + 1<<(pieceShift-bytesShift))
	if back {
		g.advance(pieceLength, -1<<pieceShift)
	}
	g.at(pieceTo, back)
	g.at(pieceSource, back && op == corewasm.OpMemoryCopy)
	g.i32(1 << pieceShift)
	g.bulk(op)
	if !back {
		g.advance(pieceLength, -1<<pieceShift)
		g.advance(pieceTo, 1<<pieceShift)
		if op == corewasm.OpMemoryCopy {
			g.advance(pieceSource, 1<<pieceShift)
		}
	}
	g.op(corewasm.OpLocalGet, pieceLength)
	g.i32(1 << pieceShift)
	g.emit(opI32GtU)
	g.emit(corewasm.OpBrIf, 0)
	g.emit(corewasm.OpEnd)
}

// at leaves a local, or the sum of it and what is left.
func (g *generator) at(local uint32, back bool) {
	g.op(corewasm.OpLocalGet, local)
	if back {
		g.op(corewasm.OpLocalGet, pieceLength)
		g.emit(corewasm.OpI32Add)
	}
}

func (g *generator) advance(local uint32, n int64) {
	g.op(corewasm.OpLocalGet, local)
	g.i32(n)
	g.emit(corewasm.OpI32Add)
	g.op(corewasm.OpLocalSet, local)
}

const (
	opMemorySize corewasm.Op = 0x3f
	opI32WrapI64 corewasm.Op = 0xa7
	opI32GtU     corewasm.Op = 0x4b
	opI32LeU     corewasm.Op = 0x4d
	opI32And     corewasm.Op = 0x71
	opI64LeU     corewasm.Op = 0x58
)
