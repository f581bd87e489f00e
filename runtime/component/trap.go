package component

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
)

// A Trap is how a call ends that did not end well: the guest executed a
// trapping instruction, broke a rule of the canonical ABI, met a limit, or an
// import implementation gave an error that is not the function's own. Its
// instance is poisoned: every later call is refused.
type Trap struct {
	// Func is the exported function that was called, in WIT's form:
	// "demo:shop/pricing@0.2.0#quote".
	Func string
	// Cause is what happened. errors.Is looks through the trap at it.
	Cause error
	// Frames is the guest's stack, innermost first. Of a deep one they are the
	// innermost thirty or so.
	Frames []Frame

	foreign bool // the cause is an import implementation's error
}

// A Frame is one function of a guest's stack.
type Frame struct {
	// Func is the function's name from the module's name section, else its
	// export, else "func[N]".
	Func string
	// Module is the index of the core module in the component's file.
	Module int
	// Offset is where the instruction stands in the component's file as it was
	// built, 0 where that is not known.
	Offset int
}

func (t *Trap) Error() string {
	return fmt.Sprintf("%s: trap: %v", t.Func, t.Cause)
}

// Unwrap is the cause, but for an error that an import implementation gave:
// that may be of the very type that the called function answers with, and a
// trap must not be mistaken for an answer. Cause has it, and Is looks at it.
func (t *Trap) Unwrap() error {
	if t.foreign {
		return nil
	}
	return t.Cause
}

// Is reports whether the cause is target.
func (t *Trap) Is(target error) bool { return errors.Is(t.Cause, target) }

// Stack writes the frames, one a line, innermost first: name, file, offset.
func (t *Trap) Stack(file string) string {
	width := 0
	names := make([]string, len(t.Frames))
	for i, f := range t.Frames {
		names[i] = f.Func
		if strings.ContainsFunc(f.Func, func(r rune) bool { return !strconv.IsPrint(r) }) {
			names[i] = strconv.Quote(f.Func) // a guest calls its functions what it likes
		}
		width = max(width, len(names[i]))
	}
	var b strings.Builder
	for i, f := range t.Frames {
		fmt.Fprintf(&b, "%-*s  %s", width, names[i], file)
		if f.Offset > 0 {
			fmt.Fprintf(&b, " +0x%x", f.Offset)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// A GuestError is a trap that the guest's own code executed.
type GuestError struct {
	Msg string
	// Refused is what the guest was last refused in the call, memory or elements
	// of a table, and may have trapped for; nil mostly. errors.As finds it.
	Refused *LimitError
}

func (e *GuestError) Error() string {
	if e.Refused != nil {
		r := e.Refused
		return fmt.Sprintf("%s, after it was refused %d more %s: of %d there are %d left", e.Msg,
			r.Wanted-r.Usage.Used, r.Of, r.Usage.Limit, r.Usage.Available())
	}
	return e.Msg
}

// Unwrap is Refused.
func (e *GuestError) Unwrap() error {
	if e.Refused == nil {
		return nil
	}
	return e.Refused
}

// An OutOfFuelError ends a call that used up its fuel.
type OutOfFuelError struct {
	// Used and Limit are in units of fuel, about one instruction each. What Used
	// exceeds Limit by is what the guest wanted to pay last and could not: that
	// did not run.
	Used, Limit uint64
}

func (e *OutOfFuelError) Error() string {
	return fmt.Sprintf("out of fuel after %d units, the limit is %d a call", min(e.Used, e.Limit), e.Limit)
}

// A TooDeepError ends a call in which calls of core functions nest too deep.
type TooDeepError struct {
	// Limit is Limits.Depth; 0 where the engine's own stack was at its end
	// before.
	Limit uint32
	// Fuel is how much the call has used.
	Fuel uint64
}

func (e *TooDeepError) Error() string {
	if e.Limit == 0 {
		return "calls nest too deep: the engine's stack is at its end"
	}
	return fmt.Sprintf("calls nest too deep: the limit is %d", e.Limit)
}

// A PoisonedError refuses a call of an instance that trapped before.
type PoisonedError struct{ Trap *Trap }

func (e *PoisonedError) Error() string {
	return "the instance trapped before and cannot be called again: " + e.Trap.Error()
}

// Unwrap is the trap.
func (e *PoisonedError) Unwrap() error { return e.Trap }

// hostFailure carries an import implementation's error through the guest.
type hostFailure struct {
	err     error
	foreign bool // it is the implementation's own
}

func (f *hostFailure) Error() string { return f.err.Error() }
func (f *hostFailure) Unwrap() error { return f.err }

// guestFailure carries the engine's error out of Run.
type guestFailure struct{ err error }

// newTrap makes a trap of what a call panicked with.
func (in *Instance) newTrap(fn string, r any) *Trap {
	switch r := r.(type) {
	case *guestFailure:
		return in.engineTrap(fn, r.err)
	case *Trap:
		return &Trap{Func: fn, Cause: r.Cause, Frames: r.Frames, foreign: r.foreign}
	case *abi.Trap:
		return &Trap{Func: fn, Cause: r}
	case *hostFailure:
		return &Trap{Func: fn, Cause: r.err, foreign: r.foreign}
	case error:
		return &Trap{Func: fn, Cause: r}
	}
	return &Trap{Func: fn, Cause: fmt.Errorf("%v", r)}
}

// engineTrap reads an error of the engine: the cause, and the stack that it is
// followed by in the text.
func (in *Instance) engineTrap(fn string, err error) *Trap {
	t := &Trap{Func: fn, Frames: in.factory.frames(err.Error())}
	var failure *hostFailure
	var inner *Trap
	var rule *abi.Trap
	switch {
	case errors.As(err, &failure): // first: it may hold another instance's trap
		t.Cause, t.foreign = failure.err, failure.foreign
	case errors.As(err, &inner): // a realloc within an import of this call
		t.Cause, t.foreign = inner.Cause, inner.foreign
		t.Frames = append(inner.Frames, t.Frames...)
	case errors.As(err, &rule):
		t.Cause = rule
	default:
		t.Cause = engineCause(err)
		if guest, ok := t.Cause.(*GuestError); ok {
			guest.Refused = in.call.starved
		}
	}
	return t
}

// engineCause is the cause without the engine's stack: what a host function
// panicked with, or the guest's trap.
func engineCause(err error) error {
	const byHost = " (recovered by wazero)"
	text := err.Error()
	inner := errors.Unwrap(err)
	switch {
	case inner == nil:
		text, _, _ = strings.Cut(text, byHost)
		text, _, _ = strings.Cut(text, "\n")
		return errors.New(text)
	case strings.HasPrefix(text, inner.Error()+byHost):
		return inner
	}
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "wasm error: "), "\n")
	if text == "stack overflow" {
		return &TooDeepError{}
	}
	return &GuestError{Msg: text}
}
