//go:build !windows && (!unix || solaris || illumos || aix)

package durable

import (
	"errors"
	"os"
)

func lock(*os.File, bool) error { return errors.ErrUnsupported }
