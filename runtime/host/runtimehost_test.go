package host_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	latererrors "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/errors"
)

// post is the grant for what of host-messaging is no message to somebody.
var post = capability.Grant{Kind: capability.Import, Resource: "airssys:core/host-messaging"}

// later is an actor of the later world.
func later(grants ...capability.Grant) spec {
	return spec{of: surveyor, Setup: host.Setup{Grants: append(grants, post)}}
}

// The types of its exports tell of which world a component is.
func TestWorlds(t *testing.T) {
	t.Parallel()
	for c, want := range map[*host.Component]string{
		prober: "airssys:core/airssys-component@1.0.0", surveyor: "airssys:core/runtime-host@1.0.0",
	} {
		if got := c.World(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for name, want := range map[string]int{
		"": 2, "airssys:core/runtime-host": 1, "airssys:core/runtime-host@1.0.0": 1, "airssys:core/airssys-component": 1,
	} {
		if ws, err := host.Named(host.Worlds(), name); len(ws) != want || err != nil {
			t.Errorf("%q means %d worlds: %v", name, len(ws), err)
		}
	}
	for _, name := range []string{"airssys:core/runtime-host@2.0.0", "demo:shop/plugin", "runtime-host"} {
		if _, err := host.Named(host.Worlds(), name); err == nil || !strings.Contains(err.Error(), "is not hosted here") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A component of none of the worlds is told what the nearest one misses; one that
// is asked for as the other world does not pass.
func TestLoadNearest(t *testing.T) {
	t.Parallel()
	rt, err := component.NewRuntime(t.Context(), component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rt.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	_, err = host.Load(t.Context(), rt, guest(t, "scalars"))
	e, ok := errors.AsType[*host.WorldError](err)
	if !ok || e.Nearest == nil || len(e.Others) != 1 || !strings.Contains(err.Error(), "does not fit airssys:core/") {
		t.Errorf("%v", err)
	}
	only, err := host.Named(host.Worlds(), "airssys:core/airssys-component")
	if err != nil {
		t.Fatal(err)
	}
	_, err = host.LoadAs(t.Context(), rt, guest(t, "surveyor"), only)
	if e, ok := errors.AsType[*component.LinkError](err); !ok || e.World != only[0].Name || e.ExportsFit {
		t.Errorf("the other world's component: %v", err)
	}
	// What is of a world and wants what nobody offers is no question of worlds.
	_, err = host.Load(t.Context(), rt, guest(t, "feed"))
	if e, ok := errors.AsType[*component.LinkError](err); !ok || !e.ExportsFit || !strings.Contains(err.Error(), "airssys:topics") {
		t.Errorf("a component without what it imports: %v", err)
	}
	if errors.As(err, new(*host.WorldError)) {
		t.Errorf("a component without what it imports: %v", err)
	}
	if _, err := host.LoadAs(t.Context(), rt, guest(t, "prober"), nil); err == nil {
		t.Error("of no world at all")
	}
}

func TestLaterConfig(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	sp := later()
	s.start("demo:a", sp)
	if got, want := s.ask("demo:a", "config"), "data none; env ; memory 268435456, time 0, fuel none"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	sp.Setup = host.Setup{
		Grants: sp.Grants, Config: []byte("{}"), Env: map[string]string{"B": "2", "A": "1"},
		Limits: component.Limits{Memory: 4 << 20, CallTime: time.Second, Fuel: 50_000_000},
	}
	s.start("demo:b", sp)
	if got, want := s.ask("demo:b", "config"), "data {}; env A=1 B=2; memory 4194304, time 1000, fuel 50000000"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestLaterServices(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a@1.2.3", later())
	s.start("demo:b/2", later())
	s.start("demo:old@0.9.0", spec{})
	s.clock.Advance(1500 * time.Microsecond)
	for command, want := range map[string]string{
		"time":          fmt.Sprint(epoch.UnixMilli() + 1),
		"now":           fmt.Sprintf("%d.001500000", epoch.Unix()),
		"list":          "demo:a demo:b/2 demo:old",
		"self":          "demo:a",
		"meta demo:a":   "demo:a demo:a 1.2.3 unknown",
		"meta demo:b":   `ComponentError::InvalidState("demo:b is not known here")`,
		"meta demo:b/2": "demo:b/2 demo:b/2  unknown",
		"envelope":      fmt.Sprintf("from airssys:host at %d.001500000, id none, reply to none, type none", epoch.Unix()),
	} {
		if got := s.ask("demo:a", command); got != want {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
	if got := s.ask("demo:b/2", "self"); got != "demo:b/2" {
		t.Error(got)
	}
	s.tell("demo:a", "log warn look out")
	s.settle()
	all := s.log.all()
	if r := all[len(all)-1]; r.Message != "look out" || r.Level.String() != "WARN" || !slices.Equal(attrs(r), []string{"actor=demo:a", "by=surveyor"}) {
		t.Errorf("%v", r)
	}
	s.clock.Advance(-100 * 365 * 24 * time.Hour)
	if got := s.ask("demo:a", "now"); got != "0.000000000" {
		t.Errorf("before the epoch it is %s", got)
	}
}

func TestLaterSleep(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later())
	s.tell("demo:a", "sleep 5")
	s.waiting(1)
	s.clock.Advance(5 * time.Millisecond)
	s.settle()
	if got := s.outcome("demo:a", "sleep 5"); got != "slept" {
		t.Error(got)
	}
}

func TestLaterSend(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later(messaging("send", "demo:*")))
	s.start("demo:b", later())
	s.start("demo:b/2", later())
	s.start("demo:old", spec{})
	for to, want := range map[string]string{
		"demo:b": "ok", "demo:b/2": "ok", "demo:old": "ok", "demo:nobody": "target-not-found: demo:nobody",
		"demo:b/3":   "target-not-found: demo:b/3",
		"other:b":    "delivery-failed: send: messaging send other:b is not granted",
		":b":         "delivery-failed: send: messaging send :b is not granted",
		"demo:*":     "delivery-failed: send: messaging send demo:* is not granted",
		"demo:b/2/3": `delivery-failed: send: messaging send "demo:b/\"2/3\"" is not granted`,
	} {
		if got := s.ask("demo:a", "send "+to+" envelope"); got != want {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
	want := fmt.Sprintf("from demo:a at %d.000000000, id none, reply to none, type none", epoch.Unix())
	for _, name := range []string{"demo:b", "demo:b/2"} {
		if got := s.outcome(name, "envelope"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	s.wantStats("demo:old", actor.Stats{Handled: 1, Rejected: 1}) // it knows no such command
}

// A grant of one instance is none for the others; one without an instance is for
// all.
func TestLaterSendToInstance(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later(messaging("send", "demo:b/1"), messaging("send", "demo:c")))
	for _, name := range []string{"demo:b", "demo:b/1", "demo:b/2", "demo:c", "demo:c/1"} {
		s.start(name, later())
	}
	for to, ok := range map[string]bool{"demo:b": false, "demo:b/1": true, "demo:b/2": false, "demo:c": true, "demo:c/1": true} {
		if got := s.ask("demo:a", "send "+to+" x"); (got == "ok") != ok {
			t.Errorf("%s: %s", to, got)
		}
	}
}

func TestLaterMailboxFull(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later(messaging("send", "demo:b"), messaging("broadcast", "demo:*")))
	full := later()
	full.MailboxSize = 1
	s.start("demo:b", full)
	s.start("demo:c", later())
	s.tell("demo:b", "sleep 1")
	s.waiting(1)
	s.tell("demo:a", "send demo:b self", "send demo:b self2", "broadcast demo:b,demo:c,demo:nobody self", "broadcast demo:b self", "sleep 1")
	s.waiting(2)
	s.clock.Advance(time.Millisecond)
	s.settle()
	for command, want := range map[string]string{
		"send demo:b self":                         "ok",
		"send demo:b self2":                        "queue-full",
		"broadcast demo:b self":                    "queue-full",
		"broadcast demo:b,demo:c,demo:nobody self": "delivery-failed: 2 of 3 were not reached; the first: queue-full",
	} {
		if got := s.outcome("demo:a", command); got != want {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
	if got := s.outcome("demo:c", "self"); got != "demo:c" {
		t.Error(got)
	}
}

func TestLaterBroadcast(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later(messaging("broadcast", "demo:*"), messaging("send", "other:*")))
	s.start("demo:b", later())
	s.start("demo:c", later())
	s.start("other:d", later())
	for to, want := range map[string]string{
		"demo:b,demo:c":        "ok",
		"":                     "ok",
		"demo:b,other:d":       "delivery-failed: broadcast: messaging broadcast other:d is not granted",
		"demo:nobody":          "target-not-found: demo:nobody",
		"demo:nobody,demo:b/9": "delivery-failed: 2 of 2 were not reached; the first: ",
	} {
		if got := s.ask("demo:a", "broadcast "+to+" none"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
	s.wantStats("demo:b", actor.Stats{Handled: 1}) // not the one that was not granted for all
	s.wantStats("other:d", actor.Stats{})
}

func TestLaterRequests(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later(messaging("request", "demo:*")))
	s.start("demo:b", later())
	s.start("demo:old", spec{})
	callback := func(id string) string {
		t.Helper()
		for _, said := range s.log.of("demo:a") {
			if rest, ok := strings.CutPrefix(said, "callback "+id+" from "); ok {
				return rest
			}
		}
		return "none"
	}
	ask := func(command string) string {
		t.Helper()
		got := s.ask("demo:a", command)
		id, ok := strings.CutPrefix(got, "ok: ")
		if !ok {
			t.Fatalf("%s: %s", command, got)
		}
		return id
	}
	for command, want := range map[string]string{
		"request demo:b 0 self":                    "demo:b -> ok: demo:b",
		"request demo:b 50 none":                   "demo:b -> ok: ",
		"request demo:old 50 list":                 "demo:old -> ok: demo:a@ demo:b@ demo:old@", // across the worlds
		"request demo:b 50 fail timeout":           "demo:b -> text/x-error: ",
		"request demo:b 50 trap":                   "demo:b -> text/x-error: ",
		"request demo:a 50 self":                   "demo:a -> ok: demo:a",
		"request demo:b 18446744073709551615 self": "demo:b -> ok: demo:b",
	} {
		if got := callback(ask(command)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
	id := ask("request demo:b 50 envelope")
	if got, want := callback(id), fmt.Sprintf("demo:b -> ok: from demo:a at %d.000000000, id %s, reply to demo:a, type none", epoch.Unix(), id); got != want {
		t.Errorf("%s, want %s", got, want)
	}

	// One that is not answered in time, and one that is called off.
	s.tell("demo:b", "sleep 1000")
	s.waiting(1)
	s.tell("demo:a", "request demo:b 10 self", "request demo:b 500 self", "sleep 1")
	s.waiting(4) // two requests, two sleepers
	lost, _ := strings.CutPrefix(s.outcome("demo:a", "request demo:b 10 self"), "ok: ")
	off, _ := strings.CutPrefix(s.outcome("demo:a", "request demo:b 500 self"), "ok: ")
	s.tell("demo:a", "cancel "+off, "cancel "+off)
	s.clock.Advance(10 * time.Millisecond)
	s.await("cancel " + off + " -> ok")
	s.clock.Advance(time.Second)
	s.settle()
	if got := callback(lost); got != "demo:b -> text/x-error: "+actor.ErrRequestTimeout.Error() {
		t.Errorf("not in time: %s", got)
	}
	if got := callback(off); got != "none" {
		t.Errorf("called off: %s", got)
	}
	if got := s.outcome("demo:a", "cancel "+off); !strings.HasPrefix(got, "invalid-message: ") {
		t.Errorf("called off twice: %s", got)
	}
	if got := s.ask("demo:a", "request other:b 10 self"); got != "delivery-failed: request: messaging request other:b is not granted" {
		t.Error(got)
	}
	if got := s.ask("demo:a", "request demo:nobody 10 self"); got != "target-not-found: demo:nobody" {
		t.Error(got)
	}
	answer, err := s.Ask(s.ctx, address("demo:b"), []byte("envelope"))
	if want := "reply to none"; err != nil || !strings.Contains(string(answer), want) {
		t.Errorf("%s, %v", answer, err)
	}
}

func TestLaterRejected(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later())
	s.tell("demo:a", "fail component-not-found 1", "fail instantiation-failed 2", "fail export-not-found 3", "fail timeout",
		"fail resource-limit-exceeded 5", "fail invalid-component 6", "fail runtime-error 7")
	s.settle()
	s.wantStats("demo:a", actor.Stats{Handled: 7, Rejected: 7})
	rejected := find[actor.Rejected](s)
	if e, ok := errors.AsType[*latererrors.WASMErrorComponentNotFound](rejected[0].Err); !ok || e.Value != "1" {
		t.Error(rejected[0].Err)
	}
	if _, ok := errors.AsType[*latererrors.WASMErrorTimeout](rejected[3].Err); !ok {
		t.Error(rejected[3].Err)
	}
	if e, ok := errors.AsType[*latererrors.WASMErrorRuntimeError](rejected[6].Err); !ok || e.Value != "7" {
		t.Error(rejected[6].Err)
	}
}

func TestLaterLife(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", later())
	s.tell("demo:a", "trap", "self")
	s.settle()
	c := the[actor.Crashed](s)
	trap, ok := errors.AsType[*component.Trap](c.Err)
	if !ok || len(trap.Frames) == 0 || !strings.Contains(trap.Frames[0].Func, "trap") || trap.Func != "airssys:core/component-lifecycle@1.0.0#handle-message" {
		t.Errorf("it crashed with %+v", c.Err)
	}
	if got := s.outcome("demo:a", "self"); got != "demo:a" {
		t.Error(got)
	}
	s.wantStats("demo:a", actor.Stats{Handled: 1, Crashes: 1, Restarts: 1, DeadLetters: 1})
	s.stop()
	if said := s.log.of("demo:a"); said[len(said)-1] != "bye" {
		t.Errorf("%q", said)
	}
}

func TestLaterStartFails(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for name, config := range map[string]string{"demo:refuses": "refuse no disk", "demo:traps": "trap"} {
		sp := later()
		sp.Config, sp.Restart = []byte(config), actor.Temporary
		err := s.spawn(name, sp)
		if _, ok := errors.AsType[*actor.StartError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		refused, ok := errors.AsType[*latererrors.ComponentErrorInitializationFailed](err)
		if name == "demo:refuses" && (!ok || refused.Value != "no disk") {
			t.Errorf("%s: %v", name, err)
		}
		if trap, ok := errors.AsType[*component.Trap](err); name == "demo:traps" && (!ok || !strings.HasSuffix(trap.Func, "#initialize")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	spawned := make(chan error)
	go func() {
		sp := later()
		sp.Config, sp.Restart = []byte("spin"), actor.Temporary
		spawned <- s.spawn("demo:spins", sp)
	}()
	s.await("spins now")
	s.clock.Advance(actor.DefaultStartTimeout)
	if limit, ok := errors.AsType[*actor.TimeoutError](<-spawned); !ok || limit.During != actor.OpStart {
		t.Errorf("it did not end: %v", limit)
	}
}

func TestLaterHealth(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	c, err := surveyor.Factory(host.Setup{Services: s.services, Grants: granted(services).Grants})(s.ctx, address("demo:a"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(s.ctx); err != nil {
			t.Error(err)
		}
	}()
	for state, want := range map[string]actor.Health{
		"healthy": actor.Healthy, "degraded": actor.Degraded, "unhealthy": actor.Unhealthy, "unknown": actor.HealthUnknown,
	} {
		if err := c.Handle(s.ctx, &actor.Message{Payload: []byte("health " + state)}); err != nil {
			t.Fatal(err)
		}
		if h, err := c.Health(s.ctx); h != want || err != nil {
			t.Errorf("%s: %v, %v", state, h, err)
		}
	}
}
