//go:build !unix

package component_test

import "time"

// processorTime is how long the process has had a processor, where that can be
// told.
func processorTime() time.Duration { return 0 }
