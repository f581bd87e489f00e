package host

import (
	"context"
	"errors"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/listener/airssys/topics/topics"
)

// MaxSubscriptions is how many patterns one component may listen to.
const MaxSubscriptions = 1000

// WithTopics offers a component airssys:topics, carried by a broker. What a
// component does with it is done for the actor that it is the subject of.
func WithTopics(b *broker.Broker) component.LoadOption {
	return component.WithProvider(topics.Import, topicsHost{b})
}

// topicsHost is airssys:topics for all components of a broker.
type topicsHost struct{ broker *broker.Broker }

var _ topics.Host = topicsHost{}

// caller is the actor that calls.
func caller(ctx context.Context) (actor.Address, error) {
	c, ok := component.Caller(ctx)
	if !ok {
		return actor.Address{}, errors.New("airssys:topics is called by no component")
	}
	return actor.Parse(c.Subject)
}

// Publish implements topics.Host.
func (h topicsHost) Publish(ctx context.Context, topic string, payload []byte) (topics.Receipt, error) {
	self, err := caller(ctx)
	if err != nil {
		return topics.Receipt{}, err
	}
	r, err := h.broker.Publish(self, topic, payload)
	return topics.Receipt{Delivered: uint32(r.Delivered), Dropped: uint32(r.Dropped)}, topicError(err)
}

// Subscribe implements topics.Host.
func (h topicsHost) Subscribe(ctx context.Context, pattern string) error {
	self, err := caller(ctx)
	if err != nil {
		return err
	}
	if len(h.broker.Subscriptions(self)) >= MaxSubscriptions {
		component.LimitMet(ctx, "subscriptions", MaxSubscriptions)
		return &topics.TopicErrorTooManySubscriptions{}
	}
	return topicError(h.broker.SubscribeActor(self, pattern))
}

// Unsubscribe implements topics.Host.
func (h topicsHost) Unsubscribe(ctx context.Context, pattern string) (bool, error) {
	self, err := caller(ctx)
	if err != nil {
		return false, err
	}
	if err := broker.CheckPattern(pattern); err != nil {
		return false, topicError(err)
	}
	return h.broker.UnsubscribeActor(self, pattern), nil
}

// topicError is what a component is told of what the broker refuses.
func topicError(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*broker.TopicError](err); ok {
		return &topics.TopicErrorInvalidTopic{Value: e.Problem}
	}
	return &topics.TopicErrorUnavailable{Value: err.Error()}
}
