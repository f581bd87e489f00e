package actor

import (
	"cmp"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// A registry finds processes by their addresses. Every message asks it, from every processor, so that finding takes no lock: it
// walks a table of atomic pointers. Changing it needs the system's lock.
type registry struct {
	seed  uint64
	table atomic.Pointer[slots]
	used  int // slots that are not empty, those of the forgotten among them
	count int // processes
}

// slots are an open hash table with linear probing; their number is a power of two, and at least a quarter of them is empty.
type slots []atomic.Pointer[process]

// forgotten stands in the slot of a process that was removed: those behind it are still to be found.
var forgotten = new(process)

const fewestSlots = 16

func newRegistry() *registry {
	r := &registry{seed: rand.Uint64()}
	empty := make(slots, fewestSlots)
	r.table.Store(&empty)
	return r
}

// hash is quicker than hash/maphash over three short strings, by half; addresses come from whoever runs the system.
func (r *registry) hash(a *Address) uint64 {
	return mix(mix(mix(r.seed, a.Name), a.Namespace), a.Instance)
}

// mix takes s into h, eight bytes a multiplication; the last eight overlap those before.
func mix(h uint64, s string) uint64 {
	n := len(s)
	h ^= uint64(n)
	switch {
	case n == 0:
		return h
	case n < 4:
		return fold(h ^ (uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16))
	case n < 8:
		return fold(h ^ (half(s) | half(s[n-4:])<<32))
	}
	last := s[n-8:]
	for ; len(s) > 8; s = s[8:] {
		h = fold(h ^ word(s))
	}
	return fold(h ^ word(last))
}

func half(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

func word(s string) uint64 { return half(s) | half(s[4:])<<32 }

func fold(x uint64) uint64 {
	high, low := bits.Mul64(x, 0x9e3779b97f4a7c15)
	return high ^ low
}

// find gives the process at an address, or nil.
func (r *registry) find(a *Address) *process {
	hash := r.hash(a)
	table := *r.table.Load()
	for i := hash; ; i++ {
		p := table[i&uint64(len(table)-1)].Load()
		if p == nil || p.hash == hash && p.address == *a {
			return p
		}
	}
}

// put has p found at its address, in place of who was there.
func (r *registry) put(p *process) {
	p.hash = r.hash(&p.address)
	table := *r.table.Load()
	if 4*(r.used+1) > 3*len(table) {
		table = r.rebuild()
	}
	var free *atomic.Pointer[process]
	for i := p.hash; ; i++ {
		slot := &table[i&uint64(len(table)-1)]
		switch have := slot.Load(); {
		case have == nil:
			r.count++
			if free == nil {
				free = slot
				r.used++
			}
			free.Store(p)
			return
		case have == forgotten:
			if free == nil {
				free = slot
			}
		case have.hash == p.hash && have.address == p.address:
			slot.Store(p)
			return
		}
	}
}

// remove has p found no more.
func (r *registry) remove(p *process) {
	table := *r.table.Load()
	for i := p.hash; ; i++ {
		slot := &table[i&uint64(len(table)-1)]
		switch slot.Load() {
		case nil:
			return
		case p:
			slot.Store(forgotten)
			r.count--
			return
		}
	}
}

// rebuild puts all into a table of their own size, half empty at least with one more.
func (r *registry) rebuild() slots {
	size := fewestSlots
	for size < 2*(r.count+1) {
		size *= 2
	}
	table := make(slots, size)
	for p := range r.each {
		i := p.hash
		for table[i&uint64(size-1)].Load() != nil {
			i++
		}
		table[i&uint64(size-1)].Store(p)
	}
	r.used = r.count
	r.table.Store(&table)
	return table
}

func (r *registry) each(yield func(*process) bool) {
	table := *r.table.Load()
	for i := range table {
		if p := table[i].Load(); p != nil && p != forgotten && !yield(p) {
			return
		}
	}
}

// inOrder gives all processes in the order of spawning.
func (r *registry) inOrder() []*process {
	return slices.SortedFunc(r.each, func(a, b *process) int { return cmp.Compare(a.order, b.order) })
}
