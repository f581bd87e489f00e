package roundtrip_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/airsstack/witgen/internal/roundtrip/echo"
	"github.com/airsstack/witgen/internal/roundtrip/echo/demo/echo/types"
	"github.com/airsstack/witgen/internal/roundtrip/echoc"
	ctypes "github.com/airsstack/witgen/internal/roundtrip/echoc/demo/echoc/types"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// newEcho makes an instance of the guest echo as an embedder does.
func newEcho(t *testing.T, im echo.Imports) *echo.Echo {
	t.Helper()
	ctx := context.Background()
	factory, err := echo.Load(ctx, newRuntime(t), wasm(t, "echo"))
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := factory.New(ctx, im, everything(&echo.World))
	if err != nil {
		t.Fatal(err)
	}
	return plugin
}

// must gives the result of a call that cannot fail.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestWorldFunctions calls the functions that the world itself exports, which
// ask those that it imports, on both paths.
func TestWorldFunctions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var ticks uint64
	plugin := newEcho(t, echo.Imports{
		Host: echoHost{&witness{}},
		Tick: func(context.Context) (uint64, error) {
			ticks++
			return ticks, nil
		},
		Describe: func(_ context.Context, p types.Point, what string) (string, error) {
			if what == "" {
				return "", fmt.Errorf("nothing to describe: %w", types.ErrorCodeWouldBlock)
			}
			return describe(what, p), nil
		},
	})
	if v := must[uint32](t)(plugin.Ping(ctx, 1<<32-1)); v != 1<<32-1 {
		t.Errorf("ping = %d", v)
	}
	if v := must[uint64](t)(plugin.Ticks(ctx)); v != 2 {
		t.Errorf("ticks = %d, want 2: one tick by ping, one of its own", v)
	}
	relay := plugin.Instance().Funcs(1)[1]
	for round := range *rounds {
		draw := newGenerator(*seed, "relay", round)
		draw.canonical = true
		args := draw.arguments(relay.Type())
		var point types.Point
		coordinates := args[0].(abi.RecordValue)
		point.X, point.Y = coordinates[0].(float64), coordinates[1].(float64)
		what := args[1].(string)

		text, err := plugin.Relay(ctx, point, what)
		value := must[abi.Value](t)(relay.Call(ctx, args...)).(abi.VariantValue)
		if what == "" {
			if code, ok := errors.AsType[types.ErrorCode](err); !ok || code != types.ErrorCodeWouldBlock {
				t.Fatalf("relay of nothing: %v, want the error would-block", err)
			}
			want := abi.VariantValue{Case: 1, Payload: abi.VariantValue{Case: uint32(types.ErrorCodeWouldBlock)}}
			if problem := diff("relay of nothing", want, value); problem != "" {
				t.Fatal(problem)
			}
			continue
		}
		want := describe(what, point)
		if err != nil || text != want || value.Case != 0 || value.Payload != want {
			t.Fatalf("relay(%v, %q), round %d of -seed=%d: generated %q, %v; type-driven %v", point, what, round, *seed, text, err, value)
		}
	}
}

func describe(what string, p types.Point) string { return fmt.Sprintf("%q at %x, %x", what, p.X, p.Y) }

// TestOneWay calls the functions that only take, only give, or do neither.
func TestOneWay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	saw := &witness{}
	p := newEcho(t, echo.Imports{Host: echoHost{saw}}).Roundtrip()
	const text = "drei Äpfel: 🍎"

	if err := errors.Join(p.Nop(ctx), p.Take(ctx, text)); err != nil {
		t.Fatal(err)
	}
	if n := must[uint32](t)(p.Give(ctx)); n != uint32(len(text)) || saw.calls != 0 {
		t.Errorf("give = %d after taking %d bytes, and the host was asked %d times", n, len(text), saw.calls)
	}
	if err := errors.Join(p.ViaHostNop(ctx), p.ViaHostTake(ctx, text)); err != nil {
		t.Fatal(err)
	}
	if n := must[uint32](t)(p.ViaHostGive(ctx)); n != uint32(len(text)) || saw.value != text || saw.calls != 2 {
		t.Errorf("give = %d after the host took %q, asked %d times", n, saw.value, saw.calls)
	}
}

