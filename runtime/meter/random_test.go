package meter_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

// FuzzRandomGuests: a valid module, whatever its code, ends as it does without
// the meter, for the same fuel in all ways, and for no less than its instructions
// cost. A program of a few hundred bytes is made of what is put in.
func FuzzRandomGuests(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		f.Add(randomBytes(r))
	}
	f.Fuzz(func(t *testing.T, choices []byte) { compareRuns(t, randomModule(choices)) })
}

func TestRandomGuests(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 150 {
		compareRuns(t, randomModule(randomBytes(r)))
	}
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, 20+r.IntN(400))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// compareRuns calls each function of a module, in all ways.
func compareRuns(t *testing.T, wasm []byte) {
	t.Helper()
	m, err := corewasm.Decode(wasm)
	if err != nil {
		t.Fatalf("%v\n%x", err, wasm)
	}
	plain := newWay(t, m, "interpreter", false)
	metered := map[string]*way{}
	for engine := range engines {
		metered[engine] = newWay(t, m, engine, true)
	}
	for fn := range randomFuncs {
		want := plain.call(t, fn, 0, 0)
		fuel := int64(-1)
		for engine, w := range metered {
			for _, slice := range []int64{1, 1000, 1 << 40} {
				got := w.call(t, fn, slice, 1<<60)
				if got.ends != want.ends {
					t.Fatalf("f%d on %s, slices of %d: %s, unmetered: %s\n%x", fn, engine, slice, got.ends, want.ends, wasm)
				}
				if fuel < 0 {
					fuel = got.fuel
				}
				if got.fuel != fuel {
					t.Fatalf("f%d on %s, slices of %d, costs %d and %d before\n%x", fn, engine, slice, got.fuel, fuel, wasm)
				}
			}
		}
		if want.executed > fuel+meter.CarriedCost { // the host does not pay for what it calls
			t.Fatalf("f%d costs %d, its instructions %d\n%x", fn, fuel, want.executed, wasm)
		}
		if fuel == 0 {
			continue
		}
		if short := metered["interpreter"].call(t, fn, 1, fuel-1); !strings.Contains(short.ends, errOutOfFuel.Error()) {
			t.Fatalf("f%d costs %d, and with one less %s\n%x", fn, fuel, short.ends, wasm)
		}
	}
}

// A way is a module on an engine: metered, or counting what it executes.
type way struct {
	rt      wazero.Runtime
	code    wazero.CompiledModule
	metered bool
	guest   *guest // that runs
}

func newWay(t *testing.T, m *corewasm.Module, engine string, metered bool) *way {
	t.Helper()
	ctx := context.Background()
	w := &way{rt: wazero.NewRuntimeWithConfig(ctx, engines[engine]().WithCoreFeatures(features)), metered: metered}
	t.Cleanup(func() { _ = w.rt.Close(ctx) })
	i64 := []api.ValueType{api.ValueTypeI64}
	refill := api.GoFunc(func(ctx context.Context, stack []uint64) { w.guest.refill(ctx, stack) })
	if _, err := w.rt.NewHostModuleBuilder("env").
		NewFunctionBuilder().WithGoFunction(refill, i64, i64).Export("refill").Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	var e corewasm.Edit
	if !metered {
		addUp(&e, m)
	} else if err := meter.Add(&e, m, meter.Refill{Module: "env", Name: "refill", Depth: 1_500}); err != nil {
		t.Fatal(err)
	}
	out, err := m.Rewrite(e)
	if err != nil {
		t.Fatal(err)
	}
	if w.code, err = w.rt.CompileModule(ctx, out.Wasm); err != nil {
		t.Fatalf("%v\n%x", err, out.Wasm)
	}
	return w
}

type outcome struct {
	ends           string // what came of it, and what it left behind
	fuel, executed int64
}

func (w *way) instance(t *testing.T, slice, budget int64) *guest {
	t.Helper()
	g := &guest{slice: slice}
	g.budget.Store(budget)
	w.guest = g
	var err error
	if g.Module, err = w.rt.InstantiateModule(context.Background(), w.code, wazero.NewModuleConfig().WithName("")); err != nil {
		t.Fatal(err)
	}
	return g
}

// call calls a function in a new instance, which is given fuel in slices.
func (w *way) call(t *testing.T, fn int, slice, budget int64) (o outcome) {
	t.Helper()
	g := w.instance(t, slice, budget)
	defer g.Close(context.Background())
	results, err := g.call(fmt.Sprintf("f%d", fn), 7)
	if err != nil {
		o.ends, _, _ = strings.Cut(err.Error(), "\n")
		o.ends, _, _ = strings.Cut(o.ends, " (recovered by")
	}
	mem, _ := g.Memory().Read(0, g.Memory().Size())
	o.ends += fmt.Sprintf(" %v, memory %x, globals %d %d", results, sha256.Sum256(mem),
		g.ExportedGlobal("gas").Get(), g.ExportedGlobal("sum").Get())
	if w.metered {
		o.fuel = g.used()
	} else {
		o.executed = int64(g.ExportedGlobal("executed").Get())
	}
	return o
}

