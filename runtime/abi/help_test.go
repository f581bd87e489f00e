package abi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
)

// A heap is a guest's memory whose realloc allocates upwards and never frees.
type heap struct {
	bytes []byte
	top   uint32
	calls [][4]uint32 // what realloc was called with
}

func (h *heap) Size() uint32 { return uint32(len(h.bytes)) }

func (h *heap) Read(offset, n uint32) ([]byte, bool) {
	if uint64(offset)+uint64(n) > uint64(len(h.bytes)) {
		return nil, false
	}
	return h.bytes[offset : offset+n], true
}

func (h *heap) Realloc(old, oldSize, align, size uint32) uint32 {
	h.calls = append(h.calls, [4]uint32{old, oldSize, align, size})
	ptr := abi.AlignTo(h.top, align)
	h.top = ptr + size
	if n := min(oldSize, size); n > 0 && uint64(ptr)+uint64(n) <= uint64(len(h.bytes)) {
		copy(h.bytes[ptr:ptr+n], h.bytes[old:])
	}
	return ptr
}

// newContext is a context over a memory of that many bytes.
func newContext(size int, o abi.Options) (*abi.Context, *heap) {
	h := &heap{bytes: make([]byte, size)}
	o.Memory = h
	cx := &abi.Context{}
	cx.Reset(&o, h)
	return cx, h
}

// caught runs f and gives the trap that it ends in, nil where it does not.
func caught(f func()) (trap *abi.Trap) {
	defer func() {
		if r := recover(); r != nil {
			err, _ := r.(error)
			if !errors.As(err, &trap) {
				panic(r)
			}
		}
	}()
	f()
	return nil
}

func wantTrap(t *testing.T, trap *abi.Trap, msg string) {
	t.Helper()
	if trap == nil || !strings.Contains(trap.Error(), msg) {
		t.Errorf("got trap %v, want %q", trap, msg)
	}
}
