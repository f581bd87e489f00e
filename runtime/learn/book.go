package learn

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/airsstack/witgen/runtime/capability"
)

// maxDemands bounds what is kept of one component: a hostile one can ask for new things for ever.
const maxDemands = 10_000

// A Book keeps what components ask for. The zero value is ready; its methods may be called from any goroutine.
type Book struct {
	// Lenient lets components have what they are not granted while they are watched.
	Lenient bool

	mu    sync.Mutex
	pages map[string]*page // by address
}

type page struct {
	demands map[key]*Demand
	more    uint64 // demands that found the page full
}

type key struct {
	kind             capability.Kind
	action, resource string
}

// A Demand is something that a component asked for.
type Demand struct {
	Kind     capability.Kind
	Action   string
	Resource string
	Funcs    []string // that asked, in order
	Asked    uint64   // how often
	Denied   uint64   // how often no grant covered it
	Hopeless string   // why no grant can cover it; "" where one can
}

// Guard gives the options for the guards of a component's instances.
func (b *Book) Guard(component string) []capability.GuardOption {
	options := []capability.GuardOption{capability.WithHook(func(d capability.Decision) { b.note(component, &d) })}
	if b.Lenient {
		options = append(options, capability.WithLenience())
	}
	return options
}

func (b *Book) note(component string, d *capability.Decision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pages == nil {
		b.pages = map[string]*page{}
	}
	p := b.pages[component]
	if p == nil {
		p = &page{demands: map[key]*Demand{}}
		b.pages[component] = p
	}
	k := key{d.Point.Kind, d.Action, d.Resource}
	got := p.demands[k]
	if got == nil {
		if len(p.demands) == maxDemands {
			p.more++
			return
		}
		k.action, k.resource = strings.Clone(k.action), strings.Clone(k.resource)
		got = &Demand{Kind: k.kind, Action: k.action, Resource: k.resource}
		if d.Denial != nil && d.Denial.Hint() == "" {
			got.Hopeless = d.Reason
		}
		p.demands[k] = got
	}
	got.Asked++
	if !d.Granted {
		got.Denied++
	}
	if f := d.Point.String(); !slices.Contains(got.Funcs, f) {
		got.Funcs = append(got.Funcs, f)
		slices.Sort(got.Funcs)
	}
}

// Demands are what a component asked for so far, in the order of manifests; more is how many further calls asked for things that found no room.
func (b *Book) Demands(component string) (demands []Demand, more uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[component]
	if p == nil {
		return nil, 0
	}
	for _, k := range slices.SortedFunc(maps.Keys(p.demands), func(a, b key) int {
		return cmp.Or(cmp.Compare(capability.Key(a.kind, a.action), capability.Key(b.kind, b.action)), cmp.Compare(a.resource, b.resource))
	}) {
		d := *p.demands[k]
		d.Funcs = slices.Clone(d.Funcs)
		demands = append(demands, d)
	}
	return demands, p.more
}
