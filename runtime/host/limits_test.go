package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

// brief is a limit that an endless call meets soon. Calls that end do not come
// near it, since it is looked at only when a slice of fuel is used up.
const brief = 20 * time.Millisecond

// What never ends meets a limit, crashes with the limit's own error, and is
// restarted.
func TestSpin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		limits component.Limits
		check  func(error) bool
	}{
		{"time", component.Limits{CallTime: brief}, func(err error) bool {
			e, ok := errors.AsType[*component.TimeLimitError](err)
			return ok && e.Limit == brief
		}},
		{"fuel", component.Limits{Fuel: 1_000_000}, func(err error) bool {
			e, ok := errors.AsType[*component.OutOfFuelError](err)
			return ok && e.Limit == 1_000_000 && e.Used >= e.Limit
		}},
		{"the first of two", component.Limits{Fuel: 1_000_000, CallTime: time.Hour}, func(err error) bool {
			_, ok := errors.AsType[*component.OutOfFuelError](err)
			return ok
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t)
			s.start("demo:a", spec{Setup: host.Setup{Limits: test.limits}})
			s.tell("demo:a", "time", "spin", "whoami")
			s.settle()
			c := the[actor.Crashed](s)
			if !test.check(c.Err) || c.During != actor.OpHandle || string(c.Message.Payload) != "spin" {
				t.Errorf("it crashed in %v of %q: %v", c.During, c.Message.Payload, c.Err)
			}
			if trap, ok := errors.AsType[*component.Trap](c.Err); !ok || len(trap.Frames) == 0 || !strings.Contains(trap.Frames[0].Func, "spin") {
				t.Errorf("it was not cut short where it was: %+v", c.Err)
			}
			if got := s.outcome("demo:a", "whoami"); got != "airssys:host@" {
				t.Errorf("the fresh instance: %s", got)
			}
			s.wantStats("demo:a", actor.Stats{Handled: 2, Crashes: 1, Restarts: 1, DeadLetters: 1})
		})
	}
}

func TestSleepEndsWithCall(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{Setup: host.Setup{Limits: component.Limits{CallTime: brief}}})
	s.tell("demo:a", "sleep 1", "whoami")
	s.settle() // on a clock that does not move
	c := the[actor.Crashed](s)
	if _, ok := errors.AsType[*component.Trap](c.Err); !ok || !errors.Is(c.Err, context.DeadlineExceeded) {
		t.Errorf("it crashed with %v", c.Err)
	}
	if got := s.outcome("demo:a", "whoami"); got != "airssys:host@" {
		t.Errorf("the fresh instance: %s", got)
	}
	if n := s.clock.Pending(); n != 0 {
		t.Errorf("it left %d timers", n)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:small", spec{Setup: host.Setup{Limits: component.Limits{Memory: 4 << 20}}})
	s.start("demo:large", spec{Setup: host.Setup{Limits: component.Limits{Memory: 64 << 20}}})
	for _, test := range []struct{ name, command, want string }{
		{"demo:small", "grow 1000000", "ok"},
		{"demo:small", "grow 8000000", "out of memory"},
		{"demo:small", "grow 1000001", "ok"},
		{"demo:large", "grow 8000000", "ok"},
		{"demo:large", "grow 80000000", "out of memory"},
	} {
		if got := s.ask(test.name, test.command); got != test.want {
			t.Errorf("%s, %s: %s, want %s", test.name, test.command, got, test.want)
		}
	}
	s.wantStats("demo:small", actor.Stats{Handled: 3})
}

// A component that needs more memory than it may have does not start.
func TestMemoryToStart(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	err := s.spawn("demo:a", spec{
		Setup: host.Setup{Limits: component.Limits{Memory: 512 << 10}},
		Spec:  actor.Spec{Restart: actor.Temporary},
	})
	if _, ok := errors.AsType[*actor.StartError](err); !ok || !strings.Contains(err.Error(), "memory") {
		t.Errorf("it did not start: %v", err)
	}
}
