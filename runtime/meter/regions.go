package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// point is a place at which a body pays.
type point struct {
	at     uint32
	until  uint32 // its code stands in place of what is before this, 0 for of nothing
	label  uint32 // of a branch that is paid for
	kind   pointKind
	region int         // whose price is paid, for payRegion
	bulk   bulk        // for the others that pay
	of     uint32      // the function, for enterBody
	op     corewasm.Op // that it stands at
}

type pointKind uint8

const (
	payRegion  pointKind = iota
	payRound             // before a branch to the head of a loop
	payLength            // before a bulk instruction
	maybeLarge           // in place of one that may be done in pieces
	keepLength           // before an instruction that pays afterwards
	paySuccess           // after it
	enterBody            // of a body whose depth is counted
	land                 // where an exception may have left others
	leaveBody            // before it returns
	endBody              // before its last end
)

// region is a round of a loop, or what is outside of all loops. The first round
// of a loop within belongs to it too: who enters a loop has paid for that.
type region struct {
	// here is the price of the most expensive way from the region's head to
	// where the walk is, or dead. While the walk is in a loop within, it stands.
	here int64
	// peak is the greatest that here has been.
	peak int64
	// atHead says that all rounds of the loop are paid for at its head, the
	// first one too: something leads there that is no plain branch.
	atHead bool
	// outs is the first of the frames of the region that a loop within, in which
	// the walk is, branches to: its index plus one, 0 for none.
	outs int
}

const dead = -1 // no way leads here

// first is what entering the loop costs the region around it.
func (r *region) first() int64 {
	if r.atHead {
		return 0
	}
	return r.peak
}

// frame is an open block.
type frame struct {
	op      corewasm.Op
	region  int   // that the block stands in
	inner   int   // that a loop is
	entry   int64 // of an if: here, before it
	join    int64 // the most expensive way by a branch to the block's end
	catches []int // of a try_table: the frames that its clauses branch to
	caught  bool  // a clause leads to its end, or to the loop's head
	params  bool  // a loop that takes operands
	head    uint32
	out     bool // it is among the region's outs
	next    int  // of them, as there
}

// walker divides a body into regions and prices them. Every way through a region
// goes forward: the only branches back are to a loop's head, where another
// round begins. So one pass finds the most expensive way.
type walker struct {
	m          *corewasm.Module
	regions    []region
	frames     []frame
	points     []point
	current    int  // region
	relabelled bool // no branch may be replaced
	strange    bool // the body calls what may be carried or not, or unwinds

	// For depth: what the body calls, whether it catches exceptions, and where
	// it returns and where its clauses lead.
	outside uint32 // the node that stands for calls by reference
	inward  []bool // of the imported functions
	callees []uint32
	catches bool
	sound   bool // all labels are there
	exits   []uint32
	landing []uint32
	carried map[uint32]int64     // the prices of functions that their callers pay for
	known   []bool               // that these prices are, or that a function has none
	byRef   int64                // the greatest of those that may be called by reference
	bulks   map[corewasm.Op]bool // that there are in any body
}

// carry is the price of a body that its callers pay for: one that is short and has
// no loop and no instruction that pays by length. What it calls is carried by it,
// or pays for itself, and which of both must be known.
func (w *walker) carry() (int64, bool) {
	price := w.regions[0].peak
	return price, !w.strange && len(w.points) == 1 && price <= carriedCost
}

func (w *walker) walk(b *corewasm.Body) {
	base := int64(entryCost + b.Locals>>localsShift)
	w.regions = append(w.regions[:0], region{here: base, peak: base})
	w.frames = append(w.frames[:0], frame{op: corewasm.OpBlock, join: dead})
	w.points = append(w.points[:0], point{at: b.Code})
	w.current, w.strange, w.relabelled = 0, false, b.Relabelled
	w.callees, w.exits, w.landing = w.callees[:0], w.exits[:0], w.landing[:0]
	w.catches, w.sound = false, true
	for in := range w.m.Instructions(b) {
		w.step(&in)
	}
}

