package host

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/hostservices"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
)

// About is what is known of an actor's component beyond its address.
type About struct {
	Version, Description string
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

	mu    sync.RWMutex
	about map[actor.Address]About
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

// id is an address as the earlier world has it: the version is metadata.
func (s *Services) id(a actor.Address) types.ComponentID {
	if a.IsZero() {
		a = Outside
	}
	return types.ComponentID{Namespace: a.Namespace, Name: a.Name, Version: s.aboutOf(a).Version}
}

// Outside is the address that components see as the sender of a message which
// did not come from a component.
var Outside = actor.Address{Namespace: "airssys", Name: "host"}

// services are the host services as one actor imports them.
type services struct {
	*Services
	self actor.Address
}

var _ hostservices.Host = (*services)(nil)

var levels = map[types.LogLevel]slog.Level{
	types.LogLevelTrace: slog.LevelDebug - 4,
	types.LogLevelDebug: slog.LevelDebug,
	types.LogLevelInfo:  slog.LevelInfo,
	types.LogLevelWarn:  slog.LevelWarn,
	types.LogLevelError: slog.LevelError,
}

// Log implements hostservices.Host.
func (s *services) Log(ctx context.Context, level types.LogLevel, message string, facts cm.Option[[]cm.Tuple2[string, string]]) error {
	l := levels[level]
	if !s.Services.Log.Enabled(ctx, l) {
		return nil
	}
	attrs := []slog.Attr{slog.String("actor", s.self.String())}
	for _, f := range facts.Value {
		attrs = append(attrs, slog.String(factKey(f.F0), f.F1))
	}
	s.Services.Log.LogAttrs(ctx, l, message, attrs...)
	return nil
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

// SendMessage implements hostservices.Host.
func (s *services) SendMessage(_ context.Context, target types.ComponentID, message []byte) error {
	return s.sendError(s.System.TrySend(s.self, addressOf(target), message), target)
}

func addressOf(id types.ComponentID) actor.Address {
	return actor.Address{Namespace: id.Namespace, Name: id.Name}
}

// sendError is what a component is told of a message that was not sent.
func (s *services) sendError(err error, target types.ComponentID) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, actor.ErrNotFound), errors.Is(err, actor.ErrNotRunning):
		return &hostservices.MessagingErrorComponentNotFound{Value: target.Namespace + ":" + target.Name + " does not run"}
	case errors.Is(err, actor.ErrMailboxFull):
		return &hostservices.MessagingErrorSendFailed{Value: "the mailbox of " + target.Namespace + ":" + target.Name + " is full"}
	}
	return &hostservices.MessagingErrorSendFailed{Value: err.Error()}
}

// longestRequest is as long as any component may wait for an answer.
const longestRequest = time.Hour

// SendRequest implements hostservices.Host. A timeout of 0 is the system's own;
// more than an hour is an hour.
func (s *services) SendRequest(_ context.Context, target types.ComponentID, request []byte, timeoutMs uint64) (types.RequestID, error) {
	timeout := time.Duration(min(timeoutMs, uint64(longestRequest/time.Millisecond))) * time.Millisecond
	id, err := s.System.Request(s.self, addressOf(target), request, timeout)
	return string(id), s.sendError(err, target)
}

// CancelRequest implements hostservices.Host: there will be no callback.
func (s *services) CancelRequest(_ context.Context, id types.RequestID) error {
	if err := s.System.Cancel(s.self, actor.RequestID(id)); err != nil {
		return &hostservices.MessagingErrorInvalidMessage{Value: err.Error()}
	}
	return nil
}

// CurrentTimeMillis implements hostservices.Host.
func (s *services) CurrentTimeMillis(context.Context) (uint64, error) {
	return uint64(max(0, s.Clock.Now().UnixMilli())), nil
}

// SleepMillis implements hostservices.Host. It ends early, as a trap, with the
// call's context.
func (s *services) SleepMillis(ctx context.Context, durationMs uint64) error {
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

// ListComponents implements hostservices.Host.
func (s *services) ListComponents(context.Context) ([]types.ComponentID, error) {
	var ids []types.ComponentID
	for _, info := range s.System.Actors() {
		switch info.State {
		case actor.StateTerminated, actor.StateFailed:
		default:
			ids = append(ids, s.id(info.Address))
		}
	}
	return ids, nil
}

// GetComponentMetadata implements hostservices.Host.
func (s *services) GetComponentMetadata(_ context.Context, id types.ComponentID) (hostservices.ComponentMetadata, error) {
	a := actor.Address{Namespace: id.Namespace, Name: id.Name}
	info, ok := s.System.Actor(a)
	if !ok {
		return hostservices.ComponentMetadata{}, &types.ComponentErrorInternalError{Value: id.Namespace + ":" + id.Name + " is not known here"}
	}
	about := s.aboutOf(a)
	return hostservices.ComponentMetadata{
		Name: a.String(), Version: about.Version, Description: about.Description, Status: info.State.String(),
	}, nil
}
