//go:build (linux || darwin || freebsd) && (amd64 || arm64)

package memory

import "syscall"

// reserve maps address space without giving it memory. Nil where the system
// refuses.
func reserve(space uint64) *region {
	buf, err := syscall.Mmap(-1, 0, int(space), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	advise(buf)
	return &region{buf: buf}
}

// commit makes the first size bytes usable: they are already.
func (*region) commit(uint64) bool { return true }

func (r *region) release() {
	_ = syscall.Munmap(r.buf)
	r.buf = nil
}
