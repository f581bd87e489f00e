package capability

import (
	"fmt"
	"slices"
	"strings"
)

// Policy is a set of grants prepared for the points of one component, once for all guards that are made of it. It is not changed and may be used by many goroutines.
type Policy struct {
	grants []Grant
	points []Point
	ready  *policy // nil where a grant names the subject's own address
}

// policy is a Policy for one subject.
type policy struct {
	grants []Grant // equal ones are one, so that revoking it leaves none
	points []checkPoint
	byKind map[Kind][]*matcher // one for each action that is granted
}

// checkPoint is a point with what it needs to decide.
type checkPoint struct {
	Point
	actions []*matcher // the grants of the point's kind
	matcher *matcher   // the one of these for the point's own action, nil when there is none
	covers  []int      // for Import: the grants that cover the interface
}

// NewPolicy prepares grants for the given points: those of all host functions of one component, in one list.
// The error, for a grant whose pattern is none, holds a [*PatternError].
func NewPolicy(grants []Grant, points []Point) (*Policy, error) {
	p := &Policy{grants: slices.Clone(grants), points: points}
	if slices.ContainsFunc(grants, Grant.own) {
		return p, nil
	}
	var err error
	p.ready, err = newPolicy("", grants, points)
	return p, err
}

// Is says whether the policy was made of these grants, in this order.
func (p *Policy) Is(grants []Grant) bool { return slices.Equal(p.grants, grants) }

// Guard makes a guard for subject, an address. The error, for a grant whose pattern is none, holds a [*PatternError].
func (p *Policy) Guard(subject string, opts ...GuardOption) (*Guard, error) {
	if p.ready == nil {
		return NewGuard(subject, p.grants, p.points, opts...)
	}
	return p.ready.guard(subject, opts), nil
}

func (p *policy) guard(subject string, opts []GuardOption) *Guard {
	g := &Guard{policy: p, subject: subject, tokens: make([]Token, len(p.grants))}
	for _, opt := range opts {
		opt(g)
	}
	return g
}

func newPolicy(subject string, grants []Grant, points []Point) (*policy, error) {
	p := &policy{points: make([]checkPoint, len(points)), byKind: map[Kind][]*matcher{}}
	seen := make(map[Grant]bool, len(grants))
	for _, grant := range grants {
		if seen[grant] {
			continue
		}
		seen[grant] = true
		if err := p.add(grant, subject); err != nil {
			return nil, fmt.Errorf("grant %q: %w", grant, err)
		}
	}
	for _, actions := range p.byKind {
		for _, m := range actions {
			m.index()
		}
	}
	for i, point := range points {
		at := checkPoint{Point: point, actions: p.byKind[point.Kind], matcher: matcherOf(p.byKind[point.Kind], point.Action)}
		if at.Kind == Import && at.matcher != nil {
			if name, reason := normal(Import, at.importName()); reason == "" {
				at.covers = at.matcher.covering(name)
			}
		}
		p.points[i] = at
	}
	return p, nil
}

// own tells whether the grant is for the subject's own address.
func (g Grant) own() bool { return g.Kind == Storage && strings.Contains(g.Resource, ownID) }

func (p *policy) add(grant Grant, subject string) error {
	text := grant.Resource
	if grant.own() {
		if badAddress(subject) != "" {
			return &PatternError{Kind: Storage, Pattern: text, Reason: fmt.Sprintf("holds %s, and %q is not an address", ownID, subject)}
		}
		text = strings.ReplaceAll(text, ownID, subject)
	}
	pattern, err := ParsePattern(grant.Kind, text)
	if err != nil {
		return err
	}
	m := matcherOf(p.byKind[grant.Kind], grant.Action)
	if m == nil {
		m = &matcher{kind: grant.Kind, action: grant.Action}
		p.byKind[grant.Kind] = append(p.byKind[grant.Kind], m)
	}
	for _, r := range pattern.rules {
		m.entries = append(m.entries, entry{r, len(p.grants)})
	}
	p.grants = append(p.grants, grant)
	return nil
}
