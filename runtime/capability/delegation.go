package capability

import (
	"fmt"
	"slices"
	"strings"
)

// A delegation is a grant that the holder of one leash handed on to that of another.
type delegation struct {
	grant Grant
	under Grant // the giver's, that covers it
	to    *Leash
}

// A DelegationError says that somebody wanted to hand on what he does not hold.
type DelegationError struct {
	From  string // whose grants they are
	Grant Grant
}

func (e *DelegationError) Error() string {
	return fmt.Sprintf("%s cannot hand on %q: none of the grants that it holds covers that", e.From, e.Grant)
}

// Delegate hands a part of what a component holds on to another one, which has it from then on, in its instances to come too: grants that are those of the
// manifest, held, or parts of them; what was handed on to the giver it can hand on as well. All are handed on, or none and the error is a [*DelegationError]
// or a [*PatternError]. When the giver loses the grant that covers a part, the part is lost with it, however far it was handed on.
func (l *Leash) Delegate(from string, held []Grant, to *Leash, part ...Grant) error {
	if l == to {
		return nil
	}
	l.mu.Lock()
	given := make([]delegation, 0, len(part))
	for _, g := range part {
		d, err := l.cover(from, held, g)
		if err != nil {
			l.mu.Unlock()
			return err
		}
		d.to = to
		given = append(given, d)
	}
	l.given = append(l.given, given...)
	l.mu.Unlock()
	for _, d := range given {
		to.receive(d.grant)
	}
	// A revocation that came in between did not find them at the receiver.
	for _, d := range given {
		if l.lost(d.under) {
			to.lose(d.grant)
		}
	}
	return nil
}

// cover finds the grant that covers a part. With mu held.
func (l *Leash) cover(from string, held []Grant, part Grant) (delegation, error) {
	if part.own() { // the giver's own, which is not the receiver's
		part.Resource = strings.ReplaceAll(part.Resource, ownID, from)
	}
	if _, err := ParsePattern(part.Kind, part.Resource); err != nil {
		return delegation{}, err
	}
	for _, g := range append(slices.Clone(held), l.received...) {
		wide := g
		if wide.own() {
			wide.Resource = strings.ReplaceAll(wide.Resource, ownID, from)
		}
		if !l.all && !slices.Contains(l.revoked, g) && wide.Covers(part) {
			return delegation{grant: part, under: g}, nil
		}
	}
	return delegation{}, &DelegationError{from, part}
}

func (l *Leash) lost(g Grant) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all || slices.Contains(l.revoked, g)
}

// receive gives a grant to all guards of the leash.
func (l *Leash) receive(g Grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all || slices.Contains(l.revoked, g) {
		return // for good
	}
	if !slices.Contains(l.received, g) {
		l.received = append(l.received, g)
	}
	for _, w := range l.guards {
		if guard := w.Value(); guard != nil {
			guard.extend(g)
		}
	}
}

// extend has the guard allow a grant more.
func (g *Guard) extend(grant Grant) {
	points := make([]Point, len(g.points))
	for i := range points {
		points[i] = g.points[i].Point
	}
	p, err := newPolicy(g.subject, []Grant{grant}, points)
	if err != nil {
		return // it was parsed when it was handed on
	}
	more := []*Guard{{policy: p, subject: g.subject, tokens: make([]Token, len(p.grants))}}
	for {
		was := g.more.Load()
		all := more
		if was != nil {
			all = append(slices.Clone(*was), more...)
		}
		if g.more.CompareAndSwap(was, &all) {
			return
		}
	}
}

// lose takes back what was handed on to the guard.
func (g *Guard) lose(grant Grant) bool {
	took := false
	if more := g.more.Load(); more != nil {
		for _, m := range *more {
			took = m.Revoke(grant) || took
		}
	}
	return took
}

// handed asks what was handed on to the guard; nil where it does not cover the demand.
func (g *Guard) handed(point int, action, asked string) *Token {
	more := g.more.Load()
	if more == nil {
		return nil
	}
	for _, m := range *more {
		if at := matcherOf(m.points[point].actions, action); at != nil {
			if token, _ := at.find(m.tokens, asked); token != nil {
				return token
			}
		}
	}
	return nil
}
