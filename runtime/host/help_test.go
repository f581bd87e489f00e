package host_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/filesystem"
	"github.com/airsstack/witgen/runtime/host/network"
	"github.com/airsstack/witgen/runtime/host/process"
	"github.com/airsstack/witgen/runtime/wasi"
)

// patience bounds what must happen and might hang: no test waits so long.
const patience = time.Minute

var epoch = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// prober and surveyor are the components that the tests run, one of each world,
// handyman is one that wants all of the system's extensions, and scribe one that
// wants WASI; see testdata/guests.
var prober, surveyor, handyman, scribe *host.Component

func TestMain(m *testing.M) { goleak.VerifyTestMain(withGuests{m}) }

// withGuests loads the guests once for all tests, which would spend most of
// their time compiling them.
type withGuests struct{ *testing.M }

func (w withGuests) Run() int {
	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{Interpreter: os.Getenv("WITGEN_INTERPRETER") != ""})
	if err != nil {
		panic(err)
	}
	for name, c := range map[string]**host.Component{"prober": &prober, "surveyor": &surveyor, "handyman": &handyman, "scribe": &scribe} {
		wasm, err := os.ReadFile(filepath.Join("..", "..", "testdata", "guests", name, name+".wasm"))
		if err != nil {
			panic(err)
		}
		offers := host.Offers(filesystem.New(nil, filesystem.Limits{}), network.New(network.Config{}), process.New(process.Config{}), host.WASI(nil, wasi.Config{}))
		if *c, err = host.Load(ctx, rt, wasm, offers...); err != nil {
			panic(err)
		}
	}
	code := w.M.Run()
	if n := rt.Instances() - rt.Usage().Ready; n != 0 {
		fmt.Fprintf(os.Stderr, "%d instances are left\n", n)
		code = 1
	}
	if err := rt.Close(ctx); err != nil {
		panic(err)
	}
	return code
}

// A system runs probers on a clock that only the test moves.
type system struct {
	*actor.System
	t        *testing.T
	ctx      context.Context
	clock    *actor.ManualClock
	services *host.Services
	log      *logs
	leash    capability.Leash // of all actors

	mu     sync.Mutex
	events []actor.Event
}

// newSystem gives a system without actors, which the test's end stops. Nothing
// may be left then.
func newSystem(t *testing.T) *system {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	s := &system{t: t, ctx: ctx, clock: actor.NewManualClock(epoch), log: newLogs()}
	s.System = actor.New(actor.WithClock(s.clock), actor.WithObserver(s.observe))
	s.services = &host.Services{System: s.System, Log: slog.New(s.log), Observe: s.observe, Clock: s.clock}
	t.Cleanup(func() {
		defer cancel()
		s.stop()
		if n := s.clock.Pending(); n != 0 {
			t.Errorf("%d timers are left", n)
		}
		if e := find[actor.CloseFailed](s); len(e) > 0 {
			t.Errorf("not freed: %v", e)
		}
	})
	return s
}

