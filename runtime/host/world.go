package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// A World is one whose components run as actors, and how: the contract of an
// actor, made for one WIT world. The system's own are [Worlds]; an embedder makes
// one of the bindings that witgen generated for a world of its own.
type World struct {
	// Name is the world's, with package and version.
	Name string
	// Load holds a component against the world and compiles it: the Load that
	// was generated. A component of another world is a *component.LinkError.
	Load func(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (Program, error)
}

// A Program is a loaded component of some world.
type Program interface {
	// New makes an instance for the actor self, with what the setup says of the
	// world's own imports and with the options, which say all the rest: subject,
	// grants, limits, trace, and what extensions give. A contract that is an
	// [actor.Answerer] takes requests.
	New(ctx context.Context, self actor.Address, s Setup, opts ...component.Option) (actor.Contract, error)
	// Close frees the component. No instance of it lives any more.
	Close(ctx context.Context) error
}

// Worlds are the system's own, the earlier form first. Both have the same names for
// other types, so that it is the types of a component's exports that tell.
func Worlds() []World { return []World{airssysComponent, runtimeHost} }

// A WorldError says that a component is of none of the worlds that it was held
// against. It wraps the error of the nearest, which is what the component was
// probably meant for.
type WorldError struct {
	Nearest *component.LinkError
	Others  []string // names of worlds
}

func (e *WorldError) Error() string {
	s := e.Nearest.Error()
	if len(e.Others) > 0 {
		s += "\n  it does not fit " + strings.Join(e.Others, ", ") + " either"
	}
	return s
}

// Unwrap is the error of the nearest world.
func (e *WorldError) Unwrap() error { return e.Nearest }

// Named gives those of the worlds that a name means, with or without a version;
// all for no name. The error says which there are.
func Named(worlds []World, name string) ([]World, error) {
	if name == "" {
		return worlds, nil
	}
	var found []World
	var names []string
	for _, w := range worlds {
		base, _, _ := strings.Cut(w.Name, "@")
		if name == w.Name || name == base {
			found = append(found, w)
		}
		names = append(names, w.Name)
	}
	if found == nil {
		return nil, fmt.Errorf("the world %s is not hosted here; these are: %s", name, strings.Join(names, ", "))
	}
	return found, nil
}

// load loads a component as one of the first world that it fits.
func load(ctx context.Context, rt *component.Runtime, wasm []byte, worlds []World, opts []component.LoadOption) (*Component, error) {
	var failed []*component.LinkError
	var points []capability.Point
	opts = append([]component.LoadOption{Warm(0), component.WithPoints(func(all []capability.Point) { points = all })}, opts...)
	for _, w := range worlds {
		p, err := w.Load(ctx, rt, wasm, opts...)
		if err == nil {
			return &Component{world: w.Name, program: p, points: points}, nil
		}
		link, ok := errors.AsType[*component.LinkError](err)
		if !ok || link.ExportsFit {
			return nil, err
		}
		failed = append(failed, link)
	}
	if len(failed) == 0 {
		return nil, errors.New("host: a component was loaded for no world at all")
	}
	nearest := slices.MinFunc(failed, func(a, b *component.LinkError) int { return len(a.Problems) - len(b.Problems) })
	e := &WorldError{Nearest: nearest}
	for _, f := range failed {
		if f != nearest {
			e.Others = append(e.Others, f.World)
		}
	}
	return nil, e
}
