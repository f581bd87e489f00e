// Package broker holds topics: who listens to which, and the carrying of what is published to all of them.
// It does not hold mailboxes or actors: it puts what is published into theirs as any sender would.
//
// A topic is a list of segments with dots between them, "orders.eu.paid". A pattern is a topic in which
//
//   - stands for one segment, anything in its place
//     #  as the last segment, stands for any number of segments, none too: orders.# is orders and all below it
//     >  as the last segment, stands for one segment or more, as NATS has it
//
// # Order
//
// What one publisher publishes reaches each subscriber in the order in which it was published, as long as the publisher publishes
// one thing at a time, which an actor always does. Between publishers there is no order.
//
// # Slow subscribers
//
// Publishing never waits. For an actor whose mailbox is full the message becomes a dead letter, for a Go subscription it is dropped
// and counted; the others get it.
package broker
