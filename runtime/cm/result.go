package cm

import "fmt"

// Unit stands for a missing type: the value of result<_, E>, or the payload
// of a result's case without one.
type Unit = struct{}

// Result is a WIT result<T, E> in a place where Go has no error to give back:
// inside a record, a list, a parameter. The result of a function is (T, error)
// instead. The zero value is the ok case with the zero T.
type Result[T, E any] struct {
	// OK is the value of the ok case; the zero T while IsErr is true.
	OK T
	// Err is the value of the error case; the zero E while IsErr is false.
	Err E
	// IsErr tells which case it is.
	IsErr bool
}

// OK is the ok case of a result.
func OK[T, E any](v T) Result[T, E] { return Result[T, E]{OK: v} }

// Err is the error case of a result.
func Err[T, E any](e E) Result[T, E] { return Result[T, E]{Err: e, IsErr: true} }

// Get returns the ok value, and an error in the error case: the value itself
// where E is an error, a pointer to it where that is one (a record that a
// function answers as its error), otherwise an *Error[E].
func (r Result[T, E]) Get() (T, error) {
	if !r.IsErr {
		return r.OK, nil
	}
	if err, ok := any(r.Err).(error); ok {
		return r.OK, err
	}
	if err, ok := any(&r.Err).(error); ok {
		return r.OK, err
	}
	return r.OK, &Error[E]{Value: r.Err}
}

// String writes the result as WAVE does: ok(…) or err(…).
func (r Result[T, E]) String() string {
	if r.IsErr {
		return fmt.Sprintf("err(%v)", r.Err)
	}
	return fmt.Sprintf("ok(%v)", r.OK)
}

// Error carries the error case of a function's result<T, E> where E is not a
// type that can be a Go error itself: a string, a number, a tuple, a list, or
// nothing (Error[Unit]). Use errors.As to reach it.
type Error[E any] struct {
	// Value is the error value that the function gave.
	Value E
}

// Fail is the error that makes an import answer its error case with e.
func Fail[E any](e E) error { return &Error[E]{Value: e} }

func (e *Error[E]) Error() string {
	if _, ok := any(e.Value).(Unit); ok {
		return "the function answered its error case"
	}
	return fmt.Sprint(e.Value)
}