func (w *walker) step(in *corewasm.Instr) {
	w.nesting(in)
	r := &w.regions[w.current]
	if r.here != dead {
		r.here += w.cost(in)
		r.peak = max(r.peak, r.here)
	}
	switch in.Op {
	case corewasm.OpBlock, corewasm.OpIf:
		w.frames = append(w.frames, frame{op: in.Op, region: w.current, entry: r.here, join: dead})
	case corewasm.OpTryTable:
		w.try(in)
	case corewasm.OpLoop:
		w.loop(in)
	case corewasm.OpElse:
		f := &w.frames[len(w.frames)-1]
		f.op = corewasm.OpElse
		f.join = max(f.join, r.here)
		r.here = f.entry
	case corewasm.OpEnd:
		w.end(in)
	case corewasm.OpBr, corewasm.OpBrIf, corewasm.OpBrOnNull, corewasm.OpBrOnNonNull:
		to := w.target(in.Index)
		w.branch(to)
		if w.frames[to].op == corewasm.OpLoop {
			w.round(in, to)
		}
		if in.Op == corewasm.OpBr {
			w.die()
		}
	case corewasm.OpBrTable:
		for _, l := range in.Labels {
			to := w.target(l)
			w.branch(to)
			if w.frames[to].op == corewasm.OpLoop {
				w.head(to)
			}
		}
		w.die()
	case corewasm.OpUnreachable, corewasm.OpReturn, corewasm.OpThrow, corewasm.OpThrowRef,
		corewasm.OpReturnCall, corewasm.OpReturnCallIndirect, corewasm.OpReturnCallRef:
		w.die()
	default:
		w.bulk(in)
	}
}

// cost is the price of an instruction, with that of a function that is carried by
// the call.
func (w *walker) cost(in *corewasm.Instr) int64 {
	price := cost(in.Op)
	switch in.Op {
	case corewasm.OpCall, corewasm.OpReturnCall:
		w.strange = w.strange || !w.known[in.Index]
		price += w.carried[in.Index]
	case corewasm.OpCallIndirect, corewasm.OpReturnCallIndirect, corewasm.OpCallRef, corewasm.OpReturnCallRef:
		w.strange = true
		price += w.byRef
	case corewasm.OpThrow, corewasm.OpThrowRef, corewasm.OpTryTable:
		w.strange = true
	}
	return price
}

// target gives the frame of a label; a label that does not exist, which the
// engine will refuse, gives the function's.
func (w *walker) target(label uint32) int {
	w.sound = w.sound && int64(label) < int64(len(w.frames))
	return max(len(w.frames)-1-int(min(label, uint32(len(w.frames)))), 0)
}

// branch notes a way to the end of a block, or of several. A branch to a loop
// begins a round, which is paid for by itself.
func (w *walker) branch(target int) {
	f := &w.frames[target]
	switch {
	case w.regions[w.current].here == dead || f.op == corewasm.OpLoop:
	case f.region == w.current:
		f.join = max(f.join, w.regions[f.region].here)
	case !f.out: // out of a loop, whose price is not known before its end
		r := &w.regions[f.region]
		f.out, f.next, r.outs = true, r.outs, target+1
	}
}

// round notes a branch to the head of a loop. It is paid for before it is taken,
// which is plain to do where it moves no operands.
func (w *walker) round(in *corewasm.Instr, target int) {
	f := &w.frames[target]
	if in.Op != corewasm.OpBr && in.Op != corewasm.OpBrIf || f.params || w.relabelled {
		w.head(target)
		return
	}
	p := point{at: in.Offset, kind: payRound, region: f.inner, label: in.Index, op: in.Op}
	if in.Op == corewasm.OpBrIf {
		p.until = in.End
	}
	w.points = append(w.points, p)
}

// head has all rounds of a loop paid for at its head.
func (w *walker) head(target int) { w.regions[w.frames[target].inner].atHead = true }

// die notes that no way leads on.
func (w *walker) die() { w.regions[w.current].here = dead }

func (w *walker) loop(in *corewasm.Instr) {
	here := int64(0)
	if w.regions[w.current].here == dead {
		here = dead
	}
	inner := len(w.regions)
	w.frames = append(w.frames, frame{
		op: in.Op, region: w.current, inner: inner, head: in.End,
		params: in.Index > 0 && len(w.m.Types[in.Index-1].Params) > 0,
	})
	w.current = inner
	w.regions = append(w.regions, region{here: here})
	w.points = append(w.points, point{at: in.End, region: inner})
}

