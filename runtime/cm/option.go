package cm

import "fmt"

// Option is a WIT option<T>: a value, or none. The zero value is none.
type Option[T any] struct {
	// Value is the value held; the zero T while Valid is false.
	Value T
	// Valid tells whether there is a value.
	Valid bool
}

// Some is an option that holds v.
func Some[T any](v T) Option[T] { return Option[T]{Value: v, Valid: true} }

// None is an option that holds nothing.
func None[T any]() Option[T] { return Option[T]{} }

// Get returns the value and whether there is one.
func (o Option[T]) Get() (T, bool) { return o.Value, o.Valid }

// OrElse returns the value, or def where there is none.
func (o Option[T]) OrElse(def T) T {
	if o.Valid {
		return o.Value
	}
	return def
}

// String writes the option as WAVE does: some(…) or none.
func (o Option[T]) String() string {
	if !o.Valid {
		return "none"
	}
	return fmt.Sprintf("some(%v)", o.Value)
}
