package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/cm"
	latererrors "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/errors"
	"github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/hostmessaging"
	laterservices "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/hostservices"
	latertypes "github.com/airsstack/witgen/runtime/host/runtimehost/airssys/core/types"
)

// laterServices are host-services and host-messaging of the later world as one
// actor imports them.
type laterServices struct {
	*Services
	self actor.Address
}

var (
	_ laterservices.Host = (*laterServices)(nil)
	_ hostmessaging.Host = (*laterServices)(nil)
)

// instanced is an address as the later world has it.
func instanced(a actor.Address) latertypes.ComponentID {
	return latertypes.ComponentID{Namespace: a.Namespace, Name: a.Name, Instance: a.Instance}
}

func fromInstanced(id latertypes.ComponentID) actor.Address {
	return actor.Address{Namespace: id.Namespace, Name: id.Name, Instance: id.Instance}
}

// timestamp is a time as the later world has it; before the epoch it is zero.
func timestamp(now time.Time) latertypes.Timestamp {
	if now.Unix() < 0 {
		return latertypes.Timestamp{}
	}
	return latertypes.Timestamp{Seconds: uint64(now.Unix()), Nanoseconds: uint32(now.Nanosecond())}
}

// Log implements laterservices.Host.
func (s *laterServices) Log(ctx context.Context, level latertypes.LogLevel, message string, facts cm.Option[[]cm.Tuple2[string, string]]) error {
	s.log(ctx, s.self, uint8(level), message, facts.Value)
	return nil
}

// CurrentTime implements laterservices.Host.
func (s *laterServices) CurrentTime(context.Context) (latertypes.Timestamp, error) {
	return timestamp(s.Clock.Now()), nil
}

// CurrentTimeMillis implements laterservices.Host.
func (s *laterServices) CurrentTimeMillis(context.Context) (uint64, error) { return s.millis(), nil }

// SleepMillis implements laterservices.Host.
func (s *laterServices) SleepMillis(ctx context.Context, durationMs uint64) error {
	return s.sleep(ctx, durationMs)
}

// ListComponents implements laterservices.Host.
func (s *laterServices) ListComponents(context.Context) ([]latertypes.ComponentID, error) {
	var ids []latertypes.ComponentID
	for _, a := range s.running() {
		ids = append(ids, instanced(a))
	}
	return ids, nil
}

// GetComponentMetadata implements laterservices.Host.
func (s *laterServices) GetComponentMetadata(_ context.Context, id latertypes.ComponentID) (laterservices.ComponentInfo, error) {
	a := fromInstanced(id)
	info, ok := s.System.Actor(a)
	if !ok {
		return laterservices.ComponentInfo{}, &latererrors.ComponentErrorInvalidState{Value: a.String() + " is not known here"}
	}
	return laterservices.ComponentInfo{
		ID: id, Name: a.String(), Version: s.aboutOf(a).Version, Health: info.Health.String(),
	}, nil
}

// Send implements hostmessaging.Host.
func (s *laterServices) Send(_ context.Context, target latertypes.ComponentID, payload []byte) error {
	return messagingError(s.System.TrySend(s.self, fromInstanced(target), payload), target)
}

// Request implements hostmessaging.Host.
func (s *laterServices) Request(_ context.Context, target latertypes.ComponentID, payload []byte, timeoutMs uint64) (string, error) {
	id, err := s.request(s.self, fromInstanced(target), payload, timeoutMs)
	return id, messagingError(err, target)
}

// CancelRequest implements hostmessaging.Host: there will be no callback.
func (s *laterServices) CancelRequest(_ context.Context, id string) error {
	if err := s.System.Cancel(s.self, actor.RequestID(id)); err != nil {
		return &latererrors.MessagingErrorInvalidMessage{Value: err.Error()}
	}
	return nil
}

// Broadcast implements hostmessaging.Host.
func (s *laterServices) Broadcast(ctx context.Context, targets []latertypes.ComponentID, payload []byte) error {
	var first error
	failed := 0
	for _, target := range targets {
		if err := s.Send(ctx, target, payload); err != nil {
			if failed++; first == nil {
				first = err
			}
		}
	}
	if failed == 0 || len(targets) == 1 {
		return first
	}
	return &latererrors.MessagingErrorDeliveryFailed{Value: fmt.Sprintf("%d of %d were not reached; the first: %v", failed, len(targets), first)}
}

// SelfID implements hostmessaging.Host.
func (s *laterServices) SelfID(context.Context) (latertypes.ComponentID, error) {
	return instanced(s.self), nil
}

// messagingError is what a component is told of a message that was not sent.
func messagingError(err error, target latertypes.ComponentID) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, actor.ErrNotFound), errors.Is(err, actor.ErrNotRunning):
		return &latererrors.MessagingErrorTargetNotFound{Value: target}
	case errors.Is(err, actor.ErrMailboxFull):
		return &latererrors.MessagingErrorQueueFull{}
	case tooLarge(err):
		return &latererrors.MessagingErrorInvalidMessage{Value: err.Error()}
	}
	return &latererrors.MessagingErrorDeliveryFailed{Value: err.Error()}
}
