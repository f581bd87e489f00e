package broker

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/airsstack/witgen/runtime/actor"
)

// A Publication is what was published once.
type Publication struct {
	From  actor.Address // zero for Go code
	Topic string
	// Payload belongs to nobody: everybody may read and keep it, nobody may write to it.
	Payload []byte
}

// A Receipt says what became of a publication.
type Receipt struct {
	Delivered int // to so many subscribers
	Dropped   int // because so many were full or about to end
}

// A Broker carries publications to those who subscribed. Its methods may be called from any goroutine, and none waits. It holds no
// goroutines and need not be closed.
type Broker struct {
	actors *actor.System

	mu      sync.RWMutex
	topics  trie
	known   map[string][]subscriber // by topic: who gets it, in the order of subscribing
	ofActor map[actor.Address]*member
	order   uint64
}

// mostKnown bounds how many topics' subscribers are remembered.
const mostKnown = 1 << 14

// A subscriber is somebody to whom publications go: a member or a Subscription.
type subscriber interface{ rank() uint64 }

// New gives a broker without subscribers for the actors of a system.
func New(actors *actor.System) *Broker {
	return &Broker{actors: actors, known: map[string][]subscriber{}, ofActor: map[actor.Address]*member{}}
}

// Publish brings payload to everybody whose pattern matches the topic, each once, however many of its patterns do; to an actor also
// what it publishes itself. It counts as one message for the rate of an actor that publishes. payload is handed over: nobody may write
// to it afterwards. The error is a [*TopicError], or that of [actor.System.Spend].
func (b *Broker) Publish(from actor.Address, topic string, payload []byte) (Receipt, error) {
	listeners, err := b.listeners(topic)
	if err != nil {
		return Receipt{}, err
	}
	if err := b.actors.Spend(from, len(payload)); err != nil {
		return Receipt{}, err
	}
	p := &Publication{from, topic, payload}
	var r Receipt
	for _, s := range listeners {
		if deliver(s, p) {
			r.Delivered++
		} else {
			r.Dropped++
		}
	}
	return r, nil
}

// deliver calls deliver, where the compiler sees that nobody keeps p.
func deliver(s subscriber, p *Publication) bool {
	switch s := s.(type) {
	case *member:
		return s.deliver(p)
	case *Subscription:
		return s.deliver(p)
	}
	return false
}

// listeners gives who gets what is published under a topic, in the order of subscribing. One that is known needs no check.
func (b *Broker) listeners(topic string) ([]subscriber, error) {
	b.mu.RLock()
	all, ok := b.known[topic]
	b.mu.RUnlock()
	if ok {
		return all, nil
	}
	if err := CheckTopic(topic); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	found := subscribers{}
	b.topics.match(topic, found)
	all = make([]subscriber, 0, len(found))
	for s := range found {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b subscriber) int { return cmp.Compare(a.rank(), b.rank()) })
	if len(b.known) >= mostKnown {
		clear(b.known)
	}
	b.known[topic] = all
	return all, nil
}

// join and leave change who listens. They need the lock.
func (b *Broker) join(pattern string, s subscriber) {
	at := b.topics.at(pattern)
	if *at == nil {
		*at = subscribers{}
	}
	(*at)[s] = true
	clear(b.known)
}

func (b *Broker) leave(pattern string, s subscriber) {
	b.topics.remove(pattern, s)
	clear(b.known)
}

// A member is an actor that subscribes.
type member struct {
	broker   *Broker
	address  actor.Address
	order    uint64
	patterns []string
}

func (m *member) rank() uint64 { return m.order }

func (m *member) deliver(p *Publication) bool {
	return m.broker.actors.TryPublish(p.From, m.address, p.Topic, p.Payload) == nil
}

// SubscribeActor has publications that match the pattern come into an actor's mailbox, as messages with a Topic. The subscription
// survives restarts of the actor and ends with it. To subscribe twice is to subscribe once. Errors are a [*TopicError], and
// [actor.ErrNotFound] and [actor.ErrNotRunning] of the actor.
func (b *Broker) SubscribeActor(address actor.Address, pattern string) error {
	if err := CheckPattern(pattern); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.ofActor[address]
	if m == nil {
		b.order++
		m = &member{broker: b, address: address, order: b.order}
		// The word of the end waits for the lock, and so comes when m is in its place.
		if err := b.actors.Monitor(address, func() { b.end(m) }); err != nil {
			return err
		}
		b.ofActor[address] = m
	}
	if !slices.Contains(m.patterns, pattern) {
		m.patterns = append(m.patterns, pattern)
		b.join(pattern, m)
	}
	return nil
}

// UnsubscribeActor ends one subscription of an actor, and tells whether there was one.
func (b *Broker) UnsubscribeActor(address actor.Address, pattern string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.ofActor[address]
	if m == nil {
		return false
	}
	i := slices.Index(m.patterns, pattern)
	if i < 0 {
		return false
	}
	m.patterns = slices.Delete(m.patterns, i, i+1)
	b.leave(pattern, m)
	return true
}

// Subscriptions gives the patterns that an actor listens to, in the order of subscribing.
func (b *Broker) Subscriptions(address actor.Address) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if m := b.ofActor[address]; m != nil {
		return slices.Clone(m.patterns)
	}
	return nil
}

// end drops what an actor that has ended listened to.
func (b *Broker) end(m *member) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, pattern := range m.patterns {
		b.leave(pattern, m)
	}
	if b.ofActor[m.address] == m { // else the address has been taken by another already
		delete(b.ofActor, m.address)
	}
}

// A Subscription is what Go code listens to. Its methods may be called from any goroutine.
type Subscription struct {
	broker  *Broker
	pattern string
	order   uint64
	dropped atomic.Uint64

	mu     sync.Mutex
	c      chan Publication
	closed bool
}

// Subscribe listens to the topics that match the pattern. Up to size publications wait in the channel of the subscription; what
// comes when it is full is dropped. The error is a [*TopicError].
func (b *Broker) Subscribe(pattern string, size int) (*Subscription, error) {
	if err := CheckPattern(pattern); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.order++
	s := &Subscription{broker: b, pattern: pattern, order: b.order, c: make(chan Publication, max(size, 1))}
	b.join(pattern, s)
	return s, nil
}

// C is where publications come from. Close closes it.
func (s *Subscription) C() <-chan Publication { return s.c }

// Dropped counts what did not fit into the channel.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription. It may be called twice.
func (s *Subscription) Close() {
	s.broker.mu.Lock()
	s.broker.leave(s.pattern, s)
	s.broker.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.c)
	}
}

func (s *Subscription) rank() uint64 { return s.order }

func (s *Subscription) deliver(p *Publication) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		select {
		case s.c <- *p:
			return true
		default:
			s.dropped.Add(1)
		}
	}
	return false
}
