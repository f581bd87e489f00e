package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/manifest"
)

// cache is where compiled components are kept while the tests run.
var cache = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "witgen-runtime")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(cache())
		os.Exit(code)
	}))
}

// config runs components as the environment says: CI runs the tests once more
// with the interpreter.
func config() component.Config {
	return component.Config{Interpreter: os.Getenv("WITGEN_INTERPRETER") != ""}
}

// A record keeps what happens, for tests to look at.
type record struct {
	mu       sync.Mutex
	events   []actor.Event
	log      bytes.Buffer
	restarts chan struct{} // one for each restart whose timer runs
	failures chan struct{} // one for each actor that has failed
}

func (r *record) observe(e actor.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	switch e.(type) {
	case actor.Restarting:
		r.restarts <- struct{}{}
	case actor.Failed:
		r.failures <- struct{}{}
	}
}

// pass lets the clock pass the longest pause of the tests' first restarts as
// soon as an actor waits for one.
func (r *record) pass(t *testing.T, clock *actor.ManualClock) {
	t.Helper()
	select {
	case <-r.restarts:
		clock.Advance(time.Second)
	case <-t.Context().Done():
		t.Fatal("no actor waits for its restart")
	}
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

func (r *record) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// find gives the events of one type.
func find[E actor.Event](r *record) []E {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []E
	for _, e := range r.events {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

func newHost(t *testing.T, clock actor.Clock) (*runtime.Host, *record) {
	t.Helper()
	return newHostWith(t, clock, func(*runtime.Config) {})
}

// newHostOf is newHost with a configuration of the component runtime.
func newHostOf(t *testing.T, cfg component.Config, clock actor.Clock) (*runtime.Host, *record) {
	t.Helper()
	return newHostWith(t, clock, func(c *runtime.Config) { c.Component = cfg })
}

// newHostWith is newHost with a configuration that is changed.
func newHostWith(t *testing.T, clock actor.Clock, change func(*runtime.Config)) (*runtime.Host, *record) {
	t.Helper()
	rec := &record{restarts: make(chan struct{}, 100), failures: make(chan struct{}, 100)}
	cfg := runtime.Config{
		Component: config(),
		Log:       slog.New(slog.NewTextHandler(rec, nil)),
		Observe:   rec.observe,
		Clock:     clock,
	}
	change(&cfg)
	h, err := runtime.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return h, rec
}

func TestOrders(t *testing.T) {
	t.Parallel()
	manifests, err := runtime.Find("../examples/orders")
	if err != nil {
		t.Fatal(err)
	}
	clock := actor.NewManualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	h, rec := newHost(t, clock)
	if err := h.Start(t.Context(), manifests...); err != nil {
		t.Fatal(err)
	}
	rec.pass(t, clock)
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}

	want := map[string]actor.Stats{
		"orders:intake":   {Denied: 1},
		"orders:pricing":  {Handled: 7},
		"orders:ledger":   {Handled: 6, Crashes: 1, Restarts: 1, DeadLetters: 1},
		"orders:notifier": {Handled: 6},
	}
	for _, a := range h.Actors() {
		if a.Stats != want[a.Address.String()] {
			t.Errorf("%s: %+v, want %+v", a.Address, a.Stats, want[a.Address.String()])
		}
	}
	for _, line := range []string{
		"booked 1: 12.50, total 12.50", "a tenth off: 89.10 for 99.00", "booked 3: 89.10, total 89.10",
		"booked 7: 5.40", "to the customer: booked 7: 5.40", "could not reach audit",
	} {
		if !strings.Contains(rec.logged(), line) {
			t.Errorf("the log has no %q:\n%s", line, rec.logged())
		}
	}
	if strings.Contains(rec.logged(), "booked 2") {
		t.Error("the poison order was booked")
	}

	crashes := find[actor.Crashed](rec)
	if len(crashes) != 1 {
		t.Fatalf("%d crashes, want 1", len(crashes))
	}
	trap, ok := errors.AsType[*component.Trap](crashes[0].Err)
	if !ok || len(trap.Frames) < 2 || trap.Frames[0].Func != "parse_amount" || trap.Frames[1].Func != "book" {
		t.Errorf("the crash is %v with the stack\n%s", crashes[0].Err, trap.Stack("ledger.wasm"))
	}
	denied := find[host.Denied](rec)
	if len(denied) != 1 || denied[0].Denial.Resource != "orders:audit" {
		t.Errorf("denied: %v", denied)
	}
	if letters, total := h.DeadLetters(); total != 1 || !strings.HasPrefix(string(letters[0].Payload), "id=2;") {
		t.Errorf("dead letters: %v", letters)
	}
}

// A message that a component answers with its own error is no crash.
func TestRejectedMessage(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, nil)
	if err := h.Start(t.Context(), manifestAt(t, "../testdata/guests/ledger")); err != nil {
		t.Fatal(err)
	}
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	if err := h.Send(t.Context(), ledger, []byte("what?")); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, _ := h.Actor(ledger)
	if info.State != actor.StateReady || info.Stats != (actor.Stats{Handled: 1, Rejected: 1}) {
		t.Errorf("%+v", info)
	}
	if r := find[actor.Rejected](rec); len(r) != 1 || !strings.Contains(r[0].Err.Error(), "an order needs an id") {
		t.Errorf("rejected: %v", r)
	}
}

// An actor that crashes more often than its manifest allows fails, and what
// waits for it becomes dead letters.
func TestTooManyCrashes(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	h, rec := newHost(t, clock)
	if err := h.Start(t.Context(), manifestAt(t, "../testdata/guests/ledger")); err != nil {
		t.Fatal(err)
	}
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	for range 6 {
		if err := h.Send(t.Context(), ledger, []byte("id=9;amount=none")); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		rec.pass(t, clock)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, _ := h.Actor(ledger)
	if info.State != actor.StateFailed || info.Stats != (actor.Stats{Crashes: 4, Restarts: 3, DeadLetters: 6}) {
		t.Errorf("%+v", info)
	}
	if f := find[actor.Failed](rec); len(f) != 1 || f[0].Left != 2 {
		t.Errorf("failed: %v", f)
	}
}

// A component that is not granted host-services dies of its first log call, by
// a trap that names the grant.
func TestMissingImportGrant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/ledger/ledger.wasm", filepath.Join(dir, "ledger.wasm"))
	m := write(t, dir, `
[component]
name = "orders:ledger"
version = "1.0.0"

[supervision]
restart = "temporary"
`)
	h, rec := newHost(t, nil)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := h.Send(t.Context(), actor.Address{Namespace: "orders", Name: "ledger"}, []byte("id=1;amount=1")); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	crashes := find[actor.Crashed](rec)
	if len(crashes) != 1 || !strings.Contains(crashes[0].Err.Error(), "import airssys:core/host-services") {
		t.Errorf("crashes: %v", crashes)
	}
	if d := find[host.Denied](rec); len(d) != 1 || !strings.Contains(d[0].Denial.Hint(), "imports") {
		t.Errorf("denied: %v", d)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, wasm, manifest, want string
	}{
		{"a damaged component", "damaged", "", "component"},
		{"a component of another world", "../testdata/guests/scalars/scalars.wasm", "", "does not fit the world airssys:core/airssys-component@1.0.0"},
		{"a world that is not hosted", "../testdata/guests/ledger/ledger.wasm", "world = \"demo:shop/plugin\"\n", "demo:shop/plugin is not hosted here"},
		{"a core module", "module", "", "wasm-tools component new"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "x.wasm")
			switch test.wasm {
			case "damaged":
				b, err := os.ReadFile("../testdata/guests/ledger/ledger.wasm")
				if err != nil {
					t.Fatal(err)
				}
				writeFile(t, file, b[:len(b)/2])
			case "module":
				writeFile(t, file, []byte("\x00asm\x01\x00\x00\x00"))
			default:
				copyFile(t, test.wasm, file)
			}
			m := write(t, dir, "[component]\nname = \"a:b\"\nversion = \"1.0.0\"\n"+test.manifest)
			h, _ := newHost(t, nil)
			err := h.Start(t.Context(), m)
			start, ok := errors.AsType[*runtime.StartError](err)
			if !ok || start.Manifest != m || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v; want a *StartError with %q", err, test.want)
			}
			if len(h.Actors()) != 0 {
				t.Error("something was started all the same")
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	if _, err := runtime.Find(t.TempDir()); !errors.Is(err, runtime.ErrNoComponents) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := runtime.Find(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	for _, path := range []string{"../testdata/guests/ledger", "../testdata/guests/ledger/Component.toml"} {
		if ms, err := runtime.Find(path); err != nil || len(ms) != 1 || ms[0].Name != "orders:ledger" {
			t.Errorf("%s: %v, %v", path, ms, err)
		}
	}
	dir := t.TempDir()
	for _, sub := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
		copyFile(t, "../testdata/guests/ledger/ledger.wasm", filepath.Join(dir, sub, "ledger.wasm"))
		copyFile(t, "../testdata/guests/ledger/Component.toml", filepath.Join(dir, sub, "Component.toml"))
	}
	if _, err := runtime.Find(dir); err == nil || !strings.Contains(err.Error(), "orders:ledger is taken") {
		t.Errorf("two of a name: %v", err)
	}
}

// manifestAt is the one manifest that a path names.
func manifestAt(t *testing.T, path string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t *testing.T, dir, text string) *manifest.Manifest {
	t.Helper()
	writeFile(t, filepath.Join(dir, manifest.FileName), []byte(text))
	return manifestAt(t, dir)
}

func writeFile(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, b)
}
