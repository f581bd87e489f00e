// Package control holds how another process of the same user talks to a running host: a server on a local socket, and its client.
// It holds no command line, and starts nothing that the host would not.
//
// A run is one server: it has a name, a socket NAME.sock in a folder that only its user can enter, and a protocol of HTTP and JSON
// that this package alone knows. [Listen] takes a name that no other run has; [Runs] finds those that live, by asking them, so that
// a socket whose process has died is nothing.
//
//	witgen run ── Listen ──▶ NAME.sock ◀── Dial ── witgen ps, send, request, logs, stop, restart
package control
