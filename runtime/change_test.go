package runtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

var epoch = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// proberAt writes a manifest for the guest prober into a folder.
func proberAt(t *testing.T, dir, version, more string) *manifest.Manifest {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "prober.wasm")); err != nil {
		copyFile(t, "../testdata/guests/prober/prober.wasm", filepath.Join(dir, "prober.wasm"))
	}
	return write(t, dir, `
component = { name = "demo:prober", version = "`+version+`" }
capabilities.imports = ["airssys:core/host-services"]
supervision.health.interval = "0s"
`+more)
}

var proberAddress = actor.Address{Namespace: "demo", Name: "prober"}

func TestReloadLosesNoMessage(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	h, rec := newHost(t, clock)
	dir := t.TempDir()
	m := proberAt(t, dir, "1.0.0", "[config]\nsays = \"one\"\n")
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	send(t, h, "sleep 1000", "config", "meta demo:prober")
	if err := clock.BlockUntil(t.Context(), 1); err != nil { // it sleeps
		t.Fatal(err)
	}
	reloaded := make(chan error)
	go func() {
		reloaded <- h.Reload(t.Context(), proberAt(t, dir, "2.0.0", "[[subscriptions]]\ntopic = \"news\"\n[config]\nsays = \"two\"\n"))
	}()
	if err := clock.BlockUntil(t.Context(), 2); err != nil { // the new version is compiled, and waits
		t.Fatal(err)
	}
	send(t, h, "log info last")
	clock.Advance(time.Second)
	if err := <-reloaded; err != nil {
		t.Fatal(err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := rec.logged()
	for _, want := range []string{"sleep 1000 -> slept", `config -> data {\"says\":\"two\"}`, "meta demo:prober -> demo:prober@2.0.0", "last"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
	if r, err := h.Publish("news", []byte("whoami")); err != nil || r.Delivered != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, _ := h.Actor(proberAddress)
	if info.Stats != (actor.Stats{Handled: 5}) {
		t.Errorf("%+v", info.Stats)
	}
}

func TestReloadOfABadVersion(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, nil)
	dir := t.TempDir()
	if err := h.Start(t.Context(), proberAt(t, dir, "1.0.0", "")); err != nil {
		t.Fatal(err)
	}
	fails := func(what string, m *manifest.Manifest, want string) error {
		t.Helper()
		err := h.Reload(t.Context(), m)
		if start, ok := errors.AsType[*runtime.StartError](err); !ok || start.Manifest != m || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
		send(t, h, "meta demo:prober")
		if err := h.WaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if info, _ := h.Actor(proberAddress); info.State != actor.StateReady {
			t.Errorf("%s: %+v", what, info)
		}
		return err
	}
	fails("it refuses to start", proberAt(t, dir, "2.0.0", "config.refuse = \"no disk\"\n"), "no disk")
	fails("it traps in its start", proberAt(t, dir, "2.0.0", "config.trap = true\n"), "trap")
	err := fails("another group", proberAt(t, dir, "2.0.0", "supervision.group = \"g\"\n"), "supervision.group")
	if _, ok := errors.AsType[*runtime.ChangeError](err); !ok {
		t.Error(err)
	}
	writeFile(t, filepath.Join(dir, "prober.wasm"), []byte("\x00asm\x01\x00\x00\x00"))
	fails("a core module", proberAt(t, dir, "2.0.0", ""), "core module")
	if n := strings.Count(rec.logged(), "demo:prober@1.0.0"); n != 4 {
		t.Errorf("version 1 answered %d times:\n%s", n, rec.logged())
	}
	if n := len(find[actor.Reverted](rec)); n != 2 {
		t.Errorf("%d times back", n)
	}
}

func TestRestartAndStop(t *testing.T) {
	t.Parallel()
	h, _ := newHost(t, nil)
	m := proberAt(t, t.TempDir(), "1.0.0", "[[subscriptions]]\ntopic = \"news\"\n")
	if err := h.Reload(t.Context(), m); err != nil { // which starts what is not there
		t.Fatal(err)
	}
	before, ok := h.Usage(t.Context(), proberAddress)
	if !ok || before.Fuel.Used == 0 || before.Memory.Used == 0 {
		t.Errorf("%+v, %v", before, ok)
	}
	if err := h.Restart(t.Context(), proberAddress); err != nil {
		t.Fatal(err)
	}
	if after, ok := h.Usage(t.Context(), proberAddress); !ok || after.Fuel.Used < 2*before.Fuel.Used { // two instances have begun, one has stopped
		t.Errorf("%+v, %v", after, ok)
	}
	if err := h.StopComponent(t.Context(), proberAddress); err != nil {
		t.Fatal(err)
	}
	if err := h.Send(t.Context(), proberAddress, nil); !errors.Is(err, actor.ErrNotRunning) {
		t.Error(err)
	}
	for _, again := range []func() error{
		func() error { return h.Restart(t.Context(), proberAddress) },
		func() error { return h.Reload(t.Context(), m) },
	} {
		if err := again(); err != nil {
			t.Fatal(err)
		}
		if answer, err := h.Ask(t.Context(), proberAddress, []byte("health healthy")); err != nil || string(answer) != "ok" {
			t.Errorf("%q, %v", answer, err)
		}
		if r, err := h.Publish("news", []byte("whoami")); err != nil || r.Delivered != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		if err := h.StopComponent(t.Context(), proberAddress); err != nil {
			t.Fatal(err)
		}
	}
}

func send(t *testing.T, h *runtime.Host, commands ...string) {
	t.Helper()
	for _, c := range commands {
		if err := h.Send(t.Context(), proberAddress, []byte(c)); err != nil {
			t.Fatal(err)
		}
	}
}
