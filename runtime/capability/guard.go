package capability

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Guard decides what one component instance may do. It is made when the instance starts and may be used by many goroutines.
type Guard struct {
	subject string
	grants  []Grant
	points  []checkPoint
	byKind  map[Kind][]*matcher // one for each action that is granted
	tokens  map[Grant]*Token
	hook    func(Decision)
	revoke  sync.Mutex // serialises Revoke
}

// checkPoint is a point with what it needs to decide.
type checkPoint struct {
	Point
	actions []*matcher  // the grants of the point's kind
	matcher *matcher    // the one of these for the point's own action, nil when there is none
	allowed atomic.Bool // for Import: some grant covers the interface and is not revoked
}

// Token stands for the grant under which a demand was allowed. What lives longer than the call that asked, such as an open file, keeps it and asks it again.
type Token struct{ revoked atomic.Bool }

// Revoked says whether the grant was taken back: one atomic load.
func (t *Token) Revoked() bool { return t.revoked.Load() }

// Decision is one answer of a guard.
type Decision struct {
	Time     time.Time
	Subject  string // who asked
	Point    Point
	Action   string
	Resource string // cut when it is very long
	Granted  bool
	Reason   string  // why it was denied; "" when granted
	Denial   *Denial // nil when granted
}

// GuardOption is an option of [NewGuard].
type GuardOption func(*Guard)

// WithHook makes the guard call hook with every decision, on the goroutine that asked; hook must be ready for many at once. A nil hook costs nothing.
func WithHook(hook func(Decision)) GuardOption {
	return func(g *Guard) { g.hook = hook }
}

// NewGuard prepares the grants of subject, an address, for the given points: those of all host functions of one component, in one list.
// The error, for a grant whose pattern is none, holds a [*PatternError].
func NewGuard(subject string, grants []Grant, points []Point, opts ...GuardOption) (*Guard, error) {
	g := &Guard{
		subject: subject,
		points:  make([]checkPoint, len(points)),
		tokens:  make(map[Grant]*Token, len(grants)),
		byKind:  map[Kind][]*matcher{},
	}
	for _, opt := range opts {
		opt(g)
	}
	for _, grant := range grants {
		if g.tokens[grant] != nil {
			continue // equal grants are one, so that revoking it leaves none
		}
		if err := g.add(grant); err != nil {
			return nil, fmt.Errorf("grant %q of %s: %w", grant, subject, err)
		}
	}
	for _, actions := range g.byKind {
		for _, m := range actions {
			m.index()
		}
	}
	for i, p := range points {
		g.points[i].Point = p
		g.points[i].actions = g.byKind[p.Kind]
		g.points[i].matcher = matcherOf(g.byKind[p.Kind], p.Action)
	}
	g.refreshImports()
	return g, nil
}

func (g *Guard) add(grant Grant) error {
	text := grant.Resource
	if grant.Kind == Storage && strings.Contains(text, ownID) {
		if badAddress(g.subject) != "" {
			return &PatternError{Kind: Storage, Pattern: text, Reason: fmt.Sprintf("holds %s, and %q is not an address", ownID, g.subject)}
		}
		text = strings.ReplaceAll(text, ownID, g.subject)
	}
	pattern, err := ParsePattern(grant.Kind, text)
	if err != nil {
		return err
	}
	m := matcherOf(g.byKind[grant.Kind], grant.Action)
	if m == nil {
		m = &matcher{kind: grant.Kind, action: grant.Action}
		g.byKind[grant.Kind] = append(g.byKind[grant.Kind], m)
	}
	token := new(Token)
	g.grants, g.tokens[grant] = append(g.grants, grant), token
	for _, r := range pattern.rules {
		m.entries = append(m.entries, entry{r, token})
	}
	return nil
}

// Allowed answers for a point whose demand is the interface itself, of kind [Import]: an index and a load. For points of other kinds it is false.
// A hook is told when the answer is yes; after a no, ask [Guard.Check], which tells the hook and gives the denial.
func (g *Guard) Allowed(point int) bool {
	if uint(point) >= uint(len(g.points)) || !g.points[point].allowed.Load() {
		return false
	}
	if g.hook != nil {
		p := &g.points[point].Point
		g.report(p, p.Action, p.importName(), nil)
	}
	return true
}

// Check decides one demand: point is an index in the points of [NewGuard], an empty action stands for the point's own, an empty resource at a point of kind [Import] for its interface.
// It gives a token or a denial, never both. It takes no lock, and allocates only to deny or to tell a hook; resource is not kept.
func (g *Guard) Check(point int, action, resource string) (*Token, *Denial) {
	if uint(point) >= uint(len(g.points)) {
		return nil, g.deny(&Point{Func: fmt.Sprintf("point %d", point)}, action, resource, "there is no such capability point")
	}
	p := &g.points[point]
	m := p.matcher
	switch {
	case action == "":
		action = p.Action
	case action != p.Action:
		m = matcherOf(p.actions, action)
	}
	if resource == "" && p.Kind == Import {
		resource = p.importName()
	}
	asked, reason := normal(p.Kind, resource)
	if reason != "" {
		return nil, g.deny(&p.Point, action, resource, reason)
	}
	if m == nil {
		return nil, g.deny(&p.Point, action, resource, "nothing of this kind and action is granted")
	}
	token, revoked := m.find(asked)
	switch {
	case token != nil:
		if g.hook != nil {
			g.report(&p.Point, action, resource, nil)
		}
		return token, nil
	case revoked:
		return nil, g.deny(&p.Point, action, resource, "the grant was revoked")
	}
	return nil, g.deny(&p.Point, action, resource, "no grant covers it")
}

// Subject gives the address of the component that the guard is for.
func (g *Guard) Subject() string { return g.subject }

// Grants gives the grants that the guard was made with and that are not revoked.
func (g *Guard) Grants() []Grant {
	var grants []Grant
	for _, grant := range g.grants {
		if !g.tokens[grant].Revoked() {
			grants = append(grants, grant)
		}
	}
	return grants
}

// Revoke takes back a grant for good, and says whether there was such a one. Its tokens are revoked at once, what they stand for included,
// even where another grant would have allowed it too; the next check finds that other grant.
func (g *Guard) Revoke(grant Grant) bool {
	g.revoke.Lock()
	defer g.revoke.Unlock()
	token := g.tokens[grant]
	if token == nil || token.Revoked() {
		return false
	}
	token.revoked.Store(true)
	g.refreshImports()
	return true
}

func (g *Guard) refreshImports() {
	for i := range g.points {
		p := &g.points[i]
		if p.Kind != Import || p.matcher == nil {
			continue
		}
		name, reason := normal(Import, p.importName())
		token, _ := p.matcher.find(name)
		p.allowed.Store(reason == "" && token != nil)
	}
}

func (g *Guard) deny(p *Point, action, resource, reason string) *Denial {
	d := &Denial{
		Subject: g.subject, Point: *p, Action: clip(action, maxRecorded), Resource: clip(resource, maxRecorded), Reason: reason,
		guard: g,
	}
	g.report(p, action, resource, d)
	return d
}

// report tells the hook of a decision; denial is nil when it was granted.
func (g *Guard) report(p *Point, action, resource string, denial *Denial) {
	if g.hook == nil {
		return
	}
	d := Decision{
		Time: time.Now(), Subject: g.subject, Point: *p,
		Action: clip(action, maxRecorded), Resource: clip(resource, maxRecorded),
		Granted: denial == nil, Denial: denial,
	}
	if denial != nil {
		d.Reason = denial.Reason
	}
	g.hook(d)
}
