package capability

import (
	"strings"
	"sync/atomic"
)

// recent remembers, for each point, a demand that was granted: most components ask for the same again and again, and then one comparison answers.
type recent struct{ slots []slot }

type slot struct {
	hit    atomic.Pointer[hit]
	misses atomic.Uint32
}

// hit is a demand as it was asked, and the grant that allows it for as long as it is not revoked.
type hit struct {
	action, resource string
	token            *Token
}

// refill is how many demands that were others a remembered one outlives. Remembering costs an allocation, which demands that are always others must not pay
// each time.
const refill = 64

// recall gives the token of a demand that was granted before, nil where it is not remembered.
func (g *Guard) recall(point int, action, resource string) *Token {
	r := g.recent.Load()
	if r == nil {
		return nil
	}
	h := r.slots[point].hit.Load()
	if h == nil || h.resource != resource || h.action != action || h.token.Revoked() {
		return nil
	}
	return h.token
}

func (g *Guard) remember(point int, action, resource string, token *Token) {
	r := g.recent.Load()
	if r == nil {
		g.recent.CompareAndSwap(nil, &recent{make([]slot, len(g.points))})
		r = g.recent.Load()
	}
	if s := &r.slots[point]; s.misses.Add(1)%refill == 1 {
		s.hit.Store(&hit{strings.Clone(action), strings.Clone(resource), token})
	}
}
