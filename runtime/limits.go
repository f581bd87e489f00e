package runtime

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/memory"
	"github.com/airsstack/witgen/runtime/quota"
)

// capped gives the ceiling what it leaves out.
func capped(c *component.Config) {
	most := c.Limits.Or(component.Defaults())
	most.Fuel, most.FuelRate, most.CallTime, most.Arguments, most.CloseTime = 0, 0, 0, 0, 0 // take nothing from the host
	c.Ceiling = c.Ceiling.Or(most)
}

// limitKeys are the keys of a manifest, by the fields of component.Limits.
var limitKeys = map[string]string{
	"Memory":        "resources.memory.max_bytes",
	"Fuel":          "resources.cpu.max_fuel",
	"FuelRate":      "resources.cpu.fuel_per_second",
	"CallTime":      "resources.cpu.timeout_seconds",
	"Values":        "resources.values.max_result_bytes",
	"Arguments":     "resources.values.max_argument_bytes",
	"Handles":       "resources.handles.max",
	"Depth":         "resources.cpu.max_depth",
	"TableElements": "resources.tables.max_elements",
	"Size":          "resources.component.max_bytes",
	"Functions":     "resources.component.max_functions",
	"Locals":        "resources.component.max_locals",
	"Complexity":    "resources.component.max_complexity",
	"LoadTime":      "resources.component.load_timeout",
	"CloseTime":     "supervision.shutdown_timeout",
}

// LimitKey is the key of a manifest that sets the limit which err, or what led to
// it, met; "" where it is none, or one of the host as a whole.
func LimitKey(err error) string {
	var limit *component.LimitError
	var start *memory.LimitError
	var value *abi.LimitError
	var exceeded *quota.ExceededError
	switch {
	case errors.As(err, new(*component.OutOfFuelError)):
		return limitKeys["Fuel"]
	case errors.As(err, new(*component.TimeLimitError)):
		return limitKeys["CallTime"]
	case errors.As(err, new(*component.TooDeepError)):
		return limitKeys["Depth"]
	case errors.As(err, new(*component.LoadTimeError)):
		return limitKeys["LoadTime"]
	case errors.As(err, &value):
		return limitKeys[valueLimits[value.Of]]
	case errors.As(err, &start) && !start.Host:
		return limitKeys["Memory"]
	case errors.As(err, &limit) && !limit.Host:
		return limitKeys[limit.Field()]
	case errors.As(err, &exceeded):
		return quotaKeys[exceeded.Of]
	}
	return ""
}

var valueLimits = map[string]string{abi.Handles: "Handles", abi.BytesToHost: "Values", abi.BytesToGuest: "Arguments"}

// limits are those that a manifest sets. The error, with the place in the
// manifest, is for those above the ceiling; how long the host waits for a
// component to stop is cut short without one.
func (h *Host) limits(m *manifest.Manifest) (component.Limits, error) {
	l := component.Limits{
		Memory: m.Limits.MemoryBytes, Fuel: m.Limits.Fuel, FuelRate: m.Limits.FuelPerSecond, CallTime: m.Limits.Timeout,
		Values: m.Limits.ResultBytes, Arguments: m.Limits.ArgumentBytes, Handles: m.Limits.Handles, Depth: m.Limits.Depth,
		TableElements: m.Limits.TableElements, Size: m.Limits.ComponentBytes, Functions: m.Limits.Functions,
		Locals: m.Limits.Locals, Complexity: m.Limits.Complexity, LoadTime: m.Limits.LoadTimeout,
	}
	var errs []error
	for _, e := range h.rt.Within(l) {
		errs = append(errs, &limitError{m.Refuse(limitKeys[e.Limit],
			fmt.Sprintf("is %s, and this host allows %s at most", e.Amount(e.Wanted), e.Amount(e.Most)),
			"lower it; no manifest can raise what the host allows"), e})
	}
	if least, most := m.MemoryNeeded, cmp.Or(l.Memory, h.memory); least > most {
		errs = append(errs, m.Refuse("runtime.memory_min_mb", fmt.Sprintf("is %d, and this host gives %d MiB at most", least>>20, most>>20),
			"lower it, or ask for more with memory_max_mb where the host allows it"))
	}
	l.CloseTime = m.Supervision.ShutdownTimeout
	return l, errors.Join(errs...)
}

// LimitNear is the event of a component that has come to 90 percent of a limit:
// of its memory, its tables, its handles, its mailbox or its sending. Where it is
// of no actor, it is the host that has, of all memory or instances.
type LimitNear = actor.LimitNear

// TellLimits has observe told of the limits that instances of a runtime come near to,
// by a LimitNear, of those that do not begin anew with each call or second; and of
// those that they meet and go on, by an actor.LimitMet. Who is told now is told as
// well. A Host does so by itself.
func TellLimits(c *component.Config, observe func(actor.Event), clock actor.Clock) {
	near, met := c.Near, c.Met
	head := func(subject string) actor.Header {
		who, _ := actor.Parse(subject) // "" for the host
		return actor.Header{Time: clock.Now(), Actor: who}
	}
	c.Near = func(n component.Near) {
		if near != nil {
			near(n)
		}
		if lasting(n) {
			observe(LimitNear{Header: head(n.Subject), Status: quota.Status{Of: n.Of, Usage: n.Usage}})
		}
	}
	c.Met = func(subject string, e *quota.ExceededError) {
		if met != nil {
			met(subject, e)
		}
		h := head(subject)
		observe(actor.LimitMet{Header: h, From: h.Actor, Err: e})
	}
}

// lasting reports whether a limit does not begin anew with each call or second.
func lasting(n component.Near) bool {
	switch n.Of {
	case component.NearMemory, component.NearInstances, component.NearTables, component.NearHandles:
		return true
	}
	return false
}

// A limitError is a *component.CeilingError or a *quota.CeilingError with its
// place in a manifest.
type limitError struct{ place, err error }

func (e *limitError) Error() string   { return e.place.Error() }
func (e *limitError) Unwrap() []error { return []error{e.place, e.err} }
