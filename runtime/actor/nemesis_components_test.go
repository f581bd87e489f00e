package actor_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

// A kit is what the actors of a nemesis are made from: three of 25 are components, the others Go.
type kit struct {
	n       *nemesis
	runtime *component.Runtime
	makes   [3]actor.Factory // counter, ledger, runaway
}

func newKit(t *testing.T, n *nemesis) *kit {
	t.Helper()
	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{n: n, runtime: rt}
	services := &host.Services{System: n.sys, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Clock: n.clock}
	for i, name := range []string{"counter", "ledger"} {
		c, err := host.Load(ctx, rt, wasm(t, name))
		if err != nil {
			t.Fatal(err)
		}
		k.makes[i] = c.Factory(host.Setup{Services: services})
	}
	k.makes[2] = newRunaway(t, rt)
	return k
}

func wasm(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "guests", name, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (k *kit) close() {
	if err := k.runtime.Close(context.Background()); err != nil {
		k.n.t.Error(err)
	}
}

// check holds that there are instances of components for actors that live, and for no others. It needs the books' lock.
func (k *kit) check() {
	want := 0
	for _, g := range k.n.current {
		if g.component {
			want++
		}
	}
	if u := k.runtime.Usage(); int(u.Instances.Used)-u.Ready != want {
		k.n.t.Errorf("%+v of instances of components, want %d in use", u, want)
	}
}

// equip decides what the i-th actor is.
func (k *kit) equip(spec *actor.Spec, i int) {
	kind, patient := i%25, spec.StopTimeout < 0
	if kind >= len(k.makes) {
		spec.Factory = func(_ context.Context, self actor.Address) (actor.Contract, error) {
			return k.n.instance(self, patient)
		}
		return
	}
	spec.Factory = func(ctx context.Context, self actor.Address) (actor.Contract, error) {
		inst, err := k.makes[kind](ctx, self)
		if err != nil {
			return nil, err
		}
		g := &nemesisGuest{n: k.n, self: self, component: true}
		k.n.opened(g)
		return &watched{inst, g, kind}, nil
	}
}

// watched keeps the books over an instance of a component, and tells it what letters say in its own words.
type watched struct {
	actor.Contract
	guest *nemesisGuest
	kind  int
}

func (w *watched) Handle(ctx context.Context, m *actor.Message) error {
	l := w.guest.n.unseal(w.guest.self, m.Payload)
	own := *m
	switch w.kind {
	case 1:
		own.Payload = []byte("id=1;item=tea;amount=12.50")
		if l.Do == "crash" || l.Do == "panic" {
			own.Payload = []byte("id=1;item=tea;amount=much") // a trap, three calls deep
		}
	case 2:
		own.Payload = []byte(l.Do)
	}
	return w.Contract.Handle(ctx, &own)
}

func (w *watched) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	w.guest.n.unseal(w.guest.self, m.Payload)
	a, ok := w.Contract.(actor.Answerer)
	if !ok {
		return nil, actor.ErrNoAnswers
	}
	own := *m
	own.Payload = []byte("total")
	return a.Answer(ctx, &own)
}

func (w *watched) Callback(context.Context, *actor.Message, error) error {
	w.guest.n.t.Errorf("%s got an answer and has asked nothing", w.guest.self)
	return nil
}

func (w *watched) Close(ctx context.Context) error {
	defer w.guest.n.closed(w.guest)
	return w.Contract.Close(ctx)
}

// A runaway is an actor made of the guest of that name, whose world is none of the system's.
type runaway struct {
	*component.Instance
	funcs map[string]component.Func
}

func newRunaway(t *testing.T, rt *component.Runtime) actor.Factory {
	t.Helper()
	bytes := wasm(t, "runaway")
	d, err := component.Describe(bytes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := rt.Load(t.Context(), bytes, component.DynamicWorld("test:test/own", d))
	if err != nil {
		t.Fatal(err)
	}
	limits := component.WithLimits(component.Limits{Fuel: 200_000, Memory: 1 << 20})
	return func(ctx context.Context, _ actor.Address) (actor.Contract, error) {
		in, err := f.New(ctx, nil, limits)
		if err != nil {
			return nil, err
		}
		r := &runaway{in, map[string]component.Func{}}
		for i, e := range f.World().Exports {
			for j, fn := range in.Funcs(i) {
				r.funcs[e.Funcs[j].Name] = fn
			}
		}
		return r, nil
	}
}

func (r *runaway) Start(context.Context) error                  { return nil }
func (r *runaway) Stop(context.Context) error                   { return nil }
func (r *runaway) Health(context.Context) (actor.Health, error) { return actor.Healthy, nil }

// Handle does what the message says: all but the last two end the instance.
func (r *runaway) Handle(ctx context.Context, m *actor.Message) error {
	name, args := "ok", []abi.Value{uint32(1)}
	switch string(m.Payload) {
	case "crash":
		name, args = "trap", nil
	case "panic":
		name, args = "divide", []abi.Value{uint32(1), uint32(0)}
	case "goexit":
		name, args = "peek", []abi.Value{uint32(0xffff_fff0)}
	case "exit":
		name, args = "recurse", nil
	case "slow":
		name, args = "spin", nil // until its fuel is used up
	case "reject":
		name, args = "grow", nil // until it gets no more
	}
	if _, err := r.funcs[name].Call(ctx, args...); err != nil {
		return actor.Crash(err)
	}
	return nil
}
