package runtime

import (
	"errors"
	"fmt"
	"strings"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A GroupError says that two components of one group disagree about it.
type GroupError struct {
	Group actor.Address
	Key   string
	Paths [2]string // of the manifests
	Says  [2]any
}

func (e *GroupError) Error() string {
	return fmt.Sprintf("supervision.%s of the group %s is %v in %s and %v in %s; all components of a group must say the same",
		e.Key, e.Group, e.Says[0], e.Paths[0], e.Says[1], e.Paths[1])
}

// supervise makes the supervisors of the groups that the manifests name, outer
// ones first.
func (h *Host) supervise(all []*loaded) error {
	groups := map[actor.Address]*manifest.Manifest{} // the first one that says it
	for _, l := range all {
		group := l.spec.Supervisor
		if group.IsZero() {
			continue
		}
		if first := groups[group]; first == nil {
			groups[group] = l.manifest
		} else if err := agree(group, first, l.manifest); err != nil {
			return &StartError{l.manifest, err}
		}
	}
	for _, l := range all {
		if l.spec.Supervisor.IsZero() {
			continue
		}
		if err := h.group(l.spec.Supervisor, groups); err != nil {
			return &StartError{l.manifest, err}
		}
	}
	return nil
}

func agree(group actor.Address, a, b *manifest.Manifest) error {
	for _, c := range []struct {
		key  string
		says [2]any
	}{
		{"strategy", [2]any{a.Supervision.Strategy, b.Supervision.Strategy}},
		{"max_restarts", [2]any{a.Supervision.MaxRestarts, b.Supervision.MaxRestarts}},
		{"within", [2]any{a.Supervision.Within, b.Supervision.Within}},
	} {
		if c.says[0] != c.says[1] {
			return &GroupError{group, c.key, [2]string{a.Path, b.Path}, c.says}
		}
	}
	return nil
}

// group makes one supervisor and those above it. One that no component is in
// directly has the defaults.
func (h *Host) group(a actor.Address, said map[actor.Address]*manifest.Manifest) error {
	spec := actor.SupervisorSpec{Address: a}
	if m := said[a]; m != nil {
		s := m.Supervision
		spec.Strategy = strategies[s.Strategy]
		spec.Intensity = actor.Intensity{Max: s.MaxRestarts, Within: s.Within}
	}
	if dot := strings.LastIndexByte(a.Name, '.'); dot >= 0 {
		spec.Parent = actor.Address{Namespace: a.Namespace, Name: a.Name[:dot]}
		if err := h.group(spec.Parent, said); err != nil {
			return err
		}
	}
	if err := h.actors.Supervise(spec); !errors.Is(err, actor.ErrRunning) {
		return err
	}
	if _, isActor := h.actors.Actor(a); isActor {
		return fmt.Errorf("supervision.group: %s is the name of a component: give the group another", a)
	}
	return nil
}

var strategies = map[manifest.Strategy]actor.Strategy{
	manifest.OneForOne: actor.OneForOne, manifest.OneForAll: actor.OneForAll, manifest.RestForOne: actor.RestForOne,
}
