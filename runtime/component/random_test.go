package component_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A typer draws types at random.
type typer struct {
	*rand.Rand
	named int // how many have names
}

var scalarTypes = []*abi.Type{
	abi.Bool, abi.S8, abi.U8, abi.S16, abi.U16, abi.S32, abi.U32, abi.S64, abi.U64, abi.Float32, abi.Float64, abi.Char, abi.String, abi.String,
}

func (r *typer) name() string {
	r.named++
	return fmt.Sprintf("t%d", r.named)
}

func (r *typer) labels(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

func (r *typer) optional(depth int) *abi.Type {
	if r.IntN(3) == 0 {
		return nil
	}
	return r.typ(depth)
}

func (r *typer) typ(depth int) *abi.Type {
	if depth == 0 || r.IntN(4) == 0 {
		return scalarTypes[r.IntN(len(scalarTypes))]
	}
	depth--
	n := 1 + r.IntN(4)
	switch r.IntN(10) {
	case 0:
		return abi.List(r.typ(depth))
	case 1:
		return abi.FixedList(r.typ(depth), uint32(n))
	case 2:
		keys := []*abi.Type{abi.String, abi.U32, abi.Char, abi.Bool, abi.S64}
		return abi.Map(keys[r.IntN(len(keys))], r.typ(depth))
	case 3:
		return abi.Option(r.typ(depth))
	case 4:
		return abi.Result(r.optional(depth), r.optional(depth))
	case 5:
		return abi.Enum(r.name(), r.labels("l", []int{1, 2, 256, 257}[r.IntN(4)])...)
	case 6:
		return abi.Flags(r.name(), r.labels("l", []int{1, 8, 9, 17, 32}[r.IntN(5)])...)
	case 7:
		elems := make([]*abi.Type, n)
		for i := range elems {
			elems[i] = r.typ(depth)
		}
		return abi.Tuple(elems...)
	case 8:
		fields := make([]abi.Field, n)
		for i, l := range r.labels("f", n) {
			fields[i] = abi.Field{Label: l, Type: r.typ(depth)}
		}
		return abi.Record(r.name(), fields...)
	}
	cases := make([]abi.Case, n)
	for i, l := range r.labels("c", n) {
		cases[i] = abi.Case{Label: l, Type: r.optional(depth)}
	}
	return abi.Variant(r.name(), cases...)
}

// function draws a function that gives back what it is given: one value as it
// is, several as a tuple.
func (r *typer) function() *abi.FuncType {
	f := &abi.FuncType{}
	for i := range 1 + r.IntN(3) {
		f.Params = append(f.Params, abi.Field{Label: fmt.Sprintf("p%d", i), Type: r.typ(1 + r.IntN(3))})
	}
	f.Result = f.ParamsTuple()
	if len(f.Params) == 1 {
		f.Result = f.Params[0].Type
	}
	return f
}

// TestRandomTypes draws types, writes components for them and sends values
// through: to a guest and back, through one to another in two encodings, through
// one to the host. What comes back is what was sent.
func TestRandomTypes(t *testing.T) {
	t.Parallel()
	const types, rounds = 120, 6
	engines(t, func(t *testing.T, cfg component.Config) {
		rt := newRuntime(t, cfg)
		for seed := range uint64(types) {
			r := &typer{Rand: rand.New(rand.NewPCG(7, seed))}
			f := r.function()
			encodings := []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}
			wasm := synthComponent(f, encodings[r.IntN(3)], encodings[r.IntN(3)])
			if err := component.Validate(context.Background(), wasm); err != nil {
				t.Fatalf("seed %d: %v: %v", seed, f, err)
			}
			factory := load(t, rt, wasm)
			p := start(t, factory, echoHost())
			g := generator{Rand: r.Rand}
			for range rounds {
				args := make([]abi.Value, len(f.Params))
				for i, param := range f.Params {
					args[i] = g.value(param.Type, 4)
				}
				for _, fn := range []string{"direct", "inner", "outer"} {
					sendsBack(t, p, fn, fmt.Sprintf("seed %d: %v", seed, f), args)
				}
			}
			if err := factory.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func sendsBack(t *testing.T, p *plugin, fn, what string, args []abi.Value) {
	t.Helper()
	want := args[0]
	if len(args) > 1 {
		want = abi.RecordValue(args)
	}
	if diff := cmp.Diff(want, p.must(t, fn, args...), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s of %s (-want +got):\n%s", fn, what, diff)
	}
}