// endLoop adds the loop's first round to the region around it, on the way through
// its end and on those that branch out of it.
func (w *walker) endLoop(inner *region, r *region) {
	if inner.peak > roundCost {
		inner.atHead = true
	}
	if r.here != dead {
		r.here += inner.first()
		r.peak = max(r.peak, r.here)
	}
	for r.outs > 0 {
		f := &w.frames[r.outs-1]
		f.join = max(f.join, r.here)
		f.out, r.outs = false, f.next
	}
	if inner.here == dead {
		r.here = dead
	}
}

func (w *walker) try(in *corewasm.Instr) {
	f := frame{op: in.Op, region: w.current, entry: w.regions[w.current].here, join: dead}
	for _, l := range in.Labels {
		to := w.target(l)
		f.catches = append(f.catches, to)
		if f := &w.frames[to]; f.op == corewasm.OpLoop && !f.caught {
			w.landing = append(w.landing, f.head)
		}
		w.frames[to].caught = true
		w.catches = true
	}
	w.frames = append(w.frames, f)
}

func (w *walker) end(in *corewasm.Instr) {
	f := w.frames[len(w.frames)-1]
	if len(w.frames) > 1 {
		if f.caught && f.op != corewasm.OpLoop {
			w.landing = append(w.landing, in.End)
		}
		w.frames = w.frames[:len(w.frames)-1]
	}
	inner := &w.regions[w.current]
	w.current = f.region
	r := &w.regions[w.current]
	switch f.op {
	case corewasm.OpLoop:
		w.endLoop(inner, r)
		return
	case corewasm.OpIf: // the way that skips it
		f.join = max(f.join, f.entry)
	case corewasm.OpTryTable:
		w.caught(&f)
	}
	r.here = max(r.here, f.join)
}

// caught notes the ways out of a try_table by its clauses. An exception may come
// from anywhere in it, so that each is as dear as the dearest way so far.
func (w *walker) caught(f *frame) {
	if f.entry == dead {
		return
	}
	for _, c := range f.catches {
		switch t := &w.frames[c]; {
		case t.op == corewasm.OpLoop:
			w.head(c)
		case t.region == w.current:
			t.join = max(t.join, w.regions[t.region].peak)
		default:
			w.branch(c)
		}
	}
}

func (w *walker) bulk(in *corewasm.Instr) {
	if in.Op != corewasm.OpMemoryGrow && in.Op < corewasm.OpMemoryInit {
		return
	}
	w.bulks[in.Op] = true
	b, ok := bulks[in.Op]
	switch {
	case !ok:
	case b.after:
		w.points = append(w.points, point{at: in.Offset, kind: keepLength, op: in.Op}, point{at: in.End, kind: paySuccess, op: in.Op, bulk: b})
	case in.Op == corewasm.OpMemoryFill, in.Op == corewasm.OpMemoryCopy:
		w.points = append(w.points, point{at: in.Offset, until: in.End, kind: maybeLarge, op: in.Op})
	default:
		w.points = append(w.points, point{at: in.Offset, kind: payLength, bulk: b})
	}
}

// nesting notes what matters for depth.
func (w *walker) nesting(in *corewasm.Instr) {
	switch in.Op {
	case corewasm.OpCall, corewasm.OpReturnCall:
		switch {
		case int64(in.Index) >= int64(len(w.inward)):
			w.callees = append(w.callees, in.Index)
		case w.inward[in.Index]:
			w.callees = append(w.callees, w.outside)
		}
	case corewasm.OpCallIndirect, corewasm.OpReturnCallIndirect, corewasm.OpCallRef, corewasm.OpReturnCallRef:
		w.callees = append(w.callees, w.outside)
	}
	switch in.Op {
	case corewasm.OpReturn, corewasm.OpReturnCall, corewasm.OpReturnCallIndirect, corewasm.OpReturnCallRef:
		w.exits = append(w.exits, in.Offset)
	}
}
