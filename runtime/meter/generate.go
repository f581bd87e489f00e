package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// generator writes the code that pays. Its memory is reused from body to body.
type generator struct {
	m            *corewasm.Module
	fuel, refill uint32 // indices of the global and of the function

	walker walker
	code   []byte
	ends   []int // of each point's code
	insert []corewasm.Insertion
	locals []corewasm.ValType

	// Locals of the body: the balance, and a bulk instruction's length and answer.
	balance, length, answer uint32
}

// price finds the leaves: their callers pay for them.
func (g *generator) price() {
	w := &g.walker
	w.leaves = map[uint32]int64{}
	for i := range g.m.Bodies {
		b := &g.m.Bodies[i]
		w.walk(g.m, b)
		if price, ok := w.leaf(); ok {
			w.leaves[b.Func] = price
		}
	}
}

func (g *generator) body(b *corewasm.Body) corewasm.BodyEdit {
	w := &g.walker
	w.walk(g.m, b)
	if _, ok := w.leaf(); ok {
		return corewasm.BodyEdit{}
	}
	g.declare(b)
	g.code, g.ends, g.insert = g.code[:0], g.ends[:0], g.insert[:0]
	for i := range w.points {
		g.point(&w.points[i])
		g.ends = append(g.ends, len(g.code))
	}
	start := 0
	for i, end := range g.ends {
		if end > start {
			g.insert = append(g.insert, corewasm.Insertion{At: w.points[i].at, Code: g.code[start:end]})
		}
		start = end
	}
	return corewasm.BodyEdit{Locals: g.locals, Insert: g.insert}
}

// declare numbers the locals that the body gets.
func (g *generator) declare(b *corewasm.Body) {
	g.balance = uint32(len(g.m.FuncType(b.Func).Params)) + b.Locals
	g.length, g.answer = g.balance+1, g.balance+2
	g.locals = append(g.locals[:0], corewasm.I64)
	for _, p := range g.walker.points {
		if p.kind != payRegion {
			g.locals = append(g.locals, corewasm.I32, corewasm.I32)
			return
		}
	}
}

func (g *generator) point(p *point) {
	switch p.kind {
	case payRegion:
		if price := g.walker.regions[p.region].peak; price > 0 {
			g.op(corewasm.OpGlobalGet, g.fuel)
			g.i64(price)
			g.pay()
		}
	case payLength:
		g.op(corewasm.OpLocalTee, g.length)
		g.payLength(p.bulk)
	case keepLength:
		g.op(corewasm.OpLocalTee, g.length)
	case paySuccess:
		g.op(corewasm.OpLocalTee, g.answer)
		g.emit(corewasm.OpI32Const, 0x7f)
		g.emit(corewasm.OpI32Ne)
		g.emit(corewasm.OpIf, emptyBlock)
		g.payLength(p.bulk)
		g.emit(corewasm.OpEnd)
		g.op(corewasm.OpLocalGet, g.answer)
	}
}

const emptyBlock = 0x40

func (g *generator) payLength(b bulk) {
	g.op(corewasm.OpGlobalGet, g.fuel)
	g.op(corewasm.OpLocalGet, g.length)
	g.emit(corewasm.OpI64ExtendI32U)
	switch {
	case b.shift > 0:
		g.emit(corewasm.OpI64Const, byte(b.shift))
		g.emit(corewasm.OpI64ShrU)
	case b.shift < 0:
		g.emit(corewasm.OpI64Const, byte(-b.shift))
		g.emit(corewasm.OpI64Shl)
	}
	g.pay()
}

// pay takes a balance and a price from the stack, and asks for more fuel when
// the one does not cover the other.
func (g *generator) pay() {
	g.emit(corewasm.OpI64Sub)
	g.op(corewasm.OpLocalTee, g.balance)
	g.op(corewasm.OpGlobalSet, g.fuel)
	g.op(corewasm.OpLocalGet, g.balance)
	g.emit(corewasm.OpI64Const, 0)
	g.emit(corewasm.OpI64LtS)
	g.emit(corewasm.OpIf, emptyBlock)
	g.op(corewasm.OpLocalGet, g.balance)
	g.op(corewasm.OpCall, g.refill)
	g.op(corewasm.OpGlobalSet, g.fuel)
	g.emit(corewasm.OpEnd)
}

func (g *generator) emit(op corewasm.Op, immediates ...byte) {
	g.code = append(append(g.code, byte(op)), immediates...)
}

func (g *generator) op(op corewasm.Op, index uint32) {
	g.code = append(g.code, byte(op))
	for ; index >= 0x80; index >>= 7 {
		g.code = append(g.code, byte(index)|0x80)
	}
	g.code = append(g.code, byte(index))
}

func (g *generator) i64(v int64) {
	g.code = append(g.code, byte(corewasm.OpI64Const))
	for ; v > 0x3f; v >>= 7 { // never negative
		g.code = append(g.code, byte(v)|0x80)
	}
	g.code = append(g.code, byte(v))
}
