package component

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/quota"
)

// Limits bound what one component and each instance of it may use. A zero field
// means its default.
type Limits struct {
	// Memory is how many bytes the linear memories of the instance may have
	// together. Default 256 MiB.
	Memory uint64
	// Fuel is how much one call may use, about one unit an instruction. Default
	// no limit: the call's context bounds it. Where there is one, a call costs
	// some nanoseconds more, and fuel is counted to the unit.
	Fuel uint64
	// FuelRate is how much fuel the instance may use in a second. What it would
	// use beyond that waits, within its call's time. Default no limit.
	FuelRate uint64
	// CallTime is how long one call may take. Default no limit but the call's
	// context.
	CallTime time.Duration
	// Values is how many bytes of strings and lists one call may hand to the
	// host at a time: its result, or the arguments of an import. What the host
	// gives is bounded by Memory. Default 256 MiB.
	Values uint32
	// Handles is how many handles of resources the guests of the instance may
	// hold at a time, all its component instances together: a guest that forgets
	// to drop them must not fill the host's memory, of which each takes some 40
	// bytes. One more traps with abi.ErrTooManyHandles. Default 1,048,576.
	Handles uint32
	// Depth is how deep the calls of one core module may nest; a function with
	// many locals counts more than once. Default 10,000, and 1,500 with the
	// interpreter, which cannot nest 2,000.
	Depth uint32
	// CloseTime is how long Close waits for an import implementation to come
	// back. Default 5 s.
	CloseTime time.Duration

	// TableElements is how many elements each table may grow to. It is of the
	// component, as all below: an instance cannot have its own. Default
	// 1,000,000.
	TableElements uint32
	// Size is how many bytes a component may have. Default 256 MiB.
	Size uint64
	// Functions is how many functions its core modules may have together.
	// Default 1,000,000.
	Functions uint32
	// Locals is how many locals one core function may have, its parameters
	// among them. Default 51,000, which is the most that is read at all.
	Locals uint32
	// LoadTime is how long loading a component may take. Default 2 min.
	LoadTime time.Duration
}

// Defaults of Limits.
const (
	DefaultMemory        = 256 << 20
	DefaultHandles       = 1 << 20
	DefaultDepth         = 10_000
	DefaultCloseTime     = 5 * time.Second
	DefaultTableElements = 1_000_000
	DefaultSize          = 256 << 20
	DefaultFunctions     = 1_000_000
	DefaultLocals        = 51_000
	DefaultLoadTime      = 2 * time.Minute
)

// interpreterDepth is how deep calls nest safely where wazero interprets: it
// gives up at 2,000 frames, of which some are the host's.
const interpreterDepth = 1_500

// fill gives what is zero its default.
func (l *Limits) fill(interpreter bool) {
	defaults := Limits{
		Memory: DefaultMemory, Handles: DefaultHandles, Depth: DefaultDepth, CloseTime: DefaultCloseTime,
		TableElements: DefaultTableElements, Size: DefaultSize, Functions: DefaultFunctions, Locals: DefaultLocals,
		LoadTime: DefaultLoadTime,
	}
	defaults.set(l)
	*l = defaults
	if interpreter {
		l.Depth = min(l.Depth, interpreterDepth)
	}
}

// set takes over what is not zero of the limits that an instance can have of
// its own, and the others.
func (l *Limits) set(o *Limits) {
	l.each(o, func(n, of uint64) uint64 { return cmp.Or(of, n) })
}

// cap holds the limits to those of a ceiling, which are not zero.
func (l *Limits) cap(ceiling *Limits) {
	l.each(ceiling, func(n, of uint64) uint64 {
		if n == 0 || of > 0 && n > of {
			return of
		}
		return n
	})
}

// each renews every field with that of o.
func (l *Limits) each(o *Limits, f func(n, of uint64) uint64) {
	l.Memory = f(l.Memory, o.Memory)
	l.Fuel = f(l.Fuel, o.Fuel)
	l.FuelRate = f(l.FuelRate, o.FuelRate)
	l.CallTime = time.Duration(f(uint64(l.CallTime), uint64(o.CallTime)))
	l.Values = uint32(f(uint64(l.Values), uint64(o.Values)))
	l.Handles = uint32(f(uint64(l.Handles), uint64(o.Handles)))
	l.Depth = uint32(f(uint64(l.Depth), uint64(o.Depth)))
	l.CloseTime = time.Duration(f(uint64(l.CloseTime), uint64(o.CloseTime)))
	l.TableElements = uint32(f(uint64(l.TableElements), uint64(o.TableElements)))
	l.Size = f(l.Size, o.Size)
	l.Functions = uint32(f(uint64(l.Functions), uint64(o.Functions)))
	l.Locals = uint32(f(uint64(l.Locals), uint64(o.Locals)))
	l.LoadTime = time.Duration(f(uint64(l.LoadTime), uint64(o.LoadTime)))
}

