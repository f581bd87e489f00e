package runtime

import (
	"strconv"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/host/delegation"
)

// The events of delegations. Actor is who hands on.
type (
	// Delegated says that Actor has handed something on.
	Delegated struct {
		actor.Header
		delegation.Entry
	}

	// DelegationEnded says that it has it no more, to whom it was handed on. Those that
	// end with what they came from are not told one by one.
	DelegationEnded struct {
		actor.Header
		delegation.Entry
		Why string
	}
)

// Name is "delegated".
func (Delegated) Name() string { return "delegated" }

// Name is "delegation-ended".
func (DelegationEnded) Name() string { return "delegation-ended" }

// Delegate hands a part of what a component holds on to another one, for a time or,
// where lasts is 0, until it is revoked, on record first where there is a gate, and
// gives its number. It never gives more than the component has. It ends when the
// component loses what it came from, and when either is stopped or reloaded. The
// error is a *capability.DelegationError where the component does not hold that,
// actor.ErrNotFound where one of the two does not run, or delegation.ErrTooMany.
//
// Components do the same by airssys:delegation, where their manifests grant it.
func (h *Host) Delegate(from, to actor.Address, lasts time.Duration, part ...capability.Grant) (id uint64, err error) {
	return h.handed.Delegate(from, to, lasts, part...)
}

// RevokeDelegation takes back what a component has handed on, and says whether there
// was anything left of it.
func (h *Host) RevokeDelegation(from actor.Address, id uint64) bool { return h.handed.Revoke(from, id) }

// Delegations are what a component has handed on and is still so.
func (h *Host) Delegations(from actor.Address) []delegation.Entry { return h.handed.Of(from) }

// hand does what a delegation is.
func (h *Host) hand(e delegation.Entry) (d *capability.Delegation, err error) {
	giver, receiver := h.runs(e.From), h.runs(e.To)
	switch {
	case giver == nil || receiver == nil:
		return nil, actor.ErrNotFound
	case giver.pass == nil:
		d, err = giver.leash.Delegate(e.From.String(), giver.manifest.Grants(), capability.Receiver{Name: e.To.String(), Leash: receiver.leash}, e.Grants...)
	default:
		note := map[string]string{"delegation": strconv.FormatUint(e.ID, 10)}
		if !e.Ends.IsZero() {
			note["ends"] = e.Ends.UTC().Format(time.RFC3339Nano)
		}
		d, err = giver.pass.Delegate(receiver.pass, note, e.Grants...)
	}
	if err == nil {
		h.tell(Delegated{h.header(e.From), e})
	}
	return d, err
}

// unhanded tells of a delegation that has ended by itself.
func (h *Host) unhanded(e delegation.Entry, why string) {
	if l := h.runs(e.From); l != nil && l.pass != nil {
		l.pass.Record(audit.Record{Event: audit.Revoked, Reason: why, Meta: map[string]string{
			"to": e.To.String(), "delegation": strconv.FormatUint(e.ID, 10),
		}})
	}
	h.tell(DelegationEnded{h.header(e.From), e, why})
}
