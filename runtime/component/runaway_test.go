package component_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
)

// A hostile guest takes all that it can of something.
var hostile = []struct {
	name   string
	limits component.Limits
	code   []byte
	ends   bool // by itself, since what it takes is refused
}{
	{name: "endless loop", limits: component.Limits{CallTime: brief}, code: join(0x03, 0x40, 0x0c, 0, 0x0b)},
	{name: "loop over a float", limits: component.Limits{CallTime: brief}, code: join(
		0x03, 0x40, 0x23, 0, 0x9f, 0x24, 0, 0x0c, 0, 0x0b)},
	{name: "exponential recursion", limits: component.Limits{CallTime: brief}, code: join(
		get(0), 0x50, 0x45, 0x04, 0x40, get(0), i64c(1), 0x7d, callFn(1), 0x1a, get(0), i64c(1), 0x7d, callFn(1), 0x1a, 0x0b)},
	{name: "deep recursion", limits: component.Limits{CallTime: time.Second}, code: join(get(0), callFn(1), 0x1a)},
	{name: "recursion by a table", limits: component.Limits{CallTime: time.Second}, code: join(get(0), i32c(0), 0x11, 0, 0, 0x1a)},
	{name: "growth to the limit", limits: component.Limits{Memory: 64 << 20, CallTime: brief}, code: join(
		0x03, 0x40, i32c(1), 0x40, 0, 0x1a, 0x0c, 0, 0x0b)},
	{name: "growth that is touched", limits: component.Limits{Memory: 64 << 20, CallTime: patience / 2}, ends: true, code: join(
		0x03, 0x40, i32c(16), 0x40, 0, i32c(-1), 0x47, 0x04, 0x40,
		i32c(0), i32c(1), 0x3f, 0, i32c(16), 0x74, 0xfc, 0x0b, 0, 0x0c, 1, 0x0b, 0x0b)},
	{name: "fill storm", limits: component.Limits{CallTime: 100 * time.Millisecond}, code: join(
		i32c(4095), 0x40, 0, 0x1a,
		0x03, 0x40, i32c(0), i32c(1), 0x3f, 0, i32c(16), 0x74, 0xfc, 0x0b, 0, 0x0c, 0, 0x0b)},
	{name: "copy storm", limits: component.Limits{CallTime: 100 * time.Millisecond}, code: join(
		i32c(4095), 0x40, 0, 0x1a,
		0x03, 0x40, i32c(1<<20), i32c(0), i32c(200<<20), 0xfc, 0x0a, 0, 0, 0x0c, 0, 0x0b)},
	{name: "table growth", limits: component.Limits{CallTime: brief}, code: join(
		0x03, 0x40, 0xd0, 0x70, i32c(10_000), 0xfc, 0x0f, 0, 0x1a, 0x0c, 0, 0x0b)},
}

func hostileGuest(code []byte) []byte {
	m := &coreModule{
		memory: join(0, 1), table: join(0x70, 0, 1), elements: [][]byte{join(0, i32c(0), 0x0b, list(uleb(1)))},
		globals: [][]byte{join(0x7c, 1, 0x44, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 0x0b)},
		funcs:   []coreFunc{{name: "go", code: join(code, get(0))}},
	}
	return m.component()
}

// TestRunawayGuests has hostile guests do their worst beside a probe, on one
// processor and on many: each ends in time, in the error that its limit has.
func TestRunawayGuests(t *testing.T) {
	for _, processors := range []int{1, runtime.NumCPU()} {
		t.Run(fmt.Sprintf("processors=%d", processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			rt := newRuntime(t, component.Config{Host: component.HostLimits{KeepMemory: 1 << 20}})
			for _, h := range hostile {
				t.Run(h.name, func(t *testing.T) {
					f := load(t, rt, hostileGuest(h.code))
					p := start(t, f, noTick, component.WithLimits(h.limits))
					began := time.Now()
					var late time.Duration
					done := async(func() error {
						_, err := p.funcs["go"].Call(context.Background(), uint64(60))
						late = time.Since(began) - h.limits.CallTime
						return err
					})
					err := probe(t, done)
					deep, slow := errors.As(err, new(*component.TooDeepError)), errors.As(err, new(*component.TimeLimitError))
					if (err == nil) != h.ends || err != nil && !deep && !slow {
						t.Errorf("it ends with %v", err)
					}
					if slow {
						t.Logf("it ends %v after its limit", late)
					}
					mustClose(t, f)
				})
			}
		})
	}
}

