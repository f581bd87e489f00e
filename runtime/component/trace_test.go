package component_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// A tracer writes the events that it is shown, one a line.
type tracer []string

func (t *tracer) option() component.Option {
	return component.WithTrace(func(e component.TraceEvent) { *t = append(*t, traceLine(e)) })
}

func traceLine(e component.TraceEvent) string {
	var b strings.Builder
	b.WriteString(strings.Repeat("  ", e.Depth))
	_, name, _ := strings.Cut(e.Name, "#")
	if e.End {
		b.WriteString("= ")
	}
	if e.Import {
		b.WriteString("host ")
	}
	b.WriteString(name)
	for _, v := range e.Args {
		b.WriteString(" " + traceValue(v))
	}
	if e.Result != nil {
		b.WriteString(" -> " + traceValue(e.Result))
	}
	for what, err := range map[string]error{"unreadable": e.Unreadable, "error": e.Err} {
		if err != nil {
			fmt.Fprintf(&b, " %s: %v", what, err)
		}
	}
	if e.Denial != nil {
		b.WriteString(" denied")
	}
	return b.String()
}

func traceValue(v abi.Value) string {
	if r, ok := v.(*abi.ResourceValue); ok {
		return fmt.Sprintf("%s#%d", r.Resource.Name, r.Rep)
	}
	return fmt.Sprint(v)
}

func (t *tracer) want(tb testing.TB, lines ...string) {
	tb.Helper()
	if diff := cmp.Diff(lines, []string(*t)); diff != "" {
		tb.Errorf("the trace is another (-want +got):\n%s", diff)
	}
	*t = nil
}

func TestTraceValues(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		var trace tracer
		p := run(t, cfg, guest(t, "scalars"), func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
			if fn == "repeat" {
				return args[0].(string) + args[0].(string), nil
			}
			return uint32(7), nil
		}, trace.option())

		p.must(t, "via-host", "ab")
		trace.want(t, "via-host ab", "  host repeat ab", "  = host repeat ab -> abab", "= via-host ab -> abab")
		p.must(t, "shout", "ab")
		trace.want(t, "shout ab", "  host say ab", "  = host say ab -> 7", "= shout ab -> 7")

		add := p.funcs["add"]
		if v, err := add.Scalars(context.Background(), 2, 3); v != 5 || err != nil {
			t.Errorf("add(2, 3) is %d, %v", v, err)
		}
		trace.want(t, "add 2 3", "= add 2 3 -> 5")
	})
}

// Handles are looked at and stay where they are.
func TestTraceResources(t *testing.T) {
	t.Parallel()
	var trace tracer
	sinks := uint32(40)
	var sink *abi.Resource
	wasm := guest(t, "c-kit")
	w := describe(t, wasm)
	for _, r := range w.Imports[0].Resources {
		sink = r.Type
	}
	rt := newRuntime(t, component.Config{})
	f, err := rt.Load(context.Background(), wasm, w)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, f, func(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
		switch fn {
		case "[constructor]sink":
			sinks++
			return abi.HostResource(sink, sinks), nil
		case "[method]sink.push":
			return abi.VariantValue{Payload: uint32(1)}, nil
		}
		return nil, nil
	}, trace.option())

	p.must(t, "[constructor]counter", uint32(5))
	trace.want(t, "[constructor]counter 5", "= [constructor]counter 5 -> counter#1")
	b := p.must(t, "[constructor]counter", uint32(2))
	p.must(t, "[method]counter.incr", b, uint32(3))
	trace = trace[2:]
	trace.want(t, "[method]counter.incr counter#2 3", "= [method]counter.incr counter#2 3 -> 5")
	trace = nil
	p.must(t, "greet", "you")
	trace.want(t,
		"greet you",
		"  host log Hello, you", "  = host log Hello, you",
		"  host [constructor]sink s", "  = host [constructor]sink s -> sink#41",
		"  host [method]sink.push sink#41 [72 101 108 108 111 44 32 121 111 117]",
		"  = host [method]sink.push sink#41 [72 101 108 108 111 44 32 121 111 117] -> {0 1}",
		"= greet you -> Hello, you")
}

