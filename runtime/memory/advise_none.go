//go:build !((linux || darwin || freebsd) && (amd64 || arm64))

package memory

func decommit([]byte) bool { return false }
