package meter

import (
	"slices"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// Depth is counted where it can grow without bound: in one function at least of
// each ring of calls, and in every so many of a chain of others, so that a module
// cannot have one that is very long. A function that is counted counts for those
// that are not, too, between the one that was counted before and itself. What it
// takes of the depth at its entry it gives back wherever it is left. A body is put
// into a block for that: what branched to its end branches to the block's.
//
// A call by reference may be a call of any function that is referred to. Of those
// the ones are counted that can come to call by reference themselves; with that
// done the others' rings are few, in most guests.
//
// An exception leaves functions without giving anything back. So a function that
// catches knows what it had, and sets the depth to that where its clauses lead.

// DepthExport is the name under which a module exports how much deeper its calls
// may nest: a mutable i32 that begins at Refill.Depth. The host may write it
// while the guest does not run.
const DepthExport = "\x00depth"

// TooDeep is what a guest asks Refill with when its calls nest too deep, in
// place of a balance. There is no answer.
const TooDeep = -1 << 63

const (
	chain       = 16 // the most calls one within the other that are not counted
	localsShare = 4  // as a shift: a function counts once more per 16 locals
)

// graph is which functions call which. Behind the functions stands a node for
// what is called by reference.
type graph struct {
	m       *corewasm.Module
	from    []uint32 // of each function, where its callees begin
	to      []uint32
	refs    []uint32 // functions that the last node calls
	last    uint32
	catch   []bool
	counted []bool
	width   []int // how often a function counts, 0 for not at all
}

func newGraph(m *corewasm.Module) graph {
	g := graph{m: m, last: uint32(len(m.Funcs))}
	for i, yes := range m.Referenced() {
		if yes {
			g.refs = append(g.refs, uint32(i))
		}
	}
	return g
}

// calls notes what a function calls, from the walk of its body.
func (g *graph) calls(w *walker) {
	g.from = append(g.from, uint32(len(g.to)))
	g.to = append(g.to, w.callees...)
	g.catch = append(g.catch, w.catches && w.sound)
}

// callees gives what a node calls.
func (g *graph) callees(v uint32) []uint32 {
	i := int(v) - g.m.ImportedFuncs
	switch {
	case v == g.last:
		return g.refs
	case i < 0:
		return nil
	}
	return g.to[g.from[i]:g.from[i+1]]
}

// weight is how often a function counts by itself.
func (g *graph) weight(v uint32) int {
	i := int(v) - g.m.ImportedFuncs
	if v == g.last || i < 0 {
		return 0
	}
	b := &g.m.Bodies[i]
	return 1 + (int(b.Locals)+len(g.m.FuncType(b.Func).Params))>>localsShare
}

// count decides which functions are counted, and how often. It gives the order of
// cut.
func (g *graph) count() []uint32 {
	g.from = append(g.from, uint32(len(g.to)))
	g.counted = make([]bool, g.last+1)
	for i, catches := range g.catch {
		g.counted[i+g.m.ImportedFuncs] = catches
	}
	for _, v := range g.reentered() {
		g.counted[v] = true
	}
	order := g.cut()
	length := make([]int, g.last+1) // of the longest uncounted chain that begins there
	for _, v := range order {
		if g.counted[v] {
			continue
		}
		for _, c := range g.callees(v) {
			length[v] = max(length[v], length[c])
		}
		if length[v] += g.weight(v); length[v] > chain {
			g.counted[v], length[v] = true, 0
		}
	}
	g.widen(order)
	return order
}

// widen has each counted function count for the longest uncounted chain that
// leads to it from another one. The order is that of cut.
func (g *graph) widen(order []uint32) {
	before := make([]int, g.last+1) // the longest chain from a counted function, plus one; 0 for none
	for _, v := range slices.Backward(order) {
		chain := before[v]
		switch {
		case g.counted[v]:
			chain = 1
		case chain > 0:
			chain += g.weight(v)
		default:
			continue
		}
		for _, c := range g.callees(v) {
			before[c] = max(before[c], chain)
		}
	}
	g.width = make([]int, len(g.m.Bodies))
	for i := range g.width {
		if v := uint32(i + g.m.ImportedFuncs); g.counted[v] {
			g.width[i] = g.weight(v) + max(before[v]-1, 0)
		}
	}
}

// visit is a node on the way of a search, and the next of its callees.
type visit struct {
	v  uint32
	at int
}

// cut counts a function of each ring that is left, and gives an order in which
// callees come before callers, but for those that are counted: a search in depth
// finds of each ring a call that leads back to where the search came from.
func (g *graph) cut() (order []uint32) {
	const (
		seen = 1 + iota
		open
	)
	state := make([]uint8, g.last+1)
	var path []visit
	enter := func(v uint32) {
		if state[v] == 0 {
			state[v], path = open, append(path, visit{v: v})
		}
	}
	search := func(root uint32) {
		for enter(root); len(path) > 0; {
			p := &path[len(path)-1]
			v := p.v
			if to := g.callees(v); p.at < len(to) {
				c := to[p.at]
				p.at++
				if g.counted[c] {
					continue
				}
				if state[c] == open {
					g.counted[c] = true
				}
				enter(c)
				continue
			}
			path, order, state[v] = path[:len(path)-1], append(order, v), seen
		}
	}
	for _, v := range g.refs { // a ring is cut where one comes into it
		search(v)
	}
	for v := range g.last + 1 {
		search(v)
	}
	return order
}

// reentered gives the functions that are called by reference, or may be, and that
// can come to call by reference again: by Tarjan's algorithm, those which are in
// a ring with the last node.
func (g *graph) reentered() (out []uint32) {
	index, low := make([]uint32, g.last+1), make([]uint32, g.last+1) // index 0: not seen
	open := make([]bool, g.last+1)
	var path []visit
	var stack []uint32
	seen := uint32(0)
	enter := func(v uint32) {
		seen++
		index[v], low[v], open[v] = seen, seen, true
		stack, path = append(stack, v), append(path, visit{v: v})
	}
	for enter(g.last); len(path) > 0; {
		p := &path[len(path)-1]
		v := p.v
		if to := g.callees(v); p.at < len(to) {
			c := to[p.at]
			p.at++
			if index[c] == 0 {
				enter(c)
			} else if open[c] {
				low[v] = min(low[v], index[c])
			}
			continue
		}
		path = path[:len(path)-1]
		if len(path) > 0 {
			above := path[len(path)-1].v
			low[above] = min(low[above], low[v])
		}
		if low[v] == index[v] && v != g.last { // a ring of others is complete
			for more := true; more; {
				u := stack[len(stack)-1]
				stack, open[u] = stack[:len(stack)-1], false
				more = u != v
			}
		}
	}
	for _, v := range g.refs {
		if open[v] { // what is left is the last node's
			out = append(out, v)
		}
	}
	return out
}
