package roundtrip_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/internal/roundtrip/atlas"
	aroundtrip "github.com/airsstack/witgen/internal/roundtrip/atlas/demo/atlas/roundtrip"
	"github.com/airsstack/witgen/internal/roundtrip/atlasc"
	acroundtrip "github.com/airsstack/witgen/internal/roundtrip/atlasc/demo/atlasc/roundtrip"
	"github.com/airsstack/witgen/internal/roundtrip/echo"
	"github.com/airsstack/witgen/internal/roundtrip/echo/demo/echo/roundtrip"
	"github.com/airsstack/witgen/internal/roundtrip/echoc"
	croundtrip "github.com/airsstack/witgen/internal/roundtrip/echoc/demo/echoc/roundtrip"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

var (
	seed   = flag.Uint64("seed", rand.Uint64(), "what the random values of this run come from")
	rounds = flag.Int("rounds", 200, "how many random values each function is called with")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// interpreter tells whether the tests are to run on wazero's interpreter.
func interpreter() bool { return os.Getenv("WITGEN_INTERPRETER") != "" }

// A guest is a component that gives back what it is given, with what was
// generated for it. Its first export is the interface of the echoes.
type guest struct {
	name    string
	world   *component.World
	exports func([]component.Func) any
	hosts   func(*witness) []any
	// javascript leaves out the values that a guest in JavaScript changes.
	javascript bool
}

var guests = []guest{
	{
		name: "echo", world: &echo.World,
		exports: func(fns []component.Func) any { return roundtrip.ExportsOf(fns) },
		hosts:   func(w *witness) []any { return []any{echoHost{w}, &echo.Imports{}} },
	},
	{
		name: "echo-c", world: &echoc.World,
		exports: func(fns []component.Func) any { return croundtrip.ExportsOf(fns) },
		hosts:   func(w *witness) []any { return []any{echoCHost{w}} },
	},
	{
		name: "echo-js", world: &echo.World,
		exports:    func(fns []component.Func) any { return roundtrip.ExportsOf(fns) },
		hosts:      func(w *witness) []any { return []any{echoHost{w}, &echo.Imports{}} },
		javascript: true,
	},
	{
		name: "atlas", world: &atlas.World,
		exports: func(fns []component.Func) any { return aroundtrip.ExportsOf(fns) },
		hosts:   func(w *witness) []any { return []any{atlasHost{w}} },
	},
	{
		name: "atlas-c", world: &atlasc.World,
		exports: func(fns []component.Func) any { return acroundtrip.ExportsOf(fns) },
		hosts:   func(w *witness) []any { return []any{atlasCHost{w}} },
	},
}

// TestRoundtrip sends values of every type through the guests, with each pair
// of generated and type-driven code as the caller and as the host: the host
// sees what was sent, and it comes back.
func TestRoundtrip(t *testing.T) {
	t.Parallel()
	for _, g := range guests {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			generated, typeDriven := g.load(t)
			tried := 0
			for i, fn := range g.world.Exports[0].Funcs {
				if !echoes(fn.Type) {
					continue
				}
				tried++
				t.Run(fn.Name, func(t *testing.T) {
					t.Parallel()
					trips := []*trip{
						g.generatedHost(t, generated, i, true), g.generatedHost(t, generated, i, false),
						g.typeDrivenHost(t, typeDriven, i, true), g.typeDrivenHost(t, typeDriven, i, false),
					}
					rounds := *rounds
					if g.javascript { // slower by two orders of magnitude
						rounds = min(rounds, 2*extremes)
					}
					for round := range rounds {
						draw := func(canonical bool) []abi.Value {
							d := newGenerator(*seed, fn.Name, round)
							d.canonical, d.javascript = canonical, g.javascript
							return d.arguments(fn.Type)
						}
						sent, want := draw(false), draw(true)
						for _, tr := range trips {
							if problem := tr.run(sent, want); problem != "" {
								t.Fatalf("%s, round %d of -seed=%d: %s", tr, round, *seed, problem)
							}
						}
					}
				})
			}
			if tried < 22 {
				t.Errorf("only %d functions give back what they are given", tried)
			}
		})
	}
}

// echoes reports whether a function gives back its parameters: one as it is,
// several as a tuple.
func echoes(f *abi.FuncType) bool {
	switch {
	case f.Result == nil || len(f.Params) == 0:
		return false
	case len(f.Params) == 1:
		return f.Result.String() == f.Params[0].Type.String()
	}
	return f.Result.Kind == abi.KindTuple && len(f.Result.Fields) == len(f.Params)
}

// A trip is the way to one exported function of one instance and, where the
// guest asks its host, from there and back.
type trip struct {
	fn     component.Func
	typ    *abi.FuncType
	method reflect.Value // of the generated code; none on the type-driven path
	saw    *witness
	host   string
}

func (tr *trip) String() string {
	if tr.method.IsValid() {
		return "generated caller, " + tr.host
	}
	return "type-driven caller, " + tr.host
}

