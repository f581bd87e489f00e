package component

import (
	"context"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/meter"
	"github.com/airsstack/witgen/runtime/quota"
)

// A LimitError says that something is not made because of a limit.
type LimitError struct {
	// Of names what is limited: LimitMemory, "instances", "functions".
	Of string
	// Wanted is how much there would be, 0 for one more.
	Wanted uint64
	// Usage is what there is already and may be.
	Usage quota.Usage
	// Host tells that the limit is one of HostLimits.
	Host bool
}

func (e *LimitError) Error() string {
	if e.Wanted > 0 {
		return fmt.Sprintf("component: it has %d %s, the limit is %d", e.Wanted, e.Of, e.Usage.Limit)
	}
	return fmt.Sprintf("component: too many %s: %v", e.Of, e.Usage)
}

// Field is the field of Limits that the limit is of, "" for one of HostLimits.
func (e *LimitError) Field() string {
	if e.Host {
		return ""
	}
	return limitFields[e.Of]
}

var limitFields = map[string]string{
	LimitMemory: "Memory", LimitTables: "TableElements", ofSize: "Size", ofFunctions: "Functions", ofLocals: "Locals",
	ofComplexity: "Complexity", ofComplexities: "Complexity",
}

// What a LimitError may be of, and a guest go on without.
const (
	LimitMemory = "bytes of memory"
	LimitTables = "elements of tables"
)

// What else a LimitError may be of.
const (
	ofSize      = "bytes"
	ofFunctions = "functions"
	ofLocals    = "locals in one function"
	ofInstances = "instances"

	ofComplexity   = "values to keep track of in one function"
	ofComplexities = "values to keep track of in its functions"
)

// What a Near may be of.
const (
	NearMemory    = "memory"    // of an instance or the host, in bytes
	NearInstances = "instances" // of the host
	NearTables    = "tables"    // of an instance, in elements
	NearHandles   = "handles"   // of an instance
	NearFuel      = "fuel"      // of a call
	NearFuelRate  = "fuel rate" // of an instance, in units a second
	NearCallTime  = "call time" // of a call, in nanoseconds
)

// A Near is what Config.Near is told: that 90 percent of a limit are reached.
type Near struct {
	// Of names what is limited: NearMemory and so on.
	Of string
	// Subject is the instance whose limit it is, "" for the host's.
	Subject string
	// Usage is what is used and may be.
	Usage quota.Usage
}

// HostUsage is what all instances of a runtime use together.
type HostUsage struct {
	// Memory is of bytes, Instances of instances.
	Memory, Instances quota.Usage
	// Kept is of the bytes of memories that are kept for new instances.
	Kept quota.Usage
	// Quarantined is how many instances are closed and not freed yet, since an
	// import of theirs has not returned (ErrQuarantined). They count among the
	// others.
	Quarantined int
	// Ready is how many instances pools keep for the next who wants one. They
	// count among the others, and are closed where those are at their limit.
	Ready int
}

// Usage is what is used of the runtime's HostLimits.
func (rt *Runtime) Usage() HostUsage {
	ready := 0
	for _, p := range rt.pools() {
		ready += p.ready()
	}
	return HostUsage{
		Memory: rt.memories.Usage(), Instances: rt.instances.Usage(),
		Kept:        quota.Usage{Used: rt.memories.Kept(), Limit: rt.keep},
		Quarantined: int(rt.quarantined.Load()), Ready: ready,
	}
}

// near is what tells Config.Near of a limit of the host's, or nil.
func (rt *Runtime) near(of string) func(quota.Usage) {
	hook := rt.cfg.Near
	if hook == nil {
		return nil
	}
	return func(u quota.Usage) { hook(Near{Of: of, Usage: u}) }
}

// near is what tells Config.Near of a limit of the instance's, or nil.
func (in *Instance) near(of string) func(quota.Usage) {
	hook := in.factory.rt.cfg.Near
	if hook == nil {
		return nil
	}
	return func(u quota.Usage) { hook(Near{Of: of, Subject: in.config.subject, Usage: u}) }
}