// TestErrorOfAnEnum calls the one function of echo-c that has an error.
func TestErrorOfAnEnum(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	factory := must[*echoc.Factory](t)(echoc.Load(ctx, newRuntime(t), wasm(t, "echo-c")))
	plugin := must[*echoc.EchoC](t)(factory.New(ctx, echoc.Imports{Host: echoCHost{&witness{}}}, everything(&echoc.World)))
	if b := must[uint8](t)(plugin.Roundtrip().First(ctx, "é")); b != "é"[0] {
		t.Errorf("first = %d", b)
	}
	for s, want := range map[string]ctypes.Code{"": ctypes.CodeEmpty, "nine bytes": ctypes.CodeTooLong} {
		_, err := plugin.Roundtrip().First(ctx, s)
		if code, ok := errors.AsType[ctypes.Code](err); !ok || code != want {
			t.Errorf("first(%q): %v, want the error %v", s, err, want)
		}
	}
}

// TestOtherErrors has imports fail with an error that is not the function's
// own: the call traps with it as the cause, and so does every later one.
func TestOtherErrors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	broken := errors.New("the disk is on fire")
	for name, describe := range map[string]func(context.Context, types.Point, string) (string, error){
		"another error": func(context.Context, types.Point, string) (string, error) { return "", broken },
		"the error of another function": func(context.Context, types.Point, string) (string, error) {
			return "", errors.Join(broken, &types.Problem{Code: 7})
		},
		"a panic":           func(context.Context, types.Point, string) (string, error) { panic(broken) },
		"invalid UTF-8":     func(context.Context, types.Point, string) (string, error) { return "\xff", nil },
		"no such case":      func(context.Context, types.Point, string) (string, error) { return "", types.ErrorCode(4) },
		"no implementation": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plugin := newEcho(t, echo.Imports{Host: echoHost{&witness{}}, Describe: describe})
			for range 2 {
				_, err := plugin.Relay(ctx, types.Point{}, "pin")
				if _, ok := errors.AsType[*component.Trap](err); !ok {
					t.Fatalf("relay: %v (%T), want a trap", err, err)
				}
				if _, ok := errors.AsType[types.ErrorCode](err); ok {
					t.Errorf("relay: the trap holds an error of the function's own: %v", err)
				}
				if (name == "another error" || name == "a panic") && !errors.Is(err, broken) {
					t.Errorf("relay: %v, which does not hold its cause", err)
				}
			}
		})
	}
}

// A wrongHost answers with what is no value of the type that its function has.
type wrongHost struct{ echoCHost }

func (wrongHost) EchoValue(context.Context, ctypes.Value) (ctypes.Value, error) { return nil, nil }
func (wrongHost) EchoChar(context.Context, rune) (rune, error)                  { return 0xd800, nil }

func (wrongHost) EchoString(context.Context, string) (string, error) { return "\xff", nil }

// TestHostMistakes has imports give values that are none: the trap says that the
// host is to blame, and which function of it.
func TestHostMistakes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	factory := must[*echoc.Factory](t)(echoc.Load(ctx, newRuntime(t), wasm(t, "echo-c")))
	for fn, test := range map[string]struct {
		call func(*echoc.EchoC) error
		typ  string
	}{
		"echo-value": {func(p *echoc.EchoC) error {
			_, err := p.Roundtrip().ViaHostValue(ctx, &ctypes.ValueNothing{})
			return err
		}, "value"},
		"echo-char":   {func(p *echoc.EchoC) error { _, err := p.Roundtrip().ViaHostChar(ctx, 'x'); return err }, "char"},
		"echo-string": {func(p *echoc.EchoC) error { _, err := p.Roundtrip().ViaHostString(ctx, "x"); return err }, "string"},
	} {
		p := must[*echoc.EchoC](t)(factory.New(ctx, echoc.Imports{Host: wrongHost{}}, everything(&echoc.World)))
		err := test.call(p)
		e, ok := errors.AsType[*abi.ValueError](err)
		if !ok || e.Func != "demo:echo-c/host@0.1.0#"+fn || e.Type.Name != test.typ && e.Type.String() != test.typ {
			t.Errorf("%s: %v (%+v)", fn, err, e)
		}
		if _, ok := errors.AsType[*component.Trap](err); !ok {
			t.Errorf("%s: %v is no trap", fn, err)
		}
	}
}
