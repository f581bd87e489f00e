package gate

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
)

// A Pass lets one component run, with what its manifest grants, for as long as it is not taken back.
type Pass struct {
	// Level is how far the component is trusted, Request what was decided about it. Where nobody has decided yet about what is optional, that is an
	// earlier request, for the same but for that.
	Level   trust.Level
	Request *approval.Request
	// Grants are what it may have: all that its manifest asks for, but for what is withheld of what is optional in it.
	Grants, Withheld []capability.Grant

	gate     *Gate
	asked    *approval.Request // for all that it wants; often Request itself
	name     string
	recorder *audit.Recorder
	leash    capability.Leash
	withdraw func(*approval.Request) // called once, when the decision does not stand any more
	once     sync.Once
}

// A Candidate is a component that wants to start.
type Candidate struct {
	Component string // its address
	File      string // that its bytes were read from; "" for none
	Wasm      []byte
	World     string             // that it is of
	Grants    []capability.Grant // that it does not start without
	Optional  []capability.Grant // that it has besides, unless somebody withholds them
	// Claim is what its manifest says of where it comes from; nil if that says nothing. It gives no trust.
	Claim *trust.Claim
	// Every has each granted call be a record of its own.
	Every bool
	// Withdraw is called once, from another goroutine, when the component may not run any more; all its grants are revoked by then. It may be nil.
	Withdraw func(*approval.Request)
}

// Admit decides whether a component may start. It returns an [*approval.NotApprovedError] where it may not.
func (g *Gate) Admit(of Candidate) (*Pass, error) {
	c := &trust.Component{Wasm: of.Wasm}
	if of.File != "" {
		var err error
		if c, err = trust.At(of.File, of.Wasm); err != nil {
			return nil, err
		}
	}
	hash := c.Hash()
	origin, err := g.approvals.Origin(hash)
	if err != nil {
		return nil, err
	}
	c.Origin, c.Claim = origin, of.Claim
	v := g.trust.Judge(c)
	ask := approval.Ask{Component: of.Component, SHA256: hash, World: of.World, Signer: v.Signer, Grants: of.Grants, Optional: of.Optional}
	asked, r, err := g.decide(ask, v)
	if _, refused := errors.AsType[*approval.NotApprovedError](err); refused {
		record := audit.Record{
			Event: audit.Started, Component: of.Component, SHA256: hash, Trust: string(v.Level), Decision: audit.Denied, Reason: err.Error(),
			Meta: map[string]string{"request": asked.ID},
		}
		return nil, errors.Join(err, g.log.Commit(context.Background(), record))
	}
	if err != nil {
		return nil, err
	}
	if r.State == approval.Bypassed {
		err := g.log.Commit(context.Background(), audit.Record{
			Event: audit.DevMode, Component: of.Component, SHA256: hash, Trust: string(v.Level), Decision: audit.Granted,
			Reason: strings.Join(v.Reason, ", "), Meta: map[string]string{"request": r.ID},
		})
		if err != nil {
			return nil, err
		}
		g.warn("dev mode: " + of.Component + " runs and nobody approved it")
	}
	p := &Pass{Level: v.Level, Request: r, gate: g, asked: asked, name: of.Component, withdraw: of.Withdraw}
	allowed := r.Allowed()
	p.Grants = slices.Clone(of.Grants)
	for _, grant := range of.Optional {
		if slices.Contains(allowed, grant) {
			p.Grants = append(p.Grants, grant)
		} else {
			p.Withheld = append(p.Withheld, grant)
		}
	}
	p.recorder = g.log.Recorder(audit.Subject{Component: of.Component, Trust: string(v.Level), SHA256: hash, Every: of.Every})
	g.passes.add(p)
	return p, nil
}

// decide has the approvals decide about an ask. Of two requests the first is that of the ask, the second the one by which the component may run: an
// earlier one where the ask waits for somebody and only what is optional in it is new.
func (g *Gate) decide(ask approval.Ask, v trust.Verdict) (asked, by *approval.Request, err error) {
	asked, err = g.approvals.Decide(ask, v)
	_, refused := errors.AsType[*approval.NotApprovedError](err)
	if !refused || !asked.State.Open() {
		return asked, asked, err
	}
	by, failed := g.approvals.Without(ask)
	if by == nil || failed != nil {
		return asked, asked, errors.Join(err, failed)
	}
	return asked, by, nil
}

// Guard gives the options for the guards of the component's instances.
func (p *Pass) Guard() []capability.GuardOption {
	return append(p.recorder.Guard(), capability.WithLeash(&p.leash))
}

// Record writes a record about the component, filled in with who it is.
func (p *Pass) Record(r audit.Record) {
	r.Component, r.Trust, r.SHA256 = p.name, string(p.Level), p.Request.SHA256
	p.gate.log.Append(r)
}

