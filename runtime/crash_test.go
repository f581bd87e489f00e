package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/manifest"
	"go.uber.org/goleak"
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
	{"a trap in health", "wild", "supervision.health = { interval = \"1s\", timeout = \"1h\" }\n", "health", actor.OpHealth, "unreachable"},
	{"unhealthy", "prober", "supervision.health = { interval = \"1s\", timeout = \"1h\", failures = 1 }\n", "health unhealthy", actor.OpHealth, "unhealthy in 1 checks"},
}

// policies are those of the supervision of a component.
var policies = []string{"permanent", "transient", "temporary"}

// instances counts those of all components of a host.
type instances struct{ begun, ended atomic.Int64 }

func (*instances) Offers() []component.LoadOption { return nil }

func (i *instances) Give(actor.Address) ([]component.Option, func()) {
	i.begun.Add(1)
	return nil, func() { i.ended.Add(1) }
}

// crashHost is a host on a manual clock, in which each instance must end.
func crashHost(t *testing.T) (*runtime.Host, *record, *actor.ManualClock) {
	t.Helper()
	clock, all := actor.NewManualClock(epoch), new(instances)
	t.Cleanup(func() { // after the host has stopped
		if begun, ended := all.begun.Load(), all.ended.Load(); begun == 0 || begun != ended {
			t.Errorf("%d instances began, and %d ended", begun, ended)
		}
		if n := clock.Pending(); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
	h, rec := newHostWith(t, clock, func(c *runtime.Config) {
		c.Component.Cache = cache()
		c.Extensions = []host.Extension{all}
		c.Log = slog.New(panicky{c.Log.Handler()})
	})
	return h, rec, clock
}

// Guests crash for real: each ends as its supervisor's policy says, the others
// go on and lose no message, and nothing is left.
func TestGuestsCrash(t *testing.T) {
	t.Parallel()
	for _, test := range crashes {
		for _, restart := range policies {
			t.Run(test.name+", "+restart, func(t *testing.T) {
				t.Parallel()
				h, rec, clock := crashHost(t)
				victim := actor.Address{Namespace: "crash", Name: "victim"}
				start(t, h, test.guest, "victim", test.manifest+"supervision.restart = \""+restart+"\"\n")
				bystanders := []actor.Address{start(t, h, "prober", "one", ""), start(t, h, "wild", "two", "")}
				const each = 20
				for i := range each {
					if i == each/2 {
						say(t, h, victim, test.message)
					}
					for _, b := range bystanders {
						say(t, h, b, fmt.Sprintf("log info message %d of %s", i, b.Name))
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
					say(t, h, victim, "log info again")
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

// One that refuses to stop is cut short when its time has passed, whatever its
// policy; the others stop in good order, and nobody is started again.
func TestGuestRefusesToStop(t *testing.T) {
	t.Parallel()
	for _, restart := range policies {
		t.Run(restart, func(t *testing.T) {
			t.Parallel()
			h, rec := newHostWith(t, nil, func(c *runtime.Config) { c.Component.Cache = cache() })
			start(t, h, "prober", "first", "")
			deaf := start(t, h, "wild", "deaf", "supervision.shutdown_timeout = \"2s\"\nsupervision.restart = \""+restart+"\"\n")
			start(t, h, "prober", "last", "")
			if err := h.Send(t.Context(), deaf, []byte("shutdown never")); err != nil {
				t.Fatal(err)
			}
			if err := h.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, a := range h.Actors() {
				if a.State != actor.StateTerminated || a.Stats.Restarts != 0 {
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
		})
	}
}

// One that refuses to stop when a sibling's crash takes it down is cut short,
// too. Then it is restarted with the sibling, unless it is temporary; what waits
// for it is lost in neither case.
func TestGuestRefusesToBeTakenDown(t *testing.T) {
	t.Parallel()
	for _, restart := range policies {
		t.Run(restart, func(t *testing.T) {
			t.Parallel()
			h, rec, clock := crashHost(t)
			group := "supervision.group = \"both\"\nsupervision.strategy = \"one_for_all\"\n"
			sibling := start(t, h, "prober", "sibling", group)
			deaf := start(t, h, "wild", "deaf", group+"supervision.shutdown_timeout = \"3s\"\nsupervision.restart = \""+restart+"\"\n")
			say(t, h, deaf, "shutdown never")
			idle(t, h)
			say(t, h, sibling, "trap")
			<-rec.restarts
			if err := clock.BlockUntil(t.Context(), 2); err != nil { // the pause, and the time for stopping
				t.Fatal(err)
			}
			clock.Advance(3 * time.Second)
			idle(t, h)
			want, state := actor.Stats{Handled: 1, Restarts: 1}, actor.StateReady
			if restart == "temporary" {
				want.Restarts, state = 0, actor.StateTerminated
			}
			if info, _ := h.Actor(deaf); info.State != state || info.Stats != want {
				t.Errorf("%+v, want %s with %+v", info, state, want)
			}
			if info, _ := h.Actor(sibling); info.State != actor.StateReady || info.Stats != (actor.Stats{Crashes: 1, Restarts: 1, DeadLetters: 1}) {
				t.Errorf("%+v", info)
			}
		})
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
	for _, way := range []struct{ how, script, want string }{
		{"says no", `refuse = "no disk"`, "no disk"},
		{"traps", "trap = true", "unreachable"},
		{"never ends", "spin = true", "fuel"},
	} {
		for _, restart := range policies {
			t.Run(way.how+", "+restart, func(t *testing.T) {
				t.Parallel()
				h, rec, clock := crashHost(t)
				attempts := 3
				if restart == "temporary" {
					attempts = 1
				}
				m := guest(t, "prober", "refuses", "config."+way.script+"\nresources.cpu.max_fuel = 10_000_000\nsupervision.max_restarts = 2\nsupervision.restart = \""+restart+"\"\n")
				err := h.Start(t.Context(), m)
				if _, failed := errors.AsType[*actor.StartError](err); failed != (attempts == 1) { // that it is tried again is no error
					t.Fatal(err)
				}
				other := start(t, h, "prober", "other", "")
				for range attempts - 1 {
					rec.pass(t, clock)
				}
				idle(t, h)
				info, _ := h.Actor(actor.Address{Namespace: "crash", Name: "refuses"})
				want := actor.Stats{Crashes: uint64(attempts), Restarts: uint64(attempts) - 1}
				if info.State != actor.StateFailed || info.Stats != want || !strings.Contains(info.Reason.Error(), way.want) {
					t.Errorf("%+v", info)
				}
				if answer, err := h.Ask(t.Context(), other, []byte("health healthy")); err != nil || string(answer) != "ok" {
					t.Errorf("%s, %v", answer, err)
				}
			})
		}
	}
}

// TestCrashesLeaveNothing has guests crash in all the ways again and again, and
// looks at what the process has of goroutines and files. It is alone meanwhile.
func TestCrashesLeaveNothing(t *testing.T) {
	round := func() {
		h, rec, clock := crashHost(t)
		for _, asked := range []bool{true, false} { // first those who crash when they are asked how they feel
			for i, crash := range crashes {
				if asked == (crash.during == actor.OpHealth) {
					say(t, h, start(t, h, crash.guest, fmt.Sprint("victim-", i), crash.manifest), crash.message)
				}
			}
			if asked {
				idle(t, h)
			}
		}
		for range crashes {
			rec.pass(t, clock)
		}
		idle(t, h)
		for _, info := range h.Actors() {
			if info.State != actor.StateReady || info.Stats.Crashes != 1 {
				t.Errorf("%+v", info)
			}
		}
		if err := h.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	round() // what is made once for all
	goroutines, open := goleak.IgnoreCurrent(), openFiles(t)
	for range 3 {
		round()
	}
	goleak.VerifyNone(t, goroutines)
	if now := openFiles(t); now != open {
		t.Errorf("%d open files, of %d before", now, open)
	}
}

// openFiles counts them, where the system tells.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("open files are not looked at: %v", err)
	}
	return len(entries)
}

func say(t *testing.T, h *runtime.Host, to actor.Address, text string) {
	t.Helper()
	if err := h.Send(t.Context(), to, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// start starts a guest under a name.
func start(t *testing.T, h *runtime.Host, of, name, more string) actor.Address {
	t.Helper()
	if err := h.Start(t.Context(), guest(t, of, name, more)); err != nil {
		t.Fatal(err)
	}
	return actor.Address{Namespace: "crash", Name: name}
}

// guest writes the manifest of a guest under a name. What is waited for is a
// second at most.
func guest(t *testing.T, of, name, more string) *manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, filepath.Join("..", "testdata", "guests", of, of+".wasm"), filepath.Join(dir, of+".wasm"))
	lines := slices.DeleteFunc(strings.SplitAfter(more, "\n"), func(l string) bool { return l == "" })
	return write(t, dir, `component = { name = "crash:`+name+`", version = "1.0.0" }
capabilities.imports = ["airssys:core/host-services"]
supervision.backoff.base = "100ms"
`+strings.Join(lines, "")+map[bool]string{false: "supervision.health.interval = \"0s\"\n"}[strings.Contains(more, "health")])
}

func idle(t *testing.T, h *runtime.Host) {
	t.Helper()
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
}
