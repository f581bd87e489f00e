// Package actor holds actors: their addresses, mailboxes, supervision, registry and dead letters.
// It does not hold what an actor runs: it drives a component, or anything else, through the small [Contract] interface and
// knows neither WebAssembly nor a world.
//
// # Life of an actor
//
//	Spawn ──▶ creating ──▶ starting ──▶ ready ──▶ stopping ──▶ terminated
//	             ▲             │          │
//	             │             └─ crash ──┤
//	             └──── restart ───────────┴──▶ failed(reason)
//
// A restart is a fresh instance from the actor's [Factory]. The mailbox belongs to the actor and outlives the instance.
//
// # Supervision
//
// Supervisors are nodes of a tree of their own, with actors and other supervisors as their children. [System.Supervise] adds one,
// Spec.Supervisor puts an actor below it. When a child is to be restarted, the supervisor's [Strategy] says who is restarted with
// it; when its children need more restarts than its [Intensity] allows, it takes them all down and its parent restarts the whole.
// The root is one-for-one, never fails, and counts the restarts of each of its children apart.
//
// # Delivery
//
// A message is delivered at most once, and order is kept between any two actors. Each message that is sent ends in exactly one
// of these ways:
//
//	handled       the contract took it; an error that is no crash counts here too (see Stats.Rejected)
//	dead letter   it crashed its actor, found the mailbox full, or was left behind by an actor that stopped or failed
//	refused       the sender got an error that is not [ErrMailboxFull]: no such actor, not running, or its context ended
//
// # Goroutines
//
// An idle actor has no goroutine. The first message into an empty mailbox puts the actor into the crew, a few goroutines that take
// turns at the actors with something to do; one more is started whenever an actor waits and all are in a call. Whoever takes an actor
// drains its mailbox. All calls into a contract are made by that one goroutine, so a contract sees one call at a time.
package actor
