package capability

import (
	"slices"
	"sync"
	"weak"
)

// Leash takes grants back from running components: from all guards that were made with it, and those that will be, such as of an actor's instances, the
// next ones after a restart included. The zero value is ready; it may be used by many goroutines.
type Leash struct {
	mu      sync.Mutex
	guards  []weak.Pointer[Guard]
	revoked []Grant
	all     bool
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
	if l.all {
		g.revokeAll()
	}
	for _, grant := range l.revoked {
		g.Revoke(grant)
	}
}

// Revoke takes back a grant for good, as [Guard.Revoke] does, and says whether a guard held it.
func (l *Leash) Revoke(grant Grant) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.revoked, grant) {
		l.revoked = append(l.revoked, grant)
	}
	held := false
	for _, w := range l.guards {
		if g := w.Value(); g != nil {
			held = g.Revoke(grant) || held
		}
	}
	return held
}

// RevokeAll takes everything back for good.
func (l *Leash) RevokeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = true
	for _, w := range l.guards {
		if g := w.Value(); g != nil {
			g.revokeAll()
		}
	}
}

func (g *Guard) revokeAll() {
	for i := range g.tokens {
		g.tokens[i].revoked.Store(true)
	}
}
