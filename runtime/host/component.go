package host

import (
	"context"
	"errors"
	"math"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
)

// A Component is a component of one of the worlds, loaded: what the actors that
// run it have in common.
type Component struct {
	world   string
	program Program
	points  []capability.Point
}

// Warm has n instances of a component kept ready for the next starts of its
// actors, beside some of those that have ended whole, which are reset and kept
// as well. An actor begins in each as it does in a new one, and sooner: its
// restart after a crash, too, where n is one at least. They count for the limits
// of the runtime's host, until somebody else wants that room. Load keeps those
// that have ended, as if by Warm(0); component.WithoutPool keeps none.
func Warm(n int) component.LoadOption {
	return component.WithPool(component.PoolOptions{Min: n, Max: math.MaxInt, Keep: max(n, kept)})
}

// kept is how many instances of a component that have ended are kept, for as
// long as a pool does: a burst of actors that come and go.
const kept = 16

// Load loads a component of one of the system's worlds; see [LoadAs].
func Load(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (*Component, error) {
	return LoadAs(ctx, rt, wasm, Worlds(), opts...)
}

// LoadAs loads a component as one of the first of the worlds that its exports
// fit. Its errors are those of component.Runtime.Load: a *component.LinkError
// where an import of it is not offered, and within a *WorldError where it is of
// none of the worlds.
func LoadAs(ctx context.Context, rt *component.Runtime, wasm []byte, worlds []World, opts ...component.LoadOption) (*Component, error) {
	return load(ctx, rt, wasm, worlds, opts)
}

// World is the name of the world that the component was found to be of.
func (c *Component) World() string { return c.world }

// Points are the capability points of the host functions that the component can
// call: what there is to grant.
func (c *Component) Points() []capability.Point { return c.points }

// Close frees the component. No actor may run it any more.
func (c *Component) Close(ctx context.Context) error { return c.program.Close(ctx) }

// Setup is what one actor is given of its own.
type Setup struct {
	Services *Services
	// Grants are what its imports may do.
	Grants []capability.Grant
	// Guard are further options for the guards of its instances.
	Guard []capability.GuardOption
	// Limits are those of its instances.
	Limits component.Limits
	// Config is handed to the component as it is; nil for none.
	Config []byte
	// Env is handed to the component in the order of its keys.
	Env map[string]string
	// StorageQuota is how many bytes it may store; 0 is store.DefaultQuota.
	StorageQuota uint64
	// Processor is how much of a processor's time its instances may use; nil for
	// all of one. See component.WithProcessor.
	Processor *quota.Throttle
	// Extensions are given to its instances. The component has to be loaded with
	// the offers of each.
	Extensions []Extension
}

// An Extension is a group of interfaces beside those of the worlds.
type Extension interface {
	// Offers are the options to load a component with.
	Offers() []component.LoadOption
	// Give makes what one instance is given, an actor's of that address. free is
	// called once, when the instance has ended; nil for nothing.
	Give(self actor.Address) (opts []component.Option, free func())
}

// Offers are what components are loaded with that may use the extensions.
func Offers(extensions ...Extension) []component.LoadOption {
	var opts []component.LoadOption
	for _, e := range extensions {
		opts = append(opts, e.Offers()...)
	}
	return opts
}

// Factory makes the instances of one actor.
func (c *Component) Factory(s Setup) actor.Factory {
	return func(ctx context.Context, self actor.Address) (actor.Contract, error) {
		opts := []component.Option{
			component.WithSubject(self.String()),
			component.WithGrants(s.Grants...),
			component.WithLimits(s.Limits),
			component.WithGuard(capability.WithDenials(s.Services.denied(self))),
			component.WithGuard(s.Guard...),
			component.WithTrace(s.Services.Trace),
			component.WithProcessor(s.Processor),
		}
		g := given{services: s.Services, self: self}
		for _, e := range s.Extensions {
			own, free := e.Give(self)
			opts = append(opts, own...)
			if free != nil {
				g.free = append(g.free, free)
			}
		}
		var err error
		if g.Contract, err = c.program.New(ctx, self, s, opts...); err != nil {
			g.release()
			return nil, err
		}
		if in, ok := g.Contract.(Instanced); ok {
			g.instance = in.Instance()
			s.Services.begun(self, g.instance)
		}
		a, answers := g.Contract.(actor.Answerer)
		b, batches := g.Contract.(actor.Batcher)
		switch {
		case answers && batches:
			return &givenBatcher{givenAnswerer{g, a}, b}, nil
		case answers:
			return &givenAnswerer{g, a}, nil
		}
		return &g, nil
	}
}

// An Instanced is a contract whose instance can be reached: what its actor uses can
// be told.
type Instanced interface {
	Instance() *component.Instance
}

// given is a contract with what its instance was given beside.
type given struct {
	actor.Contract
	services *Services
	self     actor.Address
	instance *component.Instance // nil where the contract does not say
	free     []func()
}

// Close implements actor.Contract.
func (g *given) Close(ctx context.Context) error {
	if g.instance != nil {
		g.services.ended(ctx, g.self, g.instance)
	}
	err := g.Contract.Close(ctx)
	g.release()
	return err
}

func (g *given) release() {
	for _, free := range g.free {
		free()
	}
	g.free = nil
}

// givenAnswerer is given, of an instance that takes requests.
type givenAnswerer struct {
	given
	actor.Answerer
}

// givenBatcher is givenAnswerer, of an instance that takes several messages at a
// time.
type givenBatcher struct {
	givenAnswerer
	actor.Batcher
}

// denied counts and shows what an actor is refused.
func (s *Services) denied(self actor.Address) func(capability.Decision) {
	return func(d capability.Decision) {
		s.System.CountDenied(self)
		if s.Observe != nil {
			s.Observe(Denied{Header: actor.Header{Time: s.Clock.Now(), Actor: self}, Denial: d.Denial})
		}
	}
}

// crash marks the errors after which the instance is dead: all but those that
// the component itself answered with.
func crash(err error) error {
	if err == nil {
		return nil
	}
	if _, trapped := errors.AsType[*component.Trap](err); trapped || errors.Is(err, component.ErrClosed) {
		return actor.Crash(err)
	}
	return err
}
