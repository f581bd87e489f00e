package meter_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

//go:embed testdata/guest.wasm
var guestWasm []byte

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const features = api.CoreFeaturesV2 | experimental.CoreFeaturesThreads | experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences

var engines = func() map[string]func() wazero.RuntimeConfig {
	all := map[string]func() wazero.RuntimeConfig{"interpreter": wazero.NewRuntimeConfigInterpreter}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		all["compiler"] = wazero.NewRuntimeConfigCompiler
	}
	return all
}()

var errOutOfFuel = errors.New("out of fuel")

// guest is an instance and the account that it is given fuel from.
type guest struct {
	api.Module
	slice   int64        // that a refill gives
	budget  atomic.Int64 // that is left for refills
	refills atomic.Int64
	granted int64
}

func (g *guest) refill(_ context.Context, stack []uint64) {
	balance := int64(stack[0])
	if balance == meter.TooDeep {
		panic(errTooDeep)
	}
	g.refills.Add(1)
	for balance < 0 {
		if g.budget.Add(-g.slice) < 0 {
			panic(errOutOfFuel)
		}
		g.granted += g.slice
		balance += g.slice
	}
	stack[0] = uint64(balance)
}

// used is the fuel that the guest has used up.
func (g *guest) used() int64 {
	return g.granted - int64(g.ExportedGlobal(meter.FuelExport).Get())
}

// give lets the guest use up this much from now on.
func (g *guest) give(fuel int64) {
	g.granted = g.used()
	g.ExportedGlobal(meter.FuelExport).(api.MutableGlobal).Set(0)
	g.budget.Store(fuel)
}

func (g *guest) call(name string, args ...uint64) ([]uint64, error) {
	f := g.ExportedFunction(name)
	if f == nil {
		return nil, fmt.Errorf("no function %q", name)
	}
	return f.Call(context.Background(), args...)
}

func (g *guest) must(tb testing.TB, name string, args ...uint64) []uint64 {
	tb.Helper()
	results, err := g.call(name, args...)
	if err != nil {
		tb.Fatalf("%s%v: %v", name, args, err)
	}
	return results
}

func newGuest(tb testing.TB, config wazero.RuntimeConfig, wasm []byte, metered bool) *guest {
	tb.Helper()
	ctx := context.Background()
	m, err := corewasm.Decode(wasm)
	if err != nil {
		tb.Fatal(err)
	}
	e := corewasm.Edit{ModuleName: "m", TraceOffsets: true}
	if metered {
		if err := meter.Add(&e, m, meter.Refill{Module: "env", Name: "refill", Depth: 1_500}); err != nil {
			tb.Fatal(err)
		}
	}
	out, err := m.Rewrite(e)
	if err != nil {
		tb.Fatal(err)
	}
	g := &guest{slice: 100_000}
	g.budget.Store(10_000_000)
	rt := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(features))
	tb.Cleanup(func() { _ = rt.Close(ctx) })
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err = rt.NewHostModuleBuilder("env").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(g.refill), i64, i64).Export("refill").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), []api.ValueType{api.ValueTypeI32}, nil).Export("note").
		Instantiate(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if g.Module, err = rt.Instantiate(ctx, out.Wasm); err != nil {
		tb.Fatal(err)
	}
	return g
}

// eachEngine runs a test with a metered guest in either engine.
func eachEngine(t *testing.T, test func(*testing.T, *guest)) {
	for name, config := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newGuest(t, config(), guestWasm, true))
		})
	}
}

