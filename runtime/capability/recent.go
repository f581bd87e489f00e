package capability

import (
	"strings"
	"sync/atomic"
)

// recent remembers demands that were granted: most components ask for the same again and again, and then one comparison answers.
type recent struct {
	last  []atomic.Pointer[hit] // of each point
	slots [recentSlots]slot     // what patterns granted, each where its resource says
}

const recentSlots = 32

type slot struct {
	hit    atomic.Pointer[hit]
	misses atomic.Uint32
}

// hit is a demand as it was asked, and the grant that allows it for as long as it is not revoked.
type hit struct {
	point            int
	action, resource string
	token            *Token
}

// refill is how many demands that were others a remembered one outlives. Remembering costs an allocation, which demands that are always others must not pay
// each time.
const refill = 64

// of gives the token if d is the demand.
func (d *hit) of(point int, action, resource string) *Token {
	if d == nil || d.resource != resource || d.action != action || d.point != point || d.token.Revoked() {
		return nil
	}
	return d.token
}

// recallLast gives the token of the demand that the point remembers, nil where it is another one.
func (g *Guard) recallLast(point int, action, resource string) *Token {
	r := g.recent.Load()
	if r == nil {
		return nil
	}
	return r.last[point].Load().of(point, action, resource)
}

// recall is recallLast for all that is remembered. h is the hash of the resource.
func (g *Guard) recall(point int, action, resource string, h uint64) *Token {
	r := g.recent.Load()
	if r == nil {
		return nil
	}
	return r.slots[h%recentSlots].hit.Load().of(point, action, resource)
}

// remembering gives where to remember.
func (g *Guard) remembering() *recent {
	r := g.recent.Load()
	if r == nil {
		g.recent.CompareAndSwap(nil, &recent{last: make([]atomic.Pointer[hit], len(g.points))})
		r = g.recent.Load()
	}
	return r
}

// remember remembers what a pattern granted.
func (g *Guard) remember(point int, action, resource string, h uint64, token *Token) {
	r := g.remembering()
	if s := &r.slots[h%recentSlots]; s.misses.Add(1)%refill == 1 {
		d := &hit{point, strings.Clone(action), strings.Clone(resource), token}
		s.hit.Store(d)
		r.last[point].Store(d)
	}
}

// empty says whether the point remembers no demand.
func (g *Guard) empty(point int) bool {
	r := g.recent.Load()
	return r == nil || r.last[point].Load() == nil
}

// rememberFirst remembers, for good, what a grant for just the resource allowed: another one is found nearly as soon.
func (g *Guard) rememberFirst(point int, action, resource string, token *Token) {
	g.remembering().last[point].CompareAndSwap(nil, &hit{point, strings.Clone(action), strings.Clone(resource), token})
}
