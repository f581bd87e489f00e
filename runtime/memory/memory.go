// Package memory holds the linear memories that guests are given, as the
// engine's allocator hook wants them. It counts no instances and knows no
// components.
package memory

import (
	"fmt"

	"github.com/tetratelabs/wazero/experimental"
)

// A LimitError says that a module wants more memory to begin with than it may
// have. One that wants too much later is told so by memory.grow.
type LimitError struct {
	// Wanted and Limit are in bytes.
	Wanted, Limit uint64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("a memory of %d bytes is wanted to begin with, the limit is %d", e.Wanted, e.Limit)
}

// Capped makes memories that never grow beyond limit, in bytes. The first
// allocation of one that is larger from the start panics with a *LimitError:
// the hook has no other way to refuse.
func Capped(limit uint64) experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(capacity, _ uint64) experimental.LinearMemory {
		return &capped{limit: limit, capacity: min(capacity, limit)}
	})
}

type capped struct {
	limit, capacity uint64
	buf             []byte
}

// Reallocate implements experimental.LinearMemory. The slice ends where the
// memory does, so that nobody can append into what lies behind.
func (m *capped) Reallocate(size uint64) []byte {
	switch {
	case size > m.limit && m.buf == nil:
		panic(&LimitError{size, m.limit})
	case size > m.limit:
		return nil
	case m.buf == nil:
		m.buf = make([]byte, size, max(size, m.capacity))
	case size <= uint64(cap(m.buf)):
		m.buf = m.buf[:size]
	default:
		// Growing by a quarter more than asked keeps many small steps cheap.
		grown := make([]byte, size, min(size+size/4, m.limit))
		copy(grown, m.buf)
		m.buf = grown
	}
	return m.buf[:size:size]
}

// Free implements experimental.LinearMemory.
func (m *capped) Free() { m.buf = nil }
