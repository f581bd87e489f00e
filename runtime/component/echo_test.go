package component_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
	g := generator{Rand: rand.New(rand.NewPCG(1, hash(fn)))}
	for range rounds {
		args := make([]abi.Value, len(typ.Params))
		for i, param := range typ.Params {
			args[i] = g.value(param.Type, 4)
		}
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

// A generator makes values of any type, with a liking for the extremes.
type generator struct {
	*rand.Rand
	// resource gives those of resource types; without, they are the host's.
	resource func(*abi.Type) *abi.ResourceValue
}

func (g generator) value(t *abi.Type, depth int) abi.Value {
	switch t.Kind {
	case abi.KindBool:
		return g.IntN(2) == 0
	case abi.KindS8:
		return int8(g.bits())
	case abi.KindU8:
		return uint8(g.bits())
	case abi.KindS16:
		return int16(g.bits())
	case abi.KindU16:
		return uint16(g.bits())
	case abi.KindS32:
		return int32(g.bits())
	case abi.KindU32:
		return uint32(g.bits())
	case abi.KindS64:
		return int64(g.bits())
	case abi.KindU64:
		return g.bits()
	case abi.KindF32:
		return math.Float32frombits(uint32(g.bits()))
	case abi.KindF64:
		return math.Float64frombits(g.bits())
	case abi.KindChar:
		return abi.CharValue(g.char())
	case abi.KindString:
		return g.text(depth)
	case abi.KindList, abi.KindMap:
		return g.list(t.Elem, depth)
	case abi.KindFixedList:
		list := make([]abi.Value, t.Len)
		for i := range list {
			list[i] = g.value(t.Elem, depth-1)
		}
		return list
	case abi.KindRecord, abi.KindTuple:
		r := make(abi.RecordValue, len(t.Fields))
		for i, f := range t.Fields {
			r[i] = g.value(f.Type, depth)
		}
		return r
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
		v := abi.VariantValue{Case: uint32(g.IntN(len(t.Cases)))}
		if c := t.Cases[v.Case].Type; c != nil {
			v.Payload = g.value(c, depth-1)
		}
		return v
	case abi.KindFlags:
		return abi.FlagsValue(g.bits() & (1<<len(t.Labels) - 1))
	case abi.KindOwn, abi.KindBorrow:
		if g.resource != nil {
			return g.resource(t)
		}
		return hostResource(t, uint32(g.bits()))
	}
	panic("no values of type " + t.String())
}

func (g generator) bits() uint64 {
	switch g.IntN(8) {
	case 0:
		return 0
	case 1:
		return math.MaxUint64
	case 2:
		return 0x8080_8080_8080_8080 // the smallest signed number of each half
	case 3:
		return 0x7f7f_7f7f_7fff_ffff
	case 4:
		return math.Float64bits(math.NaN()) | 1<<22
	case 5:
		return uint64(math.Float32bits(float32(math.Inf(1))))
	}
	return g.Uint64()
}

var chars = []rune{0, 'a', 0x7f, 0x80, 'é', 0xff, 0x100, 0x7ff, 0x800, '世', 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, '😀', utf8.MaxRune}

func (g generator) char() rune { return chars[g.IntN(len(chars))] }

func (g generator) text(depth int) string {
	var b strings.Builder
	for range g.size(depth) {
		b.WriteRune(g.char())
	}
	return b.String()
}

// size is a length: often nothing, seldom much.
func (g generator) size(depth int) int {
	switch {
	case depth <= 0 || g.IntN(4) == 0:
		return 0
	case depth >= 4 && g.IntN(10) == 0:
		return g.IntN(300)
	}
	return g.IntN(6)
}

func (g generator) list(elem *abi.Type, depth int) abi.Value {
	n := g.size(depth)
	if elem.Size() > page {
		n = 0 // fixed-length lists may be huge
	}
	if elem.Kind == abi.KindU8 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(g.bits())
		}
		return b
	}
	list := make([]abi.Value, n)
	for i := range list {
		list[i] = g.value(elem, depth-1)
	}
	return list
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
		place := generator{Rand: rand.New(rand.NewPCG(1, 1))}.value(point, 1)
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
