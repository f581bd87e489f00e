package actor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// A Contract is one live instance of what an actor runs, behind whatever world it was written for. Its actor makes one call at a
// time, Start first and Close last, from goroutines that change.
//
// Every context ends at the latest when the instance is to go, and a call must return soon after its context has ended: the actor
// can do nothing else until it does.
//
// A panic in a call is a crash, and so is a call to runtime.Goexit.
type Contract interface {
	// Start makes the instance ready for messages. Any error is a crash.
	Start(ctx context.Context) error
	// Handle takes one message; m is valid only until Handle returns. What the error means for the instance:
	//   - nil, or an error that is none of the next two: it lives on; the error is the application's answer, counted and shown
	//   - a crash, see [IsCrash]: it is dead
	//   - [ErrExit]: it has ended by itself, as it meant to
	Handle(ctx context.Context, m *Message) error
	// Health tells how the instance feels.
	Health(ctx context.Context) (Health, error)
	// Stop asks the instance to finish. It is not called after a crash, nor when the time for stopping has run out.
	Stop(ctx context.Context) error
	// Close frees the instance. It is called exactly once on each Contract that a Factory gave, whatever else failed.
	Close(ctx context.Context) error
}

// A Batcher is a Contract that takes several messages at a time.
type Batcher interface {
	// HandleBatch takes plain messages in order, as if by Handle, until an error or until b is Wanted. It counts in b.Done those
	// that it has handled without an error, also where it does not return. If it gives no error, that is one at least; an error
	// is that of the next message. Those behind are untouched.
	HandleBatch(ctx context.Context, b *Batch) error
}

// A Batch is what a Batcher takes at a time.
type Batch struct {
	Messages []Message // valid until HandleBatch returns
	Done     int

	attention *atomic.Bool
}

// Wanted tells that the actor has something to do that is not to wait for the rest.
func (b *Batch) Wanted() bool { return b.attention.Load() }

// A Factory makes a fresh instance for the actor self: one for its first start and one for each restart. When it gives an error it
// has left nothing behind.
type Factory func(ctx context.Context, self Address) (Contract, error)

// Health is how an instance feels.
type Health uint8

// The states of health, from the unknown to the worst.
const (
	HealthUnknown Health = iota
	Healthy
	Degraded
	Unhealthy
)

func (h Health) String() string {
	return name(h, "unknown", "healthy", "degraded", "unhealthy")
}

// ErrExit is what Handle or Start returns when the instance has ended by itself, as it meant to. The message in hand counts as handled.
var ErrExit = errors.New("the instance ended by itself")

// Crash marks err as one that killed the instance.
func Crash(err error) error { return &crash{err} }

// IsCrash tells whether err killed the instance: some error in its tree has a method Crash() bool that says so.
func IsCrash(err error) bool {
	c, ok := errors.AsType[crasher](err)
	return ok && c.Crash()
}

type crasher interface {
	error
	Crash() bool
}

type crash struct{ err error }

func (c *crash) Error() string { return c.err.Error() }
func (c *crash) Unwrap() error { return c.err }
func (c *crash) Crash() bool   { return true }

// A PanicError is the crash of a contract that panicked.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // of the goroutine, as debug.Stack gives it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap gives the value of the panic, if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Crash says that the instance is dead.
func (e *PanicError) Crash() bool { return true }

var errGoexit = Crash(errors.New("the contract called runtime.Goexit"))

// panicked makes an error of what recover gave; nil means that no panic but Goexit ends the goroutine.
func panicked(value any) error {
	if value == nil {
		return errGoexit
	}
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// name is the text of an enumeration's value.
func name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%T(%d)", v, v)
}
