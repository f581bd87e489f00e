package delegation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	iface "github.com/airsstack/witgen/runtime/host/delegation/bindings/airssys/delegation/delegation"
)

// Offers are the options to load a component with.
func (b *Book) Offers() []component.LoadOption {
	return []component.LoadOption{component.WithProvider(iface.Import, &instance{book: b})}
}

// Give makes what an instance of that actor has.
func (b *Book) Give(self actor.Address) (opts []component.Option, free func()) {
	return []component.Option{component.WithHost(iface.Import, &instance{b, self}), component.WithGrants(own)}, nil
}

// own is for what is about one's own delegations: to list them, and to take them
// back.
var own = capability.Grant{Kind: capability.Import, Resource: "airssys:delegation/*"}

// instance is the host side of one instance.
type instance struct {
	book *Book
	self actor.Address
}

var _ iface.Host = (*instance)(nil)

// Delegate implements iface.Host.
func (in *instance) Delegate(ctx context.Context, to string, grants []iface.Grant, lastsMs cm.Option[uint64]) (uint64, error) {
	receiver, err := actor.Parse(to)
	switch {
	case err != nil:
		return 0, &iface.DelegationErrorUnknownComponent{}
	case receiver == in.self:
		return 0, &iface.DelegationErrorUnavailable{Value: "it would be handed on to the component itself"}
	case len(grants) == 0:
		return 0, &iface.DelegationErrorInvalidGrant{Value: "nothing is handed on"}
	}
	lasts := time.Duration(0)
	if lastsMs.Valid {
		if lastsMs.Value == 0 {
			return 0, &iface.DelegationErrorUnavailable{Value: "it would be over at once"}
		}
		lasts = time.Duration(min(lastsMs.Value, math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
	}
	if len(grants) > MaxGrants { // before any is copied
		return 0, errorOf(&SizeError{"grants", len(grants), MaxGrants})
	}
	all := make([]capability.Grant, len(grants))
	for i, g := range grants {
		all[i] = capability.Grant{Kind: capability.Kind(g.Kind), Action: g.Action, Resource: g.Resource}
	}
	id, err := in.book.Delegate(in.self, receiver, lasts, all...)
	if errors.Is(err, ErrTooMany) {
		component.LimitMet(ctx, "grants handed on", Max)
	}
	return id, errorOf(err)
}

// Revoke implements iface.Host.
func (in *instance) Revoke(ctx context.Context, id uint64) (bool, error) {
	if from, ok := in.book.giver(id); ok && from != in.self {
		component.Refuse(ctx, fmt.Sprintf("delegation %d", id), "another component has handed it on")
		return false, nil
	}
	return in.book.Revoke(in.self, id), nil
}

// Delegations implements iface.Host.
func (in *instance) Delegations(context.Context) (all []iface.HandedOn, err error) {
	for _, e := range in.book.Of(in.self) {
		one := iface.HandedOn{ID: e.ID, To: e.To.String()}
		if !e.Ends.IsZero() {
			one.LastsMs = cm.Some(uint64(max(e.Ends.Sub(in.book.config.Clock.Now()).Milliseconds(), 0)))
		}
		for _, g := range e.Grants {
			one.Grants = append(one.Grants, iface.Grant{Kind: string(g.Kind), Action: g.Action, Resource: g.Resource})
		}
		all = append(all, one)
	}
	return all, nil
}

// errorOf is what a guest is told of an error.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*capability.DelegationError](err); ok {
		return &iface.DelegationErrorNotHeld{Value: e.Grant.String()}
	}
	switch {
	case errors.As(err, new(*capability.PatternError)), errors.As(err, new(*SizeError)):
		return &iface.DelegationErrorInvalidGrant{Value: err.Error()}
	case errors.Is(err, actor.ErrNotFound):
		return &iface.DelegationErrorUnknownComponent{}
	case errors.Is(err, ErrTooMany):
		return &iface.DelegationErrorTooManyDelegations{}
	}
	return &iface.DelegationErrorUnavailable{Value: err.Error()}
}