// calls end, and mean the same, with and without the meter.
var calls = []struct {
	name string
	args []uint64
	// fuel is what the call costs at Version 6, counted by hand; 0 where it is
	// not held to anything.
	fuel int64
}{
	{"count", nil, carried},
	{"add", []uint64{2, 3}, carried},
	{"twice", []uint64{21}, carried},
	{"choice", []uint64{1}, carried},
	{"choice", []uint64{0}, carried},
	{"skip", []uint64{0}, carried},
	{"switch", []uint64{0}, carried},
	{"switch", []uint64{7}, carried},
	{"early", []uint64{1}, 1 + 2 + 6}, // note may call back, so its depth is counted
	{"sum", []uint64{1}, 1 + 1 + 9},
	{"sum", []uint64{1000}, 1 + 1 + 9*1000},
	{"params", []uint64{5}, 1 + 2 + 3},
	{"nested", []uint64{2}, 1 + 1 + 3*(10+9) + 9*1},
	{"fib", []uint64{0}, fibCall},
	{"fib", []uint64{10}, 177 * fibCall},
	{"indirect", []uint64{1, 4}, 1 + 2 + 6 + 8}, // which may call anything that is carried: atomic is the dearest,
	{"fill", []uint64{10, 3, 256}, 1 + 3 + 20},
	{"fill", []uint64{0, 3, 271}, 1 + 3 + 20 + 16},
	{"copy", []uint64{4000, 10, 320}, 1 + 3 + 20 + 20},
	{"init", []uint64{100, 0, 12}, 1 + 3 + 20 + 0},
	{"peek", []uint64{10}, carried},
	{"grow", []uint64{3}, 1 + 1 + 200 + 3*1024},
	{"grow", []uint64{1 << 20}, 1 + 1 + 200}, // more than there may be: -1
	{"table-grow", []uint64{50}, 1 + 2 + 20 + 50},
	{"table-grow", []uint64{1 << 31}, 1 + 2 + 20},
	{"table-fill", []uint64{5, 5}, 1 + 3 + 20 + 5},
	{"table-copy", []uint64{5, 0, 2}, 1 + 3 + 20 + 2},
	{"table-init", []uint64{0, 1, 2}, 1 + 3 + 20 + 2},
	{"loop-fill", []uint64{64}, 1 + 7*(3+20+5)},
	{"dead", nil, 1 + 2},
	{"catch", []uint64{1}, 0},
	{"catch", []uint64{0}, 0},
	{"vector", []uint64{5}, carried},
	{"atomic", []uint64{5}, carried},
}

// A short function is paid for by what calls it, which here is the host.
const carried = -1

// A call of fib pays for its dearer branch: entry, compare and branch, two calls
// with their arguments, the sum.
const fibCall = 1 + 4 + 2*(3+4) + 1

func TestMeteredAnswersTheSame(t *testing.T) {
	t.Parallel()
	for name, config := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := newGuest(t, config(), guestWasm, false)
			metered := newGuest(t, config(), guestWasm, true)
			for _, c := range calls {
				want, got := plain.must(t, c.name, c.args...), metered.must(t, c.name, c.args...)
				if !slices.Equal(want, got) {
					t.Errorf("%s%v = %v, metered %v", c.name, c.args, want, got)
				}
			}
		})
	}
}

func TestFuelIsWhatTheTableSays(t *testing.T) {
	t.Parallel()
	used := map[string]map[string]int64{}
	for engine, config := range engines {
		g := newGuest(t, config(), guestWasm, true)
		used[engine] = map[string]int64{}
		for _, c := range calls {
			before := g.used()
			g.must(t, c.name, c.args...)
			fuel := g.used() - before
			used[engine][fmt.Sprint(c.name, c.args)] = fuel
			if want := max(c.fuel, 0); c.fuel != 0 && fuel != want {
				t.Errorf("%s: %s%v costs %d, want %d", engine, c.name, c.args, fuel, want)
			}
		}
	}
	for engine, fuel := range used {
		if want := used["interpreter"]; fmt.Sprint(fuel) != fmt.Sprint(want) {
			t.Errorf("the fuel of the %s differs from the interpreter's:\n%v\n%v", engine, fuel, want)
		}
	}
}

