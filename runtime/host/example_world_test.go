package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/airsstack/witgen/internal/roundtrip/scalars"
	hostside "github.com/airsstack/witgen/internal/roundtrip/scalars/demo/scalars/host"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

// scalarsWorld makes actors of components of demo:scalars/scalars: a message is
// handed to shout, and a request answered by echo.
var scalarsWorld = host.World{
	Name: scalars.World.Name,
	Load: func(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (host.Program, error) {
		f, err := scalars.Load(ctx, rt, wasm, opts...)
		return program{f}, err
	},
}

type program struct{ *scalars.Factory }

func (p program) New(ctx context.Context, self actor.Address, _ host.Setup, opts ...component.Option) (actor.Contract, error) {
	inst, err := p.Factory.New(ctx, scalars.Imports{Host: printer{self}}, opts...)
	return &contract{inst}, err
}

// printer is what the components import.
type printer struct{ self actor.Address }

func (p printer) Say(_ context.Context, s string) (uint32, error) {
	fmt.Printf("%s says %s\n", p.self, s)
	return uint32(len(s)), nil
}
func (printer) Tick(_ context.Context, v uint32) (uint32, error)   { return v + 1, nil }
func (printer) Repeat(_ context.Context, s string) (string, error) { return s, nil }

var _ hostside.Host = printer{}

// contract drives one instance.
type contract struct{ inst *scalars.Scalars }

func (c *contract) Start(context.Context) error { return nil }
func (c *contract) Handle(ctx context.Context, m *actor.Message) error {
	_, err := c.inst.API().Shout(ctx, string(m.Payload))
	return crashed(err)
}

func (c *contract) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	s, err := c.inst.API().Echo(ctx, string(m.Payload))
	return []byte(s), crashed(err)
}
func (c *contract) Callback(context.Context, *actor.Message, error) error { return nil }
func (c *contract) Health(context.Context) (actor.Health, error)          { return actor.Healthy, nil }
func (c *contract) Stop(context.Context) error                            { return nil }
func (c *contract) Close(ctx context.Context) error                       { return c.inst.Close(ctx) }

// crashed marks what killed the instance.
func crashed(err error) error {
	if errors.As(err, new(*component.Trap)) {
		return actor.Crash(err)
	}
	return err
}

// A world of one's own beside the system's: runtime.Config.Worlds takes it too.
func ExampleWorld() {
	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = rt.Close(ctx) }()
	wasm, err := os.ReadFile("../../testdata/guests/scalars/scalars.wasm")
	if err != nil {
		panic(err)
	}
	c, err := host.LoadAs(ctx, rt, wasm, append(host.Worlds(), scalarsWorld))
	if err != nil {
		panic(err)
	}
	fmt.Println("it is of", c.World())

	system := actor.New()
	defer func() { _ = system.Stop(ctx) }()
	self := actor.Address{Namespace: "demo", Name: "crier"}
	err = system.Spawn(ctx, actor.Spec{Address: self, Factory: c.Factory(host.Setup{
		Services: &host.Services{System: system, Clock: actor.RealClock{}},
		Grants:   []capability.Grant{{Kind: capability.Import, Resource: "demo:scalars/host"}},
	})})
	if err != nil {
		panic(err)
	}
	if err := system.Send(ctx, actor.Address{}, self, []byte("hear, hear")); err != nil {
		panic(err)
	}
	answer, err := system.Ask(ctx, self, []byte("an answer"))
	fmt.Printf("%s, %v\n", answer, err)
	// Output:
	// it is of demo:scalars/scalars@0.1.0
	// demo:crier says hear, hear
	// an answer, <nil>
}
