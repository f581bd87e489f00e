package abi_test

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/abi"
)

// A typeMaker makes a type of bytes, whatever they are.
type typeMaker struct {
	bytes []byte
	nodes int
}

func (m *typeMaker) next() byte {
	if len(m.bytes) == 0 {
		return 0
	}
	b := m.bytes[0]
	m.bytes = m.bytes[1:]
	return b
}

var scalarTypes = []*abi.Type{
	abi.U8, abi.Bool, abi.S8, abi.S16, abi.U16, abi.S32, abi.U32, abi.S64, abi.U64, abi.Float32, abi.Float64, abi.Char, abi.String,
}

func (m *typeMaker) make(depth int) *abi.Type {
	k := int(m.next())
	if m.nodes++; depth == 0 || m.nodes > 64 || k < 96 {
		return scalarTypes[k%len(scalarTypes)]
	}
	n := 1 + int(m.next())%5
	switch k % 9 {
	case 0:
		return abi.List(m.make(depth - 1))
	case 1:
		return abi.Option(m.make(depth - 1))
	case 2:
		return abi.Result(m.make(depth-1), m.make(depth-1))
	case 3:
		return labelled("enum", 1+int(m.next())*2)
	case 4:
		return labelled("flags", 1+int(m.next())%32)
	case 7:
		return abi.Map(scalarTypes[n], m.make(depth-1))
	case 8:
		return abi.FixedList(m.make(depth-1), uint32(n))
	}
	types := make([]*abi.Type, n)
	for i := range types {
		types[i] = m.make(depth - 1)
	}
	if k%9 == 5 {
		return compound("variant", types)
	}
	return compound("tuple", types)
}

// FuzzLift lifts and loads values of any type from any stack and memory: it
// ends in a value, which then goes back and forth unchanged, or in a trap, and
// takes no more room than its limit says.
func FuzzLift(f *testing.F) {
	f.Add([]byte{0}, []byte("memory"), uint64(1), uint64(2))
	f.Add([]byte{99, 0, 12}, make([]byte, 64), uint64(8), uint64(3))
	f.Add([]byte{104, 3, 0, 12, 99, 1, 8}, make([]byte, 256), uint64(0), uint64(1<<40|7))
	f.Add([]byte{99, 0, 100, 0, 103, 0}, make([]byte, 256), uint64(0), uint64(200))
	f.Add([]byte{107, 1, 106, 3, 12}, make([]byte, 256), uint64(0), uint64(3))
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, typ, memory []byte, a, b uint64) {
		maker := typeMaker{bytes: typ}
		ty := maker.make(5)
		h := &heap{bytes: memory}
		opts := &abi.Options{Memory: h, MaxLift: limit}
		stack := make([]uint64, abi.MaxFlatParams+1)
		for i := range stack {
			stack[i] = a
			if i%2 == 1 {
				stack[i] = b
			}
		}
		lift := func(what string, f func(cx *abi.Context) abi.Value) {
			var cx abi.Context
			cx.Reset(opts, h)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var v abi.Value
			trap := caught(func() { v = f(&cx) })
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 8*limit {
				t.Fatalf("%s %s allocated %d bytes", what, ty, n)
			}
			if trap == nil {
				comesBack(t, ty, v)
			}
		}
		if len(ty.Flat()) <= abi.MaxFlatParams {
			lift("lifting", func(cx *abi.Context) abi.Value { return cx.Lift(ty, stack) })
		}
		lift("loading", func(cx *abi.Context) abi.Value {
			return cx.Load(ty, cx.Region(uint32(a), ty.Size(), ty.Align()))
		})
	})
}

func comesBack(t *testing.T, ty *abi.Type, v abi.Value) {
	t.Helper()
	cx, _ := newContext(1<<22, abi.Options{})
	ptr := cx.Alloc(ty.Size(), ty.Align())
	cx.Store(ty, v, ptr)
	got := cx.Load(ty, cx.Region(ptr, ty.Size(), ty.Align()))
	if diff := cmp.Diff(v, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("a %s does not come back:\n%s", ty, diff)
	}
}
