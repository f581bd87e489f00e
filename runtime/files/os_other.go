//go:build !linux

package files

import (
	"errors"
	"io/fs"
	"path"
	"time"
)

// Accessed is when a file was last read; the zero time where the system does not
// say.
func Accessed(fs.FileInfo) time.Time { return time.Time{} }

const openFlags = 0

func rename(from, to *Place) error {
	if path.Dir(from.Rel) == path.Dir(to.Rel) {
		return from.Parent.Rename(from.Name, to.Name)
	}
	return from.Mount.Root.Rename(from.Rel, to.Rel)
}

// SetLinkTimes cannot be done where only what a link leads to has a function.
func (*Place) SetLinkTimes(_, _ time.Time) error { return errors.ErrUnsupported }
