package capability

import (
	"fmt"
	"slices"
	"strings"
)

// A Delegation is what one component has handed on to another one at a time. It ends when it is revoked, or its giver loses what it came from; each of its
// grants by itself.
type Delegation struct {
	// From and To are who gave it, and who has it.
	From, To string
	parts    []*part
	used     Recorder // nil for none
}

// A Receiver is to whom something is handed on.
type Receiver struct {
	Name  string // its address
	Leash *Leash
	// Used is told of what is granted to it by the delegation and by nothing else, in place of the recorders and counts of its guards. Nil is none.
	Used Recorder
}

// A part is one grant of a delegation.
type part struct {
	grant Grant
	own   Grant // of the giver, that covers it
	under *part // or what was handed on to the giver; nil where it is own
	to    *Leash
	of    *Delegation
}

// A DelegationError says that somebody wanted to hand on what he does not hold.
type DelegationError struct {
	From  string // whose grants they are
	Grant Grant
}

func (e *DelegationError) Error() string {
	return fmt.Sprintf("%s cannot hand on %q: none of the grants that it holds covers that", e.From, e.Grant)
}

// Delegate hands a part of what the component from holds on to another one, which has it from then on, in its instances to come too: grants that are those
// of the manifest, held, or parts of them; what was handed on to the giver it can hand on as well. All are handed on, or none and the error is a
// [*DelegationError] or a [*PatternError]. When the giver loses the grant that covers a part, the part is lost with it, however far it was handed on.
func (l *Leash) Delegate(from string, held []Grant, to Receiver, grants ...Grant) (*Delegation, error) {
	d := &Delegation{From: from, To: to.Name, used: to.Used}
	l.mu.Lock()
	for _, g := range grants {
		p, err := l.cover(from, held, g)
		if err != nil {
			l.mu.Unlock()
			return nil, err
		}
		p.to, p.of = to.Leash, d
		d.parts = append(d.parts, p)
	}
	l.given = append(l.given, d.parts...)
	l.mu.Unlock()
	for _, p := range d.parts {
		to.Leash.receive(p)
	}
	// A revocation that came in between did not find them at the receiver.
	for _, p := range d.parts {
		if !l.backs(p) {
			to.Leash.lose(p)
		}
	}
	return d, nil
}

// CanDelegate gives the error with which Delegate would refuse these grants now; nil for none.
func (l *Leash) CanDelegate(from string, held []Grant, grants ...Grant) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range grants {
		if _, err := l.cover(from, held, g); err != nil {
			return err
		}
	}
	return nil
}

// Revoke takes back what is left of it, from everybody to whom it was handed on, and says whether there was any. What is open under it stops working at once.
func (d *Delegation) Revoke() (held bool) {
	for _, p := range d.parts {
		held = p.to.lose(p) || held
	}
	return held
}

// Grants are those of it that the receiver still has.
func (d *Delegation) Grants() (left []Grant) {
	for _, p := range d.parts {
		if p.to.has(p) {
			left = append(left, p.grant)
		}
	}
	return left
}

// cover finds the grant that covers a part. With mu held.
func (l *Leash) cover(from string, held []Grant, grant Grant) (*part, error) {
	if grant.own() { // the giver's own, which is not the receiver's
		grant.Resource = strings.ReplaceAll(grant.Resource, ownID, from)
	}
	if _, err := ParsePattern(grant.Kind, grant.Resource); err != nil {
		return nil, err
	}
	for _, g := range held {
		wide := g
		if wide.own() {
			wide.Resource = strings.ReplaceAll(wide.Resource, ownID, from)
		}
		if !l.all && !slices.Contains(l.revoked, g) && wide.Covers(grant) {
			return &part{grant: grant, own: g}, nil
		}
	}
	for _, p := range l.received {
		if p.grant.Covers(grant) {
			return &part{grant: grant, under: p}, nil
		}
	}
	return nil, &DelegationError{from, grant}
}

// backs says whether the giver has what a part came from.
func (l *Leash) backs(p *part) bool {
	if p.under != nil {
		return l.has(p.under)
	}
	return !l.lost(p.own)
}

// receive gives a part to all guards of the leash.
func (l *Leash) receive(p *part) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all || slices.Contains(l.revoked, p.grant) {
		return // for good
	}
	l.received = append(l.received, p)
	for _, w := range l.guards {
		if guard := w.Value(); guard != nil {
			guard.extend(p)
		}
	}
}

func (l *Leash) has(p *part) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.received, p)
}

// lose takes a part back, and what was handed on of it. The same grant of the component's own stays, and it may be handed on to it again.
func (l *Leash) lose(p *part) (held bool) {
	l.mu.Lock()
	if i := slices.Index(l.received, p); i >= 0 {
		held = true
		l.received = slices.Delete(l.received, i, i+1)
		for _, w := range l.guards {
			if g := w.Value(); g != nil {
				g.lose(p)
			}
		}
	}
	lost := l.unbacked(func(given *part) bool { return given.under == p })
	l.mu.Unlock()
	loseAll(lost)
	return held
}

// unbacked forgets what was given of what is gone, and gives it. With mu held.
func (l *Leash) unbacked(gone func(*part) bool) (lost []*part) {
	l.given = slices.DeleteFunc(l.given, func(p *part) bool {
		if gone(p) {
			lost = append(lost, p)
			return true
		}
		return false
	})
	return lost
}

// loseAll goes on with what was handed on, without a lock: leashes may hand on in a ring.
func loseAll(lost []*part) {
	for _, p := range lost {
		p.to.lose(p)
	}
}

// An extra is what was handed on to a guard, as a guard of its own.
type extra struct {
	*Guard
	of *part
}

// extend has the guard allow a part more.
func (g *Guard) extend(p *part) {
	points := make([]Point, len(g.points))
	for i := range points {
		points[i] = g.points[i].Point
	}
	policy, err := newPolicy(g.subject, []Grant{p.grant}, points)
	if err != nil {
		return // it was parsed when it was handed on
	}
	own := &Guard{policy: policy, subject: g.subject, tokens: make([]Token, len(policy.grants))}
	for i := range own.tokens {
		own.tokens[i].by = p.of
	}
	g.changeExtras(func(all []extra) []extra { return append(slices.Clone(all), extra{own, p}) })
}

// lose takes back what was handed on to the guard.
func (g *Guard) lose(p *part) {
	g.changeExtras(func(all []extra) []extra {
		left := make([]extra, 0, len(all))
		for _, e := range all {
			if e.of == p {
				e.revokeAll()
			} else {
				left = append(left, e)
			}
		}
		return left
	})
}

func (g *Guard) changeExtras(to func([]extra) []extra) {
	for {
		was := g.extras.Load()
		var all []extra
		if was != nil {
			all = *was
		}
		all = to(all)
		if g.extras.CompareAndSwap(was, &all) {
			return
		}
	}
}

// handed asks what was handed on to the guard; nil where it does not cover the demand.
func (g *Guard) handed(point int, action, asked string) *Token {
	all := g.extras.Load()
	if all == nil {
		return nil
	}
	for _, e := range *all {
		if at := matcherOf(e.points[point].actions, action); at != nil {
			if token, _ := at.find(e.tokens, asked); token != nil {
				return token
			}
		}
	}
	return nil
}
