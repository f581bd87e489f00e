package benchmarks

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// The benchmarks in this file say what the meter costs in one number: the
// geometric mean, over several things that guests do, of what it makes of the
// time that each takes. A round does each thing in each way, one after another,
// and the shortest times count, so that what else the machine does is in none.

// A contest is one thing that is done in several ways: the first is the floor.
type contest struct {
	name string
	ways []func()
}

// means reports, of each of the ways after the first, the mean ratio to it, under
// the name that the way is given; and each contest's ratio of the second way.
func means(b *testing.B, contests []contest, ways ...string) {
	b.Helper()
	best := make([][]time.Duration, len(contests))
	for i, c := range contests {
		best[i] = make([]time.Duration, len(c.ways))
	}
	for b.Loop() {
		for i, c := range contests {
			for k, way := range c.ways {
				begin := time.Now()
				way()
				if took := time.Since(begin); best[i][k] == 0 || took < best[i][k] {
					best[i][k] = took
				}
			}
		}
	}
	for k, name := range ways {
		sum := 0.0
		for i, c := range contests {
			ratio := float64(best[i][k+1]) / float64(best[i][0])
			sum += math.Log(ratio)
			if k == 0 {
				b.ReportMetric(ratio, c.name)
			}
		}
		b.ReportMetric(math.Exp(sum/float64(len(contests))), name)
	}
	b.ReportMetric(0, "ns/op") // of a round, which says nothing
}

// BenchmarkWorkMean is the meter on the work of the guests that it is judged by,
// and the engine's own way to interrupt them.
func BenchmarkWorkMean(b *testing.B) {
	var all []contest
	for i, w := range works {
		c := contest{name: w.fn}
		for k := range workWays {
			c.ways = append(c.ways, worker(b, i, k))
		}
		all = append(all, c)
	}
	means(b, all, "metered/raw", "context/raw")
}

// BenchmarkCallMean is the meter on calls that do next to nothing: an addition and
// the handling of a small message on wazero alone, the addition by way of
// generated bindings.
func BenchmarkCallMean(b *testing.B) {
	ctx := context.Background()
	const calls = 1_000
	many := func(call func() error) func() {
		return func() {
			for range calls {
				check(b, call())
			}
		}
	}
	add, message, generatedAdd := contest{name: "add"}, contest{name: "message"}, contest{name: "generated"}
	for _, way := range wazeros {
		g := rawScalars(b, way.metered)
		fn := g.mod.ExportedFunction("demo:scalars/api@0.1.0#add")
		add.ways = append(add.ways, many(func() error {
			g.stack[0], g.stack[1] = 2, 3
			return fn.CallWithStack(ctx, g.stack[:])
		}))
		h := newRawHandler(rawCounter(b, way.metered))
		message.ways = append(message.ways, many(func() error {
			return h.call(ctx, sender.Namespace, sender.Name, sender.Version, payload)
		}))
	}
	for _, way := range []int{1, 0} { // without the meter first
		api := generated(b, bindingsWays[way].opts...).API()
		generatedAdd.ways = append(generatedAdd.ways, many(func() error {
			_, err := api.Add(ctx, 2, 3)
			return err
		}))
	}
	means(b, []contest{add, message, generatedAdd}, "metered/raw")
}

// BenchmarkCompileMean is what the meter adds to compiling the modules whose work
// is measured: to rewrite them and to compile more code. The second way is only
// rewritten for stack traces, which the runtime does without the meter too.
func BenchmarkCompileMean(b *testing.B) {
	var all []contest
	for _, name := range []string{"work", "image", "text"} {
		core := workFile(b, "testdata/"+name+".wasm")
		compile := func(traced bool, module func() []byte) func() {
			rt := wazero.NewRuntimeWithConfig(b.Context(), wazero.NewRuntimeConfig().WithDebugInfoEnabled(traced))
			b.Cleanup(func() { check(b, rt.Close(context.Background())) })
			return func() {
				code, err := rt.CompileModule(b.Context(), module())
				check(b, err)
				check(b, code.Close(b.Context()))
			}
		}
		all = append(all, contest{name, []func(){
			compile(false, func() []byte { return core }),
			compile(true, func() []byte { return withMeter(b, core) }),
			compile(true, func() []byte { return withTraces(b, core) }),
		}})
	}
	means(b, all, "metered/raw", "traced/raw")
}

// withTraces rewrites a core module so that its stack traces have offsets.
func withTraces(b *testing.B, core []byte) []byte {
	b.Helper()
	m, err := corewasm.Decode(core)
	check(b, err)
	out, err := m.Rewrite(corewasm.Edit{TraceOffsets: true})
	check(b, err)
	return out.Wasm
}
