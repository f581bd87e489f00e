package host

import (
	"slices"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// An Instanced is a contract whose instance can be reached: grants of its actor
// can be taken back while it lives.
type Instanced interface {
	Instance() *component.Instance
}

// Revoke takes a grant of an actor back for good: from its instance, with all
// that was opened under it, and from those that come after a restart. It reports
// whether the actor, as it was last made, had the grant.
func (s *Services) Revoke(a actor.Address, g capability.Grant) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revoked == nil {
		s.revoked = map[actor.Address][]capability.Grant{}
	}
	if !slices.Contains(s.revoked[a], g) {
		s.revoked[a] = append(s.revoked[a], g)
	}
	guard := s.guards[a]
	return guard != nil && guard.Revoke(g)
}

// left are those of an actor's grants that were not taken back.
func (s *Services) left(a actor.Address, grants []capability.Grant) []capability.Grant {
	s.mu.RLock()
	defer s.mu.RUnlock()
	gone := s.revoked[a]
	if len(gone) == 0 {
		return grants
	}
	return slices.DeleteFunc(slices.Clone(grants), func(g capability.Grant) bool { return slices.Contains(gone, g) })
}

// watch keeps the guard of an actor's instance, for Revoke, until the function
// that it gives is called.
func (s *Services) watch(a actor.Address, c actor.Contract) (forget func()) {
	in, ok := c.(Instanced)
	if !ok {
		return func() {}
	}
	guard := in.Instance().Guard()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guards == nil {
		s.guards = map[actor.Address]*capability.Guard{}
	}
	s.guards[a] = guard
	for _, g := range s.revoked[a] { // between left and now
		guard.Revoke(g)
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.guards[a] == guard {
			delete(s.guards, a)
		}
	}
}
