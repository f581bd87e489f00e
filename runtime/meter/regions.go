package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// point is a place at which a body pays.
type point struct {
	at     uint32
	kind   pointKind
	region int         // whose price is paid, for payRegion
	bulk   bulk        // for the others that pay
	of     uint32      // the function, for enterBody
	op     corewasm.Op // for inPieces
}

type pointKind uint8

const (
	payRegion  pointKind = iota
	payLength            // before a bulk instruction
	inPieces             // before one that may be done in pieces
	keepLength           // before an instruction that pays afterwards
	paySuccess           // after it
	enterBody            // of a body whose depth is counted
	land                 // where an exception may have left others
	leaveBody            // before it returns
	endBody              // before its last end
)

// region is a loop without the loops in it, or what is outside of all loops.
type region struct {
	// here is the price of the most expensive way from the region's head to
	// where the walk is, or dead. While the walk is in a loop within, it stands.
	here int64
	// peak is the greatest that here has been.
	peak int64
}

const dead = -1 // no way leads here

// frame is an open block.
type frame struct {
	op      corewasm.Op
	region  int   // that the block's label belongs to
	entry   int64 // of an if: here, before it
	join    int64 // the most expensive way by a branch to the block's end
	catches []int // of a try_table: the frames that its clauses branch to
	caught  bool  // a clause leads to its end, or to the loop's head
	head    uint32
}

// walker divides a body into regions and prices them. Every way through a region
// goes forward: the only branches back are to a loop's head, where another
// region begins. So one pass finds the most expensive way.
type walker struct {
	regions []region
	frames  []frame
	points  []point
	current int  // region
	calls   bool // the body calls or unwinds

	// For depth: what the body calls, whether it catches exceptions, and where
	// it returns and where its clauses lead.
	outside uint32 // the node that stands for calls by reference
	inward  []bool // of the imported functions
	callees []uint32
	catches bool
	sound   bool // all labels are there
	exits   []uint32
	landing []uint32
	leaves  map[uint32]int64
}

// leaf is the price of a body that its callers pay: one that is short, calls
// nothing, and has no loop and no instruction that pays by length.
func (w *walker) leaf() (int64, bool) {
	price := w.regions[0].peak
	return price, !w.calls && len(w.points) == 1 && price <= leafCost
}

func (w *walker) walk(m *corewasm.Module, b *corewasm.Body) {
	base := int64(entryCost + b.Locals>>localsShift)
	w.regions = append(w.regions[:0], region{here: base, peak: base})
	w.frames = append(w.frames[:0], frame{op: corewasm.OpBlock, join: dead})
	w.points = append(w.points[:0], point{at: b.Code})
	w.current, w.calls = 0, false
	w.callees, w.exits, w.landing = w.callees[:0], w.exits[:0], w.landing[:0]
	w.catches, w.sound = false, true
	for in := range m.Instructions(b) {
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
	case corewasm.OpBrIf, corewasm.OpBrOnNull, corewasm.OpBrOnNonNull:
		w.branch(w.target(in.Index))
	case corewasm.OpBr:
		w.branch(w.target(in.Index))
		r.here = dead
	case corewasm.OpBrTable:
		for _, l := range in.Labels {
			w.branch(w.target(l))
		}
		r.here = dead
	case corewasm.OpUnreachable, corewasm.OpReturn, corewasm.OpThrow, corewasm.OpThrowRef,
		corewasm.OpReturnCall, corewasm.OpReturnCallIndirect, corewasm.OpReturnCallRef:
		r.here = dead
	default:
		w.bulk(in)
	}
}

// cost is the price of an instruction, with that of the leaf that it calls.
func (w *walker) cost(in *corewasm.Instr) int64 {
	price := cost(in.Op)
	switch in.Op {
	case corewasm.OpCall, corewasm.OpReturnCall:
		w.calls = true
		price += w.leaves[in.Index]
	case corewasm.OpCallIndirect, corewasm.OpReturnCallIndirect, corewasm.OpCallRef, corewasm.OpReturnCallRef,
		corewasm.OpThrow, corewasm.OpThrowRef, corewasm.OpTryTable:
		w.calls = true
	}
	return price
}

// target gives the frame of a label; a label that does not exist, which the
// engine will refuse, gives the function's.
func (w *walker) target(label uint32) int {
	w.sound = w.sound && int64(label) < int64(len(w.frames))
	return max(len(w.frames)-1-int(min(label, uint32(len(w.frames)))), 0)
}

// branch notes a way to the end of a block. A branch to a loop begins a round,
// which pays for itself.
func (w *walker) branch(target int) {
	f := &w.frames[target]
	if w.regions[w.current].here != dead && f.op != corewasm.OpLoop {
		f.join = max(f.join, w.regions[f.region].here)
	}
}

func (w *walker) loop(in *corewasm.Instr) {
	here := int64(0)
	if w.regions[w.current].here == dead {
		here = dead
	}
	w.frames = append(w.frames, frame{op: in.Op, region: w.current, head: in.End})
	w.current = len(w.regions)
	w.regions = append(w.regions, region{here: here})
	w.points = append(w.points, point{at: in.End, region: w.current})
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
	inner := w.regions[w.current].here
	w.current = f.region
	r := &w.regions[w.current]
	switch f.op {
	case corewasm.OpLoop:
		if inner == dead {
			r.here = dead
		}
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
		if t := &w.frames[c]; t.op != corewasm.OpLoop {
			t.join = max(t.join, w.regions[t.region].peak)
		}
	}
}

func (w *walker) bulk(in *corewasm.Instr) {
	if in.Op != corewasm.OpMemoryGrow && in.Op < corewasm.OpMemoryInit {
		return
	}
	b, ok := bulks[in.Op]
	switch {
	case !ok:
	case b.after:
		w.points = append(w.points, point{at: in.Offset, kind: keepLength}, point{at: in.End, kind: paySuccess, bulk: b})
	case in.Op == corewasm.OpMemoryFill, in.Op == corewasm.OpMemoryCopy:
		w.points = append(w.points, point{at: in.Offset, kind: inPieces, op: in.Op})
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
