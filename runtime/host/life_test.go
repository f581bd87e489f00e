package host_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
)

func guest(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "guests", name, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		setup host.Setup
		want  string
	}{
		{"nothing", host.Setup{}, "data none; env ; memory 268435456, cpu 0, time 0"},
		{"empty object", host.Setup{Config: []byte("{}")}, "data {}; env ; memory 268435456, cpu 0, time 0"},
		{
			"everything",
			host.Setup{
				Config: []byte(`{"greeting": "добрый день", "n": [1, 2]}`),
				Env:    map[string]string{"ZONE": "eu", "MODE": "test", "Z": "", "HOME": "a b"},
				Limits: component.Limits{Memory: 4 << 20, CallTime: 2 * time.Second},
			},
			`data {"greeting": "добрый день", "n": [1, 2]}; env HOME=a b MODE=test Z= ZONE=eu; memory 4194304, cpu 2000, time 2000`,
		},
		{
			"a limit below a millisecond is no absence of limits",
			host.Setup{Limits: component.Limits{CallTime: time.Nanosecond}},
			"data none; env ; memory 268435456, cpu 1, time 1",
		},
		{
			"the longest limit",
			host.Setup{Limits: component.Limits{CallTime: math.MaxInt64}},
			"data none; env ; memory 268435456, cpu 9223372036855, time 9223372036855",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t)
			s.start("demo:a", spec{Setup: test.setup})
			if got := s.ask("demo:a", "config"); got != test.want {
				t.Errorf("init was given\n%s, want\n%s", got, test.want)
			}
		})
	}
}

func TestWhoami(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a@1.2.3", granted(messaging("send", "demo:*")))
	s.start("demo:b", granted(messaging("send", "demo:*")))
	if got := s.ask("demo:a", "whoami"); got != "airssys:host@" {
		t.Errorf("outside is %s", got)
	}
	s.ask("demo:a", "send demo:b whoami")
	if got := s.outcome("demo:b", "whoami"); got != "demo:a@1.2.3" {
		t.Errorf("demo:a is %s", got)
	}
	s.ask("demo:b", "send demo:a whoami")
	if got := s.outcome("demo:a", "whoami"); got != "demo:b@" {
		t.Errorf("demo:b, of no version, is %s", got)
	}
	s.services.Describe(host.Outside, host.About{Version: "7.0.0"})
	if got := s.ask("demo:a", "whoami"); got != "airssys:host@7.0.0" {
		t.Errorf("outside with a version is %s", got)
	}
}

// An error that the component answers with is no crash, and typed.
func TestRejected(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{})
	s.tell("demo:a", "fail initialization-failed 1", "fail configuration-invalid 2", "fail resource-exhausted 3", "fail internal-error 4")
	if got := s.ask("demo:a", "whoami"); got != "airssys:host@" {
		t.Errorf("after the errors: %s", got)
	}
	s.wantStats("demo:a", actor.Stats{Handled: 5, Rejected: 4})
	rejected := find[actor.Rejected](s)
	if len(rejected) != 4 {
		t.Fatalf("rejected: %v", rejected)
	}
	if e, ok := errors.AsType[*types.ComponentErrorInitializationFailed](rejected[0].Err); !ok || e.Value != "1" {
		t.Error(rejected[0].Err)
	}
	if e, ok := errors.AsType[*types.ComponentErrorConfigurationInvalid](rejected[1].Err); !ok || e.Value != "2" {
		t.Error(rejected[1].Err)
	}
	if e, ok := errors.AsType[*types.ComponentErrorResourceExhausted](rejected[2].Err); !ok || e.Value != "3" {
		t.Error(rejected[2].Err)
	}
	if e, ok := errors.AsType[*types.ComponentErrorInternalError](rejected[3].Err); !ok || e.Value != "4" {
		t.Error(rejected[3].Err)
	}
}

func TestTrap(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{})
	s.tell("demo:a", "trap", "whoami")
	s.settle()
	c := the[actor.Crashed](s)
	trap, ok := errors.AsType[*component.Trap](c.Err)
	if !ok || len(trap.Frames) == 0 || !strings.Contains(trap.Frames[0].Func, "trap") || trap.Func != "airssys:core/component-lifecycle@1.0.0#handle-message" {
		t.Errorf("it crashed with %+v", c.Err)
	}
	if g, ok := errors.AsType[*component.GuestError](c.Err); !ok || g.Msg != "unreachable" {
		t.Errorf("the cause is %v", c.Err)
	}
	if c.During != actor.OpHandle || string(c.Message.Payload) != "trap" {
		t.Errorf("%+v", c)
	}
	if got := s.outcome("demo:a", "whoami"); got != "airssys:host@" {
		t.Errorf("the fresh instance: %s", got)
	}
	s.wantStats("demo:a", actor.Stats{Handled: 1, Crashes: 1, Restarts: 1, DeadLetters: 1})
}

func TestInitFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, config string
		check        func(error) bool
	}{
		{"refuses", `{"refuse": "no disk"}`, func(err error) bool {
			e, ok := errors.AsType[*types.ComponentErrorConfigurationInvalid](err)
			return ok && e.Value == "no disk"
		}},
		{"cannot read its configuration", `{"refuse": 1}`, func(err error) bool {
			_, ok := errors.AsType[*types.ComponentErrorConfigurationInvalid](err)
			return ok
		}},
		{"traps", `{"trap": true}`, func(err error) bool {
			trap, ok := errors.AsType[*component.Trap](err)
			return ok && trap.Func == "airssys:core/component-lifecycle@1.0.0#init"
		}},
	} {
		for _, policy := range []struct {
			restart actor.Restart
			want    actor.Stats
		}{
			{actor.Temporary, actor.Stats{Crashes: 1}},
			{actor.Transient, actor.Stats{Crashes: 3, Restarts: 2}},
			{actor.Permanent, actor.Stats{Crashes: 3, Restarts: 2}},
		} {
			t.Run(test.name+", "+policy.restart.String(), func(t *testing.T) {
				t.Parallel()
				s := newSystem(t)
				err := s.spawn("demo:a", spec{
					Setup: host.Setup{Config: []byte(test.config)},
					Spec:  actor.Spec{Restart: policy.restart, Intensity: actor.Intensity{Max: 2, Within: time.Minute}},
				})
				start, ok := errors.AsType[*actor.StartError](err)
				if !ok || start.Restarting != (policy.want.Restarts > 0) || !test.check(err) {
					t.Errorf("it did not start: %v", err)
				}
				s.settle()
				info := s.info("demo:a")
				if info.State != actor.StateFailed || info.Stats != policy.want || !test.check(info.Reason) {
					t.Errorf("%+v", info)
				}
				if said := s.log.of("demo:a"); slices.Contains(said, "bye") {
					t.Errorf("what did not start was shut down: %q", said)
				}
			})
		}
	}
}

func TestInitNeverEnds(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	spawned := make(chan error)
	go func() {
		spawned <- s.spawn("demo:a", spec{
			Setup: host.Setup{Config: []byte(`{"spin": true}`)},
			Spec:  actor.Spec{Restart: actor.Temporary},
		})
	}()
	s.await("spins now")
	s.clock.Advance(actor.DefaultStartTimeout)
	err := <-spawned
	limit, ok := errors.AsType[*actor.TimeoutError](err)
	if !ok || limit.During != actor.OpStart || limit.Limit != actor.DefaultStartTimeout {
		t.Errorf("it did not start: %v", err)
	}
	if trap, ok := errors.AsType[*component.Trap](err); !ok || !strings.Contains(trap.Frames[0].Func, "spin") {
		t.Errorf("it was not cut short where it was: %v", err)
	}
	if info := s.info("demo:a"); info.State != actor.StateFailed || info.Stats != (actor.Stats{Crashes: 1}) {
		t.Errorf("%+v", info)
	}
}

// The contract of the world, without an actor around it.
func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	self := address("demo:a")
	grants := granted(services).Grants
	c, err := prober.Factory(host.Setup{Services: s.services, Grants: grants})(s.ctx, self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for range 2 { // freeing it again is nothing
			if err := c.Close(s.ctx); err != nil {
				t.Error(err)
			}
		}
		if _, err := c.Health(s.ctx); !actor.IsCrash(err) || !errors.Is(err, component.ErrClosed) {
			t.Errorf("health of what was closed: %v", err)
		}
	}()
	if err := c.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		command string
		want    actor.Health
	}{
		{"time", actor.Healthy},
		{"health degraded", actor.Degraded},
		{"health unhealthy", actor.Unhealthy},
		{"health unknown", actor.HealthUnknown},
		{"health healthy", actor.Healthy},
	} {
		if err := c.Handle(s.ctx, &actor.Message{Payload: []byte(test.command)}); err != nil {
			t.Fatal(err)
		}
		if h, err := c.Health(s.ctx); h != test.want || err != nil {
			t.Errorf("%s: %v, %v", test.command, h, err)
		}
	}
	if err := c.Handle(s.ctx, &actor.Message{Payload: []byte("trap")}); !actor.IsCrash(err) {
		t.Errorf("trap: %v", err)
	}
	if h, err := c.Health(s.ctx); h != actor.HealthUnknown || !actor.IsCrash(err) {
		t.Errorf("health of what trapped: %v, %v", h, err)
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:first", spec{})
	s.start("demo:last", spec{})
	s.start("demo:crashed", spec{Spec: actor.Spec{Restart: actor.Temporary}})
	s.tell("demo:crashed", "trap")
	s.settle()
	s.tell("demo:last", "health healthy") // is still done
	s.stop()
	var order []string
	for _, r := range s.log.all() {
		order = append(order, attrs(r)[0]+" "+r.Message)
	}
	want := []string{
		"actor=demo:crashed traps now", "actor=demo:last health healthy -> ok", "actor=demo:last bye", "actor=demo:first bye",
	}
	if !slices.Equal(order, want) {
		t.Errorf("%q, want %q", order, want)
	}
	for _, e := range find[actor.Stopped](s) {
		if e.Err != nil || e.Left != 0 {
			t.Errorf("%+v", e)
		}
	}
}
