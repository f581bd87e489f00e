package meter_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// Functions that call one another at random, directly and through a table, end
// at the same depth on both engines, and before an engine's stack does: the
// interpreter's has 2,000 frames.
func TestDepthIsBoundedInAnyGraph(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	deep := 0
	for range 100 {
		wasm := randomCalls(r)
		m, err := corewasm.Decode(wasm)
		if err != nil {
			t.Fatal(err)
		}
		fuel := int64(-1)
		for engine := range engines {
			w := newWay(t, m, engine, true)
			_, err := w.instance(t, 1_000, 1_000_000).call("f0")
			if err != nil && !errors.Is(err, errTooDeep) && !errors.Is(err, errOutOfFuel) {
				t.Fatalf("%s ends with %v\n%x", engine, err, wasm)
			}
			if errors.Is(err, errTooDeep) {
				deep++
			}
			if used := w.guest.used(); fuel >= 0 && used != fuel {
				t.Fatalf("it costs %d and %d\n%x", fuel, used, wasm)
			}
			fuel = w.guest.used()
		}
	}
	if deep < 20 {
		t.Errorf("only %d of the guests called too deep", deep)
	}
}

// randomCalls makes a module whose functions do nothing but call, some within a
// chain of others, some with many locals.
func randomCalls(r *rand.Rand) []byte {
	const n = 60
	section := func(id byte, parts ...[]byte) []byte {
		b := slices.Concat(parts...)
		return slices.Concat([]byte{id}, uleb(len(b)), b)
	}
	table := []byte{1, 0, 0x41, 0, 0x0b, 4}
	for range 4 {
		table = append(table, byte(r.IntN(n)))
	}
	var funcs, bodies []byte
	for i := range n {
		body := []byte{1, byte(r.IntN(3) * r.IntN(40)), 0x7f}
		for range 1 + r.IntN(2) {
			switch r.IntN(8) {
			case 0:
				body = append(body, 0x41, byte(r.IntN(4)), 0x11, 0, 0)
			case 1, 2:
				body = append(body, 0x10, byte(r.IntN(n)))
			default:
				body = append(body, 0x10, byte(min(i+1, n-1)))
			}
		}
		body = append(body, 0x0b)
		funcs, bodies = append(funcs, 0), slices.Concat(bodies, uleb(len(body)), body)
	}
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		section(1, []byte{1, 0x60, 0, 0}),
		section(3, []byte{n}, funcs),
		section(4, []byte{1, 0x70, 0, 4}),
		section(7, []byte{1, 2, 'f', '0', 0, 0}),
		section(9, table),
		section(10, []byte{n}, bodies),
	)
}
