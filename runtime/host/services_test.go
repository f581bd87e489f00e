package host_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

func TestTime(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{})
	for _, step := range []time.Duration{0, 1500 * time.Microsecond, 24 * time.Hour} {
		s.clock.Advance(step)
		want := strconv.FormatInt(s.clock.Now().UnixMilli(), 10)
		if got := s.ask("demo:a", "time"); got != want {
			t.Errorf("%s ms since the epoch, want %s", got, want)
		}
	}
	s.clock.Advance(-100 * 365 * 24 * time.Hour)
	if got := s.ask("demo:a", "time"); got != "0" {
		t.Errorf("before the epoch it is %s ms", got)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{})
	s.start("demo:b", spec{})
	s.tell("demo:a", "sleep 1500", "time")
	s.waiting(1)
	s.clock.Advance(1499 * time.Millisecond)
	if s.clock.Pending() != 1 {
		t.Error("it woke up early")
	}
	s.tell("demo:b", "whoami") // sleeping is no other actor's affair
	s.clock.Advance(time.Millisecond)
	s.settle()
	if got := s.outcome("demo:a", "sleep 1500"); got != "slept" {
		t.Error(got)
	}
	if got, want := s.outcome("demo:a", "time"), strconv.FormatInt(epoch.UnixMilli()+1500, 10); got != want {
		t.Errorf("it slept until %s, want %s", got, want)
	}

	s.tell("demo:a", "sleep 0")
	s.waiting(1)
	s.clock.Advance(0)
	s.settle()
	if got := s.outcome("demo:a", "sleep 0"); got != "slept" {
		t.Error(got)
	}
}

// A sleeping component is stopped when the time for stopping is over, even one
// that sleeps for longer than a Duration can hold.
func TestSleepEndsWithStop(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{Spec: actor.Spec{StopTimeout: time.Second}})
	s.tell("demo:a", "sleep 18446744073709551615")
	s.waiting(1)
	stopped := make(chan error)
	go func() { stopped <- s.StopActor(s.ctx, address("demo:a")) }()
	s.waiting(2)
	s.clock.Advance(time.Second)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if info := s.info("demo:a"); info.State != actor.StateTerminated || info.Stats != (actor.Stats{DeadLetters: 1}) {
		t.Errorf("%+v", info)
	}
	if said := s.log.of("demo:a"); len(said) != 0 {
		t.Errorf("it said %q", said)
	}
}

func TestListComponents(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a@1.2.3", spec{})
	s.start("other:b@0.1.0-rc.1", spec{})
	s.start("demo:bare", spec{})
	s.start("demo:crashed@1.0.0", spec{Spec: actor.Spec{Restart: actor.Temporary}})
	s.start("demo:stopped@1.0.0", spec{})
	s.tell("demo:crashed", "trap")
	if err := s.StopActor(s.ctx, address("demo:stopped")); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if got, want := s.ask("demo:a", "list"), "demo:a@1.2.3 demo:bare@ other:b@0.1.0-rc.1"; got != want {
		t.Errorf("it sees %s, want %s", got, want)
	}
}

