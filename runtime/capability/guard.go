package capability

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Guard decides what one component instance may do. It is made when the instance starts and may be used by many goroutines.
type Guard struct {
	*policy
	subject string
	tokens  []Token // of the policy's grants
	hook    func(Decision)
	denials func(Decision)
	tell    Recorder // of what is granted
	counts  *counted
	lenient bool
	extras  atomic.Pointer[[]extra] // what was handed on to it
	recent  atomic.Pointer[recent]
}

// Token stands for the grant under which a demand was allowed. What lives longer than the call that asked, such as an open file, keeps it and asks it again.
type Token struct {
	revoked atomic.Bool
	by      *Delegation // by which it was handed on; nil for one of the component's own
}

// Revoked says whether the grant was taken back: one atomic load.
func (t *Token) Revoked() bool { return t.revoked.Load() }

// Decision is one answer of a guard.
type Decision struct {
	Time     time.Time
	Subject  string // who asked
	Point    Point
	Action   string
	Resource string // cut when it is very long. Of what is granted, Action and Resource are valid during the hook only: clone them to keep them
	Granted  bool
	Reason   string  // why it was denied; "" when granted
	Denial   *Denial // nil when granted
}

// GuardOption is an option of [NewGuard].
type GuardOption func(*Guard)

// WithHook makes the guard call hook with every decision, on the goroutine that asked; hook must be ready for many at once. Of several hooks each is
// called. A nil hook costs nothing.
func WithHook(hook func(Decision)) GuardOption {
	return func(g *Guard) { g.hook = both(g.hook, hook) }
}

// WithDenials makes the guard call hook with every decision that is a no, as WithHook does. What is granted costs nothing then.
func WithDenials(hook func(Decision)) GuardOption {
	return func(g *Guard) { g.denials = both(g.denials, hook) }
}

func both(a, b func(Decision)) func(Decision) {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(d Decision) { a(d); b(d) }
}

// WithCounts makes the guard count what it grants: an atomic addition each. Nil counts nothing.
func WithCounts(counts *Counts) GuardOption {
	return func(g *Guard) {
		if counts != nil {
			g.counts = counts.of(g.points)
		}
	}
}

// A Recorder is told of all that guards grant, at a lower cost than a hook.
type Recorder interface {
	// Granted is called on the goroutine that asked, for many at once. The point stays as it is; action and resource are valid during the call only.
	Granted(point *Point, action, resource string)
}

// WithRecorder makes the guard tell r of what it grants. Nil is none.
func WithRecorder(r Recorder) GuardOption { return func(g *Guard) { g.tell = r } }

// WithLenience lets through what no grant covers, and still tells the hooks that it was denied. It is for finding out what a component asks for, where
// nothing is at stake; what is malformed, or was revoked, is denied all the same.
func WithLenience() GuardOption { return func(g *Guard) { g.lenient = true } }

// lenience is what stands for the grant that is not there.
var lenience Token

// NewGuard prepares the grants of subject, an address, for the given points: those of all host functions of one component, in one list.
// The error, for a grant whose pattern is none, holds a [*PatternError]. For many guards of one component, use a [Policy].
func NewGuard(subject string, grants []Grant, points []Point, opts ...GuardOption) (*Guard, error) {
	p, err := newPolicy(subject, grants, points)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", subject, err)
	}
	return p.guard(subject, opts), nil
}

// Allowed answers for a point whose demand is the interface itself, of kind [Import]: an index and a load. For points of other kinds it is false.
// A hook is told when the answer is yes; after a no, ask [Guard.Check], which tells the hook and gives the denial.
func (g *Guard) Allowed(point int) bool {
	if uint(point) >= uint(len(g.points)) {
		return false
	}
	p := &g.points[point]
	for _, i := range p.covers {
		if !g.tokens[i].Revoked() {
			if g.watched() {
				g.granted(point, p.Action, p.importName())
			}
			return true
		}
	}
	return false
}

// Check decides one demand: point is an index in the points of [NewGuard], an empty action stands for the point's own, an empty resource at a point of kind [Import] for its interface.
// It gives a token or a denial, never both. It takes no lock, and allocates only to deny, and to remember some of what patterns grant: for one in 64 demands at most, once it
// remembers as many as it may; resource is not kept.
func (g *Guard) Check(point int, action, resource string) (*Token, *Denial) {
	if uint(point) >= uint(len(g.points)) {
		return nil, g.deny(&Point{Func: fmt.Sprintf("point %d", point)}, action, resource, "there is no such capability point")
	}
	token := g.recallLast(point, action, resource)
	if token == nil {
		return g.find(point, action, resource)
	}
	if g.watched() {
		p := &g.points[point]
		g.granted(point, cmp.Or(action, p.Action), cmp.Or(resource, p.importName()))
	}
	return token, nil
}

// find is Check for what is not the point's usual demand.
func (g *Guard) find(point int, action, resource string) (*Token, *Denial) {
	p := &g.points[point]
	m := p.matcher
	if action != "" && action != p.Action {
		m = matcherOf(p.actions, action)
	}
	if m == nil {
		return g.decide(point, m, action, resource, 0)
	}
	h := hash(resource)
	token := m.exact.find(g.tokens, h, resource)
	switch {
	case token == nil:
		if token = g.recall(point, action, resource, h); token == nil {
			return g.decide(point, m, action, resource, h)
		}
	case g.empty(point):
		g.rememberFirst(point, action, resource, token)
	}
	if g.watched() {
		g.granted(point, cmp.Or(action, p.Action), cmp.Or(resource, p.importName()))
	}
	return token, nil
}

