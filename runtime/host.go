package runtime

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/delegation"
	"github.com/airsstack/witgen/runtime/host/filesystem"
	"github.com/airsstack/witgen/runtime/host/network"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/store"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// Config says how a Host runs components. The zero value is a good one.
type Config struct {
	// Component is the configuration of the component runtime. Its limits are
	// those of components whose manifests set none, its Ceiling is the most that
	// a manifest can set. What that leaves out of what takes from the host
	// (memory, table elements, handles, depth, values, and all that is of loading)
	// is the limit itself: no manifest raises it.
	Component component.Config
	// Quotas are those of components whose manifests set none, QuotaCeiling is the
	// most that a manifest can set. Zero fields stand for what Quotas says.
	Quotas, QuotaCeiling Quotas
	// Log takes what components log, each record with the attribute "actor".
	// Default slog.Default().
	Log *slog.Logger
	// Observe is shown everything that happens to actors: the events of package
	// actor, host.Denied, Loaded and LimitNear. It is called from several
	// goroutines at once, must return soon, and must not call what waits.
	Observe func(actor.Event)
	// Trace is shown every call of a component's exports and imports, with its
	// values; see component.WithTrace. It is called from several goroutines at
	// once. Default nobody, which costs nothing.
	Trace func(component.TraceEvent)
	// State makes what the program's own host functions keep for a component, which
	// Host.State gives: anew before each instance, or, where the manifest says
	// supervision.keep_state, before the first one alone. Default nothing.
	State func(a actor.Address) any
	// Clock is what everything waits on. Default the machine's.
	Clock actor.Clock
	// Warm is how many instances of each component are kept ready for its next
	// start, beside the one at work; see host.Warm. Default 0: one that ended whole
	// is kept for a minute, and a restart after a crash makes one anew, which costs
	// some thirty microseconds more and no memory meanwhile. Less than 0 keeps none.
	Warm int
	// Worlds are those of the embedder's own whose components run as actors, beside
	// the system's. A component is one of the first world that its exports fit.
	Worlds []host.World
	// Store is the file in which components keep what they store; it is made where
	// there is none. Default none: storage answers with an error.
	Store string
	// Mounts are folders that components see, in WASI and airssys:ext-filesystem.
	// What each may do there its manifest says. They stay the caller's.
	Mounts []files.Mount
	// Network says how components reach what they are granted of the network.
	Network network.Config
	// Extensions are the embedder's own, beside WASI and the system's.
	Extensions []host.Extension
	// Guard gives further options for the guards of a component's instances, such
	// as those of a learn.Book. Default none.
	Guard func(actor.Address) []capability.GuardOption
	// Gate decides which components may start, and keeps the audit log. It stays
	// the caller's, who closes it after the host has stopped. Without one every
	// component starts, and nothing is on record.
	Gate *gate.Gate
}

// A Host runs components as actors. Its methods may be called from any
// goroutine. Stop frees it.
type Host struct {
	rt       *component.Runtime
	actors   *actor.System
	topics   *broker.Broker
	services *host.Services
	gate     *gate.Gate
	guard    func(actor.Address) []capability.GuardOption
	state    func(actor.Address) any
	warm     component.LoadOption
	memory   uint64 // of components whose manifests say nothing of it

	usual, most Quotas

	worlds  []host.World
	mounts  []files.Mount
	files   *filesystem.Extension
	network *network.Extension
	others  []host.Extension
	handed  *delegation.Book

	changing sync.Mutex                // held while components are started or replaced
	loaded   map[actor.Address]*loaded // under changing

	mu      sync.Mutex
	running map[actor.Address]*loaded
}

// loaded is a component as it was given by its manifest.
type loaded struct {
	manifest  *manifest.Manifest
	spec      actor.Spec
	component *host.Component
	pass      *gate.Pass // nil without a gate
	leash     *capability.Leash
	share     *share
}

func (l *loaded) close(ctx context.Context) error {
	if l.leash.RevokeAll(); l.pass != nil {
		l.pass.Close()
	}
	return l.component.Close(ctx)
}

