//go:build (darwin || freebsd) && (amd64 || arm64)

package memory

func advise([]byte) {}

// decommit does nothing: what these systems do with memory that is given back is
// not to be relied on.
func decommit([]byte) bool { return false }
