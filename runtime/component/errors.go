package component

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An UnsupportedError says that a component is well-formed and uses a part of
// the component model that this runtime does not run yet.
type UnsupportedError struct {
	// Offset is where in the file it stands.
	Offset int
	// What names it.
	What string
}

func (e *UnsupportedError) Error() string { return fmt.Sprintf("byte 0x%x: %s", e.Offset, e.What) }

// Errors that a caller can act on.
var (
	// ErrClosed is what calls of a closed instance, factory or runtime end with.
	ErrClosed = errors.New("component: closed")
	// ErrReentered is what an export ends with that is called while its
	// instance waits in an import of the same call: entering it would have to
	// wait for itself [CanonicalABI.md, may_enter].
	ErrReentered = errors.New("component: the instance cannot be entered from within its own call")
	// ErrQuarantined is what Close ends with when an import implementation does
	// not come back in time: the instance stays condemned, and what it holds is
	// freed when the import returns.
	ErrQuarantined = errors.New("component: an import has not returned; the instance is freed when it does")
)

// A TimeLimitError ends a call that took longer than Limits.CallTime.
type TimeLimitError struct {
	Limit time.Duration
	// Fuel is how much the call has used, 0 where it ended in an import.
	Fuel uint64
}

func (e *TimeLimitError) Error() string {
	return "the call took longer than the limit of " + e.Limit.String()
}

// A LoadTimeError says that loading a component took longer than Limits.LoadTime.
type LoadTimeError struct{ Limit time.Duration }

func (e *LoadTimeError) Error() string {
	return "component: loading it takes longer than the limit of " + e.Limit.String()
}

// Is makes it a deadline that was exceeded.
func (e *LoadTimeError) Is(target error) bool { return target == context.DeadlineExceeded }

// A DeadlineError ends a call at the deadline of its context.
type DeadlineError struct {
	// Deadline is that of the context, where it has one.
	Deadline time.Time
	// Fuel is how much the call has used.
	Fuel uint64
	// Cause is what the context says, context.DeadlineExceeded unless it was
	// given another.
	Cause error
}

func (e *DeadlineError) Error() string { return e.Cause.Error() }

// Unwrap is the cause.
func (e *DeadlineError) Unwrap() error { return e.Cause }

// A CancelledError ends a call whose context was cancelled, or whose instance
// was closed.
type CancelledError struct {
	// Fuel is how much the call has used.
	Fuel uint64
	// Cause is what the context says, or ErrClosed.
	Cause error
}

func (e *CancelledError) Error() string { return e.Cause.Error() }

// Unwrap is the cause.
func (e *CancelledError) Unwrap() error { return e.Cause }

// Is makes it a deadline that was exceeded.
func (e *TimeLimitError) Is(target error) bool { return target == context.DeadlineExceeded }
