package abi

import (
	"fmt"
	"strings"
)

// A Trap says which rule of the canonical ABI a guest broke, or which limit of
// the host it met, while values crossed the boundary. The functions of this
// package panic with a *Trap; package component turns it into the error of the
// call, with the guest's stack.
type Trap struct {
	// Msg says what happened, in a sentence without a full stop. It is empty where
	// Err says all.
	Msg string
	// Err is what a caller can act on, nil mostly: a *ValueError, where the host
	// itself made the mistake, or a *LimitError.
	Err error
}

func (t *Trap) Error() string {
	if t.Msg == "" && t.Err != nil {
		return t.Err.Error()
	}
	return t.Msg
}

// Unwrap is Err.
func (t *Trap) Unwrap() error { return t.Err }

// What a LimitError may be of.
const (
	Handles      = "handles"
	BytesToHost  = "bytes to the host"
	BytesToGuest = "bytes to the guest"
)

// A LimitError is why a trap ends a call in which more crossed the boundary, or
// was to be held, than the host allows.
type LimitError struct {
	// Of names what is limited: Handles, BytesToHost, BytesToGuest.
	Of string
	// Limit is how much of it there may be.
	Limit uint64
}

func (e *LimitError) Error() string {
	if e.Of == Handles {
		return fmt.Sprintf("too many handles: the guest may hold %d at a time", e.Limit)
	}
	to := strings.TrimPrefix(e.Of, "bytes ")
	return fmt.Sprintf("values too large: the strings and lists of one call %s come to more than the limit of %d bytes", to, e.Limit)
}

// Trapf panics with a *Trap.
func Trapf(format string, args ...any) {
	panic(&Trap{Msg: fmt.Sprintf(format, args...)})
}
