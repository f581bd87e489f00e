package component

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/airsstack/witgen/runtime/capability"
)

// policies are what grants mean for one component, worked out once for all
// instances that are given the same: tenants come again and again. Looking one
// up takes no lock.
type policies struct {
	kept atomic.Pointer[[]*capability.Policy]
	mu   sync.Mutex // who adds one
	next int        // which makes room where there are enough
}

// manyPolicies is how many are kept.
const manyPolicies = 64

func (ps *policies) of(grants []capability.Grant, points []capability.Point) (*capability.Policy, error) {
	if kept := ps.kept.Load(); kept != nil {
		for _, p := range *kept {
			if p.Is(grants) {
				return p, nil
			}
		}
	}
	p, err := capability.NewPolicy(grants, points)
	if err != nil {
		return nil, err
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var kept []*capability.Policy
	if old := ps.kept.Load(); old != nil {
		kept = append(kept, *old...)
	}
	if len(kept) < manyPolicies {
		kept = append(kept, p)
	} else {
		kept[ps.next] = p
		ps.next = (ps.next + 1) % manyPolicies
	}
	ps.kept.Store(&kept)
	return p, nil
}

// guard makes an instance's guard.
func (f *Factory) guard(c *instanceConfig) (*capability.Guard, error) {
	p, err := f.policies.of(c.grants, f.points)
	if err != nil {
		return nil, fmt.Errorf("component: %s: %w", c.subject, err)
	}
	return p.Guard(c.subject, c.guard...)
}
