package durable

import (
	"errors"
	"os"
)

// ErrLocked says that another process, or another part of this one, holds a lock.
var ErrLocked = errors.New("it is locked by another process")

// A Lock is a file that one holder at a time has locked. The system lets go of it when its holder dies, however that comes.
type Lock struct{ f *os.File }

// Acquire locks the file, which is made where there is none, and waits for as long as another one holds it.
func Acquire(name string) (*Lock, error) { return acquire(name, true) }

// TryAcquire is Acquire without waiting: [ErrLocked] where another one holds the lock.
func TryAcquire(name string) (*Lock, error) { return acquire(name, false) }

func acquire(name string, wait bool) (*Lock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f, wait); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Lock{f}, nil
}

// Release lets go of the lock. The file stays: another one may be waiting for it.
func (l *Lock) Release() error {
	// A child process that was just started still has the file, until it runs its program.
	err := unlock(l.f)
	return errors.Join(err, l.f.Close())
}
