//go:build amd64 || arm64

package memory

import (
	"syscall"
	"unsafe"
)

var (
	kernel32     = syscall.NewLazyDLL("kernel32.dll")
	virtualAlloc = kernel32.NewProc("VirtualAlloc")
	virtualFree  = kernel32.NewProc("VirtualFree")
)

const (
	memCommit     = 0x1000
	memReserve    = 0x2000
	memRelease    = 0x8000
	pageNoAccess  = 1
	pageReadWrite = 4
)

// reserve takes address space without giving it memory. Nil where the system
// refuses.
func reserve(space uint64) *region {
	at, _, _ := virtualAlloc.Call(0, uintptr(space), memReserve, pageNoAccess)
	if at == 0 {
		return nil
	}
	// The address is none of Go's memory, so that it may be held as a number.
	buf := unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), int(space))
	return &region{buf: buf}
}

// commit makes the first size bytes usable. To commit what is committed changes
// nothing, and keeps what it holds.
func (r *region) commit(size uint64) bool {
	if size == 0 {
		return true
	}
	at, _, _ := virtualAlloc.Call(uintptr(unsafe.Pointer(unsafe.SliceData(r.buf))), uintptr(size), memCommit, pageReadWrite)
	return at != 0
}

func (r *region) release() {
	_, _, _ = virtualFree.Call(uintptr(unsafe.Pointer(unsafe.SliceData(r.buf))), 0, memRelease)
	r.buf = nil
}
