package host

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/store"
)

// About is what is known of an actor's component beyond its address.
type About struct {
	Version, Description string
	// StorageQuota is how many bytes it may store; 0 is store.DefaultQuota.
	StorageQuota uint64
}

// Services are the host services of one actor system, shared by its actors.
type Services struct {
	// System carries the messages.
	System *actor.System
	// Log takes the components' log records, each with the attribute "actor".
	Log *slog.Logger
	// Observe is shown what is denied; nil if nobody looks.
	Observe func(actor.Event)
	// Trace is shown the calls of the components; nil if nobody looks.
	Trace func(component.TraceEvent)
	// Clock is what components are told the time by, and sleep on.
	Clock actor.Clock
	// Store keeps what components store; nil where nothing is kept.
	Store *store.Store

	mu    sync.RWMutex
	about map[actor.Address]About

	uses uses
}

// Describe says what is known of the component behind an address. It stays
// known until it is described anew.
func (s *Services) Describe(a actor.Address, about About) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.about == nil {
		s.about = map[actor.Address]About{}
	}
	s.about[a] = about
}

func (s *Services) aboutOf(a actor.Address) About {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.about[a]
}

// Outside is the address that components see as the sender of a message which
// did not come from a component.
var Outside = actor.Address{Namespace: "airssys", Name: "host"}

// sender is who a message came from, as components see it.
func sender(a actor.Address) actor.Address {
	if a.IsZero() {
		return Outside
	}
	return a
}

// levels are the levels of the log: in both worlds they are the same numbers.
var levels = [...]slog.Level{slog.LevelDebug - 4, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

// log writes what a component says of itself.
func (s *Services) log(ctx context.Context, self actor.Address, level uint8, message string, facts []cm.Tuple2[string, string]) {
	l := levels[level]
	if !s.Log.Enabled(ctx, l) {
		return
	}
	attrs := []slog.Attr{slog.String("actor", self.String())}
	for _, f := range facts {
		attrs = append(attrs, slog.String(factKey(f.F0), f.F1))
	}
	s.Log.LogAttrs(ctx, l, message, attrs...)
}

// reserved are the keys that say who logs, and what the log itself adds.
var reserved = []string{"actor", slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey}

// factKey keeps a component from signing with another's name: of two equal
// keys a reader of the log believes one, and many readers tell no cases apart.
func factKey(key string) string {
	if slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, key) }) {
		return "context." + key
	}
	return key
}

// longestRequest is as long as any component may wait for an answer.
const longestRequest = time.Hour

// request asks for an actor. A timeout of 0 is the system's own; more than an
// hour is an hour.
func (s *Services) request(from, to actor.Address, payload []byte, timeoutMs uint64) (string, error) {
	timeout := time.Duration(min(timeoutMs, uint64(longestRequest/time.Millisecond))) * time.Millisecond
	id, err := s.System.Request(from, to, payload, timeout)
	return string(id), err
}

// tooLarge tells of an error of sending whether the receiver takes no message of
// that size.
func tooLarge(err error) bool {
	e, ok := errors.AsType[*quota.ExceededError](err)
	return ok && e.Of == actor.LimitMessageBytes
}

// millis is the time in milliseconds since the Unix epoch.
func (s *Services) millis() uint64 { return uint64(max(0, s.Clock.Now().UnixMilli())) }

// sleep ends early, as a trap, with the call's context.
func (s *Services) sleep(ctx context.Context, durationMs uint64) error {
	const longest = 1<<63 - 1
	d := time.Duration(longest)
	if durationMs < longest/uint64(time.Millisecond) {
		d = time.Duration(durationMs) * time.Millisecond
	}
	done := make(chan struct{})
	timer := s.Clock.AfterFunc(d, func() { close(done) })
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// running are the addresses of the actors that have not ended.
func (s *Services) running() []actor.Address {
	var all []actor.Address
	for _, info := range s.System.Actors() {
		switch info.State {
		case actor.StateTerminated, actor.StateFailed:
		default:
			all = append(all, info.Address)
		}
	}
	return all
}

// env are the variables of an actor, in the order of their names.
func (s *Setup) env() []cm.Tuple2[string, string] {
	var vars []cm.Tuple2[string, string]
	for _, k := range slices.Sorted(maps.Keys(s.Env)) {
		vars = append(vars, cm.Tuple2[string, string]{F0: k, F1: s.Env[k]})
	}
	return vars
}

// callMs is how long a call may take, rounded up: 0 says that there is no limit.
func callMs(l component.Limits) uint64 {
	if l.CallTime <= 0 {
		return 0
	}
	return uint64((l.CallTime-1)/time.Millisecond) + 1
}
