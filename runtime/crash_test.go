package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
)

// panicky logs to another handler, and panics of one message.
type panicky struct{ slog.Handler }

func (p panicky) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "panic" {
		panic("a host function that panics")
	}
	return p.Handler.Handle(ctx, r)
}

// crashes are the ways in which a guest of those names dies, each of one
// message to it.
var crashes = []struct {
	name, guest, manifest, message string
	during                         actor.Op
	want                           string // in the error
}{
	{"a trap", "prober", "", "trap", actor.OpHandle, "unreachable"},
	{"an endless loop, out of fuel", "prober", "resources.cpu.max_fuel = 10_000_000\n", "spin", actor.OpHandle, "fuel"},
	{"an endless loop, out of time", "prober", "resources.cpu.timeout_seconds = 1\n", "spin", actor.OpHandle, "1s"},
	{"endless calls", "wild", "", "dive", actor.OpHandle, "deep"},
	{"out of memory", "prober", "resources.memory.max_bytes = 2_000_000\nmailbox.max_message_bytes = \"8MiB\"\n", "log info " + strings.Repeat("x", 4_000_000), actor.OpHandle, ""},
	{"a bad pointer for an import", "wild", "", "pointer", actor.OpHandle, "memory"},
	{"a bad pointer as a result", "wild", "", "result", actor.OpHandle, ""},
	{"a string that is none", "wild", "", "utf-8", actor.OpHandle, "UTF-8"},
	{"a host function that panics", "prober", "", "log info panic", actor.OpHandle, "a host function that panics"},
	{"a trap in health", "wild", "supervision.health.interval = \"1s\"\n", "health", actor.OpHealth, "unreachable"},
	{"unhealthy", "prober", "supervision.health = { interval = \"1s\", failures = 1 }\n", "health unhealthy", actor.OpHealth, "unhealthy in 1 checks"},
}

// Guests crash for real: each ends as its supervisor's policy says, the others
// go on and lose no message, and nothing is left.
func TestGuestsCrash(t *testing.T) {
	t.Parallel()
	for _, test := range crashes {
		for _, restart := range []string{"permanent", "temporary"} {
			t.Run(test.name+", "+restart, func(t *testing.T) {
				t.Parallel()
				clock := actor.NewManualClock(epoch)
				h, rec := newHostWith(t, clock, func(c *runtime.Config) {
					c.Component.Cache = cache()
					c.Log = slog.New(panicky{c.Log.Handler()})
				})
				victim := actor.Address{Namespace: "crash", Name: "victim"}
				start(t, h, test.guest, "victim", test.manifest+"supervision.restart = \""+restart+"\"\n")
				bystanders := []actor.Address{start(t, h, "prober", "one", ""), start(t, h, "wild", "two", "")}
				const each = 20
				say := func(to actor.Address, text string) {
					t.Helper()
					if err := h.Send(t.Context(), to, []byte(text)); err != nil {
						t.Fatal(err)
					}
				}
				for i := range each {
					if i == each/2 {
						say(victim, test.message)
					}
					for _, b := range bystanders {
						say(b, fmt.Sprintf("log info message %d of %s", i, b.Name))
					}
				}
				if test.during == actor.OpHealth {
					idle(t, h)
					clock.Advance(time.Second)
				}
				if restart != "temporary" {
					rec.pass(t, clock)
				} else {
					<-rec.failures
				}
				idle(t, h)

				// How it ended.
				crashed := find[actor.Crashed](rec)
				if len(crashed) != 1 || crashed[0].Actor != victim || crashed[0].During != test.during || !strings.Contains(crashed[0].Err.Error(), test.want) {
					t.Fatalf("crashes: %+v", crashed)
				}
				want := actor.Stats{Crashes: 1, DeadLetters: 1, Restarts: 1}
				if test.during == actor.OpHealth {
					want.Handled, want.DeadLetters = 1, 0
				}
				state := actor.StateReady
				if restart == "temporary" {
					want.Restarts, state = 0, actor.StateFailed
				}
				if info, _ := h.Actor(victim); info.State != state || info.Stats != want {
					t.Errorf("it is %+v, want %s with %+v", info, state, want)
				}
				// A fresh instance works.
				if restart != "temporary" {
					say(victim, "log info again")
					idle(t, h)
					if !strings.Contains(rec.logged(), "again\" actor=crash:victim") && !strings.Contains(rec.logged(), "again actor=crash:victim") {
						t.Errorf("the fresh instance says nothing:\n%s", rec.logged())
					}
				}
				// The others.
				for _, b := range bystanders {
					if info, _ := h.Actor(b); info.State != actor.StateReady || info.Stats != (actor.Stats{Handled: each}) {
						t.Errorf("%s suffered: %+v", b, info)
					}
					for i := range each {
						if n := strings.Count(rec.logged(), fmt.Sprintf("message %d of %s\" actor=%s", i, b.Name, b)); n != 1 {
							t.Errorf("%s handled message %d %d times", b, i, n)
						}
					}
				}
				if closed := find[actor.CloseFailed](rec); len(closed) > 0 {
					t.Errorf("not freed: %+v", closed)
				}
			})
		}
	}
}