// New makes a host without components.
func New(ctx context.Context, cfg Config) (*Host, error) {
	if cfg.Clock == nil {
		cfg.Clock = actor.RealClock{}
	}
	h := &Host{
		gate: cfg.Gate, guard: cfg.Guard, state: cfg.State, memory: cfg.Component.Limits.Or(component.Defaults()).Memory,
		loaded: map[actor.Address]*loaded{}, running: map[actor.Address]*loaded{},
	}
	cfg.complete()
	h.usual, h.most = cfg.Quotas, cfg.QuotaCeiling
	cfg.Observe = h.watch(cfg.Observe)
	capped(&cfg.Component)
	if cfg.Observe != nil {
		TellLimits(&cfg.Component, cfg.Observe, cfg.Clock)
	}
	rt, err := component.NewRuntime(ctx, cfg.Component)
	if err != nil {
		return nil, err
	}
	var values *store.Store
	if cfg.Store != "" {
		if values, err = store.Open(cfg.Store); err != nil {
			return nil, errors.Join(err, rt.Close(ctx))
		}
	}
	options := []actor.Option{actor.WithClock(cfg.Clock)}
	if cfg.Observe != nil {
		options = append(options, actor.WithObserver(cfg.Observe))
	}
	system := actor.New(options...)
	h.rt, h.actors, h.topics = rt, system, broker.New(system)
	h.services = &host.Services{
		System: system, Log: cmp.Or(cfg.Log, slog.Default()), Observe: cfg.Observe, Trace: cfg.Trace, Clock: cfg.Clock,
		Store: values,
	}
	h.offer(&cfg)
	if h.warm = host.Warm(cfg.Warm); cfg.Warm < 0 {
		h.warm = component.WithoutPool()
	}
	h.handed = delegation.New(delegation.Config{Clock: cfg.Clock, Hand: h.hand, Ended: h.unhanded})
	h.worlds = append(slices.Clone(cfg.Worlds), host.Worlds()...)
	return h, nil
}

// Send puts a message from outside into a component's mailbox; see
// actor.System.Send.
func (h *Host) Send(ctx context.Context, to actor.Address, payload []byte) error {
	return h.actors.Send(ctx, actor.Address{}, to, payload)
}

// Ask sends a request from outside to a component and waits for its answer; see
// actor.System.Ask.
func (h *Host) Ask(ctx context.Context, to actor.Address, payload []byte) ([]byte, error) {
	return h.actors.Ask(ctx, to, payload)
}

// Publish brings a message from outside to all components whose manifests
// subscribe to its topic, and to all that Subscribe; see broker.Broker.Publish.
func (h *Host) Publish(topic string, payload []byte) (broker.Receipt, error) {
	return h.topics.Publish(actor.Address{}, topic, payload)
}

// Subscribe listens to topics; see broker.Broker.Subscribe.
func (h *Host) Subscribe(pattern string, size int) (*broker.Subscription, error) {
	return h.topics.Subscribe(pattern, size)
}

// Tree tells of all groups and components, as they are supervised.
func (h *Host) Tree() actor.Node { return h.actors.Tree() }

// WaitIdle returns when no message waits or is being handled and no component
// waits to be restarted.
func (h *Host) WaitIdle(ctx context.Context) error { return h.actors.WaitIdle(ctx) }

// Actors tells about every component, in the order of starting.
func (h *Host) Actors() []actor.Info { return h.actors.Actors() }

// Actor tells about one component, and whether there is one of that address.
func (h *Host) Actor(a actor.Address) (info actor.Info, ok bool) { return h.actors.Actor(a) }

// Usage is what a component uses of its limits, and the fuel that all its
// instances have used; ok is false if it has never had one. While it handles a
// message that is what was known before.
func (h *Host) Usage(ctx context.Context, a actor.Address) (u component.InstanceUsage, ok bool) {
	return h.services.Usage(ctx, a)
}

// State is what Config.State made for a component; nil if there is none. It is
// there before the component's instance is made.
func (h *Host) State(a actor.Address) any { return h.actors.State(a) }

// Refused counts the messages that were not accepted: their senders got an error.
// Those that found a full mailbox are dead letters and not counted here.
func (h *Host) Refused() uint64 { return h.actors.Refused() }

// DeadLetters are the latest messages that nobody handled, and how many there
// were in all.
func (h *Host) DeadLetters() (latest []actor.DeadLetter, total uint64) { return h.actors.DeadLetters() }

// Stop stops every component in the reverse order of starting and frees
// everything. It may be called twice.
func (h *Host) Stop(ctx context.Context) error {
	err := h.actors.Stop(ctx)
	h.endAll()
	err = errors.Join(err, h.rt.Close(ctx))
	if h.services.Store != nil {
		err = errors.Join(err, h.services.Store.Close())
	}
	return err
}
