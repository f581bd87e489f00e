package store

import (
	"errors"
	"fmt"
)

// What a caller may act on, besides a [*KeyError], a [*QuotaError] and a
// [*ValueError]; errors.Is finds them in the errors that are returned.
var (
	ErrNotFound = errors.New("there is nothing under this key")
	ErrClosed   = errors.New("the store is closed")
	ErrLocked   = errors.New("another process has the store open: stop it, or give this one a file of its own")
)

// A KeyError says why a text is no key.
type KeyError struct {
	Key     string // cut when it is long
	Problem string
}

func (e *KeyError) Error() string { return fmt.Sprintf("key %q %s", e.Key, e.Problem) }

// A ValueError says that one value is too large by itself.
type ValueError struct {
	Size, Limit int // in bytes
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("a value of %d bytes is larger than one may be, which is %d: store it in pieces", e.Size, e.Limit)
}

// A QuotaError says that a value has no room. Nothing was changed.
type QuotaError struct {
	Namespace string
	Wanted    uint64 // bytes that the namespace would take
	Usage
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("%s would take %d of %d bytes (it takes %d): delete something, or give it a larger quota", e.Namespace, e.Wanted, e.Quota, e.Used)
}

// An Error says what failed below: the file, its file system, or what is written
// in it.
type Error struct {
	Path string
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("store %s: %v", e.Path, e.Err) }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
