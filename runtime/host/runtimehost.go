package host

import (
	"context"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	later "github.com/airsstack/witgen/runtime/host/runtimehost"
	laterlifecycle "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/componentlifecycle"
	latererrors "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/errors"
	latertypes "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/types"
)

// runtimeHost is the later of the system's worlds.
var runtimeHost = World{
	Name: later.World.Name,
	Load: func(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (Program, error) {
		f, err := later.Load(ctx, rt, wasm, append(opts[:len(opts):len(opts)], component.WithBatches(handleMessage))...)
		if err != nil {
			return nil, err
		}
		return runtimeHostProgram{f}, nil
	},
}

type runtimeHostProgram struct{ *later.Factory }

// New implements Program.
func (p runtimeHostProgram) New(ctx context.Context, self actor.Address, s Setup, opts ...component.Option) (actor.Contract, error) {
	services := &laterServices{s.Services, self}
	inst, err := p.Factory.New(ctx, later.Imports{
		HostMessaging: services, HostServices: services, Storage: newStorage(s.Services, self, s.StorageQuota),
	}, opts...)
	if err != nil {
		return nil, err
	}
	return &laterContract{inst: inst, life: inst.ComponentLifecycle(), setup: s}, nil
}

// laterContract is the contract of the world runtime-host.
type laterContract struct {
	inst  *later.RuntimeHost
	life  laterlifecycle.Exports
	setup Setup
	many  many
	at    time.Time // when the messages of the batch in hand were handed over
}

var (
	_ actor.Contract = (*laterContract)(nil)
	_ actor.Answerer = (*laterContract)(nil)
	_ actor.Batcher  = (*laterContract)(nil)
)

// Start implements actor.Contract by initialize.
func (c *laterContract) Start(ctx context.Context) error {
	limits := c.inst.Instance().Limits() // those in force: its own, or the host's
	config := latertypes.ComponentConfig{
		EnvVars: c.setup.env(),
		ResourceLimits: latertypes.ResourceLimits{
			MaxMemoryBytes:     limits.Memory,
			MaxExecutionTimeMs: callMs(limits),
		},
	}
	if limits.Fuel > 0 {
		config.ResourceLimits.MaxFuel = cm.Some(limits.Fuel)
	}
	if c.setup.Config != nil {
		config.ConfigData = cm.Some(c.setup.Config)
	}
	return crash(c.life.Initialize(ctx, config))
}

// errorType is the content type of a callback for a request that failed.
const errorType = "text/x-error"

// envelope is a message as the component sees it.
func (c *laterContract) envelope(from actor.Address, payload []byte) latertypes.ComponentMessage {
	return latertypes.ComponentMessage{
		Sender: instanced(sender(from)), Payload: payload,
		Metadata: latertypes.MessageMetadata{Timestamp: timestamp(c.setup.Services.Clock.Now())},
	}
}

// Handle implements actor.Contract by handle-message.
func (c *laterContract) Handle(ctx context.Context, m *actor.Message) error {
	if err := fits(c.inst.Instance(), m); err != nil {
		return err
	}
	_, err := c.life.HandleMessage(ctx, c.envelope(m.From, m.Payload))
	return crash(err)
}

// HandleBatch implements actor.Batcher by handle-message.
func (c *laterContract) HandleBatch(ctx context.Context, b *actor.Batch) error {
	c.at = c.setup.Services.Clock.Now()
	return c.many.handle(ctx, b, c)
}

// wanted implements takesMany: messages that are not handled soon are staged anew,
// since their envelopes say when they were handed over.
func (c *laterContract) wanted(b *actor.Batch) bool {
	return b.Wanted() || c.setup.Services.Clock.Now().Sub(c.at) >= time.Millisecond
}

// stage implements takesMany by what envelope makes.
func (c *laterContract) stage(to *component.Batch, m *actor.Message, again bool) error {
	err := stageSender(to, again, func() [3]string {
		id := instanced(sender(m.From))
		return [3]string{id.Namespace, id.Name, id.Instance}
	})
	if err != nil {
		return err
	}
	if err := to.Bytes(m.Payload); err != nil {
		return err
	}
	for range 2 { // correlation-id, reply-to
		if err := to.None(); err != nil {
			return err
		}
	}
	at := timestamp(c.at)
	for _, n := range [...]uint64{at.Seconds, uint64(at.Nanoseconds)} {
		if err := to.Uint(n); err != nil {
			return err
		}
	}
	return to.None() // content-type
}

// fault implements takesMany: answer is of result<option<message-payload>, wasm-error>.
func (*laterContract) fault(answer abi.Value) error {
	v := answer.(abi.VariantValue).Payload.(abi.VariantValue)
	text, _ := v.Payload.(string)
	switch v.Case {
	case 0:
		return &latererrors.WASMErrorComponentNotFound{Value: text}
	case 1:
		return &latererrors.WASMErrorInstantiationFailed{Value: text}
	case 2:
		return &latererrors.WASMErrorExportNotFound{Value: text}
	case 3:
		return &latererrors.WASMErrorTimeout{}
	case 4:
		return &latererrors.WASMErrorResourceLimitExceeded{Value: text}
	case 5:
		return &latererrors.WASMErrorInvalidComponent{Value: text}
	}
	return &latererrors.WASMErrorRuntimeError{Value: text}
}

// Answer implements actor.Answerer by what handle-message gives back.
func (c *laterContract) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	if err := fits(c.inst.Instance(), m); err != nil {
		return nil, err
	}
	e := c.envelope(m.From, m.Payload)
	e.Metadata.CorrelationID = cm.Some(string(m.Request.ID))
	if !m.From.IsZero() {
		e.Metadata.ReplyTo = cm.Some(e.Sender)
	}
	answer, err := c.life.HandleMessage(ctx, e)
	return answer.Value, crash(err)
}

// Callback implements actor.Answerer by handle-callback.
func (c *laterContract) Callback(ctx context.Context, m *actor.Message, failed error) error {
	if err := fits(c.inst.Instance(), m); err != nil {
		return err
	}
	e := c.envelope(m.From, m.Payload)
	e.Metadata.CorrelationID = cm.Some(string(m.Request.ID))
	if failed != nil {
		e.Payload, e.Metadata.ContentType = []byte(failed.Error()), cm.Some(errorType)
	}
	return crash(c.life.HandleCallback(ctx, e))
}

// Health implements actor.Contract.
func (c *laterContract) Health(ctx context.Context) (actor.Health, error) {
	h, err := c.life.Health(ctx)
	if err != nil {
		return actor.HealthUnknown, crash(err)
	}
	return laterHealth[h], nil
}

var laterHealth = map[latertypes.HealthStatus]actor.Health{
	latertypes.HealthStatusHealthy:   actor.Healthy,
	latertypes.HealthStatusDegraded:  actor.Degraded,
	latertypes.HealthStatusUnhealthy: actor.Unhealthy,
}

// Stop implements actor.Contract by shutdown.
func (c *laterContract) Stop(ctx context.Context) error { return crash(c.life.Shutdown(ctx)) }

// Instance implements Instanced.
func (c *laterContract) Instance() *component.Instance { return c.inst.Instance() }

// Close implements actor.Contract.
func (c *laterContract) Close(ctx context.Context) error { return c.inst.Close(ctx) }