func TestComponentMetadata(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a@1.2.3", spec{})
	s.start("demo:gone@2.0.0", spec{Spec: actor.Spec{Restart: actor.Temporary}})
	s.tell("demo:gone", "trap")
	s.settle()
	for _, test := range []struct{ of, want string }{
		{"demo:a", "demo:a@1.2.3 ready probes demo:a"},
		{"demo:gone", "demo:gone@2.0.0 failed probes demo:gone"},
		{"demo:nobody", "internal-error: demo:nobody is not known here"},
		{"airssys:host", "internal-error: airssys:host is not known here"},
		{":", "internal-error: : is not known here"},
	} {
		if got := s.ask("demo:a", "meta "+test.of); got != test.want {
			t.Errorf("%s: %s, want %s", test.of, got, test.want)
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a@1.2.3", granted(messaging("send", "demo:*")))
	s.start("demo:b", spec{})
	s.start("demo:stopped", spec{})
	if err := s.StopActor(s.ctx, address("demo:stopped")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ to, want string }{
		{"demo:b", "ok"},
		{"demo:nobody", "component-not-found: demo:nobody does not run"},
		{"demo:stopped", "component-not-found: demo:stopped does not run"},
	} {
		if got := s.ask("demo:a", "send "+test.to+" whoami"); got != test.want {
			t.Errorf("%s: %s, want %s", test.to, got, test.want)
		}
	}
	if got := s.outcome("demo:b", "whoami"); got != "demo:a@1.2.3" {
		t.Errorf("the message came from %s", got)
	}
	if d := find[host.Denied](s); len(d) != 0 {
		t.Errorf("denied: %v", d)
	}
}

func TestSendDenied(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, to, want, hint string
		grants               []capability.Grant
	}{
		{
			name: "nothing granted", to: "demo:b",
			want: "send-failed: send-message: messaging send demo:b is not granted",
			hint: `in [capabilities] messaging.send, add "demo:b"`,
		},
		{
			name: "others granted", to: "demo:b",
			grants: []capability.Grant{messaging("send", "demo:c"), messaging("request", "demo:b")},
			want:   "send-failed: send-message: messaging send demo:b is not granted",
			hint:   `in [capabilities] messaging.send, add "demo:b"`,
		},
		{
			name: "itself", to: "demo:a",
			want: "send-failed: send-message: messaging send demo:a is not granted",
			hint: `in [capabilities] messaging.send, add "demo:a"`,
		},
		{
			name: "somebody who is not there", to: "demo:nobody",
			want: "send-failed: send-message: messaging send demo:nobody is not granted",
			hint: `in [capabilities] messaging.send, add "demo:nobody"`,
		},
		{
			name: "no address", to: ":b",
			grants: []capability.Grant{messaging("send", "*:*")},
			want:   "send-failed: send-message: messaging send :b is not granted",
		},
		{
			name: "a pattern for an address", to: "demo:*",
			grants: []capability.Grant{messaging("send", "demo:*")},
			want:   "send-failed: send-message: messaging send demo:* is not granted",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t)
			s.start("demo:a", granted(test.grants...))
			s.start("demo:b", spec{})
			s.clock.Advance(time.Hour)
			if got := s.ask("demo:a", "send "+test.to+" whoami"); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
			d := the[host.Denied](s)
			if d.Actor != address("demo:a") || !d.Time.Equal(s.clock.Now()) || d.Name() != "denied" {
				t.Errorf("event %q of %s at %v", d.Name(), d.Actor, d.Time)
			}
			if d.Denial.Resource != test.to || d.Denial.Action != "send" || d.Denial.Hint() != test.hint {
				t.Errorf("%v, hint %q", d.Denial, d.Denial.Hint())
			}
			s.wantStats("demo:a", actor.Stats{Handled: 1, Denied: 1})
			s.wantStats("demo:b", actor.Stats{})
		})
	}
}