// allowModule holds a core module to the limits of loading.
func (l *Limits) allowModule(m *corewasm.Module) error {
	for _, t := range m.Tables[m.ImportedTables:] {
		if t.Limits.Min > l.TableElements {
			return &LimitError{
				Of: "elements of a table", Wanted: uint64(t.Limits.Min), Usage: quota.Usage{Limit: uint64(l.TableElements)},
			}
		}
	}
	for i := range m.Bodies {
		b := &m.Bodies[i]
		if n := uint64(b.Locals) + uint64(len(m.FuncType(b.Func).Params)); n > uint64(l.Locals) {
			return &LimitError{Of: "locals in one function", Wanted: n, Usage: quota.Usage{Limit: uint64(l.Locals)}}
		}
	}
	return nil
}

// allowFunctions holds the core modules of a component, each of which counts
// once, to their number of functions.
func (l *Limits) allowFunctions(p *plan) error {
	seen, n := map[*coreModule]bool{}, uint64(0)
	for _, pi := range p.insts {
		if !seen[pi.module] {
			seen[pi.module] = true
			n += uint64(len(pi.module.module.Bodies))
		}
	}
	if n > uint64(l.Functions) {
		return &LimitError{Of: "functions", Wanted: n, Usage: quota.Usage{Limit: uint64(l.Functions)}}
	}
	return nil
}

// HostLimits bound what all components of a runtime may use together.
type HostLimits struct {
	// Memory is how many bytes their linear memories may have. Default no limit.
	Memory uint64
	// Instances is how many instances there may be, kept ones included. Default
	// no limit.
	Instances uint64
	// KeepMemory is how many bytes of the linear memories of ended instances are
	// kept for new ones, which costs memory and saves most of the time that a
	// new instance takes. Default 64 MiB.
	KeepMemory uint64
}

// DefaultKeepMemory is the default of HostLimits.KeepMemory.
const DefaultKeepMemory = 64 << 20

// A LimitError says that something is not made because of a limit.
type LimitError struct {
	// Of names what is limited: "instances", "functions".
	Of string
	// Wanted is how much is wanted, 0 for one more.
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

// A Near is what Config.Near is told: that 90 percent of a limit are reached.
type Near struct {
	// Of names what is limited: "memory", "instances", "handles".
	Of string
	// Subject is the instance whose limit it is, "" for the host's.
	Subject string
	// Usage is what is used and may be.
	Usage quota.Usage
}

// HostUsage is what all instances of a runtime use together.
type HostUsage struct {
	Memory, Instances quota.Usage
	// Quarantined is how many instances are closed and not freed yet, since an
	// import of theirs has not returned (ErrQuarantined). They count among the
	// others.
	Quarantined int
}

// Usage is what is used of the runtime's HostLimits.
func (rt *Runtime) Usage() HostUsage {
	return HostUsage{Memory: rt.memories.Usage(), Instances: rt.instances.Usage(), Quarantined: int(rt.quarantined.Load())}
}

// near is what tells Config.Near of a limit of the host's, or nil.
func (rt *Runtime) near(of string) func(quota.Usage) {
	hook := rt.cfg.Near
	if hook == nil {
		return nil
	}
	return func(u quota.Usage) { hook(Near{Of: of, Usage: u}) }
}

// nearMemory is what tells Config.Near of the memory of the instance, or of the
// one that its body goes on to; or nil.
func (in *Instance) nearMemory() func(quota.Usage) {
	hook := in.factory.rt.cfg.Near
	if hook == nil {
		return nil
	}
	subject := in.config.subject
	in.body.near = &subject
	return func(u quota.Usage) { hook(Near{Of: "memory", Subject: subject, Usage: u}) }
}

// InstanceUsage is what an instance uses of its limits.
type InstanceUsage struct {
	// Memory is of bytes, Handles of handles.
	Memory, Handles quota.Usage
	// Fuel is what was used since the instance began, all calls together. It has
	// no limit: Limits.Fuel is of one call.
	Fuel quota.Usage
}

// Usage is what the instance uses of its limits. It waits for the call that is
// in the instance, honouring ctx, but may be called from within that call, too.
func (in *Instance) Usage(ctx context.Context) (u InstanceUsage, err error) {
	err = in.look(ctx, func() {
		held := 0
		for i := range in.insts {
			held += in.insts[i].Handles.Len()
		}
		u.Memory = in.memories.Usage()
		u.Handles = quota.Usage{Used: uint64(held), Limit: uint64(in.config.limits.Handles)}
		u.Fuel.Used = in.burnt()
	})
	return u, err
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
		if err := in.wait(ctx); err != nil {
			return err
		}
		defer in.vacate()
	}
	if in.state.Load() == stateClosed {
		return ErrClosed
	}
	f()
	return nil
}
