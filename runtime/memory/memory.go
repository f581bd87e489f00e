// Package memory holds the linear memories that guests are given, as the
// engine's allocator hook wants them: mapped where the system has that, pooled,
// counted and capped. It counts no instances and knows no components.
//
// A memory is address space for as much as it may ever have, of which the
// system gives what is touched. So it grows in place, and a large limit costs
// nothing. What was given back is kept for the next one, and zeroed then: to
// clear a memory that is resident costs a tenth of having the system map one.
// What was never touched is zero and left alone, so that it needs no memory.
package memory

import (
	"fmt"
	"os"
	"sync"

	"github.com/tetratelabs/wazero/experimental"

	"github.com/airsstack/witgen/runtime/quota"
)

// A LimitError says that a memory cannot be made as large as it is to be from
// the start. One that wants too much later is told so by memory.grow, and a
// Watcher by the same error.
type LimitError struct {
	// Wanted is the size of the memory to begin with; or, told to a Watcher, how
	// much there would be of what Usage counts. In bytes.
	Wanted uint64
	// Usage is what the instance's memories have together and may have; or those
	// of the whole host.
	Usage quota.Usage
	// Host tells that it is the host's limit.
	Host bool
}

func (e *LimitError) Error() string {
	whose := "an instance's"
	if e.Host {
		whose = "the host's"
	}
	return fmt.Sprintf("a memory of %d bytes is wanted to begin with; of %s limit of %d bytes, %d are left",
		e.Wanted, whose, e.Usage.Limit, e.Usage.Available())
}

// A Pool makes the memories of a host. It may be used by any number of
// goroutines.
type Pool struct {
	total quota.Counter
	keep  uint64

	mu     sync.Mutex
	closed bool
	free   map[uint64][]*region // by how much address space they have
	kept   uint64               // bytes of free that may be resident

	openPages sync.Once
	pages     *os.File  // what the system tells of the pages of memories, or nil
	seen      sync.Pool // of *[]uint64, what it told
}

// A Config says how a Pool makes memories. Its zero value has no limit and
// keeps no memory.
type Config struct {
	// Total is the most bytes that all memories may have together, 0 for any
	// number.
	Total uint64
	// Keep is how many bytes of memories that were given back are kept for the
	// next ones.
	Keep uint64
	// Near is called when 90 percent of Total are reached; see quota.Counter.
	Near func(quota.Usage)
}

// NewPool makes a pool. Close it when its memories are not needed any more.
func NewPool(c Config) *Pool {
	return &Pool{
		total: quota.Counter{Limit: c.Total, Near: c.Near},
		keep:  c.Keep,
		free:  map[uint64][]*region{},
	}
}

// Usage is how many bytes the memories have together, those of sets that are
// not freed.
func (p *Pool) Usage() quota.Usage { return p.total.Usage() }

// Kept is how many bytes of memories are kept for the next ones.
func (p *Pool) Kept() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept
}

// Close gives what is kept back to the system. Memories that are in use stay,
// and go when they are freed. It may be called twice.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, rs := range p.free {
		for _, r := range rs {
			r.release()
		}
	}
	p.free, p.kept = map[uint64][]*region{}, 0
	p.openPages.Do(func() {}) // not any more
	if p.pages != nil {
		p.pages.Close() // what reads it clears everything instead
	}
}

// take gives address space of that size, all zero.
func (p *Pool) take(space uint64) *region {
	p.mu.Lock()
	rs := p.free[space]
	if len(rs) == 0 {
		p.mu.Unlock()
		return reserve(space)
	}
	r := rs[len(rs)-1]
	p.free[space] = rs[:len(rs)-1]
	p.kept -= r.dirty
	p.mu.Unlock()
	seen := p.touched(r, r.dirty)
	wipe(r.buf, 0, int(r.dirty), seen)
	p.told(seen)
	r.dirty = 0
	return r
}

// give takes back what take gave.
func (p *Pool) give(r *region) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || r.dirty == 0 || p.kept+r.dirty > p.keep {
		r.release()
		return
	}
	p.kept += r.dirty
	space := uint64(len(r.buf))
	p.free[space] = append(p.free[space], r)
}

// A region is address space, of which the first dirty bytes may be used.
type region struct {
	buf   []byte
	dirty uint64
}

// A Set is the memories of one instance. It implements the engine's allocator;
// the instance owns it and frees it. It may not be used by two goroutines at a
// time.
type Set struct {
	pool  *Pool
	count quota.Counter
	space uint64 // the limit to begin with
	all   []*linear
	grew  bool
	watch Watcher
}

// A Watcher is told of the memories of a set, by the goroutine that they grow on.
type Watcher interface {
	// MemoryNear is told when 90 percent of the set's limit are reached; see
	// quota.Counter.
	MemoryNear(quota.Usage)
	// MemoryWanted is asked to have others free memories, where more are wanted
	// than Config.Total leaves. It reports whether it had.
	MemoryWanted() bool
	// MemoryRefused is told when a memory may not grow.
	MemoryRefused(LimitError)
}

// Set makes an empty set whose memories may have that many bytes together. w may
// be nil.
func (p *Pool) Set(limit uint64, w Watcher) *Set {
	s := &Set{pool: p, space: limit, watch: w, count: quota.Counter{Limit: limit}}
	s.count.Near = func(u quota.Usage) {
		if s.watch != nil {
			s.watch.MemoryNear(u)
		}
	}
	return s
}