// addUp makes an edit that counts what is executed: one instruction after
// another, as nobody would who wants to be fast.
func addUp(e *corewasm.Edit, m *corewasm.Module) {
	global := uint32(len(m.Globals))
	e.Globals = append(e.Globals, corewasm.Global{
		GlobalType: corewasm.GlobalType{Val: corewasm.I64, Mutable: true}, Init: corewasm.ConstExpr{0x42, 0, 0x0b},
	})
	e.Exports = append(e.Exports, corewasm.Export{Name: "executed", Kind: corewasm.KindGlobal, Index: global})
	add := func(n int64) []byte {
		b := []byte{0x23, byte(global), 0x42}
		for ; n > 0x3f; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		return append(b, byte(n), 0x7c, 0x24, byte(global))
	}
	e.Code = func(b *corewasm.Body) (edit corewasm.BodyEdit) {
		for in := range m.Instructions(b) {
			if n := meter.Cost(in.Op); n > 0 {
				edit.Insert = append(edit.Insert, corewasm.Insertion{At: in.Offset, Code: add(n)})
			}
		}
		return edit
	}
}

const (
	randomFuncs  = 5
	randomLocals = 3 // the first is the parameter
)

// randomModule makes a module of a few functions, each (i32) -> i32, out of
// choices; where they run out the first one is taken. All its code ends: each
// round of a loop and each call uses up of a global, and traps when that is gone.
func randomModule(choices []byte) []byte {
	g := &randomGuest{choices: choices}
	section := func(id byte, parts ...[]byte) []byte {
		b := slices.Concat(parts...)
		return append(append([]byte{id}, uleb(len(b))...), b...)
	}
	var funcs, exports, bodies []byte
	for i := range randomFuncs {
		body := g.body()
		funcs = append(funcs, 0)
		exports = append(exports, 2, 'f', '0'+byte(i), 0, byte(i))
		bodies = slices.Concat(bodies, uleb(len(body)), body)
	}
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		section(1, []byte{3, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0, 0x60, 1, 0x7f, 0}),
		section(3, []byte{randomFuncs}, funcs),
		section(4, []byte{1, 0x70, 0, randomFuncs + 1}),
		section(5, []byte{1, 1, 1, 4}),
		section(13, []byte{1, 0, 2}),
		section(6, []byte{2, 0x7f, 1, 0x41, 0xe4, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b}),
		section(7, []byte{randomFuncs + 3}, exports, []byte("\x06memory\x02\x00\x03gas\x03\x00\x03sum\x03\x01")),
		section(9, []byte{1, 0, 0x41, 0, 0x0b, randomFuncs - 1}, []byte{0, 1, 2, 3}[:randomFuncs-1]),
		section(10, []byte{randomFuncs}, bodies),
	)
}

