//go:build unix

package component_test

import (
	"syscall"
	"time"
)

// processorTime is how long the process has had a processor, all its threads
// together.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
