package host

import (
	"context"
	"errors"
	"sort"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	world "github.com/airsstack/witgen/runtime/host/bindings"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/componentlifecycle"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
)

// WorldName is the world that Load holds components against.
const WorldName = "airssys:core/airssys-component@1.0.0"

// A Component is a component of one of the system's worlds, loaded: what the
// actors that run it have in common.
type Component struct{ factory *world.Factory }

// Load loads a component. Its errors are those of component.Runtime.Load: a
// *component.LinkError where it is of none of the system's worlds.
func Load(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (*Component, error) {
	f, err := world.Load(ctx, rt, wasm, opts...)
	if err != nil {
		return nil, err
	}
	return &Component{f}, nil
}

// Close frees the component. No actor may run it any more.
func (c *Component) Close(ctx context.Context) error { return c.factory.Close(ctx) }

// Setup is what one actor is given of its own.
type Setup struct {
	Services *Services
	// Grants are what its imports may do.
	Grants []capability.Grant
	// Limits are those of its instances.
	Limits component.Limits
	// Config is handed to the component as it is; nil for none.
	Config []byte
	// Env is handed to the component in the order of its keys.
	Env map[string]string
}

// Factory makes the instances of one actor.
func (c *Component) Factory(s Setup) actor.Factory {
	return func(ctx context.Context, self actor.Address) (actor.Contract, error) {
		inst, err := c.factory.New(ctx,
			world.Imports{HostServices: &services{s.Services, self}},
			component.WithSubject(self.String()),
			component.WithGrants(s.Grants...),
			component.WithLimits(s.Limits),
			component.WithDecisions(s.Services.decisions(self)),
			component.WithTrace(s.Services.Trace),
		)
		if err != nil {
			return nil, err
		}
		return &airssys{inst, inst.ComponentLifecycle(), s}, nil
	}
}

// decisions counts and shows what an actor is refused.
func (s *Services) decisions(self actor.Address) func(capability.Decision) {
	return func(d capability.Decision) {
		if d.Granted {
			return
		}
		s.System.CountDenied(self)
		if s.Observe != nil {
			s.Observe(Denied{Header: actor.Header{Time: s.Clock.Now(), Actor: self}, Denial: d.Denial})
		}
	}
}

// airssys is the contract of the world airssys-component.
type airssys struct {
	inst  *world.AirssysComponent
	life  componentlifecycle.Exports
	setup Setup
}

var (
	_ actor.Contract = (*airssys)(nil)
	_ actor.Answerer = (*airssys)(nil)
)

// Start implements actor.Contract by init.
func (a *airssys) Start(ctx context.Context) error {
	limits := a.inst.Instance().Limits() // those in force: its own, or the host's
	var callMs uint64
	if limit := limits.CallTime; limit > 0 {
		callMs = uint64((limit-1)/time.Millisecond) + 1 // rounded up: 0 says that there is none
	}
	config := componentlifecycle.ComponentConfig{
		ResourceLimits: componentlifecycle.ResourceLimits{
			MaxMemoryBytes:     limits.Memory,
			MaxExecutionTimeMs: callMs,
			MaxCPUTimeMs:       callMs,
		},
	}
	for k, v := range a.setup.Env {
		config.EnvVars = append(config.EnvVars, cm.Tuple2[string, string]{F0: k, F1: v})
	}
	sort.Slice(config.EnvVars, func(i, j int) bool { return config.EnvVars[i].F0 < config.EnvVars[j].F0 })
	if a.setup.Config != nil {
		config.ConfigData = cm.Some(a.setup.Config)
	}
	return crash(a.life.Init(ctx, config))
}

// Handle implements actor.Contract by handle-message.
func (a *airssys) Handle(ctx context.Context, m *actor.Message) error {
	return crash(a.life.HandleMessage(ctx, a.setup.Services.id(m.From), m.Payload))
}

// Answer implements actor.Answerer by execute.
func (a *airssys) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	r := m.Request
	context := componentlifecycle.ExecutionContext{RequestID: string(r.ID)}
	if !r.Deadline.IsZero() {
		context.TimeoutMs = uint64(max(0, r.Deadline.Sub(a.setup.Services.Clock.Now()).Milliseconds()))
	}
	caller := componentlifecycle.CallerInfo{ExternalSource: cm.Some("host")}
	if !r.From.IsZero() {
		caller = componentlifecycle.CallerInfo{ComponentID: cm.Some(a.setup.Services.id(r.From))}
	}
	context.CallerInfo = cm.Some(caller)
	result, err := a.life.Execute(ctx, m.Payload, context)
	return result, crash(err)
}

// Callback implements actor.Answerer by handle-callback.
func (a *airssys) Callback(ctx context.Context, m *actor.Message, failed error) error {
	result := cm.OK[[]byte, string](m.Payload)
	if failed != nil {
		result = cm.Err[[]byte](failed.Error())
	}
	return crash(a.life.HandleCallback(ctx, string(m.Request.ID), result))
}

// Health implements actor.Contract.
func (a *airssys) Health(ctx context.Context) (actor.Health, error) {
	h, err := a.life.Health(ctx)
	if err != nil {
		return actor.HealthUnknown, crash(err)
	}
	return health[h], nil
}

var health = map[types.HealthStatus]actor.Health{
	types.HealthStatusHealthy:   actor.Healthy,
	types.HealthStatusDegraded:  actor.Degraded,
	types.HealthStatusUnhealthy: actor.Unhealthy,
}

// Stop implements actor.Contract by shutdown.
func (a *airssys) Stop(ctx context.Context) error { return crash(a.life.Shutdown(ctx)) }

// Close implements actor.Contract.
func (a *airssys) Close(ctx context.Context) error { return a.inst.Close(ctx) }

// crash marks the errors after which the instance is dead: all but those that
// the component itself answered with.
func crash(err error) error {
	if err == nil {
		return nil
	}
	if _, trapped := errors.AsType[*component.Trap](err); trapped || errors.Is(err, component.ErrClosed) {
		return actor.Crash(err)
	}
	return err
}
