package runtime_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/component"
	wasm "github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/memory"
)

var loadAttacks = []attack{
	{class: "deep-nesting", do: func(a *arena) { a.bombs(nested) }},
	{class: "zip-bomb", do: func(a *arena) { a.bombs(zipBombs) }},
}

// A bomb is added to a guest that works: with the small number it still does, with
// the large one it is refused, for a reason.
type bomb struct {
	name       string
	add        func(n int) []byte // sections of a component, behind those of the guest
	small, big int
	why        string
}

var nested = []bomb{
	{"lists in lists", func(n int) []byte {
		return inner(part(7, nest(n, func(i int) []byte {
			if i == 0 {
				return []byte{0x70, 0x7d}
			}
			return join([]byte{0x70}, ref(i-1))
		})))
	}, 50, 5000, "deep"},
	{"options in options", func(n int) []byte {
		return inner(part(7, nest(n, func(i int) []byte {
			if i == 0 {
				return []byte{0x6b, 0x7d}
			}
			return join([]byte{0x6b}, ref(i-1))
		})))
	}, 50, 5000, "deep"},
	{"instance types in instance types", func(n int) []byte {
		t := []byte{0x42, 0}
		for range n {
			t = join([]byte{0x42, 1, 1}, t)
		}
		return inner(part(7, []byte{1}, t))
	}, 20, 5000, "deep"},
	{"components in components", func(n int) []byte {
		c := inner()
		for range n {
			c = inner(c)
		}
		return c
	}, 100, 5000, "deep"},
}

var zipBombs = []bomb{
	{"elements that are not there", func(n int) []byte { return inner(part(7, uleb(n), []byte{0x7d})) }, 1, 1<<32 - 1, "left"},
	{"a section that is not there", func(n int) []byte { return join([]byte{0}, uleb(n), []byte{0}) }, 1, 1<<32 - 1, "left"},
	{"tuples of two of two", func(n int) []byte {
		return inner(part(7, nest(n, func(i int) []byte {
			if i == 0 {
				return []byte{0x6f, 2, 0x77, 0x77}
			}
			return join([]byte{0x6f, 2}, ref(i-1), ref(i-1))
		})))
	}, 5, 90, "more than"},
	{"instances of two of two", func(n int) []byte {
		c := inner(part(1, coreModule()), part(2, []byte{1, 0, 0, 0}))
		for range n {
			c = inner(c, part(5, []byte{2, 0, 0, 0, 0, 0, 0}))
		}
		return join(c, added)
	}, 3, 60, "instances"},
	{"exports of two of two", func(n int) []byte {
		exports := [][]byte{{1, 0}}
		for i := range n {
			at := uleb(i)
			exports = append(exports, join([]byte{1, 2, 0, 1, 'a', 5}, at, []byte{0, 1, 'b', 5}, at))
		}
		return inner(part(5, uleb(len(exports)), join(exports...)))
	}, 5, 90, "more than"},
	{"locals", func(n int) []byte {
		return instantiated(oneFunction(join([]byte{1}, uleb(n), []byte{0x7e, 0x0b})))
	}, 100, 1<<32 - 1, "locals"},
	{"memory", memories, 1, 300, "bytes of memory, the limit is 16777216"},
	{"much memory", memories, 2, 65535, "a memory of 4294901760 bytes is wanted to begin with"},
	{"all memory that there can be", memories, 3, 65536, "over limit"},
	{"table", func(n int) []byte { return instantiated(coreModule(part(4, []byte{1, 0x70, 0}, uleb(n)))) }, 10, 9_000_000, "tables"},
	{"loops over locals", func(n int) []byte {
		body := join([]byte{1}, uleb(n), []byte{0x7e})
		for range n {
			body = append(body, 0x03, 0x40, 0x20, 0, 0x1a, 0x0b)
		}
		return instantiated(oneFunction(append(body, 0x0b)))
	}, 50, 20_000, "keep track"},
	{"blocks in blocks", func(n int) []byte {
		return instantiated(oneFunction(join([]byte{1, 1, 0x7e}, bytes.Repeat([]byte{0x02, 0x40}, n), bytes.Repeat([]byte{0x0b}, n+1))))
	}, 100, 1_000_000, "keep track"},
	{"branches to everywhere", func(n int) []byte {
		body := join([]byte{1, 1, 0x7e}, bytes.Repeat([]byte{0x02, 0x40}, n))
		for range n {
			body = append(append(body, 0x02, 0x40, 0x41, 0, 0x0e), uleb(n-1)...)
			for i := range n {
				body = append(body, uleb(i)...)
			}
			body = append(body, 0x0b)
		}
		return instantiated(oneFunction(join(body, bytes.Repeat([]byte{0x0b}, n+1))))
	}, 20, 1000, "keep track"},
}