// Revoke takes a grant back while the component runs, on record first. What was opened under it stops working at once. It says whether the component held it.
func (p *Pass) Revoke(grant capability.Grant, by, reason string) (bool, error) {
	err := p.gate.log.Commit(context.Background(), audit.Record{
		Event: audit.Revoked, Component: p.name, Trust: string(p.Level), SHA256: p.Request.SHA256, Actor: by, Reason: reason,
		Kind: string(grant.Kind), Action: grant.Action, Resource: grant.Resource,
	})
	if err != nil {
		return false, err
	}
	return p.leash.Revoke(grant), nil
}

// Delegate hands a part of what the component holds on to another one that runs, on record first, with what is to be noted beside; see
// [capability.Leash.Delegate]. Where the component does not hold that, it is on record as denied. What the other one does by it is on record with the note, and from whom it is.
func (p *Pass) Delegate(to *Pass, note map[string]string, part ...capability.Grant) (*capability.Delegation, error) {
	meta := map[string]string{"to": to.name, "grants": grantList(part)}
	maps.Copy(meta, note)
	if err := p.leash.CanDelegate(p.name, p.Grants, part...); err != nil {
		delete(meta, "delegation") // it is none
		p.Record(audit.Record{Event: audit.Delegated, Decision: audit.Denied, Reason: err.Error(), Meta: meta})
		return nil, err
	}
	err := p.gate.log.Commit(context.Background(), audit.Record{
		Event: audit.Delegated, Component: p.name, Trust: string(p.Level), SHA256: p.Request.SHA256, Decision: audit.Granted, Meta: meta,
	})
	if err != nil {
		return nil, err
	}
	from := map[string]string{"from": p.name}
	maps.Copy(from, note)
	d, err := p.leash.Delegate(p.name, p.Grants, capability.Receiver{Name: to.name, Leash: &to.leash, Used: to.recorder.Apart(from)}, part...)
	if err != nil { // lost since it was asked
		p.Record(audit.Record{Event: audit.Delegated, Decision: audit.Denied, Reason: err.Error(), Meta: meta})
	}
	return d, err
}

// Close says that the component does not run any more. What it has handed on is taken back.
func (p *Pass) Close() {
	p.leash.RevokeAll()
	p.gate.passes.remove(p)
	p.recorder.Close()
}

// check takes the pass back where its decision does not stand any more, and of what is optional what is withheld since.
func (p *Pass) check() {
	r, _, err := p.gate.approvals.Get(p.Request.ID)
	if err != nil {
		return
	}
	if p.asked != p.Request {
		if asked, _, err := p.gate.approvals.Get(p.asked.ID); err == nil && asked.State == approval.Denied {
			r = asked
		}
	}
	if r.State.MayRun() {
		for _, grant := range r.Withheld {
			if slices.Contains(p.Grants, grant) && !p.leash.Revoked(grant) {
				_, _ = p.Revoke(grant, r.Last().By, "it is withheld: "+r.Last().Reason) // tried again at the next change
			}
		}
		return
	}
	p.once.Do(func() {
		p.leash.RevokeAll()
		p.Record(audit.Record{
			Event: audit.Revoked, Actor: r.Last().By, Reason: "the approval was taken back: " + r.Last().Reason, Decision: string(r.State),
			Meta: map[string]string{"request": r.ID},
		})
		if p.withdraw != nil {
			p.withdraw(r)
		}
	})
}

// passes are those of the components that run. While there are some, the approvals are looked at again now and then.
type passes struct {
	mu   sync.Mutex
	all  []*Pass
	quit chan struct{} // nil while nobody looks
	done chan struct{}
}

func (ps *passes) add(p *Pass) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.all = append(ps.all, p)
	if ps.quit == nil {
		ps.quit, ps.done = make(chan struct{}), make(chan struct{})
		go ps.watch(p.gate, ps.quit, ps.done)
	}
}

func (ps *passes) remove(p *Pass) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.all = slices.DeleteFunc(ps.all, func(o *Pass) bool { return o == p })
}

func (ps *passes) close() {
	ps.mu.Lock()
	quit, done := ps.quit, ps.done
	ps.quit, ps.all = nil, nil
	ps.mu.Unlock()
	if quit != nil {
		close(quit)
		<-done
	}
}

// watch checks all passes whenever the file of the approvals has changed, and how much of the log is kept.
func (ps *passes) watch(g *Gate, quit <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	file := filepath.Join(g.cfg.Dir, approvalsFile)
	tick := time.NewTicker(g.cfg.Poll)
	defer tick.Stop()
	var last time.Time
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		g.lookAtKeep()
		info, err := os.Stat(file)
		// A change soon after another one can leave the time as it is.
		if err != nil || info.ModTime().Equal(last) && time.Since(last) > 2*time.Second {
			continue
		}
		last = info.ModTime()
		ps.mu.Lock()
		all := slices.Clone(ps.all)
		ps.mu.Unlock()
		for _, p := range all {
			p.check()
		}
	}
}

func grantList(grants []capability.Grant) string {
	texts := make([]string, len(grants))
	for i, g := range grants {
		texts[i] = g.String()
	}
	return strings.Join(texts, "; ")
}
