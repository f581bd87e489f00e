package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// A program is a component that a command runs itself, not as an actor with a manifest.
type program struct {
	file   string
	wasm   []byte
	world  string
	grants []capability.Grant
}

// address is what a program is called in approvals and in the audit log.
func (p *program) address() string { return "program:" + filepath.Base(p.file) }

// An admission is what the gate let run. The zero value is that of a command without a gate.
type admission struct {
	gate   *gate.Gate
	passes []*gate.Pass
}

// devFlag adds the flag of dev mode.
func devFlag(cmd *cobra.Command, dev *bool) {
	cmd.Flags().BoolVar(dev, "dev", false, "run components that nobody approved, with a warning, where the trust file does not forbid it")
}

// admit asks the gate, where there is one, whether programs may run: all of them, or none. stop is called when one may not run any more.
func (o *stateOptions) admit(dev bool, stop func(), programs ...program) (_ admission, err error) {
	g, err := o.forRun(dev)
	if g == nil {
		return admission{}, err
	}
	a := admission{gate: g}
	var refused []error
	for _, p := range programs {
		pass, err := g.Admit(gate.Candidate{
			Component: p.address(), File: p.file, Wasm: p.wasm, World: p.world, Grants: p.grants,
			Withdraw: func(*approval.Request) { stop() },
		})
		if err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", filepath.ToSlash(p.file), err))
			continue
		}
		a.passes = append(a.passes, pass)
	}
	if err := errors.Join(refused...); err != nil {
		for _, pass := range a.passes {
			pass.Close()
		}
		return admission{}, errors.Join(err, g.Close())
	}
	for _, pass := range a.passes {
		pass.Record(audit.Record{Event: audit.Started, Decision: audit.Granted})
	}
	return a, nil
}

// options are those of the instances of the first program, which is the one that asks for things.
func (a *admission) options() []component.Option {
	if a.gate == nil {
		return nil
	}
	return []component.Option{component.WithGuard(a.passes[0].Guard()...)}
}

// watch puts on record which limits the first program comes near to, or meets.
func (a *admission) watch(c *component.Config) {
	runtime.TellLimits(c, func(e actor.Event) {
		if r, ok := runtime.RecordOf(e); ok && a.gate != nil {
			a.passes[0].Record(r)
		}
	}, actor.RealClock{})
}

// crashed puts on record what ended an instance of the first program, if anything did.
func (a *admission) crashed(err error) {
	if a.gate != nil && errors.As(err, new(*component.Trap)) {
		a.passes[0].Record(runtime.CrashRecord(err))
	}
}

// leave says that the programs have ended, and how.
func (a *admission) leave(err error) error {
	if a.gate == nil {
		return nil
	}
	end := audit.Record{Event: audit.Stopped}
	if err != nil {
		end.Reason = err.Error()
	}
	for _, pass := range a.passes {
		pass.Record(end)
		pass.Close()
	}
	return a.gate.Close()
}
