package benchmarks

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/internal/roundtrip/echoc"
	"github.com/airsstack/witgen/internal/roundtrip/echoc/demo/echoc/host"
	"github.com/airsstack/witgen/internal/roundtrip/echoc/demo/echoc/types"
	"github.com/airsstack/witgen/runtime/corewasm"
)

const echoCFile = "../testdata/guests/echo-c/echo-c.wasm"

// rawEchoC is the guest echo-c, each import answered by a function that ends it.
func rawEchoC(b *testing.B, metered bool) *rawGuest {
	b.Helper()
	g := &rawGuest{rt: newWazero(b)}
	core := cores(b, file(b, echoCFile))[0]
	m, err := corewasm.Decode(core)
	check(b, err)
	conv := func(ts []corewasm.ValType) (out []api.ValueType) {
		for _, t := range ts {
			out = append(out, api.ValueType(t))
		}
		return out
	}
	byModule := map[string][]corewasm.Import{}
	for _, im := range m.Imports {
		byModule[im.Module] = append(byModule[im.Module], im)
	}
	for name, ims := range byModule {
		mod := g.rt.NewHostModuleBuilder(name)
		for _, im := range ims {
			t := m.FuncType(im.Index)
			mod.NewFunctionBuilder().
				WithGoFunction(api.GoFunc(func(context.Context, []uint64) { panic("an import was called") }), conv(t.Params), conv(t.Results)).
				Export(im.Name)
		}
		_, err := mod.Instantiate(b.Context())
		check(b, err)
	}
	g.instantiate(b, core, metered)
	return g
}

// alloc is room in the guest.
func (g *rawGuest) alloc(ctx context.Context, align, size uint64) uint32 {
	g.room = [...]uint64{0, 0, align, size}
	if err := g.realloc.CallWithStack(ctx, g.room[:]); err != nil {
		panic(err)
	}
	return uint32(g.room[0])
}

const itemSize = 32 // name, count at 8, price at 16, tags at 24

// storeItems lowers a list of items as a person would for this one type.
func (g *rawGuest) storeItems(ctx context.Context, items []types.Item) uint32 {
	list := g.alloc(ctx, 8, uint64(len(items)*itemSize))
	for i, item := range items {
		at := list + uint32(i*itemSize)
		g.mem.WriteUint32Le(at, g.write(ctx, item.Name))
		g.mem.WriteUint32Le(at+4, uint32(len(item.Name)))
		g.mem.WriteByte(at+8, item.Count)
		g.mem.WriteFloat64Le(at+16, item.Price)
		tags := g.alloc(ctx, 4, uint64(8*len(item.Tags)))
		for j, tag := range item.Tags {
			g.mem.WriteUint32Le(tags+uint32(8*j), g.write(ctx, tag))
			g.mem.WriteUint32Le(tags+uint32(8*j)+4, uint32(len(tag)))
		}
		g.mem.WriteUint32Le(at+24, tags)
		g.mem.WriteUint32Le(at+28, uint32(len(item.Tags)))
	}
	return list
}

// loadItems lifts what storeItems lowers.
func (g *rawGuest) loadItems(ptr, n uint32) []types.Item {
	mem, _ := g.mem.Read(0, g.mem.Size())
	str := func(at uint32) string {
		p, n := binary.LittleEndian.Uint32(mem[at:]), binary.LittleEndian.Uint32(mem[at+4:])
		return string(mem[p : p+n])
	}
	items := make([]types.Item, n)
	for i := range items {
		at := ptr + uint32(i*itemSize)
		tags := make([]string, binary.LittleEndian.Uint32(mem[at+28:]))
		for j := range tags {
			tags[j] = str(binary.LittleEndian.Uint32(mem[at+24:]) + uint32(8*j))
		}
		items[i] = types.Item{
			Name: str(at), Count: mem[at+8], Price: math.Float64frombits(binary.LittleEndian.Uint64(mem[at+16:])), Tags: tags,
		}
	}
	return items
}

// BenchmarkRecords gives a guest a list of a thousand records and takes it back:
// a name, two numbers and a tag each, so three allocations in the guest.
func BenchmarkRecords(b *testing.B) {
	ctx := context.Background()
	items := make([]types.Item, 1000)
	for i := range items {
		items[i] = types.Item{Name: "an item", Count: 2, Price: 12.5, Tags: []string{"tag"}}
	}
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			g := rawEchoC(b, way.metered)
			fn := g.mod.ExportedFunction("demo:echo-c/roundtrip@0.1.0#echo-items")
			post := g.mod.ExportedFunction("cabi_post_demo:echo-c/roundtrip@0.1.0#echo-items")
			b.ReportAllocs()
			for b.Loop() {
				ptr := g.storeItems(ctx, items)
				g.stack[0], g.stack[1] = uint64(ptr), uint64(len(items))
				check(b, fn.CallWithStack(ctx, g.stack[:]))
				ret := uint32(g.stack[0])
				at, _ := g.mem.ReadUint32Le(ret)
				n, _ := g.mem.ReadUint32Le(ret + 4)
				if got := g.loadItems(at, n); len(got) != len(items) {
					b.Fatal(len(got))
				}
				g.stack[0] = uint64(ret)
				check(b, post.CallWithStack(ctx, g.stack[:]))
			}
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			f, err := echoc.Load(ctx, newRuntime(b), file(b, echoCFile), way.opts...)
			check(b, err)
			p, err := f.New(ctx, echoc.Imports{Host: struct{ host.Host }{}})
			check(b, err)
			roundtrip := p.Roundtrip()
			b.ReportAllocs()
			for b.Loop() {
				got, err := roundtrip.EchoItems(ctx, items)
				if err != nil || len(got) != len(items) {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}