// decide is Check for what is neither granted by its name nor remembered.
func (g *Guard) decide(point int, m *matcher, action, resource string, h uint64) (*Token, *Denial) {
	p := &g.points[point]
	askedAction, askedResource := action, resource
	if action == "" {
		action = p.Action
	}
	if resource == "" && p.Kind == Import {
		resource = p.importName()
	}
	asked, reason := normal(p.Kind, resource)
	if reason != "" {
		return nil, g.deny(&p.Point, action, resource, reason)
	}
	if m == nil {
		return g.ungranted(point, action, resource, asked, "nothing of this kind and action is granted")
	}
	token, revoked := m.find(g.tokens, asked)
	switch {
	case token != nil:
		g.remember(point, askedAction, askedResource, h, token)
		if g.watched() {
			g.granted(point, action, resource)
		}
		return token, nil
	case revoked:
		return g.ungranted(point, action, resource, asked, revokedReason)
	}
	return g.ungranted(point, action, resource, asked, "no grant covers it")
}

const revokedReason = "the grant was revoked"

// ungranted denies what no grant of the guard's own covers, unless one was handed on to it, or it is lenient.
func (g *Guard) ungranted(point int, action, resource, asked, reason string) (*Token, *Denial) {
	if token := g.handed(point, action, asked); token != nil {
		g.used(token.by, point, action, resource)
		return token, nil
	}
	d := g.deny(&g.points[point].Point, action, resource, reason)
	if g.lenient && reason != revokedReason {
		return &lenience, nil
	}
	return nil, d
}

// Covered decides about what is done with something that was opened under tokens, for an action and a resource as they were asked for then.
// It is denied where there are none, and where one was revoked meanwhile.
func (g *Guard) Covered(point int, action, resource string, tokens []*Token) *Denial {
	if uint(point) >= uint(len(g.points)) {
		return g.deny(&Point{Func: fmt.Sprintf("point %d", point)}, action, resource, "there is no such capability point")
	}
	p := &g.points[point].Point
	switch {
	case len(tokens) == 0:
		return g.deny(p, action, resource, "it was not opened under any grant")
	case slices.ContainsFunc(tokens, (*Token).Revoked):
		return g.deny(p, action, resource, revokedReason)
	}
	if i := slices.IndexFunc(tokens, func(t *Token) bool { return t.by != nil }); i >= 0 {
		g.used(tokens[i].by, point, action, resource)
	} else if g.watched() {
		g.granted(point, action, resource)
	}
	return nil
}

// Refuse denies a point, of its own accord, what no grant would allow: the use of a socket by a number that the component was not given,
// say. what is the resource.
func (g *Guard) Refuse(point int, what, reason string) *Denial {
	d := g.denial(&g.points[point].Point, "", what, reason)
	d.Final = true
	return g.told(d)
}

// used tells of what was granted by a delegation.
func (g *Guard) used(by *Delegation, point int, action, resource string) {
	if by.used == nil {
		if g.watched() {
			g.granted(point, action, resource)
		}
		return
	}
	by.used.Granted(&g.points[point].Point, cut(action, maxRecorded), cut(resource, maxRecorded))
	if g.hook != nil {
		g.show(point, action, resource)
	}
}

// watched says whether anybody wants to know what is granted.
func (g *Guard) watched() bool { return g.counts != nil || g.tell != nil || g.hook != nil }

// granted counts and tells what was granted.
func (g *Guard) granted(point int, action, resource string) {
	if g.counts != nil {
		g.counts.granted[point].Add(1)
	}
	if g.tell != nil {
		g.tell.Granted(&g.points[point].Point, cut(action, maxRecorded), cut(resource, maxRecorded))
	}
	if g.hook != nil {
		g.show(point, action, resource)
	}
}

// show tells the hook what was granted.
func (g *Guard) show(point int, action, resource string) {
	g.hook(Decision{
		Time: time.Now(), Subject: g.subject, Point: g.points[point].Point, Granted: true,
		Action: cut(action, maxRecorded), Resource: cut(resource, maxRecorded),
	})
}

// Subject gives the address of the component that the guard is for.
func (g *Guard) Subject() string { return g.subject }

// Grants gives the grants that the guard was made with and that are not revoked.
func (g *Guard) Grants() []Grant {
	var grants []Grant
	for i, grant := range g.grants {
		if !g.tokens[i].Revoked() {
			grants = append(grants, grant)
		}
	}
	if all := g.extras.Load(); all != nil {
		for _, e := range *all {
			grants = append(grants, e.Grants()...)
		}
	}
	return grants
}

// Revoke takes back a grant for good, and says whether there was such a one. Its tokens are revoked at once, what they stand for included,
// even where another grant would have allowed it too; the next check finds that other grant.
func (g *Guard) Revoke(grant Grant) bool {
	took := false
	if all := g.extras.Load(); all != nil {
		for _, e := range *all {
			took = e.Revoke(grant) || took
		}
	}
	i := slices.Index(g.grants, grant)
	return i >= 0 && g.tokens[i].revoked.CompareAndSwap(false, true) || took
}

func (g *Guard) deny(p *Point, action, resource, reason string) *Denial {
	return g.told(g.denial(p, action, resource, reason))
}

func (g *Guard) denial(p *Point, action, resource, reason string) *Denial {
	return &Denial{
		Subject: g.subject, Point: *p, Action: clip(action, maxRecorded), Resource: clip(resource, maxRecorded), Reason: reason,
		guard: g,
	}
}

// told tells of a denial.
func (g *Guard) told(d *Denial) *Denial {
	if g.hook == nil && g.denials == nil {
		return d
	}
	decision := Decision{
		Time: time.Now(), Subject: g.subject, Point: d.Point, Action: d.Action, Resource: d.Resource, Reason: d.Reason, Denial: d,
	}
	for _, hook := range []func(Decision){g.hook, g.denials} {
		if hook != nil {
			hook(decision)
		}
	}
	return d
}
