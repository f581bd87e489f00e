package component_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// roundsCompiled and roundsInterpreted are how many random values of each type
// go through the guest.
const (
	roundsCompiled    = 40
	roundsInterpreted = 8
)

// echoHost answers every import of the echo guests with what it was given.
func echoHost() component.DynamicHost {
	var taken string
	var ticks uint64
	return func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
		switch fn {
		case "nop":
			return nil, nil
		case "take":
			taken = args[0].(string)
			return nil, nil
		case "give":
			return uint32(len(taken)), nil
		case "tick":
			ticks++
			return ticks, nil
		case "describe":
			if args[1] == "" {
				return abi.VariantValue{Case: 1, Payload: abi.VariantValue{}}, nil
			}
			return abi.VariantValue{Payload: describePoint(args[1], args[0])}, nil
		}
		if len(args) > 1 {
			return abi.RecordValue(args), nil
		}
		return args[0], nil
	}
}

// describePoint is the host's answer to the echo guest's describe.
func describePoint(what, point abi.Value) string { return fmt.Sprintf("%v at %v", what, point) }

// TestEcho sends random values of every type through the echo guests, directly
// and by way of the host: what comes back is what was sent.
func TestEcho(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"echo", "echo-c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, cfg component.Config) {
				rounds := roundsCompiled
				if cfg.Interpreter {
					rounds = roundsInterpreted
				}
				p := run(t, cfg, guest(t, name), echoHost())
				tried := 0
				for _, fn := range slices.Sorted(maps.Keys(p.funcs)) {
					if !echoes(p.funcs[fn].Type()) {
						continue
					}
					tried++
					t.Run(fn, func(t *testing.T) { echo(t, p, fn, rounds) })
				}
				if tried < 24 {
					t.Errorf("only %d functions give back what they are given", tried)
				}
			})
		})
	}
}

// echoes reports whether a function of the echo guests gives back its
// parameters: one as it is, several as a tuple.
func echoes(f *abi.FuncType) bool {
	switch {
	case f.Result == nil || len(f.Params) == 0:
		return false
	case len(f.Params) == 1:
		return f.Result.String() == f.Params[0].Type.String()
	}
	return f.Result.Kind == abi.KindTuple && len(f.Result.Fields) == len(f.Params)
}

func echo(t *testing.T, p *plugin, fn string, rounds int) {
	t.Helper()
	typ := p.funcs[fn].Type()
	r := rand.New(rand.NewPCG(1, hash(fn)))
	for range rounds {
		args := (&synth.Values{Rand: r, Room: 300}).Args(typ)
		got := p.must(t, fn, args...)
		want := args[0]
		if len(args) > 1 {
			want = abi.RecordValue(args)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s of %v (-want +got):\n%s", fn, args, diff)
		}
	}
}

func hash(s string) (h uint64) {
	for _, b := range []byte(s) {
		h = h*31 + uint64(b)
	}
	return h
}

// TestEchoRest calls what the echo guest has beside its echoes.
func TestEchoRest(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		p := run(t, cfg, guest(t, "echo"), echoHost())
		for _, fn := range []string{"nop", "via-host-nop"} {
			if v := p.must(t, fn); v != nil {
				t.Errorf("%s = %v, want nothing", fn, v)
			}
		}
		for _, via := range []string{"", "via-host-"} {
			text := via + "drei Äpfel: 🍎"
			p.must(t, via+"take", text)
			if v := p.must(t, via+"give"); v != uint32(len(text)) {
				t.Errorf("%sgive = %v after taking %d bytes", via, v, len(text))
			}
		}
		if v := p.must(t, "ping", uint32(7)); v != uint32(7) {
			t.Errorf("ping = %v", v)
		}
		if v := p.must(t, "ticks"); v != uint64(2) {
			t.Errorf("ticks = %v, want 2: one tick by ping, one of its own", v)
		}
		point := p.funcs["relay"].Type().Params[0].Type
		place := (&synth.Values{Rand: rand.New(rand.NewPCG(1, 1))}).Value(point)
		want := abi.VariantValue{Payload: describePoint("pin", place)}
		if v := p.must(t, "relay", place, "pin"); !cmp.Equal(v, want) {
			t.Errorf("relay = %v, want %v", v, want)
		}
		if v := p.must(t, "relay", place, ""); !cmp.Equal(v, abi.VariantValue{Case: 1, Payload: abi.VariantValue{}}) {
			t.Errorf("relay of nothing = %v, want the error case", v)
		}
	})
}

// TestOtherGuests calls guests of other toolchains.
func TestOtherGuests(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		min := run(t, cfg, guest(t, "wat-min"), nil)
		if v := min.must(t, "add", uint32(3), uint32(4)); v != uint32(7) {
			t.Errorf("add = %v", v)
		}
		var logged []string
		log := func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
			logged = append(logged, args[0].(string))
			return nil, nil
		}
		as := run(t, cfg, guest(t, "as-greet"), log)
		if v := as.must(t, "greet", "Zoë 🌍"); !strings.Contains(v.(string), "Zoë 🌍") {
			t.Errorf("greet = %q", v)
		}
		if len(logged) == 0 {
			t.Error("greet logged nothing")
		}
		rust := run(t, cfg, guest(t, "rust-kit"), log)
		items := []abi.Value{abi.RecordValue{"tea", uint32(2)}, abi.RecordValue{"milk", uint32(40)}}
		if v := rust.must(t, "total", items); v != uint64(42) {
			t.Errorf("total = %v, want 42", v)
		}
	})
}

// hostResource is a resource of the host for a type, which in the types of a
// component is bound to the host's own.
func hostResource(t *abi.Type, rep uint32) *abi.ResourceValue {
	if t.Resource.Host != nil {
		return abi.HostResource(t.Resource.Host, rep)
	}
	return abi.HostResource(t.Resource, rep)
}
