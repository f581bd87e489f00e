package runtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A StartError says which component could not be started, and why.
type StartError struct {
	Manifest *manifest.Manifest
	Err      error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("%s (%s): %v", e.Manifest.Name, e.Manifest.File, e.Err)
}

// Unwrap is the reason.
func (e *StartError) Unwrap() error { return e.Err }

// Start loads the components of the manifests, all of them before the first one
// runs, and starts each as an actor: one that may send to another after that
// one, otherwise in the order given. A component whose first start fails and
// whose supervisor tries again is no error.
//
// Components of a group are supervised together; a group that there is already,
// from an earlier Start, takes them in.
//
// Errors are joined *StartErrors. What was started before one stays, until Stop.
func (h *Host) Start(ctx context.Context, manifests ...*manifest.Manifest) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	return h.start(ctx, manifests)
}

func (h *Host) start(ctx context.Context, manifests []*manifest.Manifest) error {
	var all []*loaded
	var errs []error
	for _, m := range startOrder(manifests) {
		l, err := h.load(ctx, m)
		if err != nil {
			errs = append(errs, &StartError{m, err})
			continue
		}
		all = append(all, l)
	}
	if err := errors.Join(errs...); err != nil {
		return errors.Join(err, closeAll(ctx, all))
	}
	if err := h.supervise(all); err != nil {
		return errors.Join(err, closeAll(ctx, all))
	}
	for i, l := range all {
		if err := h.spawn(ctx, l); err != nil {
			return errors.Join(&StartError{l.manifest, err}, closeAll(ctx, all[i+1:]))
		}
	}
	return nil
}

// spawn starts one component, and has it listen. Where that fails the actor may exist all the same.
func (h *Host) spawn(ctx context.Context, l *loaded) error {
	h.describe(l)
	err := h.actors.Spawn(ctx, l.spec)
	if errors.Is(err, actor.ErrRunning) { // another one
		if old := h.loaded[l.spec.Address]; old != nil {
			h.describe(old)
		}
		return errors.Join(err, l.close(ctx))
	}
	h.loaded[l.spec.Address] = l
	if start, ok := errors.AsType[*actor.StartError](err); ok && start.Restarting {
		err = nil
	}
	if err == nil {
		err = h.subscribe(l.spec.Address, l.manifest)
	}
	return err
}

// describe tells what a component is from now on, and the records which pass it runs with.
func (h *Host) describe(l *loaded) {
	if observe := h.services.Observe; observe != nil {
		e := Loaded{Header: actor.Header{Time: h.services.Clock.Now(), Actor: l.spec.Address}, Manifest: l.manifest}
		if l.pass != nil {
			e.Withheld = l.pass.Withheld
		}
		observe(e)
	}
	h.setRunning(l.spec.Address, l)
	h.services.Describe(l.spec.Address, host.About{
		Version: l.manifest.Version, Description: l.manifest.Description, StorageQuota: l.share.quotas.Storage,
	})
}

func closeAll(ctx context.Context, all []*loaded) error {
	var errs []error
	for _, l := range all {
		errs = append(errs, l.close(ctx))
	}
	return errors.Join(errs...)
}

// load makes the actor of a manifest.
func (h *Host) load(ctx context.Context, m *manifest.Manifest) (*loaded, error) {
	address, err := actor.Parse(m.Name)
	if err != nil {
		return nil, err
	}
	worlds, err := host.Named(h.worlds, m.World)
	if err != nil {
		return nil, fmt.Errorf("component.world: %w", err)
	}
	wasm, err := os.ReadFile(m.File)
	if err != nil {
		return nil, err
	}
	limits, err := h.limits(m)
	quotas, over := h.quotas(m)
	if err := errors.Join(err, over); err != nil {
		return nil, err
	}
	c, err := host.LoadAs(ctx, h.rt, wasm, worlds, append(h.offers(m), component.LoadLimits(limits))...)
	if err != nil {
		h.notLoaded(m, wasm, err)
		return nil, err
	}
	pass, err := h.admit(address, m, c.World(), wasm) // nothing of it has run yet
	if err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	share := h.share(address, quotas)
	l := &loaded{manifest: m, component: c, pass: pass, leash: &capability.Leash{}, share: share}
	l.spec = h.spec(address, l, limits)
	return l, nil
}

func (h *Host) spec(address actor.Address, l *loaded, limits component.Limits) actor.Spec {
	m, share := l.manifest, l.share
	guard, grants := []capability.GuardOption{capability.WithLeash(l.leash)}, m.Grants()
	if l.pass != nil {
		guard, grants = l.pass.Guard(), l.pass.Grants
	}
	if h.guard != nil {
		guard = append(guard, h.guard(address)...)
	}
	s := m.Supervision
	spec := actor.Spec{
		Address: address,
		Factory: l.component.Factory(host.Setup{
			Services: h.services,
			Grants:   grants,
			Guard:    guard,
			Limits:   limits,
			Config:   m.Config,
			Env:      m.Env,

			StorageQuota: share.quotas.Storage,
			Processor:    share.processor,
			Extensions:   h.extensions(m.Env, share),
		}),
		Restart:   restarts[s.Restart],
		Intensity: actor.Intensity{Max: s.MaxRestarts, Within: s.Within},
		Backoff: actor.Backoff{
			Kind: backoffs[s.Backoff.Kind], Base: s.Backoff.Base, Multiplier: s.Backoff.Multiplier,
			Max: s.Backoff.Max, Jitter: s.Backoff.Jitter,
		},
		MailboxSize:     m.Mailbox.Size,
		MailboxBytes:    int(min(share.quotas.MailboxBytes, math.MaxInt)),
		MaxMessageBytes: int(min(share.quotas.MessageBytes, math.MaxInt)),
		SendRate:        int(min(share.quotas.MessageRate, math.MaxInt)),
		DeliveryTimeout: m.Mailbox.DeliveryTimeout,
		Health:          actor.HealthCheck{Interval: s.Health.Interval, Timeout: s.Health.Timeout, Failures: s.Health.Failures},
		StartTimeout:    s.StartupTimeout,
		StopTimeout:     s.ShutdownTimeout,
	}
	if h.state != nil {
		spec.State, spec.KeepState = func() any { return h.state(address) }, s.KeepState
	}
	if s.Group != "" {
		spec.Supervisor = actor.Address{Namespace: address.Namespace, Name: s.Group}
	}
	return spec
}

// subscribe has an actor listen to what its manifest says. One that has ended
// already, as it meant to, listens to nothing.
func (h *Host) subscribe(a actor.Address, m *manifest.Manifest) error {
	for _, topic := range m.Subscriptions {
		if err := h.topics.SubscribeActor(a, topic); err != nil && !errors.Is(err, actor.ErrNotRunning) {
			return err
		}
	}
	return nil
}

var restarts = map[manifest.Restart]actor.Restart{
	manifest.Permanent: actor.Permanent, manifest.Transient: actor.Transient, manifest.Temporary: actor.Temporary,
}

var backoffs = map[manifest.BackoffKind]actor.BackoffKind{
	manifest.Exponential: actor.Exponential, manifest.Linear: actor.Linear, manifest.Immediate: actor.Immediate,
}
