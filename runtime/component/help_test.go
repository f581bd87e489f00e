package component_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// TestMain looks for goroutines that the package's tests left behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what must happen and might hang: no test waits so long.
const patience = 2 * time.Minute

// engines runs a test on the compiler and on the interpreter.
func engines(t *testing.T, test func(t *testing.T, cfg component.Config)) {
	t.Helper()
	for _, name := range []string{"compiler", "interpreter"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, component.Config{Interpreter: name == "interpreter"})
		})
	}
}

func guest(t testing.TB, name string) []byte {
	t.Helper()
	return readFile(t, filepath.Join("..", "..", "testdata", "guests", name, name+".wasm"))
}

// handmade reads a component that was written for these tests.
func handmade(t testing.TB, name string) []byte {
	t.Helper()
	return readFile(t, filepath.Join("testdata", name+".wasm"))
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newRuntime makes a runtime that is closed when the test ends.
func newRuntime(t testing.TB, cfg component.Config) *component.Runtime {
	t.Helper()
	rt, err := component.NewRuntime(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Errorf("closing the runtime: %v", err)
		}
	})
	return rt
}

// describe makes the world that a component describes itself.
func describe(t testing.TB, wasm []byte) *component.World {
	t.Helper()
	d, err := component.Describe(wasm)
	if err != nil {
		t.Fatal(err)
	}
	return component.DynamicWorld("test:test/own", d)
}

// A plugin is an instance whose exports are called by name.
type plugin struct {
	*component.Instance
	funcs map[string]component.Func
}

// load loads a component against the world that it describes.
func load(t testing.TB, rt *component.Runtime, wasm []byte) *component.Factory {
	t.Helper()
	f, err := rt.Load(context.Background(), wasm, describe(t, wasm))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// start makes an instance whose imports are all answered by host and granted,
// and whose trap, if any, is the test's business.
func start(t testing.TB, f *component.Factory, host component.DynamicHost, opts ...component.Option) *plugin {
	t.Helper()
	p, err := tryStart(f, host, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tryStart(f *component.Factory, host component.DynamicHost, opts ...component.Option) (*plugin, error) {
	hosts := make([]any, len(f.World().Imports))
	grants := make([]capability.Grant, len(hosts))
	for i, im := range f.World().Imports {
		if host != nil {
			hosts[i] = host
		}
		outermost, _, _ := strings.Cut(im.Name, "#")
		grants[i] = capability.Grant{Kind: capability.Import, Resource: outermost}
	}
	for i, im := range f.World().Imports {
		if im.Name == "" {
			grants = append(grants[:i], grants[i+1:]...)
			for _, fn := range im.Funcs {
				grants = append(grants, capability.Grant{Kind: capability.Import, Resource: fn.Name})
			}
		}
	}
	in, err := f.New(context.Background(), hosts, append([]component.Option{component.WithGrants(grants...)}, opts...)...)
	if err != nil {
		return nil, err
	}
	return named(in, f.World()), nil
}

// named finds an instance's exports by name.
func named(in *component.Instance, w *component.World) *plugin {
	p := &plugin{in, map[string]component.Func{}}
	for i, e := range w.Exports {
		for j, fn := range in.Funcs(i) {
			p.funcs[e.Funcs[j].Name] = fn
		}
	}
	return p
}

// run loads and starts a component on a runtime of its own.
func run(t testing.TB, cfg component.Config, wasm []byte, host component.DynamicHost, opts ...component.Option) *plugin {
	t.Helper()
	return start(t, load(t, newRuntime(t, cfg), wasm), host, opts...)
}

// call calls an export, which must not hang.
func (p *plugin) call(ctx context.Context, fn string, args ...abi.Value) (abi.Value, error) {
	f, ok := p.funcs[fn]
	if !ok {
		return nil, fmt.Errorf("no export %s", fn)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, patience, errors.New("the test lost its patience"))
		defer cancel()
	}
	return f.Call(ctx, args...)
}

// must is call for what cannot fail.
func (p *plugin) must(t testing.TB, fn string, args ...abi.Value) abi.Value {
	t.Helper()
	v, err := p.call(context.Background(), fn, args...)
	if err != nil {
		t.Fatalf("%s: %v", fn, err)
	}
	return v
}

// wantTrap holds an error to a trap whose message contains msg.
func wantTrap(t testing.TB, err error, msg string) *component.Trap {
	t.Helper()
	var trap *component.Trap
	if !errors.As(err, &trap) {
		t.Fatalf("got error %v (%T), want a trap", err, err)
	}
	if !strings.Contains(trap.Cause.Error(), msg) {
		t.Fatalf("the trap's cause is %q, want something with %q", trap.Cause, msg)
	}
	return trap
}

// entered makes a call until it is entered: on a busy machine a short deadline
// may pass before. It gives the trap that the call ends in.
func entered(t testing.TB, call func() error) error {
	t.Helper()
	for range 100 {
		if err := call(); errors.As(err, new(*component.Trap)) {
			return err
		}
	}
	t.Fatal("the call was never entered, or never ended in a trap")
	return nil
}

// async runs f on a goroutine of its own and gives the channel of its answer.
func async(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// await waits for what must come.
func await[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: nothing after %v", what, patience)
	}
	panic("not reached")
}

// until gives way to others until something is so.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for started := time.Now(); !so(); runtime.Gosched() {
		if time.Since(started) > patience {
			t.Fatalf("%s: not so after %v", what, patience)
		}
	}
}
