package host

import (
	"context"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	world "github.com/airsstack/witgen/runtime/host/bindings"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/componentlifecycle"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
)

// airssysComponent is the earlier of the system's worlds.
var airssysComponent = World{
	Name: world.World.Name,
	Load: func(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (Program, error) {
		f, err := world.Load(ctx, rt, wasm, append(opts[:len(opts):len(opts)], component.WithBatches(handleMessage))...)
		if err != nil {
			return nil, err
		}
		return airssysProgram{f}, nil
	},
}

type airssysProgram struct{ *world.Factory }

// New implements Program.
func (p airssysProgram) New(ctx context.Context, self actor.Address, s Setup, opts ...component.Option) (actor.Contract, error) {
	inst, err := p.Factory.New(ctx, world.Imports{HostServices: &airssysServices{s.Services, self}}, opts...)
	if err != nil {
		return nil, err
	}
	return &airssys{inst: inst, life: inst.ComponentLifecycle(), setup: s}, nil
}

// airssys is the contract of the world airssys-component.
type airssys struct {
	inst  *world.AirssysComponent
	life  componentlifecycle.Exports
	setup Setup
	many  many
}

var (
	_ actor.Contract = (*airssys)(nil)
	_ actor.Answerer = (*airssys)(nil)
	_ actor.Batcher  = (*airssys)(nil)
)

// Start implements actor.Contract by init.
func (a *airssys) Start(ctx context.Context) error {
	limits := a.inst.Instance().Limits() // those in force: its own, or the host's
	callMs := callMs(limits)
	config := componentlifecycle.ComponentConfig{
		ResourceLimits: componentlifecycle.ResourceLimits{
			MaxMemoryBytes:     limits.Memory,
			MaxExecutionTimeMs: callMs,
			MaxCPUTimeMs:       callMs,
		},
	}
	config.EnvVars = a.setup.env()
	if a.setup.Config != nil {
		config.ConfigData = cm.Some(a.setup.Config)
	}
	return crash(a.life.Init(ctx, config))
}

// Handle implements actor.Contract by handle-message.
func (a *airssys) Handle(ctx context.Context, m *actor.Message) error {
	if err := fits(a.inst.Instance(), m); err != nil {
		return err
	}
	return crash(a.life.HandleMessage(ctx, a.setup.Services.versioned(m.From), m.Payload))
}

// HandleBatch implements actor.Batcher by handle-message.
func (a *airssys) HandleBatch(ctx context.Context, b *actor.Batch) error {
	return a.many.handle(ctx, b, a)
}

// stage implements takesMany.
func (a *airssys) stage(to *component.Batch, m *actor.Message, again bool) error {
	err := stageSender(to, again, func() [3]string {
		id := a.setup.Services.versioned(m.From)
		return [3]string{id.Namespace, id.Name, id.Version}
	})
	if err != nil {
		return err
	}
	return to.Bytes(m.Payload)
}

// wanted implements takesMany.
func (*airssys) wanted(b *actor.Batch) bool { return b.Wanted() }

// fault implements takesMany: answer is of result<_, component-error>.
func (*airssys) fault(answer abi.Value) error {
	v := answer.(abi.VariantValue).Payload.(abi.VariantValue)
	text := v.Payload.(string)
	switch v.Case {
	case 0:
		return &types.ComponentErrorInitializationFailed{Value: text}
	case 1:
		return &types.ComponentErrorConfigurationInvalid{Value: text}
	case 2:
		return &types.ComponentErrorResourceExhausted{Value: text}
	}
	return &types.ComponentErrorInternalError{Value: text}
}

// Answer implements actor.Answerer by execute.
func (a *airssys) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	if err := fits(a.inst.Instance(), m); err != nil {
		return nil, err
	}
	r := m.Request
	context := componentlifecycle.ExecutionContext{RequestID: string(r.ID)}
	if !r.Deadline.IsZero() {
		context.TimeoutMs = uint64(max(0, r.Deadline.Sub(a.setup.Services.Clock.Now()).Milliseconds()))
	}
	caller := componentlifecycle.CallerInfo{ExternalSource: cm.Some("host")}
	if !r.From.IsZero() {
		caller = componentlifecycle.CallerInfo{ComponentID: cm.Some(a.setup.Services.versioned(r.From))}
	}
	context.CallerInfo = cm.Some(caller)
	result, err := a.life.Execute(ctx, m.Payload, context)
	return result, crash(err)
}

// Callback implements actor.Answerer by handle-callback.
func (a *airssys) Callback(ctx context.Context, m *actor.Message, failed error) error {
	if err := fits(a.inst.Instance(), m); err != nil {
		return err
	}
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

// Instance implements Instanced.
func (a *airssys) Instance() *component.Instance { return a.inst.Instance() }

// Close implements actor.Contract.
func (a *airssys) Close(ctx context.Context) error { return a.inst.Close(ctx) }
