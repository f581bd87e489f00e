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
	received []Grant      // handed on to it
	given    []delegation // handed on by it
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
	for _, grant := range l.received {
		g.extend(grant)
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
	held, lost := l.drop(grant, (*Guard).Revoke)
	l.mu.Unlock()
	l.loseAll(lost)
	return held
}

// Revoked says whether a grant was taken back for good.
func (l *Leash) Revoked(grant Grant) bool { return l.lost(grant) }

// lose takes back what was handed on to the leash. The same grant of the component's own stays, and it may be handed on to it again.
func (l *Leash) lose(grant Grant) {
	l.mu.Lock()
	_, lost := l.drop(grant, (*Guard).lose)
	l.mu.Unlock()
	l.loseAll(lost)
}

// loseAll goes on with what was handed on, without mu held: leashes may hand on in a ring.
func (*Leash) loseAll(lost []delegation) {
	for _, d := range lost {
		d.to.lose(d.grant)
	}
}

// drop takes a grant from the guards, and gives what was handed on under it. With mu held.
func (l *Leash) drop(grant Grant, from func(*Guard, Grant) bool) (held bool, lost []delegation) {
	l.received = slices.DeleteFunc(l.received, func(g Grant) bool { return g == grant })
	for _, w := range l.guards {
		if g := w.Value(); g != nil {
			held = from(g, grant) || held
		}
	}
	l.given = slices.DeleteFunc(l.given, func(d delegation) bool {
		if d.under == grant {
			lost = append(lost, d)
		}
		return d.under == grant
	})
	return held, lost
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
	l.loseAll(lost)
}

func (g *Guard) revokeAll() {
	for i := range g.tokens {
		g.tokens[i].revoked.Store(true)
	}
	if more := g.more.Load(); more != nil {
		for _, m := range *more {
			m.revokeAll()
		}
	}
}
