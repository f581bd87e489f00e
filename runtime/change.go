package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A ChangeError says which key of a manifest cannot be changed while its
// component runs.
type ChangeError struct {
	Key     string
	Was, Is any
}

func (e *ChangeError) Error() string {
	return fmt.Sprintf("%s was %q and is %q, which cannot change while the component runs: stop everything and start it again", e.Key, fmt.Sprint(e.Was), fmt.Sprint(e.Is))
}

// Reload has the component of a manifest go on as the manifest and its file are
// now; see actor.System.Replace. It finishes the message in hand, a fresh
// instance of the new version takes over the mailbox, and no message is lost. A
// component that does not run is started.
//
// A version that cannot be loaded or does not start changes nothing: the old one
// goes on, and the error is a *StartError. One that wraps a *ChangeError says
// that the manifest moves the component to another group, or changes the group.
func (h *Host) Reload(ctx context.Context, m *manifest.Manifest) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	address, err := actor.Parse(m.Name)
	if err != nil {
		return &StartError{m, err}
	}
	info, known := h.actors.Actor(address)
	old := h.loaded[address]
	if !known || old == nil || info.State == actor.StateTerminated || info.State == actor.StateFailed {
		err := h.start(ctx, []*manifest.Manifest{m})
		if old != nil && h.loaded[address] != old {
			err = errors.Join(err, old.close(ctx))
		}
		return err
	}
	if err := sameGroup(old.manifest, m); err != nil {
		return &StartError{m, err}
	}
	l, err := h.load(ctx, m)
	if err != nil {
		return &StartError{m, err}
	}
	return h.replace(ctx, old, l)
}

func (h *Host) replace(ctx context.Context, old, l *loaded) error {
	h.describe(l)
	err := h.actors.Replace(ctx, l.spec)
	if _, started := errors.AsType[*actor.StartError](err); started || errors.Is(err, actor.ErrNotRunning) {
		h.describe(old)
		return errors.Join(&StartError{l.manifest, err}, l.close(ctx))
	}
	if err != nil { // ctx has ended, and nobody knows yet which of the two will run: both stay until Stop
		return &StartError{l.manifest, err}
	}
	h.loaded[l.spec.Address] = l
	for _, topic := range old.manifest.Subscriptions {
		if !slices.Contains(l.manifest.Subscriptions, topic) {
			h.topics.UnsubscribeActor(l.spec.Address, topic)
		}
	}
	return errors.Join(h.subscribe(l.spec.Address, l.manifest), old.close(ctx))
}

func sameGroup(was, is *manifest.Manifest) error {
	a, b := was.Supervision, is.Supervision
	for _, c := range []struct {
		key     string
		was, is any
	}{
		{"supervision.group", a.Group, b.Group},
		{"supervision.strategy", a.Strategy, b.Strategy},
		{"supervision.max_restarts", a.MaxRestarts, b.MaxRestarts},
		{"supervision.within", a.Within, b.Within},
	} {
		if c.was != c.is && (c.key == "supervision.group" || a.Group != "") {
			return &ChangeError{c.key, c.was, c.is}
		}
	}
	return nil
}

// Restart has a component go on with a fresh instance, which takes over the
// mailbox; see actor.System.Restart. One that has ended is started again.
func (h *Host) Restart(ctx context.Context, a actor.Address) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	if err := h.actors.Restart(ctx, a); err != nil {
		return err
	}
	if l := h.loaded[a]; l != nil {
		return h.subscribe(a, l.manifest)
	}
	return nil
}

// Remove stops one component for good, and frees what it was loaded as: it takes
// no new messages, handles those in its mailbox within its shutdown timeout, and
// what is left then is dead letters. It gives the manifest that it ran by; nil
// where there is no such component, which is no error.
func (h *Host) Remove(ctx context.Context, a actor.Address) (*manifest.Manifest, error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	l := h.loaded[a]
	if l == nil {
		return nil, nil
	}
	if err := h.actors.StopActor(ctx, a); err != nil && !errors.Is(err, actor.ErrNotFound) {
		return l.manifest, err
	}
	if err := h.actors.Forget(a); err != nil && !errors.Is(err, actor.ErrNotFound) {
		return l.manifest, err
	}
	delete(h.loaded, a)
	h.handed.End(a)
	h.setRunning(a, nil)
	return l.manifest, l.close(ctx)
}

// StopComponent stops one component: it handles what waits in its mailbox first;
// see actor.System.StopActor. Restart or Reload start it again.
func (h *Host) StopComponent(ctx context.Context, a actor.Address) error {
	err := h.actors.StopActor(ctx, a)
	if err == nil {
		h.handed.End(a)
	}
	return err
}
