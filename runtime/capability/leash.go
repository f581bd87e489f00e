package capability

import (
	"slices"
	"sync"
	"weak"
)

// Leash takes grants back from running components: from all guards that were made with it, and those that will be, such as of an actor's instances, the
// next ones after a restart included. What the component hands on to others, and is handed on, goes by its leash too: [Leash.Delegate]. The zero value is
// ready; it may be used by many goroutines.
type Leash struct {
	mu       sync.Mutex
	guards   []weak.Pointer[Guard]
	revoked  []Grant
	all      bool
	received []*part // handed on to it
	given    []*part // handed on by it
}

// WithLeash puts the guard on a leash. Nil is none.
func WithLeash(l *Leash) GuardOption {
	return func(g *Guard) {
		if l != nil {
			l.take(g)
		}
	}
}

func (l *Leash) take(g *Guard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.guards = slices.DeleteFunc(l.guards, func(w weak.Pointer[Guard]) bool { return w.Value() == nil })
	l.guards = append(l.guards, weak.Make(g))
	for _, p := range l.received {
		g.extend(p)
	}
	if l.all {
		g.revokeAll()
	}
	for _, grant := range l.revoked {
		g.Revoke(grant)
	}
}

// Revoke takes back a grant for good, as [Guard.Revoke] does, and what was handed on of it. It says whether a guard held it.
func (l *Leash) Revoke(grant Grant) bool {
	l.mu.Lock()
	if !slices.Contains(l.revoked, grant) {
		l.revoked = append(l.revoked, grant)
	}
	held := false
	for _, w := range l.guards {
		if g := w.Value(); g != nil {
			held = g.Revoke(grant) || held
		}
	}
	gone := map[*part]bool{}
	l.received = slices.DeleteFunc(l.received, func(p *part) bool {
		if p.grant == grant {
			gone[p] = true
		}
		return gone[p]
	})
	lost := l.unbacked(func(p *part) bool { return p.under == nil && p.own == grant || gone[p.under] })
	l.mu.Unlock()
	loseAll(lost)
	return held
}

// Revoked says whether a grant was taken back for good.
func (l *Leash) Revoked(grant Grant) bool { return l.lost(grant) }

func (l *Leash) lost(g Grant) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all || slices.Contains(l.revoked, g)
}

// RevokeAll takes everything back for good, and what was handed on.
func (l *Leash) RevokeAll() {
	l.mu.Lock()
	l.all = true
	for _, w := range l.guards {
		if g := w.Value(); g != nil {
			g.revokeAll()
		}
	}
	lost := l.given
	l.given, l.received = nil, nil
	l.mu.Unlock()
	loseAll(lost)
}

func (g *Guard) revokeAll() {
	for i := range g.tokens {
		g.tokens[i].revoked.Store(true)
	}
	if all := g.extras.Load(); all != nil {
		for _, e := range *all {
			e.revokeAll()
		}
	}
}
