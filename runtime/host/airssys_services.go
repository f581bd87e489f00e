package host

import (
	"context"
	"errors"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/hostservices"
	"github.com/airsstack/witgen/runtime/host/bindings/airssys/core/types"
)

// versioned is an address as the earlier world has it: the version is metadata.
func (s *Services) versioned(a actor.Address) types.ComponentID {
	a = sender(a)
	return types.ComponentID{Namespace: a.Namespace, Name: a.Name, Version: s.aboutOf(a).Version}
}

// airssysServices are the host services of the earlier world as one actor
// imports them.
type airssysServices struct {
	*Services
	self actor.Address
}

var _ hostservices.Host = (*airssysServices)(nil)

// Log implements hostservices.Host.
func (s *airssysServices) Log(ctx context.Context, level types.LogLevel, message string, facts cm.Option[[]cm.Tuple2[string, string]]) error {
	s.log(ctx, s.self, uint8(level), message, facts.Value)
	return nil
}

// SendMessage implements hostservices.Host.
func (s *airssysServices) SendMessage(_ context.Context, target types.ComponentID, message []byte) error {
	return s.sendError(s.System.TrySend(s.self, addressOf(target), message), target)
}

func addressOf(id types.ComponentID) actor.Address {
	return actor.Address{Namespace: id.Namespace, Name: id.Name}
}

// sendError is what a component is told of a message that was not sent.
func (s *airssysServices) sendError(err error, target types.ComponentID) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, actor.ErrNotFound), errors.Is(err, actor.ErrNotRunning):
		return &hostservices.MessagingErrorComponentNotFound{Value: target.Namespace + ":" + target.Name + " does not run"}
	case errors.Is(err, actor.ErrMailboxFull):
		return &hostservices.MessagingErrorSendFailed{Value: "the mailbox of " + target.Namespace + ":" + target.Name + " is full"}
	case tooLarge(err):
		return &hostservices.MessagingErrorInvalidMessage{Value: err.Error()}
	}
	return &hostservices.MessagingErrorSendFailed{Value: err.Error()}
}

// SendRequest implements hostservices.Host.
func (s *airssysServices) SendRequest(_ context.Context, target types.ComponentID, request []byte, timeoutMs uint64) (types.RequestID, error) {
	id, err := s.request(s.self, addressOf(target), request, timeoutMs)
	return id, s.sendError(err, target)
}

// CancelRequest implements hostservices.Host: there will be no callback.
func (s *airssysServices) CancelRequest(_ context.Context, id types.RequestID) error {
	if err := s.System.Cancel(s.self, actor.RequestID(id)); err != nil {
		return &hostservices.MessagingErrorInvalidMessage{Value: err.Error()}
	}
	return nil
}

// CurrentTimeMillis implements hostservices.Host.
func (s *airssysServices) CurrentTimeMillis(context.Context) (uint64, error) { return s.millis(), nil }

// SleepMillis implements hostservices.Host.
func (s *airssysServices) SleepMillis(ctx context.Context, durationMs uint64) error {
	return s.sleep(ctx, durationMs)
}

// ListComponents implements hostservices.Host.
func (s *airssysServices) ListComponents(context.Context) ([]types.ComponentID, error) {
	var ids []types.ComponentID
	for _, a := range s.running() {
		ids = append(ids, s.versioned(a))
	}
	return ids, nil
}

// GetComponentMetadata implements hostservices.Host.
func (s *airssysServices) GetComponentMetadata(_ context.Context, id types.ComponentID) (hostservices.ComponentMetadata, error) {
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
