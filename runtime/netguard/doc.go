// Package netguard holds the rules by which a component reaches the network: which address it may connect to, and on the
// strength of which granted name. It opens no socket.
//
// Grants are endpoints, host:port. The guest of one that names a host does not see what the name stands for until it looks it up,
// and what a name stands for is said by somebody else: its owner may answer with an address in the host's own network, or with
// another one the next time. So:
//
//   - A [Guard] looks up only names that a grant covers, and pins the addresses to that name, port and instance until the answer's
//     time to live is over. Meanwhile the name stands for nothing else.
//   - Connecting needs an address that a grant names literally, or a pin; see [Guard.Connect].
//   - A name that leads to addresses which are not public ([Public]) needs network.private as well. An address that is granted
//     literally needs no more, and neither does localhost, which is one by definition [RFC 6761 6.3].
//   - The guard of capabilities is asked each time, so that a revoked grant ends what its pins allowed.
//
// One Guard is for one instance; it may be used by many goroutines.
package netguard
