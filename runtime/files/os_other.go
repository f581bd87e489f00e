//go:build !linux

package files

import (
	"io/fs"
	"time"
)

// Accessed is when a file was last read; the zero time where the system does not
// say.
func Accessed(fs.FileInfo) time.Time { return time.Time{} }

const openFlags = 0

func rename(from, to *Place) error { return from.Mount.Root.Rename(from.Rel, to.Rel) }