func TestTraceFailures(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	wasm := guest(t, "scalars")
	f := load(t, rt, wasm)
	host := func(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
		switch fn {
		case "say":
			return nil, errors.New("no voice")
		case "repeat":
			runtime.Goexit()
		}
		return uint32(0), nil
	}

	var trace tracer
	if _, err := start(t, f, host, trace.option()).call(context.Background(), "shout", "a"); err == nil {
		t.Error("an error of an import did not trap")
	}
	trace.want(t, "shout a", "  host say a", "  = host say a error: no voice",
		"= shout a error: demo:scalars/api@0.1.0#shout: trap: no voice")

	p := start(t, f, host, trace.option())
	await(t, "the call whose goroutine ends", async(func() error {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = p.call(context.Background(), "via-host", "a")
		}()
		<-done
		return nil
	}))
	trace.want(t, "via-host a", "  host repeat a", "  = host repeat a error: an import implementation ended its goroutine (runtime.Goexit)")

	in, err := f.New(context.Background(), []any{component.DynamicHost(host)}, trace.option())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := named(in, f.World()).call(context.Background(), "shout", "a"); err == nil {
		t.Error("what nothing grants did not trap")
	}
	if len(trace) != 4 || !strings.HasSuffix(trace[2], " denied") {
		t.Errorf("a denial is traced as %q", trace)
	}

	trace = nil
	p = run(t, component.Config{}, guest(t, "runaway"), nil, trace.option())
	_, err = p.call(context.Background(), "trap")
	trap := wantTrap(t, err, "unreachable")
	if len(trace) != 2 || !strings.HasSuffix(trace[1], trap.Error()) {
		t.Errorf("a trap is traced as %q", trace)
	}
}

// A function that answers a denial itself has both: the denial and the answer.
func TestTraceDenialAnswered(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "scalars")
	w := describe(t, wasm)
	for i := range w.Imports[0].Funcs {
		fn := &w.Imports[0].Funcs[i]
		fn.Deny = func(c *component.Call, stack []uint64, _ *capability.Denial) {
			c.Import().LowerResult(fn.Type, uint32(99), stack)
		}
	}
	f, err := newRuntime(t, component.Config{}).Load(context.Background(), wasm, w)
	if err != nil {
		t.Fatal(err)
	}
	var trace tracer
	in, err := f.New(context.Background(), []any{component.DynamicHost(nil)}, trace.option())
	if err != nil {
		t.Fatal(err)
	}
	if v := named(in, w).must(t, "shout", "a"); v != uint32(99) {
		t.Errorf("the answer is %v", v)
	}
	trace.want(t, "shout a", "  host say a", "  = host say a -> 99 denied", "= shout a -> 99")
}

// An import that calls another instance has that call within it.
func TestTraceDepth(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	f := load(t, rt, guest(t, "scalars"))
	var trace tracer
	inner := start(t, f, func(context.Context, string, []abi.Value) (abi.Value, error) { return uint32(1), nil }, trace.option())
	outer := start(t, f, func(ctx context.Context, _ string, args []abi.Value) (abi.Value, error) {
		return inner.call(ctx, "shout", args[0])
	}, trace.option())
	outer.must(t, "shout", "a")
	trace.want(t, "shout a", "  host say a", "    shout a", "      host say a",
		"      = host say a -> 1", "    = shout a -> 1", "  = host say a -> 1", "= shout a -> 1")
}

// What is too large to look at is not looked at, and the call goes on.
func TestTraceLargeValues(t *testing.T) {
	t.Parallel()
	var trace tracer
	p := run(t, component.Config{}, guest(t, "scalars"), func(context.Context, string, []abi.Value) (abi.Value, error) { return nil, nil }, trace.option())
	large := strings.Repeat("x", 1<<20+1)
	if v := p.must(t, "echo", large); v != large {
		t.Error("the value did not come back")
	}
	const reason = " unreadable: values too large: the strings and lists of one call to the host come to more than the limit of 1048576 bytes"
	trace.want(t, "echo"+reason, "= echo"+reason)
}