// memories has one more memory, of so many pages to begin with.
func memories(n int) []byte { return instantiated(coreModule(part(5, []byte{1, 0}, uleb(n)))) }

// bombs starts guests with bombs added.
func (a *arena) bombs(all []bomb) {
	guest, err := os.ReadFile("../testdata/guests/counter/counter.wasm")
	a.must(err)
	for i, b := range all {
		for _, n := range []int{b.small, b.big} {
			name := fmt.Sprintf("evil:bomb-%d-%d", i, n)
			dir := filepath.Join(a.vendor, strings.ReplaceAll(name, ":", "-"))
			a.must(os.Mkdir(dir, 0o700))
			file := append(bytes.Clone(guest), b.add(n)...)
			writeFile(a.t, filepath.Join(dir, "bomb.wasm"), file)
			m := a.manifestIn(dir, name, "bomb.wasm", "supervision.restart = \"temporary\"\nresources.memory.max_bytes = 16_777_216\n")
			err := a.h.Start(a.ctx, m)
			if n == b.small {
				if err != nil {
					a.t.Errorf("%s: with %d it does not start: %v", b.name, n, err)
				}
				continue
			}
			if !refusesToLoad(err) || !strings.Contains(err.Error(), b.why) {
				a.t.Errorf("%s: with %d it starts with %v, want one that says %q", b.name, n, err, b.why)
			}
			a.record(audit.Record{Component: name, Reason: b.why})
		}
	}
}

// refusesToLoad reports whether an error is one that loading and starting document.
func refusesToLoad(err error) bool {
	return errors.As(err, new(*wasm.Error)) || errors.As(err, new(*validate.Error)) || errors.As(err, new(*corewasm.Error)) ||
		errors.As(err, new(*component.UnsupportedError)) || errors.As(err, new(*component.LimitError)) || errors.As(err, new(*memory.LimitError))
}

// What binaries are made of.

func uleb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func part(id byte, contents ...[]byte) []byte {
	b := join(contents...)
	return join([]byte{id}, uleb(len(b)), b)
}

// ref is a defined type where a primitive one could stand.
func ref(i int) (b []byte) {
	for ; i >= 0x40; i >>= 7 {
		b = append(b, byte(i)|0x80)
	}
	return append(b, byte(i))
}

// nest is a list of n definitions, each made of those before.
func nest(n int, def func(i int) []byte) []byte {
	b := uleb(n)
	for i := range n {
		b = append(b, def(i)...)
	}
	return b
}

// inner is a component within.
func inner(sections ...[]byte) []byte {
	return part(4, []byte("\x00asm\x0d\x00\x01\x00"), join(sections...))
}

func coreModule(sections ...[]byte) []byte {
	return join([]byte("\x00asm\x01\x00\x00\x00"), join(sections...))
}

// oneFunction is a core module of one function, without parameters.
func oneFunction(body []byte) []byte {
	return coreModule(part(1, []byte{1, 0x60, 0, 0}), part(3, []byte{1, 0}), part(10, []byte{1}, uleb(len(body)), body))
}

// added makes an instance of the component that was added to the guest, which has
// one of its own.
var added = part(5, []byte{1, 0, 1, 0})

// instantiated is a component within that instantiates a core module, and an
// instance of it.
func instantiated(module []byte) []byte {
	return join(inner(part(1, module), part(2, []byte{1, 0, 0, 0})), added)
}
