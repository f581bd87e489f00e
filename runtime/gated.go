package runtime

import (
	"context"
	"errors"
	"strconv"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// admit asks the gate, where there is one, whether the component may start. What it gives is nil where there is none.
func (h *Host) admit(a actor.Address, m *manifest.Manifest, world string, wasm []byte) (*gate.Pass, error) {
	if h.gate == nil {
		return nil, nil
	}
	required := m.Grants()
	required = required[:len(required)-len(m.Optional())]
	var claim *trust.Claim
	if s := m.Source; s != nil {
		claim = &trust.Claim{Git: s.Git, Branch: s.Branch, Commit: s.Commit, Path: s.Path}
	}
	return h.gate.Admit(gate.Candidate{
		Component: m.Name, File: m.File, Wasm: wasm, World: world, Grants: required, Optional: m.Optional(), Every: m.Audit == manifest.AuditEvery,
		Claim: claim,
		Withdraw: func(*approval.Request) {
			// It may do nothing any more. Stopping it is for good manners, and may wait for its last message.
			_ = h.actors.StopActor(context.Background(), a)
		},
	})
}

// notLoaded puts on record that a component is none that can run here, before anybody was asked about it.
func (h *Host) notLoaded(m *manifest.Manifest, wasm []byte, err error) {
	if h.gate != nil {
		h.gate.Log().Append(audit.Record{
			Event: audit.Started, Component: m.Name, SHA256: (&trust.Component{Wasm: wasm}).Hash(), Decision: audit.Denied, Reason: reason(err),
		})
	}
}

// setRunning notes as what a component runs from now on; nil for one that does no more.
func (h *Host) setRunning(a actor.Address, l *loaded) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running[a] = l; l == nil {
		delete(h.running, a)
	}
}

// runs is as what a component runs, nil where it does not.
func (h *Host) runs(a actor.Address) *loaded {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running[a]
}

// pass is that of a component that runs, nil without a gate.
func (h *Host) pass(a actor.Address) *gate.Pass {
	if l := h.runs(a); l != nil {
		return l.pass
	}
	return nil
}

// endAll says that nothing runs any more.
func (h *Host) endAll() {
	h.handed.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for a, l := range h.running {
		if l.pass != nil {
			l.pass.Close()
		}
		delete(h.running, a)
	}
}

// Revoke takes a grant of a component's manifest back while it runs, on record first where there is a gate, for who says so and why. What the component has opened under it stops
// working at once, and its next instances do not get it either. It says whether the component held it.
func (h *Host) Revoke(a actor.Address, grant capability.Grant, by, reason string) (bool, error) {
	l := h.runs(a)
	switch {
	case l == nil:
		return false, actor.ErrNotFound
	case l.pass == nil:
		return l.leash.Revoke(grant), nil
	}
	return l.pass.Revoke(grant, by, reason)
}

// watch is the observer that puts on record what happens, and shows it to the one that was configured.
func (h *Host) watch(next func(actor.Event)) func(actor.Event) {
	if h.gate == nil {
		return next
	}
	return func(e actor.Event) {
		if r, ok := RecordOf(e); ok {
			r.Time = e.Head().Time
			if p := h.pass(e.Head().Actor); p != nil {
				p.Record(r)
			} else if e.Head().Actor.IsZero() { // it is about the host
				h.gate.Log().Append(r)
			}
		}
		if next != nil {
			next(e)
		}
	}
}

// RecordOf is what of an event belongs on record. Denials come from the guards themselves.
func RecordOf(e actor.Event) (audit.Record, bool) {
	switch e := e.(type) {
	case actor.Started:
		return audit.Record{Event: audit.Started, Decision: audit.Granted}, true
	case actor.Restarted:
		return audit.Record{Event: audit.Restarted, Count: uint64(max(e.Restart, 0))}, true
	case actor.Crashed:
		r := CrashRecord(e.Err)
		r.Function = e.During.String()
		return r, true
	case actor.Failed:
		return audit.Record{Event: audit.Stopped, Decision: "failed", Reason: reason(e.Reason), Meta: left(e.Left)}, true
	case actor.Stopped:
		return audit.Record{Event: audit.Stopped, Reason: reason(e.Err), Meta: left(e.Left)}, true
	case LimitNear:
		return audit.Record{Event: audit.Limited, Kind: e.Of, Decision: "near", Reason: e.Usage.String()}, true
	case actor.LimitMet:
		r := audit.Record{Event: audit.Limited, Kind: e.Err.Of, Decision: audit.Denied, Reason: reason(e.Err)}
		if !e.To.IsZero() {
			r.Meta = map[string]string{"from": e.From.String(), "to": e.To.String()}
		}
		return r, true
	}
	return audit.Record{}, false
}

func left(messages int) map[string]string {
	if messages == 0 {
		return nil
	}
	return map[string]string{"left": strconv.Itoa(messages)}
}

// maxReason bounds what is recorded of an error: a guest may have a part in its text.
const maxReason = 2000

func reason(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return text[:min(len(text), maxReason)]
}

// CrashRecord is what of an instance's end belongs on record.
func CrashRecord(err error) audit.Record {
	r := audit.Record{Event: audit.Crashed, Reason: reason(err)}
	if isLimit(err) {
		r.Event = audit.Limited
	}
	return r
}

// isLimit says whether a crash is a limit that was hit.
func isLimit(err error) bool {
	return LimitKey(err) != "" || errors.As(err, new(*component.LimitError))
}
