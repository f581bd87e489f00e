package capability

import "sync/atomic"

// Counts count what guards granted, for each of their points. The zero value is ready; it takes the points of the first guard that uses it, and
// counts for guards of the same points only, such as those of all instances of one component.
type Counts struct{ taken atomic.Pointer[counted] }

type counted struct {
	points  []checkPoint
	granted []atomic.Uint64
}

// of gives the counters for a guard of these points; nil where they are others.
func (c *Counts) of(points []checkPoint) *counted {
	c.taken.CompareAndSwap(nil, &counted{points, make([]atomic.Uint64, len(points))})
	got := c.taken.Load()
	if len(got.points) != len(points) {
		return nil
	}
	for i := range points {
		if got.points[i].Point != points[i].Point {
			return nil
		}
	}
	return got
}

// Each gives each point and how many of its demands were granted so far.
func (c *Counts) Each(yield func(Point, uint64) bool) {
	got := c.taken.Load()
	if got == nil {
		return
	}
	for i := range got.granted {
		if !yield(got.points[i].Point, got.granted[i].Load()) {
			return
		}
	}
}
