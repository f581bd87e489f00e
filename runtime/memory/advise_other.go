//go:build (darwin || freebsd) && (amd64 || arm64)

package memory

func advise([]byte) {}
