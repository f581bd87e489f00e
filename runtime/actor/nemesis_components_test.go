package actor_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

// kinds of actors: the first five are components, one of each, the others Go.
const (
	isCounter = iota
	isLedger
	isRunaway
	isProber
	isFeed
	components

	kinds = 25
)

// A kit is what the actors of a nemesis are made from.
type kit struct {
	n       *nemesis
	runtime *component.Runtime
	makes   [components]actor.Factory
}

// compiled is where what is compiled is kept from one kit to the next.
var compiled = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "witgen-actor")
	if err != nil {
		panic(err)
	}
	return dir
})

func newKit(t testing.TB, n *nemesis) *kit {
	t.Helper()
	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{Cache: compiled()})
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{n: n, runtime: rt}
	quiet := &host.Services{System: n.sys, Log: slog.New(slog.DiscardHandler), Clock: n.clock}
	traced := &host.Services{System: n.sys, Log: quiet.Log, Clock: n.clock, Trace: k.heard} // takes no batches
	grants := []capability.Grant{
		{Kind: capability.Import, Resource: "airssys:core/host-services"},
		{Kind: capability.Messaging, Action: "send", Resource: "test:*"},
		{Kind: capability.Messaging, Action: "request", Resource: "test:*"},
		{Kind: "topic", Action: "publish", Resource: "t.*"},
		{Kind: "topic", Action: "subscribe", Resource: "t.*"},
	}
	enough := component.Limits{Fuel: 5_000_000} // where it is counted there are no batches either
	// None is closed for having waited: it would be counted half closed.
	pooled := component.WithPool(component.PoolOptions{Max: math.MaxInt, Keep: 16, Idle: time.Hour})
	for kind, of := range map[int]struct {
		name     string
		services *host.Services
		limits   component.Limits
	}{isCounter: {name: "counter", services: quiet}, isLedger: {name: "ledger", services: quiet}, isProber: {"prober", traced, enough}, isFeed: {"feed", traced, enough}} {
		c, err := host.Load(ctx, rt, wasm(t, of.name), host.WithTopics(n.topics), pooled)
		if err != nil {
			t.Fatal(err)
		}
		k.makes[kind] = c.Factory(host.Setup{Services: of.services, Grants: grants, Limits: of.limits})
	}
	k.makes[isRunaway] = newRunaway(t, rt)
	return k
}

func wasm(t testing.TB, name string) []byte {
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
	if u := k.runtime.Usage(); int(u.Instances.Used)-u.Ready != want || u.Quarantined != 0 {
		k.n.t.Errorf("%+v of instances of components, want %d in use", u, want)
	}
}

// equip decides what the i-th actor is.
func (k *kit) equip(spec *actor.Spec, i int) {
	kind, patient := i%kinds, spec.StopTimeout < 0
	if kind >= components {
		spec.Factory = func(_ context.Context, self actor.Address) (actor.Contract, error) {
			return k.n.instance(self, patient, kind%2 == 0)
		}
		return
	}
	spec.Factory = func(ctx context.Context, self actor.Address) (actor.Contract, error) {
		inst, err := k.makes[kind](ctx, self)
		if err != nil {
			return nil, err
		}
		g := &nemesisGuest{n: k.n, self: self, component: true, counts: kind == isCounter}
		k.n.opened(g)
		w := &watched{Contract: inst, guest: g, kind: kind}
		if b, ok := inst.(actor.Batcher); ok && kind < isRunaway {
			return &watchedBatcher{w, b}, nil
		}
		return w, nil
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
	if w.kind == isProber {
		return w.converse(ctx, m, l)
	}
	err := w.Contract.Handle(ctx, w.in(m, l))
	if err == nil {
		w.guest.count(1)
	}
	return err
}

// in is a message in the words of the component.
func (w *watched) in(m *actor.Message, l letter) *actor.Message {
	own := *m
	switch w.kind {
	case isLedger:
		own.Payload = []byte("id=1;item=tea;amount=12.50")
		if l.Do == "crash" || l.Do == "panic" {
			own.Payload = []byte("id=1;item=tea;amount=much") // a trap, three calls deep
		}
	case isRunaway:
		own.Payload = []byte(l.Do)
	case isFeed:
		own.Payload = []byte(w.broadcast(l))
	}
	return &own
}

func (w *watched) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	l := w.guest.n.unseal(w.guest.self, m.Payload)
	a, ok := w.Contract.(actor.Answerer)
	if !ok {
		return nil, actor.ErrNoAnswers
	}
	own := *m
	own.Payload = []byte("total")
	if w.kind == isProber {
		own.Payload = []byte(w.harmless(l))
	}
	return a.Answer(ctx, &own)
}

func (w *watched) Callback(ctx context.Context, m *actor.Message, failed error) error {
	if err := w.guest.Callback(ctx, m, failed); err != nil {
		return err
	}
	return w.Contract.(actor.Answerer).Callback(ctx, m, failed)
}

func (w *watched) Close(ctx context.Context) error {
	defer w.guest.n.closed(w.guest)
	return w.Contract.Close(ctx)
}

// watchedBatcher is watched, of a component that takes several messages at a time.
type watchedBatcher struct {
	*watched
	actor.Batcher
}

func (w *watchedBatcher) HandleBatch(ctx context.Context, b *actor.Batch) (err error) {
	own := *b
	own.Messages = make([]actor.Message, len(b.Messages))
	for i := range own.Messages {
		own.Messages[i] = *w.in(&b.Messages[i], w.guest.n.read(w.guest.self, b.Messages[i].Payload))
	}
	defer func() {
		b.Done = own.Done
		came := own.Done
		if err != nil {
			came++
		}
		for i := range came {
			w.guest.n.unseal(w.guest.self, b.Messages[i].Payload)
		}
		w.guest.count(own.Done)
		if own.Done > 1 {
			w.guest.n.batches.Add(1)
			w.guest.n.batched.Add(int64(own.Done))
		}
	}()
	return w.Batcher.HandleBatch(ctx, &own)
}

// audit asks a guest that counts, if one is ready at an address, for what it has counted.
func (n *nemesis) audit(a actor.Address) {
	info, _ := n.sys.Actor(a)
	n.mu.Lock()
	g := n.current[a]
	n.mu.Unlock()
	if info.State != actor.StateReady || g == nil || !g.counts {
		return
	}
	n.tried.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), n.patience)
	defer cancel()
	answer, err := n.sys.Ask(ctx, a, n.seal("auditor", letter{}))
	if err != nil {
		n.t.Errorf("%s does not say how many messages it has counted: %v", a, err)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if got := binary.LittleEndian.Uint32(answer); int(got) != g.counted {
		n.t.Errorf("%s has counted %d messages, and was given %d", a, got, g.counted)
	}
}

// A runaway is an actor made of the guest of that name, whose world is none of the system's.
type runaway struct {
	*component.Instance
	funcs map[string]component.Func
}

func newRunaway(t testing.TB, rt *component.Runtime) actor.Factory {
	t.Helper()
	bytes := wasm(t, "runaway")
	d, err := component.Describe(bytes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := rt.Load(context.Background(), bytes, component.DynamicWorld("test:test/own", d))
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
