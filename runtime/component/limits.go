package component

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
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
	// host at a time: its result, or the arguments of an import. Default 256 MiB.
	Values uint32
	// Arguments is how many bytes of strings and lists one call may be handed by
	// the host at a time: its arguments, or the result of an import. Default no
	// limit but Memory.
	Arguments uint32
	// Handles is how many handles of resources the guests of the instance may
	// hold at a time, all its component instances together: a guest that forgets
	// to drop them must not fill the host's memory, of which each takes some 40
	// bytes. Default 1,048,576.
	Handles uint32
	// Depth is how deep the calls of one core module may nest; a function with
	// many locals counts more than once. Default 10,000, and 1,500 with the
	// interpreter, which cannot nest 2,000.
	Depth uint32
	// CloseTime is how long Close waits for an import implementation to come
	// back. Default 5 s.
	CloseTime time.Duration

	// TableElements is how many elements the tables of the instance may have
	// together, at some 8 bytes each. Without a meter (Unmetered), each table may
	// grow to as many. Default 1,000,000.
	TableElements uint32

	// Size is how many bytes a component may have. It is of the component, as all
	// below: an instance cannot have its own. Default 256 MiB.
	Size uint64
	// Functions is how many functions its core modules may have together.
	// Default 1,000,000.
	Functions uint32
	// Locals is how many locals one core function may have, its parameters
	// among them. Default 51,000, which is the most that is read at all.
	Locals uint32
	// Complexity is how much there may be to keep track of when the core functions
	// are compiled: of each its locals and what lies on the stack, at each place
	// where ways of its code part or meet, all places together, and in functions of
	// thousands of blocks a part of these times those places. One function may
	// have a quarter of it. The compiler takes half a microsecond for each, and
	// some 30 bytes until the function is done, so that without a limit a component
	// of 100 kB could take minutes and gigabytes. The largest functions of real
	// components come to 200,000, those of a component to a few million. Default
	// 64,000,000.
	Complexity uint64
	// LoadTime is how long loading a component may take, from its bytes to its
	// compiled code. Default 2 min.
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
	DefaultComplexity    = 64_000_000
	DefaultLoadTime      = 2 * time.Minute
)

// interpreterDepth is how deep calls nest safely where wazero interprets: it
// gives up at 2,000 frames, of which some are the host's.
const interpreterDepth = 1_500

// Defaults are the limits of who sets none.
func Defaults() Limits {
	return Limits{
		Memory: DefaultMemory, Values: abi.DefaultMaxLift, Handles: DefaultHandles, Depth: DefaultDepth, CloseTime: DefaultCloseTime,
		TableElements: DefaultTableElements, Size: DefaultSize, Functions: DefaultFunctions, Locals: DefaultLocals,
		Complexity: DefaultComplexity, LoadTime: DefaultLoadTime,
	}
}

// Or gives what is zero of the limits the value that it has in others.
func (l Limits) Or(others Limits) Limits {
	others.set(&l)
	return others
}

// fill gives what is zero its default.
func (l *Limits) fill(interpreter bool) {
	*l = l.Or(Defaults())
	if interpreter {
		l.Depth = min(l.Depth, interpreterDepth)
	}
}

// set takes over what is not zero of others.
func (l *Limits) set(o *Limits) {
	l.each(o, func(_ string, n, of uint64) uint64 { return cmp.Or(of, n) })
}

// cap holds the limits to those of a ceiling, which are not zero.
func (l *Limits) cap(ceiling *Limits) {
	l.each(ceiling, func(_ string, n, of uint64) uint64 {
		if n == 0 || of > 0 && n > of {
			return of
		}
		return n
	})
}

// each renews every field with that of o. It names the field.
func (l *Limits) each(o *Limits, f func(field string, n, of uint64) uint64) {
	l.Memory = f("Memory", l.Memory, o.Memory)
	l.Fuel = f("Fuel", l.Fuel, o.Fuel)
	l.FuelRate = f("FuelRate", l.FuelRate, o.FuelRate)
	l.CallTime = time.Duration(f("CallTime", uint64(l.CallTime), uint64(o.CallTime)))
	l.Values = uint32(f("Values", uint64(l.Values), uint64(o.Values)))
	l.Arguments = uint32(f("Arguments", uint64(l.Arguments), uint64(o.Arguments)))
	l.Handles = uint32(f("Handles", uint64(l.Handles), uint64(o.Handles)))
	l.Depth = uint32(f("Depth", uint64(l.Depth), uint64(o.Depth)))
	l.CloseTime = time.Duration(f("CloseTime", uint64(l.CloseTime), uint64(o.CloseTime)))
	l.TableElements = uint32(f("TableElements", uint64(l.TableElements), uint64(o.TableElements)))
	l.Size = f("Size", l.Size, o.Size)
	l.Functions = uint32(f("Functions", uint64(l.Functions), uint64(o.Functions)))
	l.Locals = uint32(f("Locals", uint64(l.Locals), uint64(o.Locals)))
	l.Complexity = f("Complexity", l.Complexity, o.Complexity)
	l.LoadTime = time.Duration(f("LoadTime", uint64(l.LoadTime), uint64(o.LoadTime)))
}