func TestNothingRunsForever(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, g *guest) {
		for _, c := range []struct {
			name string
			args []uint64
		}{
			{"spin", nil},
			{"spin-work", nil},
			{"spin-table", nil},
			{"tree", []uint64{100}},
			{"spin-tail", nil},
			{"spin-tail-indirect", nil},
			{"spin-ref", nil},
			{"spin-catch", nil},
			{"spin-throw", nil},
			{"spin-fill", nil},
		} {
			g.give(300_000)
			_, err := g.call(c.name, c.args...)
			if !errors.Is(err, errOutOfFuel) {
				t.Errorf("%s ended with %v", c.name, err)
			}
		}
		// The balance stays negative; the next refill makes it good.
		g.budget.Store(300_000)
		if got := g.must(t, "add", 2, 3); got[0] != 5 {
			t.Errorf("add afterwards: %v", got)
		}
	})
}

// Fuel or depth, whichever is smaller, ends a recursion.
func TestRecursionEnds(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, g *guest) {
		g.slice = 1000
		g.give(5000)
		if _, err := g.call("deep", 1); !errors.Is(err, errOutOfFuel) {
			t.Errorf("with little fuel: %v", err)
		}
		g.give(1 << 40)
		if _, err := g.call("deep", 1); !errors.Is(err, errTooDeep) {
			t.Errorf("with much fuel: %v", err)
		}
	})
}

// A piece of a large fill is paid for at once.
func TestRefillIsGivenTheWholeDebt(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, g *guest) {
		g.must(t, "grow", 500)
		before := g.refills.Load()
		g.must(t, "fill", 0, 1, 500<<16)
		if n := g.refills.Load() - before; n < 10 || n > 33 { // 500 pages are 32 pieces
			t.Errorf("one fill was refilled %d times", n)
		}
		if used := g.used(); used < 500<<16>>4 {
			t.Errorf("a fill of 31 MiB cost %d", used)
		}
	})
}

// Go cannot stop compiled code: without refills a collection would wait for as
// long as the guest runs.
func TestCollectionsGoOnWhileAGuestSpins(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, g *guest) {
		g.slice = 1_000_000
		g.budget.Store(1 << 62)
		done := make(chan error)
		go func() {
			_, err := g.call("spin-work")
			done <- err
		}()
		for range 3 {
			for seen := g.refills.Load(); g.refills.Load() < seen+3; {
				runtime.Gosched()
			}
			runtime.GC()
		}
		g.budget.Store(0)
		if err := <-done; !errors.Is(err, errOutOfFuel) {
			t.Errorf("the guest ended with %v", err)
		}
	})
}

// The start function runs, and is paid for as any other: this one is short.
func TestStart(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, g *guest) {
		if used := g.used(); used != 0 {
			t.Errorf("start used %d", used)
		}
		if got := g.must(t, "count"); got[0] != 7 {
			t.Errorf("count = %v", got)
		}
	})
}

func TestGuestsCannotReachTheFuel(t *testing.T) {
	t.Parallel()
	// Two modules of one global: one that exports the reserved name, and one that
	// uses the global behind its own, which only the meter would define.
	head := "\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x06\x06\x01\x7e\x01\x42\x00\x0b"
	export := head + "\x07\x09\x01\x05\x00fuel\x03\x00" + "\x0a\x04\x01\x02\x00\x0b"
	m, err := corewasm.Decode([]byte(export))
	if err != nil {
		t.Fatal(err)
	}
	var e corewasm.Edit
	if err := meter.Add(&e, m, meter.Refill{Module: "a", Name: "b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Rewrite(e); err == nil || !strings.Contains(err.Error(), `"\x00fuel" is reserved`) {
		t.Errorf("exporting the reserved name: %v", err)
	}
	use := head + "\x0a\x08\x01\x06\x00\x42\x00\x24\x01\x0b"
	if _, err := corewasm.Decode([]byte(use)); err == nil || !strings.Contains(err.Error(), "global 1 does not exist") {
		t.Errorf("using the global: %v", err)
	}
}

func TestAddRefusesAnEditWithCode(t *testing.T) {
	t.Parallel()
	m, err := corewasm.Decode(guestWasm)
	if err != nil {
		t.Fatal(err)
	}
	var e corewasm.Edit
	for i, want := range []bool{true, false} {
		if err := meter.Add(&e, m, meter.Refill{Module: "a", Name: "b"}); (err == nil) != want {
			t.Errorf("time %d: %v", i, err)
		}
	}
}
