// Command program calls a component by the bindings generated for it and on the
// type-driven path, and says where the two differ.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"

	"github.com/airsstack/witgen/internal/randomgen/program/random"
	"github.com/airsstack/witgen/internal/randomgen/program/random/demo/random/roundtrip"
	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

func main() {
	seed := flag.Uint64("seed", 0, "what the random values come from")
	rounds := flag.Int("rounds", 1, "how many values each function is called with")
	flag.Parse()
	calls, err := run(*seed, *rounds)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Printf("%d calls agree", calls)
}

func run(seed uint64, rounds int) (calls int, err error) {
	ctx := context.Background()
	wasm, err := os.ReadFile("component.wasm")
	if err != nil {
		return 0, err
	}
	d, err := component.Describe(wasm)
	if err != nil {
		return 0, err
	}
	own := component.DynamicWorld("demo:random/own", d)
	rt, err := component.NewRuntime(ctx, component.Config{Interpreter: os.Getenv("WITGEN_INTERPRETER") != ""})
	if err != nil {
		return 0, err
	}
	defer rt.Close(ctx)
	trips, err := load(ctx, rt, wasm, own)
	if err != nil {
		return 0, err
	}
	for i, fn := range own.Exports[0].Funcs {
		for round := range rounds {
			draw := func(canonical bool) []abi.Value {
				r := rand.New(rand.NewPCG(seed, uint64(i)<<32|uint64(round)))
				return (&synth.Values{Rand: r, Room: 200, Canonical: canonical}).Args(fn.Type)
			}
			sent, want := draw(false), draw(true)
			for _, tr := range trips {
				calls++
				if err := tr.run(ctx, fn, sent, whole(want)); err != nil {
					return 0, fmt.Errorf("%s: %v, round %d: %s\n%w", fn.Name, fn.Type, round, tr.name, err)
				}
			}
		}
	}
	return calls, nil
}

// whole is what the echo of these arguments gives back.
func whole(args []abi.Value) abi.Value {
	if len(args) == 1 {
		return args[0]
	}
	return abi.RecordValue(args)
}

// A trip is one instance with what is called of it: the generated methods, or
// functions on the type-driven path.
type trip struct {
	name    string
	saw     *witness
	methods reflect.Value
	funcs   map[string]component.Func
}

// load makes an instance for each pair of a generated and a type-driven caller
// and host.
func load(ctx context.Context, rt *component.Runtime, wasm []byte, own *component.World) ([]*trip, error) {
	everything := component.WithGrants(capability.Grant{Kind: capability.Import, Resource: own.Imports[0].Name})
	typed, err := random.Load(ctx, rt, wasm)
	if err != nil {
		return nil, err
	}
	var trips []*trip
	for _, caller := range []string{"generated caller", "type-driven caller"} {
		saw := &witness{}
		p, err := typed.New(ctx, random.Imports{Host: echoHost{saw}}, everything)
		if err != nil {
			return nil, err
		}
		tr := &trip{name: caller + ", generated host", saw: saw, methods: reflect.ValueOf(p.Roundtrip())}
		if caller == "type-driven caller" {
			tr.callFuncs(p.Instance(), &random.World)
		}
		trips = append(trips, tr)
	}
	for _, exports := range [][]*component.Export{random.World.Exports, own.Exports} {
		world := &component.World{Name: own.Name, Imports: own.Imports, Exports: exports}
		factory, err := rt.Load(ctx, wasm, world)
		if err != nil {
			return nil, err
		}
		saw := &witness{}
		in, err := factory.New(ctx, []any{component.DynamicHost(saw.typeDriven)}, everything)
		if err != nil {
			return nil, err
		}
		tr := &trip{name: "generated caller, type-driven host", saw: saw, methods: reflect.ValueOf(roundtrip.ExportsOf(in.Funcs(0)))}
		if world.Exports[0] == own.Exports[0] {
			tr.name = "type-driven caller and host"
			tr.callFuncs(in, world)
		}
		trips = append(trips, tr)
	}
	return trips, nil
}

func (tr *trip) callFuncs(in *component.Instance, w *component.World) {
	tr.funcs = map[string]component.Func{}
	for i, fn := range in.Funcs(0) {
		tr.funcs[w.Exports[0].Funcs[i].Name] = fn
	}
}

// run makes one call: what comes back, and what the host sees, is what is
// wanted.
func (tr *trip) run(ctx context.Context, fn component.ExportFunc, sent []abi.Value, want abi.Value) error {
	*tr.saw = witness{}
	call := tr.generated
	if tr.funcs != nil {
		call = tr.typeDriven
	}
	if err := call(ctx, fn, sent, want); err != nil {
		return err
	}
	asks := 0
	if strings.HasPrefix(fn.Name, "via-host-") {
		asks = 1
	}
	if tr.saw.calls != asks {
		return fmt.Errorf("the host was asked %d times, want %d", tr.saw.calls, asks)
	}
	if asks == 0 {
		return nil
	}
	if v, ok := tr.saw.value.(*abi.Value); ok {
		*v, want = once(fn.Type.Result, *v), once(fn.Type.Result, want)
	}
	return differ("what the host saw", toGo(fn.Type.Result, want, reflect.TypeOf(tr.saw.value).Elem()), reflect.ValueOf(tr.saw.value).Elem())
}

func (tr *trip) typeDriven(ctx context.Context, fn component.ExportFunc, sent []abi.Value, want abi.Value) error {
	f := tr.funcs[fn.Name]
	got, err := f.Call(ctx, sent...)
	if err != nil {
		return err
	}
	result := fn.Type.Result
	return differ("the result", reflect.ValueOf(once(result, want)), reflect.ValueOf(once(result, got)))
}

func (tr *trip) generated(ctx context.Context, fn component.ExportFunc, sent []abi.Value, want abi.Value) error {
	method := tr.method(fn.Name)
	typ := method.Type()
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for i, v := range sent {
		in = append(in, toGo(fn.Type.Params[i].Type, v, typ.In(i+1)))
	}
	out := method.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	result := fn.Type.Result
	if result.Kind == abi.KindResult {
		outcome := want.(abi.VariantValue)
		if outcome.Case == 1 {
			// What cm.Result makes of the case is the error that is wanted.
			get := toGo(result, want, typ.In(1)).MethodByName("Get").Call(nil)
			return differError(get[1].Interface().(error), err)
		}
		result, want = result.Cases[0].Type, outcome.Payload
	}
	if err != nil || len(out) == 1 { // a result without a value
		return err
	}
	return differ("the result", toGo(result, want, typ.Out(0)), out[0])
}

// method finds the method of a function: its name without hyphens, in whatever
// case Go writes it.
func (tr *trip) method(name string) reflect.Value {
	for i := range tr.methods.NumMethod() {
		if strings.EqualFold(tr.methods.Type().Method(i).Name, strings.ReplaceAll(name, "-", "")) {
			return tr.methods.Method(i)
		}
	}
	panic("no method for " + name)
}
