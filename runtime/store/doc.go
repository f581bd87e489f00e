// Package store holds the values that components keep: in one database file a
// host, each namespace with keys and a quota of its own. It knows no components
// and no grants.
//
// What a call has written is on the disk when it returns, together with how much
// room the namespace takes: after a crash of the process or the machine either
// both are there or neither is.
package store
