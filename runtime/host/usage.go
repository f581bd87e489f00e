package host

import (
	"context"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
)

// uses are what the instances of each actor use.
type uses struct {
	mu sync.Mutex
	of map[actor.Address]*use
}

// A use is what one actor uses.
type use struct {
	inst *component.Instance     // nil between two
	last component.InstanceUsage // of inst, when it was asked last
	past uint64                  // fuel of the instances before
}

// lookTime is how long looking at an instance may wait for the call in it.
const lookTime = 10 * time.Millisecond

// Usage is what an actor's instance uses of its limits, with the fuel of all
// instances that the actor has had; ok is false of an actor without. While a call
// is in the instance it is what was known before, after a moment's waiting.
func (s *Services) Usage(ctx context.Context, a actor.Address) (u component.InstanceUsage, ok bool) {
	s.uses.mu.Lock()
	of := s.uses.of[a]
	var inst *component.Instance
	if of != nil {
		inst = of.inst
	}
	s.uses.mu.Unlock()
	if inst != nil {
		s.sample(ctx, of, inst)
	}
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	if of == nil {
		return u, false
	}
	u = of.last
	u.Fuel.Used += of.past
	return u, true
}

// sample looks at an instance, if it is not busy.
func (s *Services) sample(ctx context.Context, of *use, inst *component.Instance) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	u, err := inst.Usage(ctx)
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	if err == nil && of.inst == inst {
		of.last = u
	}
}

// begun notes an actor's instance.
func (s *Services) begun(a actor.Address, inst *component.Instance) {
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	if s.uses.of == nil {
		s.uses.of = map[actor.Address]*use{}
	}
	if s.uses.of[a] == nil {
		s.uses.of[a] = &use{}
	}
	s.uses.of[a].inst = inst
}

// ended keeps what an instance has used that is going to be freed.
func (s *Services) ended(ctx context.Context, a actor.Address, inst *component.Instance) {
	s.uses.mu.Lock()
	of := s.uses.of[a]
	s.uses.mu.Unlock()
	s.sample(ctx, of, inst)
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	if of.inst == inst {
		of.past += of.last.Fuel.Used
		of.inst, of.last = nil, component.InstanceUsage{}
	}
}
