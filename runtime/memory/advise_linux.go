//go:build amd64 || arm64

package memory

import "syscall"

// advise forbids huge pages: one of 2 MiB under each small memory would take
// most of a host's memory.
func advise(buf []byte) {
	const noHugePage = 15 // MADV_NOHUGEPAGE, which package syscall does not name
	_ = syscall.Madvise(buf, noHugePage)
}

// decommit gives what is resident of whole pages back to the system, so that
// they read as zero again.
func decommit(buf []byte) bool { return syscall.Madvise(buf, syscall.MADV_DONTNEED) == nil }