func (s *system) observe(e actor.Event) {
	if c, ok := e.(actor.Crashed); ok && c.Message != nil {
		m := *c.Message // it is valid only now
		c.Message = &m
		e = c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// find gives the events of one type.
func find[E actor.Event](s *system) []E {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []E
	for _, e := range s.events {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// the is the one event of a type.
func the[E actor.Event](s *system) E {
	s.t.Helper()
	found := find[E](s)
	if len(found) != 1 {
		var e E
		s.t.Fatalf("%d events %T, want 1: %v", len(found), e, found)
	}
	return found[0]
}

// A spec is an actor to start: what it is given, and how it is supervised.
type spec struct {
	host.Setup
	actor.Spec
	of *host.Component // the prober, unless it says another
}

// services is the grant without which a prober can say nothing.
var services = capability.Grant{Kind: capability.Import, Resource: "airssys:core/host-services"}

func messaging(action, resource string) capability.Grant {
	return capability.Grant{Kind: capability.Messaging, Action: action, Resource: resource}
}

// spawn starts a component under a name of the form ns:name@version. It is
// restarted at once, unless the spec says otherwise.
func (s *system) spawn(name string, sp spec) error {
	name, version, _ := strings.Cut(name, "@")
	a := address(name)
	s.services.Describe(a, host.About{Version: version, Description: "probes " + name})
	sp.Services = s.services
	sp.Grants, sp.Guard = append(sp.Grants, services), append(sp.Guard, capability.WithLeash(&s.leash))
	sp.Address, sp.Factory = a, cmp.Or(sp.of, prober).Factory(sp.Setup)
	sp.Backoff = cmp.Or(sp.Backoff, actor.Backoff{Kind: actor.Immediate})
	return s.Spawn(s.ctx, sp.Spec)
}

// start is spawn for what must start.
func (s *system) start(name string, sp spec) {
	s.t.Helper()
	if err := s.spawn(name, sp); err != nil {
		s.t.Fatal(err)
	}
}

// granted is an actor with grants and nothing else of its own.
func granted(grants ...capability.Grant) spec { return spec{Setup: host.Setup{Grants: grants}} }

// tell sends commands from outside.
func (s *system) tell(name string, commands ...string) {
	s.t.Helper()
	for _, c := range commands {
		if err := s.Send(s.ctx, actor.Address{}, address(name), []byte(c)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// settle waits until nothing goes on.
func (s *system) settle() {
	s.t.Helper()
	if err := s.WaitIdle(s.ctx); err != nil {
		s.t.Fatalf("it does not come to rest: %v", err)
	}
}

// ask sends a command and gives its outcome.
func (s *system) ask(name, command string) string {
	s.t.Helper()
	s.tell(name, command)
	s.settle()
	return s.outcome(name, command)
}

// do asks an actor for an outcome, as Go code asks.
func (s *system) do(name, command string) string {
	s.t.Helper()
	answer, err := s.Ask(s.ctx, address(name), []byte(command))
	if err != nil {
		return "failed: " + err.Error()
	}
	return string(answer)
}

// does holds the outcomes of commands, each as "command -> outcome", to those
// wanted; one that ends in … may go on.
func (s *system) does(name string, steps ...string) {
	s.t.Helper()
	for _, step := range steps {
		command, want, _ := strings.Cut(step, " -> ")
		got := s.do(name, command)
		if begin, open := strings.CutSuffix(want, "…"); got != want && !(open && strings.HasPrefix(got, begin)) {
			s.t.Errorf("%s\n gives %s\n want  %s", command, got, want)
		}
	}
}

// outcome is what the actor logged of a command, the last time.
func (s *system) outcome(name, command string) string {
	s.t.Helper()
	said := s.log.of(name)
	for i := len(said) - 1; i >= 0; i-- {
		if o, ok := strings.CutPrefix(said[i], command+" -> "); ok {
			return o
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Errorf("%s did not carry out %q; it said %q; what happened last: %+v", name, command, said, s.events[max(0, len(s.events)-3):])
	return ""
}

// waiting waits until n calls are pending on the clock.
func (s *system) waiting(n int) {
	s.t.Helper()
	if err := s.clock.BlockUntil(s.ctx, n); err != nil {
		s.t.Fatalf("nobody waits on the clock: %v", err)
	}
}

func (s *system) info(name string) actor.Info {
	s.t.Helper()
	info, ok := s.Actor(address(name))
	if !ok {
		s.t.Fatalf("there is no %s", name)
	}
	return info
}

// wantStats holds the counts of an actor to those wanted.
func (s *system) wantStats(name string, want actor.Stats) {
	s.t.Helper()
	if got := s.info(name).Stats; got != want {
		s.t.Errorf("%s: %+v, want %+v", name, got, want)
	}
}

func (s *system) stop() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		s.t.Errorf("stop: %v", err)
	}
}

func address(name string) actor.Address {
	a, err := actor.Parse(name)
	if err != nil {
		panic(err)
	}
	return a
}

// logs is a slog.Handler that keeps what it is given.
type logs struct {
	least slog.Level

	mu      sync.Mutex
	records []slog.Record
	news    chan struct{} // closed and replaced at each record
}

func newLogs() *logs { return &logs{least: slog.LevelDebug - 4, news: make(chan struct{})} }

func (l *logs) Enabled(_ context.Context, level slog.Level) bool { return level >= l.least }
func (l *logs) WithAttrs([]slog.Attr) slog.Handler               { panic("not used") }
func (l *logs) WithGroup(string) slog.Handler                    { panic("not used") }

func (l *logs) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	close(l.news)
	l.news = make(chan struct{})
	return nil
}

// await waits until a message is logged.
func (s *system) await(message string) {
	s.t.Helper()
	s.awaits(message, 1)
}

// awaits waits for a message that comes so many times.
func (s *system) awaits(message string, times int) {
	s.t.Helper()
	for {
		records, news := s.log.now()
		n := 0
		for _, r := range records {
			if r.Message == message {
				n++
			}
		}
		if n >= times {
			return
		}
		select {
		case <-news:
		case <-s.ctx.Done():
			s.t.Fatalf("nobody logs %q", message)
		}
	}
}

// now gives the records so far, and what is closed when there is another.
func (l *logs) now() ([]slog.Record, chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.records), l.news
}

func (l *logs) all() []slog.Record {
	records, _ := l.now()
	return records
}

// of gives the messages that an actor logged.
func (l *logs) of(name string) []string {
	var said []string
	for _, r := range l.all() {
		if attrs(r)[0] == "actor="+name {
			said = append(said, r.Message)
		}
	}
	return said
}

// attrs are a record's, each as key=value.
func attrs(r slog.Record) []string {
	var all []string
	r.Attrs(func(a slog.Attr) bool {
		all = append(all, a.String())
		return true
	})
	return all
}
