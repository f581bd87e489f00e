package abi

import "fmt"

// A Trap says which rule of the canonical ABI a guest broke, or which limit of
// the host it met, while values crossed the boundary. The functions of this
// package panic with a *Trap; package component turns it into the error of the
// call, with the guest's stack.
type Trap struct {
	// Msg says what happened, in a sentence without a full stop. It is empty where
	// Err says all.
	Msg string
	// Err is what a caller can act on, nil mostly: a *ValueError, where the host
	// itself made the mistake, or ErrTooManyHandles.
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

// Trapf panics with a *Trap.
func Trapf(format string, args ...any) {
	panic(&Trap{Msg: fmt.Sprintf(format, args...)})
}