// One that refuses to stop is cut short when its time has passed, and the others
// stop in good order.
func TestGuestRefusesToStop(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, nil)
	start(t, h, "prober", "first", "")
	deaf := start(t, h, "wild", "deaf", "supervision.shutdown_timeout = \"50ms\"\n")
	start(t, h, "prober", "last", "")
	if err := h.Send(t.Context(), deaf, []byte("shutdown never")); err != nil {
		t.Fatal(err)
	}
	if err := h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, a := range h.Actors() {
		if a.State != actor.StateTerminated {
			t.Errorf("%+v", a)
		}
	}
	if n := strings.Count(rec.logged(), "msg=bye"); n != 2 {
		t.Errorf("%d said good-bye:\n%s", n, rec.logged())
	}
	var errs []error
	for _, e := range find[actor.Stopped](rec) {
		if e.Err != nil {
			errs = append(errs, e.Err)
		}
	}
	if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) && !isTrap(errs[0]) {
		t.Errorf("stopped with %v", errs)
	}
}

func isTrap(err error) bool {
	_, ok := errors.AsType[*component.Trap](err)
	return ok
}

// One that refuses to start fails after as many attempts as it has, and keeps
// nobody from starting.
func TestGuestRefusesToStart(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	h, rec := newHost(t, clock)
	start(t, h, "prober", "refuses", "config.refuse = \"no disk\"\nsupervision.max_restarts = 2\n")
	other := start(t, h, "prober", "other", "")
	for range 2 {
		rec.pass(t, clock)
	}
	idle(t, h)
	info, _ := h.Actor(actor.Address{Namespace: "crash", Name: "refuses"})
	if info.State != actor.StateFailed || info.Stats != (actor.Stats{Crashes: 3, Restarts: 2}) || !strings.Contains(info.Reason.Error(), "no disk") {
		t.Errorf("%+v", info)
	}
	if answer, err := h.Ask(t.Context(), other, []byte("health healthy")); err != nil || string(answer) != "ok" {
		t.Errorf("%s, %v", answer, err)
	}
}

// start starts a guest under a name. What is waited for is a second at most.
func start(t *testing.T, h *runtime.Host, guest, name, more string) actor.Address {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, filepath.Join("..", "testdata", "guests", guest, guest+".wasm"), filepath.Join(dir, guest+".wasm"))
	lines := slices.DeleteFunc(strings.SplitAfter(more, "\n"), func(l string) bool { return l == "" })
	m := write(t, dir, `component = { name = "crash:`+name+`", version = "1.0.0" }
capabilities.imports = ["airssys:core/host-services"]
supervision.backoff.base = "100ms"
`+strings.Join(lines, "")+map[bool]string{false: "supervision.health.interval = \"0s\"\n"}[strings.Contains(more, "health")])
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return actor.Address{Namespace: "crash", Name: name}
}

func idle(t *testing.T, h *runtime.Host) {
	t.Helper()
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
}
