package meter

import (
	"cmp"
	"slices"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// generator writes the code that pays. Its memory is reused from body to body.
type generator struct {
	m            *corewasm.Module
	fuel, refill uint32 // indices of the global and of the imported function
	ask          uint32 // index of the function that asks for fuel
	pieces       map[corewasm.Op]uint32
	funcs        []corewasm.Func // that the module gets
	depth        uint32          // index of the global, 0 for none
	graph        graph
	tables       bool                // ask before they grow
	types        []corewasm.FuncType // of bodies with several results, that are put into blocks
	width        int                 // of the body: how often it counts

	walker walker
	code   []byte
	ends   []int // of each point's code
	insert []corewasm.Insertion
	locals []corewasm.ValType

	// Locals of the body: a bulk instruction's length, answer and target, and the
	// depth at its entry.
	length, answer, to, nested uint32
}

// add adds a function to the module and gives its index.
func (g *generator) add(f corewasm.Func) uint32 {
	g.funcs = append(g.funcs, f)
	return uint32(len(g.m.Funcs) + len(g.funcs)) // the import moves them by one
}

// take gives what has been written.
func (g *generator) take() []byte { return slices.Clone(g.code) }

// price finds the functions that their callers pay for, and the bodies whose depth
// is counted.
func (g *generator) price(r *Refill) {
	w := &g.walker
	w.m, w.carried, w.bulks = g.m, map[uint32]int64{}, map[corewasm.Op]bool{}
	w.known = make([]bool, len(g.m.Funcs))
	w.outside = uint32(len(g.m.Funcs))
	for _, im := range g.m.Imports {
		if im.Kind == corewasm.KindFunc {
			w.inward = append(w.inward, r.Inward == nil || r.Inward(im))
		}
	}
	g.graph = newGraph(g.m)
	short := make([]bool, len(g.m.Bodies))
	for i := range g.m.Bodies {
		w.walk(&g.m.Bodies[i])
		short[i] = len(w.points) == 1 && w.regions[0].peak <= carriedCost
		g.graph.calls(w)
	}
	g.large()
	g.carry(g.graph.count(), short)
	for i, width := range g.graph.width {
		if results := g.m.FuncType(g.m.Bodies[i].Func).Results; width > 0 && len(results) > 1 && r.Depth > 0 {
			g.blockType(results)
		}
	}
}

// carry finds the functions that their callers pay for, among the short ones. In
// the order callees come before callers, but for those whose depth is counted:
// none of these is carried, so that no ring of calls is.
func (g *generator) carry(order []uint32, short []bool) {
	w := &g.walker
	for v := range g.m.ImportedFuncs {
		w.known[v] = true
	}
	for _, v := range order {
		i := int(v) - g.m.ImportedFuncs
		if i < 0 || v == g.graph.last {
			continue
		}
		if short[i] && !g.graph.counted[v] {
			w.walk(&g.m.Bodies[i])
			if price, ok := w.carry(); ok {
				w.carried[v] = price
			}
		}
		w.known[v] = true
	}
	for _, v := range g.graph.refs {
		w.byRef = max(w.byRef, w.carried[v])
	}
}

// blockType is the immediate of a block that takes nothing and gives these.
func (g *generator) blockType(results []corewasm.ValType) []byte {
	switch len(results) {
	case 0:
		return []byte{emptyBlock}
	case 1:
		return corewasm.AppendValType(nil, results[0])
	}
	t := corewasm.FuncType{Results: results}
	i := slices.IndexFunc(g.types, t.Equal)
	if i < 0 {
		i = len(g.types)
		g.types = append(g.types, t)
	}
	return appendS(nil, int64(len(g.m.Types)+i))
}

func (g *generator) body(b *corewasm.Body) corewasm.BodyEdit {
	w := &g.walker
	if _, ok := w.carried[b.Func]; ok {
		return corewasm.BodyEdit{}
	}
	w.walk(b)
	g.width = 0
	if g.depth > 0 && w.sound {
		g.width = g.graph.width[int(b.Func)-g.m.ImportedFuncs]
	}
	if g.width > 0 {
		w.nested(b)
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
			g.insert = append(g.insert, corewasm.Insertion{At: w.points[i].at, Until: w.points[i].until, Code: g.code[start:end]})
		}
		start = end
	}
	return corewasm.BodyEdit{Locals: g.locals, Insert: g.insert}
}

