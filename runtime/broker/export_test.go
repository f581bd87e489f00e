package broker

// Unused tells whether the broker keeps nothing of past subscriptions.
func (b *Broker) Unused() bool { return b.topics.unused() && len(b.ofActor) == 0 }
