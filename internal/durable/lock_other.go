//go:build !windows && (!unix || solaris || illumos || aix)

package durable

import (
	"errors"
	"os"
)

func unlock(*os.File) error { return nil }

func lock(*os.File, bool) error { return errors.ErrUnsupported }