// Watch has another watcher told from now on.
func (s *Set) Watch(w Watcher) { s.watch = w }

// Allocate implements experimental.MemoryAllocator. The first Reallocate of one
// that is larger from the start than it may be panics with a *LimitError: the
// hook has no other way to refuse.
func (s *Set) Allocate(capacity, most uint64) experimental.LinearMemory {
	m := &linear{set: s, most: min(most, s.space)}
	m.capacity = min(capacity, m.most)
	s.all = append(s.all, m)
	return m
}

// Usage is how many bytes the memories of the set have together.
func (s *Set) Usage() quota.Usage { return s.count.Usage() }

// Cap sets how many bytes the memories may have together from now on: no more
// than Set was given, and not less than they have, which it refuses by false.
func (s *Set) Cap(limit uint64) bool {
	if limit < s.count.Usage().Used {
		return false
	}
	s.count.Limit = min(limit, s.space)
	return true
}

// Grew reports whether one of the memories grew, or tried to and might not,
// since it was made.
func (s *Set) Grew() bool { return s.grew }

// A Grower is a memory as the engine has it, which grows by pages of 64 KiB.
type Grower interface {
	Grow(pages uint32) (before uint32, ok bool)
}

// Resize makes memory i, in the order in which they were made, that many bytes
// large, and reports whether it could. What it has more than before is zero.
// engine is the engine's side of that memory, no code of which may be running.
//
// An engine knows no way to take from a memory. But what it keeps of one is the
// slice that Reallocate answered with: a growth by a page that is answered with
// less makes the memory smaller. One that is as large as it may ever be cannot
// be asked to grow, and stays.
func (s *Set) Resize(i int, size uint64, engine Grower) bool {
	m := s.all[i]
	switch {
	case size == m.size:
		return true
	case size > m.size:
		_, ok := engine.Grow(uint32((size - m.size) / pageSize))
		return ok
	}
	m.less = &size
	_, ok := engine.Grow(1)
	m.less = nil
	return ok
}

const pageSize = 64 << 10

// Free gives the memories back. Nothing may use them any more. It may be called
// twice.
func (s *Set) Free() {
	for _, m := range s.all {
		if m.region != nil {
			s.pool.give(m.region)
		}
		s.pool.total.Give(m.size)
		s.count.Give(m.size)
	}
	s.all = nil
}

// A linear is one memory.
type linear struct {
	set            *Set
	capacity, most uint64 // that the engine asks for to begin with, and may ask for
	size           uint64
	region         *region
	slice          []byte // instead of a region, where there is no address space for one
	made           bool
	less           *uint64 // what the next Reallocate makes it instead
}

func (m *linear) bytes() []byte {
	if m.region != nil {
		return m.region.buf[:m.size:m.size]
	}
	return m.slice[:m.size:m.size]
}

// Reallocate implements experimental.LinearMemory. The slice ends where the
// memory does, so that nobody can append into what lies behind.
func (m *linear) Reallocate(size uint64) []byte {
	if m.less != nil {
		return m.shrink(*m.less)
	}
	s, first := m.set, !m.made
	s.grew = s.grew || !first
	m.made = true
	more := size - m.size
	switch {
	case size < m.size:
		return nil // the engine never asks
	case !s.count.Take(more):
		return m.refuse(first, size, s.Usage(), false)
	case !s.pool.total.Take(more) && !(s.watch != nil && s.watch.MemoryWanted() && s.pool.total.Take(more)):
		s.count.Give(more)
		return m.refuse(first, size, s.pool.Usage(), true)
	}
	if first && m.most > 0 {
		m.region = s.pool.take(min(m.most, s.space))
	}
	if !m.commit(size) {
		s.count.Give(more)
		s.pool.total.Give(more)
		return m.refuse(first, size, s.pool.Usage(), true)
	}
	m.size = size
	return m.bytes()
}

// shrink takes what is beyond size from the memory. It is zero when it comes
// back.
func (m *linear) shrink(size uint64) []byte {
	tail := m.bytes()[size:]
	if m.region == nil || len(tail) < decommitSize || !decommit(tail) {
		clear(tail)
	}
	n := m.size - size
	m.size = size
	m.set.count.Give(n)
	m.set.pool.total.Give(n)
	return m.bytes()
}

// decommitSize is from how many bytes on it costs less to give memory back to
// the system than to clear it, and to have it resident for nothing.
const decommitSize = 1 << 20

func (m *linear) refuse(first bool, size uint64, u quota.Usage, host bool) []byte {
	if first {
		panic(&LimitError{Wanted: size, Usage: u, Host: host})
	}
	if w := m.set.watch; w != nil {
		w.MemoryRefused(LimitError{Wanted: u.Used + size - m.size, Usage: u, Host: host})
	}
	return nil
}

// commit makes the memory that large.
func (m *linear) commit(size uint64) bool {
	if r := m.region; r != nil {
		if size > uint64(len(r.buf)) || !r.commit(size) {
			return false
		}
		r.dirty = max(r.dirty, size)
		return true
	}
	if size > uint64(cap(m.slice)) {
		// Growing by a quarter more than asked keeps many small steps cheap.
		grown := make([]byte, size, max(size, m.capacity, min(size+size/4, m.most)))
		copy(grown, m.slice)
		m.slice = grown
	}
	m.slice = m.slice[:size]
	return true
}

// Free implements experimental.LinearMemory. It does nothing: the engine calls
// it for memories that other modules still use, and not for those of a module
// that did not start.
func (*linear) Free() {}
