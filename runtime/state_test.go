package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/airsstack/witgen/internal/roundtrip/scalars"
	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

// countedWorld makes actors of components of demo:scalars/scalars, whose import
// say counts in the host's state for the actor: a message is handed to shout, but
// for "spin", at which the component runs until it is stopped.
var countedWorld = host.World{
	Name: scalars.World.Name,
	Load: func(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (host.Program, error) {
		f, err := scalars.Load(ctx, rt, wasm, opts...)
		return countedProgram{f}, err
	},
}

type countedProgram struct{ *scalars.Factory }

func (p countedProgram) New(ctx context.Context, self actor.Address, s host.Setup, opts ...component.Option) (actor.Contract, error) {
	inst, err := p.Factory.New(ctx, scalars.Imports{Host: counting{s.Services.System.State(self).(*atomic.Int64)}}, opts...)
	return &counted{inst}, err
}

type counting struct{ said *atomic.Int64 }

func (c counting) Say(context.Context, string) (uint32, error)      { return uint32(c.said.Add(1)), nil }
func (counting) Tick(_ context.Context, v uint32) (uint32, error)   { return v, nil }
func (counting) Repeat(_ context.Context, s string) (string, error) { return s, nil }

type counted struct{ inst *scalars.Scalars }

func (c *counted) Handle(ctx context.Context, m *actor.Message) error {
	var err error
	if string(m.Payload) == "spin" {
		_, err = c.inst.API().Twice(ctx, 1<<31)
	} else {
		_, err = c.inst.API().Shout(ctx, string(m.Payload))
	}
	if errors.As(err, new(*component.Trap)) {
		return actor.Crash(err)
	}
	return err
}
func (c *counted) Start(context.Context) error                  { return nil }
func (c *counted) Health(context.Context) (actor.Health, error) { return actor.Healthy, nil }
func (c *counted) Stop(context.Context) error                   { return nil }
func (c *counted) Close(ctx context.Context) error              { return c.inst.Close(ctx) }

// What host functions keep for a component is there when it has crashed and for
// its next version, if its manifest says so, and not otherwise.
func TestKeepState(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		t.Run(strconv.FormatBool(keep), func(t *testing.T) {
			t.Parallel()
			clock := actor.NewManualClock(epoch)
			var made atomic.Int64
			h, rec := newHostWith(t, clock, func(c *runtime.Config) {
				c.Worlds = []host.World{countedWorld}
				c.State = func(actor.Address) any { made.Add(1); return new(atomic.Int64) }
			})
			dir := t.TempDir()
			copyFile(t, "../testdata/guests/scalars/scalars.wasm", filepath.Join(dir, "scalars.wasm"))
			m := write(t, dir, fmt.Sprintf(`
component = { name = "demo:crier", version = "1.0.0" }
capabilities.imports = ["demo:scalars/host"]
resources.cpu.max_fuel = 100_000
supervision = { keep_state = %v, health.interval = "0s" }
`, keep))
			if err := h.Start(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			crier := actor.Address{Namespace: "demo", Name: "crier"}
			said := func() int64 { return h.State(crier).(*atomic.Int64).Load() }
			say := func(texts ...string) {
				t.Helper()
				for _, text := range texts {
					if err := h.Send(t.Context(), crier, []byte(text)); err != nil {
						t.Fatal(err)
					}
				}
			}
			say("one", "two")
			idle(t, h)
			if n := said(); n != 2 {
				t.Errorf("before the crash %d", n)
			}
			say("spin", "three")
			rec.pass(t, clock)
			idle(t, h)
			if crashes := find[actor.Crashed](rec); len(crashes) != 1 || !errors.As(crashes[0].Err, new(*component.OutOfFuelError)) {
				t.Fatalf("crashes: %v", crashes)
			}
			want := int64(1) // that of the fresh instance
			if keep {
				want = 3
			}
			if n := said(); n != want {
				t.Errorf("after the crash %d, want %d", n, want)
			}
			if err := h.Reload(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if !keep {
				want = 0
			}
			if n := said(); n != want {
				t.Errorf("in the next version %d, want %d", n, want)
			}
			if n := made.Load(); n != map[bool]int64{false: 3, true: 1}[keep] {
				t.Errorf("made %d times", n)
			}
			if h.State(actor.Address{Namespace: "demo", Name: "nobody"}) != nil {
				t.Error("there is something of nobody")
			}
		})
	}
}