// run makes one call and says what is wrong with it, if anything is.
func (tr *trip) run(sent, want []abi.Value) string {
	*tr.saw = witness{}
	call := tr.typeDriven
	if tr.method.IsValid() {
		call = tr.generated
	}
	if problem := call(sent, whole(want)); problem != "" {
		return problem
	}
	_, name, _ := strings.Cut(tr.fn.Name(), "#")
	asks := 0
	if strings.HasPrefix(name, "via-host-") || strings.HasPrefix(name, "relay-") {
		asks = 1
	}
	switch {
	case tr.saw.calls != asks:
		return fmt.Sprintf("the host was asked %d times, want %d", tr.saw.calls, asks)
	case asks == 0:
		return ""
	case tr.saw.typ == nil:
		return diff("what the host saw", whole(want), tr.saw.value)
	}
	return diff("what the host saw", toGo(tr.typ.Result, whole(want), tr.saw.typ).Interface(), tr.saw.value)
}

func (tr *trip) typeDriven(sent []abi.Value, want abi.Value) string {
	got, err := tr.fn.Call(context.Background(), sent...)
	if err != nil {
		return err.Error()
	}
	return diff("the result", want, got)
}

func (tr *trip) generated(sent []abi.Value, want abi.Value) string {
	typ := tr.method.Type()
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for i, v := range sent {
		in = append(in, toGo(tr.typ.Params[i].Type, v, typ.In(i+1)))
	}
	out := tr.method.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	result := tr.typ.Result
	if result.Kind == abi.KindResult {
		outcome := want.(abi.VariantValue)
		if outcome.Case == 1 {
			wrong := in[1].FieldByName("Err").Type()
			return diffError(tr.fn.Name(), toGo(result.Cases[1].Type, outcome.Payload, wrong).Interface(), err)
		}
		result, want = result.Cases[0].Type, outcome.Payload
	}
	switch {
	case err != nil:
		return err.Error()
	case len(out) == 1: // a result without a value
		return ""
	}
	return diff("the result", toGo(result, want, typ.Out(0)).Interface(), out[0].Interface())
}

func newRuntime(t testing.TB) *component.Runtime {
	t.Helper()
	rt, err := component.NewRuntime(context.Background(), component.Config{Interpreter: interpreter()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Errorf("closing the runtime: %v", err)
		}
	})
	return rt
}

func wasm(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "guests", name, name+".wasm"))
	if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(name, "-js") {
		t.Skipf("%s.wasm is too big to be kept; to make it: testdata/guests/build.sh %[1]s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// load links the guest to imports that were generated, and to such as are known
// from the component alone.
func (g *guest) load(t *testing.T) (generated, typeDriven *component.Factory) {
	t.Helper()
	rt, wasm := newRuntime(t), wasm(t, g.name)
	d, err := component.Describe(wasm)
	if err != nil {
		t.Fatal(err)
	}
	own := component.DynamicWorld(g.world.Name, d)
	own.Exports = g.world.Exports
	for _, f := range []struct {
		to    **component.Factory
		world *component.World
	}{{&generated, g.world}, {&typeDriven, own}} {
		if *f.to, err = rt.Load(context.Background(), wasm, f.world); err != nil {
			t.Fatal(err)
		}
	}
	return generated, typeDriven
}

func (g *guest) generatedHost(t *testing.T, f *component.Factory, fn int, byMethod bool) *trip {
	t.Helper()
	w := &witness{}
	return g.trip(start(t, f, g.hosts(w)), w, "generated host", fn, byMethod)
}

func (g *guest) typeDrivenHost(t *testing.T, f *component.Factory, fn int, byMethod bool) *trip {
	t.Helper()
	w := &witness{}
	hosts := make([]any, len(f.World().Imports))
	for i := range hosts {
		hosts[i] = component.DynamicHost(w.typeDriven)
	}
	return g.trip(start(t, f, hosts), w, "type-driven host", fn, byMethod)
}

func (g *guest) trip(in *component.Instance, saw *witness, host string, fn int, byMethod bool) *trip {
	fns := in.Funcs(0)
	tr := &trip{fn: fns[fn], typ: fns[fn].Type(), saw: saw, host: host}
	if byMethod {
		tr.method = method(g.exports(fns), g.world.Exports[0].Funcs[fn].Name)
	}
	return tr
}

// method finds the method of a function: its name without hyphens, in whatever
// case Go writes it.
func method(of any, name string) reflect.Value {
	v := reflect.ValueOf(of)
	for i := range v.NumMethod() {
		if strings.EqualFold(v.Type().Method(i).Name, strings.ReplaceAll(name, "-", "")) {
			return v.Method(i)
		}
	}
	panic("no method for " + name)
}

// start makes an instance that may use every import. It is closed with its
// runtime.
func start(t testing.TB, f *component.Factory, hosts []any) *component.Instance {
	t.Helper()
	in, err := f.New(context.Background(), hosts, everything(f.World()))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// everything grants every import of a world.
func everything(w *component.World) component.Option {
	var grants []capability.Grant
	for _, im := range w.Imports {
		if im.Name != "" {
			grants = append(grants, capability.Grant{Kind: capability.Import, Resource: im.Name})
			continue
		}
		for _, fn := range im.Funcs {
			grants = append(grants, capability.Grant{Kind: capability.Import, Resource: fn.Name})
		}
	}
	return component.WithGrants(grants...)
}