// A CeilingError says that a limit is to be higher than the host allows.
type CeilingError struct {
	// Limit is the field of Limits: "Memory".
	Limit string
	// Wanted and Most are in its unit, nanoseconds where that is a time.
	Wanted, Most uint64
}

func (e *CeilingError) Error() string {
	return fmt.Sprintf("component: the limit %s is to be %s, and the host allows %s at most",
		e.Limit, e.Amount(e.Wanted), e.Amount(e.Most))
}

// Amount writes a value of the limit: a time as one.
func (e *CeilingError) Amount(n uint64) string {
	if strings.HasSuffix(e.Limit, "Time") {
		return time.Duration(n).String()
	}
	return strconv.FormatUint(n, 10)
}

// Within holds limits to the runtime's Config.Ceiling, and gives those that are
// above it: for those who would rather refuse a component than let it have less
// than it asks for, as WithLimits and LoadLimits do.
func (rt *Runtime) Within(l Limits) (above []*CeilingError) {
	l.each(&rt.cfg.Ceiling, func(field string, n, most uint64) uint64 {
		if most > 0 && n > most {
			above = append(above, &CeilingError{field, n, most})
		}
		return n
	})
	return above
}

// LoadLimits sets limits of the component's own, as far as Config.Ceiling lets
// it. What they say of instances is the default of those.
func LoadLimits(l Limits) LoadOption {
	return func(o *loadOptions) { o.limits.set(&l) }
}

// limits are those that a component is loaded under.
func (rt *Runtime) limits(o *loadOptions) Limits {
	l := rt.cfg.Limits
	l.set(&o.limits)
	l.cap(&rt.cfg.Ceiling)
	return l
}

// allowModule holds a core module to the limits of loading.
func (l *Limits) allowModule(m *corewasm.Module) error {
	for i := range m.Bodies {
		b := &m.Bodies[i]
		if n := uint64(b.Locals) + uint64(len(m.FuncType(b.Func).Params)); n > uint64(l.Locals) {
			return &LimitError{Of: ofLocals, Wanted: n, Usage: quota.Usage{Limit: uint64(l.Locals)}}
		}
	}
	return nil
}

// allowCompiling holds what there is to compile in a core module to its limit.
// It gives how much that is together with what was compiled before.
func (l *Limits) allowCompiling(m *corewasm.Module, before uint64) (uint64, error) {
	for i := range m.Bodies {
		n := m.Weight(&m.Bodies[i])
		if most := l.Complexity / 4; n > most {
			return 0, &LimitError{Of: ofComplexity, Wanted: n, Usage: quota.Usage{Limit: most}}
		}
		if before += n; before > l.Complexity {
			return 0, &LimitError{Of: ofComplexities, Wanted: before, Usage: quota.Usage{Limit: l.Complexity}}
		}
	}
	return before, nil
}

// allow holds the core modules of a component to their number of functions, each
// module counting once, and those of its instances to their tables.
func (l *Limits) allow(p *plan) error {
	seen, n := map[*coreModule]bool{}, uint64(0)
	for _, pi := range p.insts {
		if !seen[pi.module] {
			seen[pi.module] = true
			n += uint64(len(pi.module.module.Bodies))
		}
	}
	if n > uint64(l.Functions) {
		return &LimitError{Of: ofFunctions, Wanted: n, Usage: quota.Usage{Limit: uint64(l.Functions)}}
	}
	return l.allowTables(p.tableElements())
}

// allowTables holds the tables that an instance begins with to their limit.
func (l *Limits) allowTables(elements uint64) error {
	if elements > uint64(l.TableElements) {
		return &LimitError{Of: LimitTables, Wanted: elements, Usage: quota.Usage{Limit: uint64(l.TableElements)}}
	}
	return nil
}

// tableElements is how many elements the tables of an instance have to begin
// with.
func (p *plan) tableElements() (n uint64) {
	for _, pi := range p.insts {
		m := pi.module.module
		for _, t := range m.Tables[m.ImportedTables:] {
			n += uint64(t.Limits.Min)
		}
	}
	return n
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