// InstanceUsage is what an instance uses of its limits.
type InstanceUsage struct {
	// Memory is of bytes, Tables of elements, Handles of handles.
	Memory, Tables, Handles quota.Usage
	// Fuel is what was used since the instance began, all calls together. It has
	// no limit: Limits.Fuel is of one call.
	Fuel quota.Usage
	// FuelRate is what counts of it for Limits.FuelRate now. It may be more than
	// the limit: then the instance waits.
	FuelRate quota.Usage
	// CallFuel, CallTime and Depth are of the call in flight, for who asks within
	// it. CallTime is in nanoseconds, from about when the call began. Depth is of
	// the core module in which calls nest deepest.
	CallFuel, CallTime, Depth quota.Usage
}

// Usage is what the instance uses of its limits. It waits for the call that is
// in the instance, honouring ctx, but may be called from within that call, too.
func (in *Instance) Usage(ctx context.Context) (u InstanceUsage, err error) {
	err = in.look(ctx, func() {
		l := &in.config.limits
		u.Memory = in.memories.Usage()
		u.Tables = in.tables.Usage()
		u.Handles = quota.Usage{Used: uint64(in.room.Most - in.room.Left), Limit: uint64(l.Handles)}
		u.Fuel.Used = in.burnt()
		u.FuelRate = quota.Usage{Used: in.pacer.level(time.Now(), l.FuelRate), Limit: l.FuelRate}
		u.CallFuel.Limit, u.CallTime.Limit, u.Depth.Limit = l.Fuel, uint64(l.CallTime), uint64(l.Depth)
		if c := in.call; c != nil && c.user != nil && within(ctx, in) {
			u.CallFuel.Used = c.burnt(0)
			u.Depth.Used = in.deepest()
			if !c.started.IsZero() {
				u.CallTime.Used = uint64(time.Since(c.started))
			}
		}
	})
	return u, err
}

// deepest is how deep calls nest now in the core module in which they nest
// deepest.
func (in *Instance) deepest() (most uint64) {
	limit := uint64(in.config.limits.Depth)
	for _, m := range in.mods {
		if g, ok := m.ExportedGlobal(meter.DepthExport).(api.MutableGlobal); ok {
			most = max(most, limit-min(limit, uint64(max(int32(g.Get()), 0))))
		}
	}
	return most
}

// Fuel is how much fuel the instance has used since it began, all calls
// together, in units; what the calls in between have used is the difference of
// two. It is the same on every machine and engine. It waits as Usage does.
func (in *Instance) Fuel(ctx context.Context) (used uint64, err error) {
	err = in.look(ctx, func() { used = in.burnt() })
	return used, err
}

// look looks at the instance while nothing of it runs.
func (in *Instance) look(ctx context.Context, f func()) error {
	if !within(ctx, in) {
		// What is free is looked at, however little time there is.
		if !in.baton.try() {
			if err := in.wait(ctx); err != nil {
				return err
			}
		}
		defer in.vacate()
	}
	if in.state.Load() == stateClosed {
		return ErrClosed
	}
	f()
	return nil
}

// limit holds the instance to its limits. It is called when the instance begins,
// and again where a body that there was is given to one with others.
func (in *Instance) limit() error {
	l := &in.config.limits
	if err := l.allowTables(in.tables.Usage().Used); err != nil {
		return err
	}
	in.tables.Limit, in.tables.Near = uint64(l.TableElements), in.near(NearTables)
	most := int(min(l.Handles, maxRoom))
	held := in.room.Most - in.room.Left
	in.room = abi.Room{Most: most, Left: most - held, Spare: most / 10}
	if near := in.near(NearHandles); near != nil {
		in.room.Near = func() { near(quota.Usage{Used: uint64(most - in.room.Left), Limit: uint64(most)}) }
	}
	for i := range in.opts {
		in.opts[i].MaxLift, in.opts[i].MaxLower = l.Values, l.Arguments
	}
	in.memories.Watch(watcher{in})
	in.told.of = nil
	return nil
}
