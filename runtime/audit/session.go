package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"github.com/airsstack/witgen/internal/durable"
)

// A session is one opening of the log. Its file is locked for as long as its process lives.
type session struct {
	id   string
	file string
	lock *durable.Lock
}

const sessionPrefix = "session-"

func newSession(dir string) (*session, error) {
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	return lockSession(filepath.Join(dir, sessionPrefix+hex.EncodeToString(id[:])))
}

func lockSession(file string) (*session, error) {
	lock, err := durable.TryAcquire(file)
	if err != nil {
		return nil, err
	}
	return &session{filepath.Base(file)[len(sessionPrefix):], file, lock}, nil
}

// deadSessions are those whose processes are gone, locked; some are given with an error, too. Whoever calls it holds the log's lock.
func deadSessions(dir string) ([]*session, error) {
	names, err := filepath.Glob(filepath.Join(dir, sessionPrefix+"*"))
	if err != nil {
		return nil, err
	}
	var dead []*session
	for _, name := range names {
		s, err := lockSession(name)
		if errors.Is(err, durable.ErrLocked) {
			continue
		}
		if err != nil {
			return dead, err
		}
		dead = append(dead, s)
	}
	return dead, nil
}

// end takes the session's file away. Whoever calls it holds the log's lock, so that nobody takes the session for dead.
func (s *session) end() error { return errors.Join(s.release(), os.Remove(s.file)) }

// release lets go of the mark and leaves it. It may be called twice.
func (s *session) release() error {
	if s.lock == nil {
		return nil
	}
	err := s.lock.Release()
	s.lock = nil
	return err
}