// TestRunawayInstances makes ten thousand instances and has each wait.
func TestRunawayInstances(t *testing.T) {
	const most = 10_000
	rt := newRuntime(t, component.Config{Host: component.HostLimits{Instances: most}})
	f := load(t, rt, hostileGuest(nil))
	memory := watchMemory(t)
	done := async(func() error {
		for range most + 1 {
			if _, err := tryStart(f, noTick); err != nil {
				return err
			}
		}
		return nil
	})
	limit, ok := errors.AsType[*component.LimitError](probe(t, done))
	if !ok || limit.Usage != (quota.Usage{Used: most, Limit: most}) {
		t.Errorf("one instance too many: %v", limit)
	}
	if u := rt.Usage(); u.Memory.Used != most<<16 {
		t.Errorf("usage: %v", u)
	}
	memory.stays(t, most*(100<<10))
	mustClose(t, f)
	memory.stays(t, 100<<20)
}

// TestPieces holds large fills and copies, which the meter takes apart, to what
// they do without one.
func TestPieces(t *testing.T) {
	t.Parallel()
	const large = 9<<20 + 12_345
	fill := func(to, v, n int64) []byte { return join(i32c(to), i32c(v), i32c(n), 0xfc, 0x0b, 0) }
	move := func(to, from, n int64) []byte { return join(i32c(to), i32c(from), i32c(n), 0xfc, 0x0a, 0, 0) }
	var m coreModule
	m.memory = join(0, uleb(320)) // 20 MiB
	count := join(0x03, 0x40, get(1), 0xa7, get(1), 0x37, 0, 0, get(1), i64c(4093), 0x7c, set(1),
		get(1), i64c(20<<20-8), 0x54, 0x0d, 0, 0x0b)
	for i, code := range [][]byte{
		fill(5, 7, large), fill(0, 1, 20<<20), fill(1, 1, 20<<20), fill(7<<20, 3, 4<<20), fill(7<<20, 3, 4<<20+1), fill(-16, 3, large),
		move(1<<20, 3, large), move(3, 1<<20, large), move(0, 11<<20, large), move(11<<20-100, 0, large), move(12<<20, 0, large), move(7, 7, large),
		move(0, 12<<20, large), move(-5, 3, large), move(8<<20, 0, 4<<20), move(1, 0, 8<<20),
	} {
		// The memory's words are mixed one after another.
		sum := join(i64c(0), set(1), i64c(0), set(2), 0x03, 0x40,
			get(2), 0xa7, 0x29, 3, 0, get(1), i64c(31), 0x7e, 0x7c, set(1),
			get(2), i64c(8), 0x7c, set(2), get(2), i64c(20<<20), 0x54, 0x0d, 0, 0x0b, get(1))
		m.funcs = append(m.funcs, coreFunc{name: fmt.Sprintf("f%d", i), locals: 2, code: join(i64c(0), set(1), count, code, sum)})
	}
	wasm := m.component()
	rt := newRuntime(t, component.Config{})
	answers := func(opts ...component.LoadOption) (out []string) {
		f, err := rt.Load(context.Background(), bytes.Clone(wasm), describe(t, wasm), opts...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.funcs {
			p := start(t, f, noTick)
			v, err := p.call(context.Background(), m.funcs[i].name, uint64(0))
			out = append(out, fmt.Sprintln(i, v, err))
			mustClose(t, p)
		}
		return out
	}
	if diff := cmp.Diff(answers(component.Unmetered()), answers()); diff != "" {
		t.Errorf("(-unmetered +metered):\n%s", diff)
	}
}
