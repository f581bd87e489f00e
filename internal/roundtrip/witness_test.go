package roundtrip_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/cm"
)

// A witness remembers what the host of one instance was given. Only the call in
// progress touches it, so that it needs no lock.
type witness struct {
	calls int
	value any
	typ   reflect.Type // of value; nil where it came by the type-driven path
}

func (w *witness) saw(v any, typ reflect.Type) {
	w.calls++
	w.value, w.typ = v, typ
}

// give is the answer to the import of that name: the length of what take got.
func (w *witness) give() uint32 {
	s, _ := w.value.(string)
	return uint32(len(s))
}

// see answers an import with what it was given.
func see[T any](w *witness, v T) (T, error) {
	w.saw(v, reflect.TypeFor[T]())
	return v, nil
}

// take answers an import that gives nothing.
func take[T any](w *witness, v T) error {
	w.saw(v, reflect.TypeFor[T]())
	return nil
}

// fail answers an import with the outcome that it was given. The error comes
// wrapped, as an implementation may give it.
func fail[T, E any](w *witness, v cm.Result[T, E]) (T, error) {
	w.saw(v, reflect.TypeFor[cm.Result[T, E]]())
	if !v.IsErr {
		return v.OK, nil
	}
	return v.OK, fmt.Errorf("the host says: %w", asError(v.Err))
}

func failUnit[E any](w *witness, v cm.Result[cm.Unit, E]) error {
	_, err := fail(w, v)
	return err
}

// asError is an error value of WIT as generated code gives and takes it: itself
// where it is an enum or a variant, a pointer to a record, else a *cm.Error.
func asError[E any](e E) error {
	if err, ok := any(e).(error); ok {
		return err
	}
	if err, ok := any(&e).(error); ok {
		return err
	}
	return cm.Fail(e)
}

// typeDriven is the same host on the other path.
func (w *witness) typeDriven(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
	if fn == "give" {
		return w.give(), nil
	}
	v := whole(args)
	w.saw(v, nil)
	if fn == "nop" || fn == "take" {
		return nil, nil
	}
	return v, nil
}

// whole is what an echo of these arguments gives back: one as it is, several as
// a tuple.
func whole(args []abi.Value) abi.Value {
	switch len(args) {
	case 0:
		return nil
	case 1:
		return args[0]
	}
	return abi.RecordValue(args)
}
