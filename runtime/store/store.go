package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Bounds of what is stored.
const (
	MaxKey   = 1024     // bytes of a key
	MaxValue = 16 << 20 // bytes of a value
	// PerValue is what each value takes of its namespace's quota beside the bytes
	// of its key and its own: so that empty values are not free.
	PerValue = 32
	// DefaultQuota is that of a namespace where nobody says.
	DefaultQuota = 100 << 20
)

// lockTime is how long Open waits for another process to close the file.
const lockTime = time.Second

// A Store is an open database file. Its methods may be called from any goroutine.
type Store struct {
	path string
	db   *bolt.DB
}

// Open opens the database file, and makes it, and the folder that it lies in,
// where there is none: for the user alone. One process has it open at a time; the
// error is ErrLocked for another. The store belongs to the caller, who closes it.
func Open(path string) (*Store, error) {
	s := &Store{path: path}
	err := s.guarded(func() error {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		var err error
		s.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTime, FreelistType: bolt.FreelistMapType})
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close waits for the calls in progress and closes the file. Later calls are
// answered ErrClosed. It may be called twice.
func (s *Store) Close() error { return s.guarded(s.db.Close) }

// Path is where the file is.
func (s *Store) Path() string { return s.path }

// Namespaces are the names of those that hold something, in order.
func (s *Store) Namespaces() ([]string, error) {
	var names []string
	err := s.view(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
			names = append(names, string(name))
			return nil
		})
	})
	return names, err
}

// Drop removes a namespace and all that is in it; none of that name is no error.
func (s *Store) Drop(name string) error {
	return s.update(func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket([]byte(name)); !errors.Is(err, berrors.ErrBucketNotFound) {
			return err
		}
		return nil
	})
}

func (s *Store) view(f func(*bolt.Tx) error) error {
	return s.guarded(func() error { return s.db.View(f) })
}

func (s *Store) update(f func(*bolt.Tx) error) error {
	return s.guarded(func() error { return s.db.Update(f) })
}

// guarded gives errors their place. The database panics where the file does not
// hold what it should.
func (s *Store) guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{s.path, fmt.Errorf("it is damaged: %v", r)}
		}
	}()
	return s.errorOf(f())
}

// errorOf leaves our own errors as they are.
func (s *Store) errorOf(err error) error {
	var key *KeyError
	var value *ValueError
	var full *QuotaError
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.As(err, &key), errors.As(err, &value), errors.As(err, &full):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		err = ErrLocked
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		err = ErrClosed
	}
	return &Error{s.path, err}
}