func uleb(n int) (b []byte) {
	for ; n > 0x7f; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// randomGuest writes bodies.
type randomGuest struct {
	choices []byte
	code    []byte
	params  []int // of the labels that are open, the innermost last
	depth   int
}

func (g *randomGuest) pick(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := g.choices[0]
	g.choices = g.choices[1:]
	return int(c) % n
}

func (g *randomGuest) emit(b ...byte) { g.code = append(g.code, b...) }

func (g *randomGuest) body() []byte {
	g.code, g.params = nil, []int{1}
	g.emit(1, randomLocals-1, 0x7f) // locals
	g.gas()
	g.statements()
	g.value()
	g.emit(0x0b)
	return g.code
}

// gas uses up some, or traps.
func (g *randomGuest) gas() {
	g.emit(0x23, 0, 0x45, 0x04, 0x40, 0x00, 0x0b) // if there is none: unreachable
	g.emit(0x23, 0, 0x41, 1, 0x6b, 0x24, 0)
}

func (g *randomGuest) statements() {
	if g.depth++; g.depth <= 5 {
		for range g.pick(5) {
			g.statement()
		}
	}
	g.depth--
}

// within writes statements with one more label.
func (g *randomGuest) within(params int) {
	g.params = append(g.params, params)
	g.statements()
	g.params = g.params[:len(g.params)-1]
}

// label chooses one, by its number, and gives how many operands it takes.
func (g *randomGuest) label() (byte, int) {
	l := g.pick(len(g.params))
	return byte(l), g.params[len(g.params)-1-l]
}

// plain chooses a label that takes nothing, if there is one.
func (g *randomGuest) plain() (byte, bool) {
	l, params := g.label()
	return l, params == 0
}

func (g *randomGuest) statement() {
	switch g.pick(19) {
	case 0:
		g.value()
		g.emit(0x21, byte(g.pick(randomLocals))) // local.set
	case 1:
		g.address(0xfc, 0x0f)
		g.value()
		g.emit(0x36, 2, byte(g.pick(8))) // i32.store
	case 2:
		g.emit(0x02, 0x40) // block
		g.within(0)
		g.emit(0x0b)
	case 3, 4:
		g.emit(0x03, 0x40) // loop
		g.gas()
		g.within(0)
		g.emit(0x0b)
	case 5:
		g.value()
		g.emit(0x03, 2) // loop that takes a value
		g.emit(0x21, byte(g.pick(randomLocals)))
		g.gas()
		g.within(1)
		g.emit(0x0b)
	case 6:
		g.value()
		g.emit(0x04, 0x40) // if
		g.within(0)
		if g.pick(2) == 1 {
			g.emit(0x05)
			g.within(0)
		}
		g.emit(0x0b)
	case 7, 8, 9:
		l, params := g.label()
		if params == 1 {
			g.value()
		}
		g.value()
		g.emit(0x0d, l) // br_if
		if params == 1 {
			g.emit(0x1a)
		}
	case 10:
		l, params := g.label()
		if params == 1 {
			g.value()
		}
		g.emit(0x0c, l) // br
	case 11:
		a, ok := g.plain()
		if b, ok2 := g.plain(); ok && ok2 {
			g.value()
			g.emit(0x0e, 2, a, b, a) // br_table
		}
	case 12:
		g.value()
		g.emit(0x0f) // return
	case 13:
		g.address(0xff, 0x3)
		g.value()
		g.address(0xff, byte(g.pick(16)))
		if g.pick(2) == 0 {
			g.emit(0xfc, 0x0b, 0) // memory.fill
		} else {
			g.emit(0xfc, 0x0a, 0, 0) // memory.copy, outside of the memory as likely as not
		}
	case 14:
		g.emit(0x02, 0x40) // block
		l := byte(0)
		g.params = append(g.params, 0)
		if other, ok := g.plain(); ok {
			l = other
		}
		g.emit(0x1f, 0x40, 1, 2, l) // try_table (catch_all l)
		g.within(0)
		g.emit(0x0b)
		g.params = g.params[:len(g.params)-1]
		g.emit(0x0b)
	case 15:
		g.value()
		g.emit(0x08, 0) // throw
	case 16:
		g.value()
		g.emit(0x12, byte(g.pick(randomFuncs))) // return_call
	case 17:
		g.value()
		g.emit(0x23, 1, 0x6a, 0x24, 1) // to the sum
	case 18:
		g.emit(0xd2, byte(g.pick(randomFuncs)), 0x41, byte(g.pick(3)), 0xfc, 0x0f, 0, 0x1a) // table.grow
	}
}

// address writes a value within bounds.
func (g *randomGuest) address(low, high byte) {
	g.value()
	g.emit(0x41, low|0x80, high&0x7f|0x80, 0, 0x71) // i32.and
}

// value writes an i32.
func (g *randomGuest) value() {
	if g.depth++; g.depth > 8 {
		g.depth--
		g.emit(0x41, 1)
		return
	}
	defer func() { g.depth-- }()
	switch g.pick(13) {
	case 0, 1:
		g.emit(0x41, byte(g.pick(0x40)))
	case 2, 3, 4:
		g.emit(0x20, byte(g.pick(randomLocals)))
	case 5, 6:
		g.value()
		g.value()
		g.emit([]byte{0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x48, 0x6e}[g.pick(7)])
	case 7:
		g.address(0xfc, 0x0f)
		g.emit(0x28, 2, 0) // i32.load
	case 8:
		g.value()
		g.emit(0x10, byte(g.pick(randomFuncs))) // call
	case 9:
		g.value()
		g.value()
		g.emit(0x41, 7, 0x71, 0x11, 0, 0) // call_indirect, outside of the table sometimes
	case 10:
		g.value()
		g.emit(0x04, 0x7f) // if
		g.value()
		g.emit(0x05)
		g.value()
		g.emit(0x0b)
	case 11:
		g.emit(0x41, byte(g.pick(2)), 0x40, 0) // memory.grow
	case 12:
		g.value()
		g.emit(0x45) // i32.eqz
	}
}
