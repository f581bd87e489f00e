package approval

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/airsstack/witgen/internal/durable"
)

// update changes the store, which is made where there is none.
func (s *Store) update(change func(*bbolt.Tx) error) error {
	if s.cfg.ReadOnly {
		return ErrReadOnly
	}
	if err := s.create(); err != nil {
		return err
	}
	return s.with(false, func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			for _, name := range [][]byte{requests, approved, origins} {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			return change(tx)
		})
	})
}

// create makes the store where there is none. Readers, and those who come after a crash, find it whole or not at all.
func (s *Store) create() (err error) {
	if _, err := os.Stat(s.cfg.Path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(s.cfg.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := durable.Acquire(s.cfg.Path + ".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if _, err := os.Stat(s.cfg.Path); !errors.Is(err, os.ErrNotExist) {
		return err // another one was faster
	}
	fresh := s.cfg.Path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	db, err := bbolt.Open(fresh, 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if err := os.Rename(fresh, s.cfg.Path); err != nil {
		return err
	}
	return durable.SyncDir(dir)
}

// view reads the store; without one it gives absent.
func (s *Store) view(look func(*bbolt.Tx) error, absent error) error {
	if _, err := os.Stat(s.cfg.Path); errors.Is(err, os.ErrNotExist) {
		return absent
	}
	return s.with(true, func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			if tx.Bucket(requests) == nil { // it was made just now
				return absent
			}
			return look(tx)
		})
	})
}

func (s *Store) with(readOnly bool, use func(*bbolt.DB) error) (err error) {
	db, err := bbolt.Open(s.cfg.Path, 0o600, &bbolt.Options{Timeout: s.cfg.Wait, ReadOnly: readOnly})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrBusy
	case err != nil:
		return fmt.Errorf("approvals %s: %w", s.cfg.Path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}