// A component that may not even use host-services dies of trying: log has no
// error to answer with.
func TestNothingGranted(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	a := address("demo:a")
	err := s.Spawn(s.ctx, actor.Spec{
		Address: a, Restart: actor.Temporary, Factory: prober.Factory(host.Setup{Services: s.services}),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.tell("demo:a", "whoami")
	s.settle()
	denial, ok := errors.AsType[*capability.Denial](the[actor.Crashed](s).Err)
	if !ok || denial.Hint() != `in [capabilities] imports, add "airssys:core/host-services@1.0.0"` {
		t.Errorf("it died of %v", the[actor.Crashed](s).Err)
	}
	s.wantStats("demo:a", actor.Stats{Denied: 1, Crashes: 1, DeadLetters: 1})
}

func TestMailboxFull(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", granted(messaging("send", "demo:b")))
	s.start("demo:b", spec{Spec: actor.Spec{MailboxSize: 2}})
	s.tell("demo:b", "sleep 1")
	s.waiting(1)
	s.tell("demo:a", "send demo:b 1", "send demo:b 2", "send demo:b 3", "sleep 1")
	s.waiting(2) // demo:a, too: it has sent what it was told to
	for command, want := range map[string]string{
		"send demo:b 1": "ok", "send demo:b 2": "ok",
		"send demo:b 3": "send-failed: the mailbox of demo:b is full",
	} {
		if got := s.outcome("demo:a", command); got != want {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
	s.clock.Advance(time.Millisecond)
	s.settle()
	s.wantStats("demo:b", actor.Stats{Handled: 3, Rejected: 2, DeadLetters: 1})
	if letters, _ := s.DeadLetters(); len(letters) != 1 || letters[0].Reason != actor.MailboxFull || string(letters[0].Payload) != "3" {
		t.Errorf("dead letters: %v", letters)
	}
}

func TestSendToSelf(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a@1.0.0", granted(messaging("send", "demo:a")))
	if got := s.ask("demo:a", "send demo:a send demo:a whoami"); got != "ok" {
		t.Error(got)
	}
	if got := s.outcome("demo:a", "send demo:a whoami"); got != "ok" {
		t.Error(got)
	}
	if got := s.outcome("demo:a", "whoami"); got != "demo:a@1.0.0" {
		t.Errorf("it sees itself as %s", got)
	}
}

// An actor's send to its own full mailbox fails at once: only it could make
// room.
func TestSendToSelfFull(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	sp := granted(messaging("send", "demo:a"))
	sp.MailboxSize = 1
	s.start("demo:a", sp)
	s.tell("demo:a", "sleep 1")
	s.waiting(1)
	s.tell("demo:a", "send demo:a x")
	sent := make(chan error)
	go func() { sent <- s.Send(s.ctx, actor.Address{}, address("demo:a"), []byte("time")) }()
	s.waiting(2) // for room, which the next message taken out makes
	s.clock.Advance(time.Millisecond)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	s.settle()
	if got := s.outcome("demo:a", "send demo:a x"); got != "send-failed: the mailbox of demo:a is full" {
		t.Error(got)
	}
}

// TestRequests has components ask one another: by execute, and answered by
// handle-callback.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", granted(messaging("request", "demo:b")))
	s.start("demo:b", spec{})
	for _, test := range []struct{ command, want, callback string }{
		{"request demo:b context 1000", "ok: 1", "ok: 1 1000 demo:a@"},
		{"request demo:b context 0", "ok: 2", "ok: 2 30000 demo:a@"},
		{"request demo:b nonsense 1000", "ok: 3", "failed: invalid-input: internal-error: prober knows no command `nonsense`"},
		{"request demo:c time 1000", "send-failed: send-request: messaging request demo:c is not granted", ""},
		{"cancel 17", "invalid-message: cancel 17: no request of this actor with that id waits for an answer", ""},
	} {
		if got := s.ask("demo:a", test.command); got != test.want {
			t.Errorf("%s: %s, want %s", test.command, got, test.want)
		}
		if test.callback == "" {
			continue
		}
		if got := s.outcome("demo:a", "callback "+strings.TrimPrefix(test.want, "ok: ")); got != test.callback {
			t.Errorf("%s: called back with %s, want %s", test.command, got, test.callback)
		}
	}
	s.wantStats("demo:a", actor.Stats{Handled: 8, Denied: 1, Answers: 3})
	s.wantStats("demo:b", actor.Stats{Handled: 3, Rejected: 1})
	if d := find[host.Denied](s); len(d) != 1 || d[0].Denial.Hint() != `in [capabilities] messaging.request, add "demo:c"` {
		t.Errorf("denied: %v", d)
	}
}

// TestRequestsThatEndOtherwise times out, crashes the one that is asked, and is
// cancelled.
func TestRequestsThatEndOtherwise(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", granted(messaging("request", "demo:b")))
	s.start("demo:b", spec{})
	s.tell("demo:b", "sleep 5000")
	s.waiting(1)
	for _, command := range []string{
		"request demo:b time 1000", "request demo:b time 60000", "cancel 2", "request demo:b trap 60000", "request demo:b time 2000",
	} {
		s.tell("demo:a", command)
	}
	s.waiting(4) // the sleep and three answers: what was cancelled is waited for no more
	s.clock.Advance(time.Second)
	s.clock.Advance(4 * time.Second)
	s.settle()
	for _, test := range []struct{ what, want string }{
		{"request demo:b trap 60000", "ok: 3"},
		{"cancel 2", "ok"},
		{"callback 1", "failed: no answer came in time"},
		{"callback 3", "failed: demo:b did not answer: the message crashed its actor: airssys:core/component-lifecycle@1.0.0#execute: trap: unreachable"},
		{"callback 4", "failed: no answer came in time"},
	} {
		if got := s.outcome("demo:a", test.what); got != test.want {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
	}
}

// Load takes components of the system's world and no others.
func TestLoad(t *testing.T) {
	t.Parallel()
	rt, err := component.NewRuntime(t.Context(), component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	_, err = host.Load(t.Context(), rt, guest(t, "scalars"))
	if _, ok := errors.AsType[*component.LinkError](err); !ok || !strings.Contains(err.Error(), "airssys:core/airssys-component@1.0.0") {
		t.Errorf("a component of another world: %v", err)
	}
	if _, err := host.Load(t.Context(), rt, []byte("\x00asm")); err == nil {
		t.Error("four bytes are no component")
	}
}