// declare numbers the locals that the body gets.
func (g *generator) declare(b *corewasm.Body) {
	next := uint32(len(g.m.FuncType(b.Func).Params)) + b.Locals
	g.locals = g.locals[:0]
	if g.width > 0 {
		g.locals, g.nested = append(g.locals, corewasm.I32), next
		next++
	}
	for _, p := range g.walker.points {
		if p.kind > payRound && p.kind < enterBody {
			g.length, g.answer, g.to = next, next+1, next+2
			g.locals = append(g.locals, corewasm.I32, corewasm.I32, corewasm.I32)
			return
		}
	}
}

func (g *generator) point(p *point) {
	switch p.kind {
	case payRegion:
		if p.region == 0 || g.walker.regions[p.region].atHead {
			g.payRegion(p.region)
		}
	case payRound:
		g.payRound(p)
	case maybeLarge:
		g.small(p.op)
	case payLength:
		g.op(corewasm.OpLocalTee, g.length)
		g.payLength(g.length, p.bulk)
	case keepLength:
		if g.tables && p.op == corewasm.OpTableGrow {
			g.tell(TableGrows)
			g.emit(opI32WrapI64)
		}
		g.op(corewasm.OpLocalTee, g.length)
	case paySuccess:
		g.op(corewasm.OpLocalTee, g.answer)
		g.emit(corewasm.OpI32Const, 0x7f)
		g.emit(corewasm.OpI32Ne)
		g.emit(corewasm.OpIf, emptyBlock)
		if g.tables && p.op == corewasm.OpTableGrow {
			g.op(corewasm.OpLocalGet, g.length)
			g.tell(TableGrew)
			g.emit(corewasm.OpDrop)
		}
		g.payLength(g.length, p.bulk)
		g.emit(corewasm.OpEnd)
		g.op(corewasm.OpLocalGet, g.answer)
	case enterBody:
		g.enter(g.m.FuncType(p.of).Results)
	case land:
		g.op(corewasm.OpLocalGet, g.nested)
		g.op(corewasm.OpGlobalSet, g.depth)
	case endBody:
		g.emit(corewasm.OpEnd)
		g.leave()
	case leaveBody:
		g.leave()
	}
}

func (g *generator) payRegion(region int) {
	if price := g.walker.regions[region].peak; price > 0 {
		g.pay(price)
	}
}

// payRound pays for the next round of a loop, if that is begun.
func (g *generator) payRound(p *point) {
	switch {
	case g.walker.regions[p.region].atHead:
	case p.op == corewasm.OpBr:
		g.payRegion(p.region)
	default:
		g.emit(corewasm.OpIf, emptyBlock)
		g.payRegion(p.region)
		g.op(corewasm.OpBr, p.label+1)
		g.emit(corewasm.OpEnd)
	}
}

// tell calls the host with a number plus the length on the stack.
func (g *generator) tell(what int64) {
	g.emit(corewasm.OpI64ExtendI32U)
	g.i64(what)
	g.emit(corewasm.OpI64Add)
	g.op(corewasm.OpCall, g.refill)
}

