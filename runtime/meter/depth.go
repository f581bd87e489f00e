package meter

import "github.com/airsstack/witgen/runtime/corewasm"

// Depth is counted where it can grow without bound: in functions that can come
// to call themselves, and in every so many of a chain of others, so that a
// module cannot have one that is very long. What a function takes of the depth
// at its entry it gives back wherever it is left. A body is put into a block for
// that: what branched to its end branches to the block's.
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
// what is called by reference: a call of one may be a call of any.
type graph struct {
	from  []uint32 // of each function, where its callees begin
	to    []uint32
	refs  []bool // functions that the last node calls
	last  uint32
	width []int // how often a function counts, 0 for not at all
	catch []bool
}

// calls notes what a function calls, from the walk of its body.
func (g *graph) calls(w *walker) {
	g.from = append(g.from, uint32(len(g.to)))
	g.to = append(g.to, w.callees...)
	g.catch = append(g.catch, w.catches && w.sound)
}

// count decides which functions are counted.
func (g *graph) count(m *corewasm.Module) {
	g.from = append(g.from, uint32(len(g.to)))
	recursive, order := g.components(m)
	g.width = make([]int, len(m.Bodies))
	length := make([]int, g.last+1) // of the longest uncounted chain that begins there
	for _, v := range order {
		for _, c := range g.callees(m, v) {
			length[v] = max(length[v], length[c])
		}
		length[v]++
		i := int(v) - m.ImportedFuncs
		if i < 0 || v == g.last {
			continue
		}
		if recursive[v] || g.catch[i] || length[v] > chain {
			length[v] = 0
			b := &m.Bodies[i]
			g.width[i] = 1 + (int(b.Locals)+len(m.FuncType(b.Func).Params))>>localsShare
		}
	}
}

func (g *graph) callees(m *corewasm.Module, v uint32) []uint32 {
	i := int(v) - m.ImportedFuncs
	if i < 0 || v == g.last {
		return nil // of the last node, all that are referred to: that is a way back, and no chain
	}
	return g.to[g.from[i]:g.from[i+1]]
}

// components finds which functions are in a ring of calls, by Tarjan's
// algorithm, and an order in which callees come before callers but for rings.
func (g *graph) components(m *corewasm.Module) (recursive []bool, order []uint32) {
	var referenced []uint32
	for i, yes := range g.refs {
		if yes {
			referenced = append(referenced, uint32(i))
		}
	}
	next := func(v uint32) []uint32 {
		if v == g.last {
			return referenced
		}
		return g.callees(m, v)
	}
	n := int(g.last) + 1
	recursive = make([]bool, n)
	index, low := make([]uint32, n), make([]uint32, n) // index 0: not seen
	open := make([]bool, n)
	type visit struct {
		v  uint32
		at int
	}
	var path []visit
	var stack []uint32
	seen := uint32(0)
	enter := func(v uint32) {
		seen++
		index[v], low[v], open[v] = seen, seen, true
		stack, path = append(stack, v), append(path, visit{v: v})
	}
	for root := range uint32(n) {
		if index[root] > 0 {
			continue
		}
		for enter(root); len(path) > 0; {
			p := &path[len(path)-1]
			v := p.v
			if to := next(v); p.at < len(to) {
				c := to[p.at]
				p.at++
				switch {
				case c == v:
					recursive[v] = true
				case index[c] == 0:
					enter(c)
				case open[c]:
					low[v] = min(low[v], index[c])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				low[path[len(path)-1].v] = min(low[path[len(path)-1].v], low[v])
			}
			order = append(order, v)
			if low[v] != index[v] {
				continue
			}
			for first := true; ; first = false {
				u := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				open[u] = false
				if !first || u != v {
					recursive[u], recursive[v] = true, true
				}
				if u == v {
					break
				}
			}
		}
	}
	return recursive, order
}
