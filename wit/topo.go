package wit

import "container/heap"

// An edge says that a node of a graph needs another.
type edge[T any] struct {
	to int
	// at is where it says so.
	at T
}

// topo puts nodes in an order in which each comes after those it needs, and
// otherwise in their own order. Those in a circle, or in need of one, are rest: none
// of them is in order.
func topo[T any](edges [][]edge[T]) (order, rest []int) {
	left := make([]int, len(edges))
	needed := make([][]int, len(edges))
	var ready ints
	for i, es := range edges {
		left[i] = len(es)
		for _, e := range es {
			needed[e.to] = append(needed[e.to], i)
		}
		if len(es) == 0 {
			ready = append(ready, i)
		}
	}
	heap.Init(&ready)
	for len(ready) > 0 {
		i := heap.Pop(&ready).(int)
		order = append(order, i)
		for _, by := range needed[i] {
			if left[by]--; left[by] == 0 {
				heap.Push(&ready, by)
			}
		}
	}
	for i, n := range left {
		if n > 0 {
			rest = append(rest, i)
		}
	}
	return order, rest
}

// circle is an edge of a circle, the first one of the first node that is in rest or
// needs it.
func circle[T any](edges [][]edge[T], rest []int) edge[T] {
	in := map[int]bool{}
	for _, i := range rest {
		in[i] = true
	}
	for _, e := range edges[rest[0]] {
		if in[e.to] {
			return e
		}
	}
	panic("wit: a node without a circle is left")
}

type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(x any)        { *h = append(*h, x.(int)) }
func (h *ints) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
