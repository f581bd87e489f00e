package component_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/component/validate"
)

// wholes is what wholes.wat wants to be given.
func wholes(t testing.TB) []component.LoadOption {
	return []component.LoadOption{
		component.WithComponent("greeter", handmade(t, "given-greeter")),
		component.WithModule("adder", handmade(t, "given-adder")),
		component.WithModule("host#inner#m", handmade(t, "given-answer")),
	}
}

// TestWholes gives a component what it imports whole, and calls functions that it
// exports as it imported them.
func TestWholes(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		wasm := handmade(t, "wholes")
		world := describe(t, wasm)
		f, err := newRuntime(t, cfg).Load(t.Context(), wasm, world, wholes(t)...)
		if err != nil {
			t.Fatal(err)
		}
		var dropped []uint32
		host := component.DynamicHost(func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
			switch fn {
			case "shout":
				return strings.ToUpper(args[0].(string)), nil
			case "plain", "half":
				return args[0].(uint32) / 2, nil
			case "many":
				sum := uint64(0)
				for _, a := range args[:15] {
					sum += a.(uint64)
				}
				return abi.RecordValue{sum, args[15].(string) + "!"}, nil
			case "make":
				return abi.HostResource(f.World().Imports[0].Resources[0].Type, args[0].(uint32)), nil
			case "look":
				return args[0].(*abi.ResourceValue).Rep, nil
			case "take":
				sum := uint32(0)
				for _, r := range args[0].([]abi.Value) {
					sum += r.(*abi.ResourceValue).Rep
				}
				return sum, nil
			case "[resource-drop]thing":
				dropped = append(dropped, args[0].(*abi.ResourceValue).Rep)
				return nil, nil
			}
			return nil, fmt.Errorf("no function %s", fn)
		})
		p := start(t, f, host)
		long := strings.Repeat("grüße, ", 30_000)
		many := make([]abi.Value, 16)
		for i := range 15 {
			many[i] = uint64(i)
		}
		many[15] = long
		for range 3 {
			a, b := p.must(t, "make", uint32(7)), p.must(t, "make", uint32(8))
			for _, test := range []struct {
				fn   string
				args []abi.Value
				want abi.Value
			}{
				{"add", u(40, 2), uint32(42)},
				{"answer", nil, uint32(42)},
				{"greet", []abi.Value{"wörld"}, "WÖRLD"},
				{"shout-again", []abi.Value{"again"}, "AGAIN"},
				{"shout-again", []abi.Value{long}, strings.ToUpper(long)},
				{"shout-again", []abi.Value{""}, ""},
				{"plain", u(10), uint32(5)},
				{"half", u(20), uint32(10)},
				{"many", many, abi.RecordValue{uint64(105), long + "!"}},
				{"look", []abi.Value{a}, uint32(7)},
				{"take", []abi.Value{[]abi.Value{a, b}}, uint32(15)},
			} {
				if diff := cmp.Diff(test.want, p.must(t, test.fn, test.args...)); diff != "" {
					t.Errorf("%s (-want +got):\n%.500s", test.fn, diff)
				}
			}
		}
		_ = p.must(t, "make", uint32(9))
		if len(dropped) != 0 {
			t.Errorf("dropped %v", dropped)
		}
	})
}

// TestWholesThatAreMissing names all of them, and says which do not fit.
func TestWholesThatAreMissing(t *testing.T) {
	t.Parallel()
	rt, wasm := newRuntime(t, engineConfig()), handmade(t, "wholes")
	world := describe(t, wasm)
	var got strings.Builder
	say := func(what string, w *component.World, opts ...component.LoadOption) {
		_, err := rt.Load(t.Context(), wasm, w, opts...)
		if err == nil {
			t.Errorf("%s: it loads", what)
		}
		fmt.Fprintf(&got, "# %s\n%v\n\n", what, err)
	}
	without := *world
	without.Imports = without.Imports[:1]
	say("nothing is given", world)
	say("nothing is given and half is offered", &without)
	say("one is missing", world, wholes(t)[:2]...)
	say("a component of another type", world, append(wholes(t), component.WithComponent("greeter", handmade(t, "given-wrong")))...)
	say("a module of another type", world, append(wholes(t), component.WithModule("adder", handmade(t, "given-answer")))...)
	say("a module of another type within instances", world, append(wholes(t), component.WithModule("host#inner#m", handmade(t, "given-adder")))...)
	say("a component for a module", world, append(wholes(t), component.WithComponent("adder", handmade(t, "given-wrong")))...)
	say("a module where bytes of a component are wanted", world, append(wholes(t), component.WithComponent("greeter", handmade(t, "given-adder")))...)
	say("a damaged module", world, append(wholes(t), component.WithModule("adder", handmade(t, "given-adder")[:20]))...)
	say("one that is not imported", world, append(wholes(t), component.WithModule("added", handmade(t, "given-adder")))...)
	golden(t, "wholes", got.String())

	_, err := rt.Load(t.Context(), wasm, world, append(wholes(t), component.WithModule("adder", handmade(t, "given-answer")))...)
	if e, ok := errors.AsType[*validate.Error](err); !ok || e.Class != validate.ClassMissing {
		t.Errorf("a module that does not fit is %T %[1]v", err)
	}
}
