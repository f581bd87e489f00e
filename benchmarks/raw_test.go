package benchmarks

import (
	"context"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

// A rawGuest is the core module of a guest on wazero alone, with what code
// written by hand needs of it. Nothing here checks what a canonical ABI must:
// pointers, UTF-8, whether the guest may be entered, what it may import.
type rawGuest struct {
	rt      wazero.Runtime
	mod     api.Module
	mem     api.Memory
	realloc api.Function
	stack   [16]uint64
	room    [4]uint64 // the stack of realloc: an array of the call's own would be allocated
	looked  time.Time // by refill, at the clock
}

// rawScalars is the guest scalars, its imports answered by functions of wazero's
// plainest kind.
func rawScalars(b *testing.B, metered bool) *rawGuest {
	b.Helper()
	g := &rawGuest{rt: newWazero(b)}
	i32 := api.ValueTypeI32
	_, err := g.rt.NewHostModuleBuilder("demo:scalars/host@0.1.0").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(g.tick), []api.ValueType{i32}, []api.ValueType{i32}).Export("tick").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(g.say), []api.ValueType{i32, i32}, []api.ValueType{i32}).Export("say").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(g.repeat), []api.ValueType{i32, i32, i32}, nil).Export("repeat").
		Instantiate(b.Context())
	check(b, err)
	g.instantiate(b, cores(b, file(b, scalarsFile))[0], metered)
	return g
}

func rawCounter(b *testing.B, metered bool) *rawGuest {
	b.Helper()
	g := &rawGuest{rt: newWazero(b)}
	g.instantiate(b, cores(b, file(b, counterFile))[0], metered)
	return g
}

func (g *rawGuest) instantiate(b *testing.B, core []byte, metered bool) {
	b.Helper()
	if metered {
		core = withMeter(b, core)
		_, err := g.rt.NewHostModuleBuilder("meter").NewFunctionBuilder().
			WithGoFunction(api.GoFunc(g.refill), []api.ValueType{api.ValueTypeI64}, []api.ValueType{api.ValueTypeI64}).Export("refill").
			Instantiate(b.Context())
		check(b, err)
	}
	var err error
	g.mod, err = g.rt.Instantiate(b.Context(), core)
	check(b, err)
	g.mem = g.mod.Memory()
	g.realloc = g.mod.ExportedFunction("cabi_realloc")
}

// withMeter compiles the meter into a core module as the runtime does.
func withMeter(b *testing.B, core []byte) []byte {
	b.Helper()
	m, err := corewasm.Decode(core)
	check(b, err)
	edit := corewasm.Edit{TraceOffsets: true}
	check(b, meter.Add(&edit, m, meter.Refill{Module: "meter", Name: "refill", Depth: component.DefaultDepth}))
	out, err := m.Rewrite(edit)
	check(b, err)
	return out.Wasm
}

// refill gives the next slice of fuel, of the size that the runtime gives, and
// looks at what the runtime looks at, as often.
func (g *rawGuest) refill(ctx context.Context, stack []uint64) {
	if time.Since(g.looked) >= 20*time.Microsecond {
		runtime.Gosched()
		g.looked = time.Now()
		if d, ok := ctx.Deadline(); ctx.Err() != nil || ok && g.looked.After(d) {
			panic(ctx.Err())
		}
	}
	stack[0] += 100_000
}

func (g *rawGuest) tick(_ context.Context, stack []uint64) {
	stack[0] = uint64(uint32(stack[0]) + 1)
}

func (g *rawGuest) say(_ context.Context, stack []uint64) {
	s := g.read(uint32(stack[0]), uint32(stack[1]))
	stack[0] = uint64(len(s))
}

func (g *rawGuest) repeat(ctx context.Context, stack []uint64) {
	ret := uint32(stack[2])
	s := g.read(uint32(stack[0]), uint32(stack[1]))
	ptr := g.write(ctx, s)
	g.mem.WriteUint32Le(ret, ptr)
	g.mem.WriteUint32Le(ret+4, uint32(len(s)))
}

// read copies a string out of the guest.
func (g *rawGuest) read(ptr, n uint32) string {
	view, ok := g.mem.Read(ptr, n)
	if !ok {
		panic("the guest gave a string that is not in its memory")
	}
	return string(view)
}

// write copies a string into the guest.
func (g *rawGuest) write(ctx context.Context, s string) uint32 {
	g.room = [...]uint64{0, 0, 1, uint64(len(s))}
	if err := g.realloc.CallWithStack(ctx, g.room[:]); err != nil {
		panic(err)
	}
	ptr := uint32(g.room[0])
	if !g.mem.WriteString(ptr, s) {
		panic("the guest gave room that is not in its memory")
	}
	return ptr
}

// A rawString calls a function from a string to a string.
type rawString struct {
	*rawGuest
	fn, post api.Function
}

func newRawString(g *rawGuest, name string) rawString {
	name = "demo:scalars/api@0.1.0#" + name
	return rawString{g, g.mod.ExportedFunction(name), g.mod.ExportedFunction("cabi_post_" + name)}
}

func (f rawString) call(ctx context.Context, s string) (string, error) {
	g := f.rawGuest
	g.stack[0], g.stack[1] = uint64(g.write(ctx, s)), uint64(len(s))
	if err := f.fn.CallWithStack(ctx, g.stack[:]); err != nil {
		return "", err
	}
	ret := uint32(g.stack[0])
	ptr, _ := g.mem.ReadUint32Le(ret)
	n, _ := g.mem.ReadUint32Le(ret + 4)
	out := g.read(ptr, n)
	return out, f.post.CallWithStack(ctx, g.stack[:])
}

// A rawHandler calls handle-message of the guest counter: four allocations in
// the guest, the function, its post-return.
type rawHandler struct {
	*rawGuest
	fn, post api.Function
}

func newRawHandler(g *rawGuest) rawHandler {
	const name = "airssys:core/component-lifecycle@1.0.0#handle-message"
	return rawHandler{g, g.mod.ExportedFunction(name), g.mod.ExportedFunction("cabi_post_" + name)}
}

func (f rawHandler) call(ctx context.Context, namespace, name, version string, payload []byte) error {
	g := f.rawGuest
	for i, s := range [...]string{namespace, name, version, unsafe.String(unsafe.SliceData(payload), len(payload))} {
		ptr := g.write(ctx, s)
		g.stack[2*i], g.stack[2*i+1] = uint64(ptr), uint64(len(s))
	}
	if err := f.fn.CallWithStack(ctx, g.stack[:]); err != nil {
		return err
	}
	if failed, _ := g.mem.ReadByte(uint32(g.stack[0])); failed != 0 {
		panic("the guest gave an error")
	}
	return f.post.CallWithStack(ctx, g.stack[:])
}

// lean leaves out what wazero makes for each instance by default and what
// components never see, ten of its eleven microseconds: the floor is wazero as
// one would use it for this.
var lean = wazero.NewModuleConfig().WithName("").WithStartFunctions().
	WithRandSource(nothing{}).
	WithWalltime(func() (int64, int32) { return 0, 0 }, sys.ClockResolution(1)).
	WithNanotime(func() int64 { return 0 }, sys.ClockResolution(1))

type nothing struct{}

func (nothing) Read(b []byte) (int, error) { return len(b), nil }
