package actor

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What a caller of a [System] may act on; errors.Is finds them in the errors that are returned.
var (
	ErrNotFound      = errors.New("no actor has this address: spawn it first, or correct the address")
	ErrNotRunning    = errors.New("the actor is stopping or has ended")
	ErrMailboxFull   = errors.New("the mailbox is full: send more slowly, or give the receiver a larger one")
	ErrRunning       = errors.New("an actor with this address is running: stop it first, or choose another address")
	ErrSystemStopped = errors.New("the actor system has been stopped")
)

// A SendError says which message was not sent, and wraps the reason: [ErrNotFound], [ErrNotRunning], [ErrMailboxFull], the error
// of the sender's context, or a [*quota.ExceededError] that is of [LimitMessageBytes], [LimitRate] or, with ErrMailboxFull, of
// [LimitMailboxBytes].
type SendError struct {
	From, To Address
	Size     int // of the payload, in bytes
	Err      error
}

func (e *SendError) Error() string {
	from := ""
	if !e.From.IsZero() {
		from = " from " + e.From.String()
	}
	if e.To.IsZero() {
		return fmt.Sprintf("send %d bytes%s: %v", e.Size, from, e.Err)
	}
	return fmt.Sprintf("send %d bytes%s to %s: %v", e.Size, from, e.To, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

// A StartError says why an actor's first start failed.
type StartError struct {
	Address    Address
	Restarting bool // its supervisor will try again; otherwise the actor has ended
	Err        error
}

func (e *StartError) Error() string {
	after := "it is not started again"
	if e.Restarting {
		after = "it is going to be started again"
	}
	return fmt.Sprintf("start %s: %v (%s)", e.Address, e.Err, after)
}

func (e *StartError) Unwrap() error { return e.Err }

// A TimeoutError is the crash of an instance that was cut short.
type TimeoutError struct {
	During Op
	Limit  time.Duration
	Err    error // what the contract answered when it was cut short
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("%s took longer than %v: %v", e.During, e.Limit, e.Err)
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// Crash says that the instance is dead.
func (e *TimeoutError) Crash() bool { return true }

// A RestartsError is why an actor failed that crashed too often, or a supervisor whose children did. It wraps the last crash.
type RestartsError struct {
	Intensity Intensity
	Err       error
}

func (e *RestartsError) Error() string {
	return fmt.Sprintf("needs more than %d restarts within %v; the last crash: %v", e.Intensity.Max, e.Intensity.Within, e.Err)
}

func (e *RestartsError) Unwrap() error { return e.Err }

// A SupervisorError is why an actor failed whose supervisor failed for good. It wraps why that did.
type SupervisorError struct {
	Supervisor Address
	Err        error
}

func (e *SupervisorError) Error() string {
	return fmt.Sprintf("its supervisor %s has failed: %v", e.Supervisor, e.Err)
}

func (e *SupervisorError) Unwrap() error { return e.Err }

// A StopError names the actors that had not ended when the context of [System.Stop] did. It wraps the context's error.
type StopError struct {
	Left []Address
	Err  error
}

func (e *StopError) Error() string {
	names := make([]string, len(e.Left))
	for i, a := range e.Left {
		names[i] = a.String()
	}
	return fmt.Sprintf("stop: %v before %s had ended", e.Err, strings.Join(names, ", "))
}

func (e *StopError) Unwrap() error { return e.Err }