// enter takes from the depth, and opens the block that the body is put into.
func (g *generator) enter(results []corewasm.ValType) {
	g.op(corewasm.OpGlobalGet, g.depth)
	g.i32(int64(g.width))
	g.emit(corewasm.OpI32Sub)
	g.op(corewasm.OpLocalTee, g.nested)
	g.op(corewasm.OpGlobalSet, g.depth)
	g.op(corewasm.OpLocalGet, g.nested)
	g.emit(corewasm.OpI32Const, 0)
	g.emit(corewasm.OpI32GeS)
	g.emit(corewasm.OpIf, emptyBlock)
	g.emit(corewasm.OpElse)
	g.code = appendS(append(g.code, byte(corewasm.OpI64Const)), TooDeep)
	g.op(corewasm.OpCall, g.refill)
	g.emit(corewasm.OpDrop)
	g.emit(corewasm.OpEnd)
	g.emit(corewasm.OpBlock, g.blockType(results)...)
}

// leave gives back to the depth.
func (g *generator) leave() {
	g.op(corewasm.OpLocalGet, g.nested)
	g.i32(int64(g.width))
	g.emit(corewasm.OpI32Add)
	g.op(corewasm.OpGlobalSet, g.depth)
}

// nested adds the points at which depth is counted.
func (w *walker) nested(b *corewasm.Body) {
	w.points = slices.Insert(w.points, 0, point{at: b.Code, kind: enterBody, of: b.Func})
	for _, at := range w.landing {
		w.points = append(w.points, point{at: at, kind: land})
	}
	for _, at := range w.exits {
		w.points = append(w.points, point{at: at, kind: leaveBody})
	}
	w.points = append(w.points, point{at: b.End - 1, kind: endBody})
	slices.SortStableFunc(w.points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
}

const emptyBlock = 0x40

// pay pays a price that is known.
func (g *generator) pay(price int64) {
	g.op(corewasm.OpGlobalGet, g.fuel)
	g.i64(price)
	g.settle()
}

// payLength pays by a length that is in a local.
func (g *generator) payLength(length uint32, b bulk) {
	g.op(corewasm.OpGlobalGet, g.fuel)
	g.op(corewasm.OpLocalGet, length)
	g.emit(corewasm.OpI64ExtendI32U)
	switch {
	case b.shift > 0:
		g.emit(corewasm.OpI64Const, byte(b.shift))
		g.emit(corewasm.OpI64ShrU)
	case b.shift < 0:
		g.emit(corewasm.OpI64Const, byte(-b.shift))
		g.emit(corewasm.OpI64Shl)
	}
	g.settle()
}

// settle takes a balance and a price from the stack, and asks for more fuel when
// the one does not cover the other.
//
// The way that asks for no fuel is written first, though it does nothing: the
// engine's compiler lays blocks out in this order, and where two ways meet it
// keeps in registers what the first one left there. After a call that is nothing.
func (g *generator) settle() {
	g.emit(corewasm.OpI64Sub)
	g.op(corewasm.OpGlobalSet, g.fuel)
	g.op(corewasm.OpGlobalGet, g.fuel)
	g.emit(corewasm.OpI64Const, 0)
	g.emit(corewasm.OpI64GeS)
	g.emit(corewasm.OpIf, emptyBlock)
	g.emit(corewasm.OpElse)
	g.op(corewasm.OpCall, g.ask)
	g.emit(corewasm.OpEnd)
}

// asking is the code of the function that asks for fuel. It is not written where
// it is needed because that is in so many places.
func (g *generator) asking() []byte {
	g.code = append(g.code[:0], 0) // no locals
	g.op(corewasm.OpGlobalGet, g.fuel)
	g.op(corewasm.OpCall, g.refill)
	g.op(corewasm.OpGlobalSet, g.fuel)
	g.emit(corewasm.OpEnd)
	return g.take()
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

func (g *generator) i64(v int64) { g.code = appendS(append(g.code, byte(corewasm.OpI64Const)), v) }

func (g *generator) i32(v int64) { g.code = appendS(append(g.code, byte(corewasm.OpI32Const)), v) }

// appendS appends a signed number [5.2.2].
func appendS(b []byte, v int64) []byte {
	for ; v > 0x3f || v < -0x40; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v)&0x7f)
}
