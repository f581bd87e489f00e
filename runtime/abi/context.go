package abi

import (
	"encoding/binary"
	"math"
)

// Encoding is how strings lie in a guest's memory.
type Encoding uint8

// The encodings of the canonical options.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1UTF16
)

// String is the encoding's name in the text format.
func (e Encoding) String() string {
	switch e {
	case UTF16:
		return "utf16"
	case Latin1UTF16:
		return "latin1+utf16"
	}
	return "utf8"
}

// A Memory is the linear memory that the canonical options of a function name.
// wazero's api.Memory is one.
type Memory interface {
	// Size is the memory's length in bytes.
	Size() uint32
	// Read is a view of byteCount bytes from offset, and whether they are there.
	Read(offset, byteCount uint32) ([]byte, bool)
}

// Options are the canonical options of one lifted or lowered function of one
// instance, resolved (the specification's LiftLowerOptions).
type Options struct {
	// Memory is nil where the function names none.
	Memory Memory
	// Encoding is that of strings.
	Encoding Encoding
	// MaxLift is how many bytes of strings and lists one set of values may come
	// to on the host's side: pointers into one region can claim it many times.
	// On the type-driven path the values themselves count too. 0 means
	// DefaultMaxLift.
	MaxLift uint32
	// MaxLower is how many bytes one set of values may take in the guest's
	// memory, besides those on the stack; of a string that is encoded otherwise
	// what it may come to, until it is known. 0 means that its memory alone
	// bounds them.
	MaxLower uint32
}

// A Reallocator calls the realloc function that the canonical options of a
// function name.
type Reallocator interface {
	// Realloc is the guest's answer, unchecked. It panics when the guest traps
	// and when the options name no such function.
	Realloc(old, oldSize, align, newSize uint32) uint32
}

// Limits of values ["Loading"], and one of our own.
const (
	// MaxStringBytes is the longest string that may cross, in bytes.
	MaxStringBytes = 1<<28 - 1
	// MaxListBytes is the longest list that may cross, in bytes.
	MaxListBytes = 1<<28 - 1
	// DefaultMaxLift is what one set of values may come to in total on the
	// host's side, in bytes.
	DefaultMaxLift = 1 << 28
)

// A Context is where values are lifted and lowered: a view of the guest's
// memory and what the canonical options say about it (the specification's
// LiftLowerContext). It serves one call at a time. Its methods panic with a
// *Trap where the guest breaks a rule.
//
// The slices that Bytes and List return are views of the guest's memory: they
// are good until the next allocation in the guest, which lowering does.
type Context struct {
	opts    *Options
	realloc Reallocator
	inst    *Instance
	scope   *Scope
	home    any
	mem     []byte
	left    uint32 // of MaxLift
	room    uint32 // of MaxLower
	keep    bool   // strings are lifted with their encoding
	peek    peek

	lowering
	departing bool // what is lifted is on its way as a whole: see Instance.InFlight
}

// In says whose handles values of resource types are: the component instance
// that the function is lifted from or lowered in, the scope of the call, and
// what tells the instance from others on the host's side.
func (cx *Context) In(inst *Instance, scope *Scope, home any) {
	cx.inst, cx.scope, cx.home = inst, scope, home
}

// Reset makes the context ready for values that cross under opts. Room in the
// guest comes from realloc.
func (cx *Context) Reset(opts *Options, realloc Reallocator) {
	cx.opts, cx.realloc, cx.mem, cx.keep, cx.peek, cx.departing = opts, realloc, nil, false, 0, false
	cx.call = nil
	if cx.room = opts.MaxLower; cx.room == 0 {
		cx.room = math.MaxUint32
	}
	if cx.left = opts.MaxLift; cx.left == 0 {
		cx.left = DefaultMaxLift
	}
}

// KeepEncoding has the values that are lifted until the next Reset go into
// another component instance: their strings remember how they were encoded,
// which decides how room for them is asked for there. Such values are for
// lowering only.
func (cx *Context) KeepEncoding() { cx.keep = true }

// view is the whole memory, looked up at the first use after Reset and after
// each call into the guest: scalars never pay for it.
func (cx *Context) view() []byte {
	if cx.mem == nil {
		cx.refresh()
	}
	return cx.mem
}

func (cx *Context) refresh() {
	if cx.opts.Memory == nil {
		Trapf("a value needs memory and the function's canonical options name none")
	}
	m, ok := cx.opts.Memory.Read(0, cx.opts.Memory.Size())
	if !ok || m == nil {
		m = []byte{}
	}
	cx.mem = m
}

// Bytes is a view of n bytes of memory at ptr. It traps where they are not all
// there.
func (cx *Context) Bytes(ptr, n uint32) []byte {
	mem := cx.view()
	end := uint64(ptr) + uint64(n)
	if end > uint64(len(mem)) {
		Trapf("pointer out of bounds: %d bytes at 0x%x, and the memory has %d", n, ptr, len(mem))
	}
	return mem[ptr:end:end]
}

// Region is a view of the values of one size and alignment at ptr: what a
// spilled parameter list or result is read from. It traps where they are
// misaligned or not all there.
func (cx *Context) Region(ptr, size, align uint32) []byte {
	if ptr&(align-1) != 0 {
		Trapf("unaligned pointer: 0x%x, and the type wants a multiple of %d", ptr, align)
	}
	return cx.Bytes(ptr, size)
}

// List is a view of a list's n elements of that size and alignment at ptr. It
// traps where they are misaligned, not all there, or longer than a list may be
// ["Loading", load_list_from_range]. What it gives out counts against MaxLift.
func (cx *Context) List(ptr, n, size, align uint32) []byte {
	total := uint64(n) * uint64(size)
	if total > MaxListBytes {
		Trapf("list too long: %d elements of %d bytes", n, size)
	}
	b := cx.Region(ptr, uint32(total), align)
	cx.take(uint32(total))
	return b
}

// Elems is List for elements that become larger in Go than they are in memory:
// an interface for one byte of a variant, say. A pair of words each counts
// against MaxLift too.
func (cx *Context) Elems(ptr, n, size, align uint32) []byte {
	b := cx.List(ptr, n, size, align)
	cx.take64(uint64(n) * interfaceBytes)
	return b
}

func (cx *Context) take(n uint32) { cx.take64(uint64(n)) }

func (cx *Context) take64(n uint64) {
	if n > uint64(cx.left) {
		panic(&Trap{Err: &LimitError{Of: BytesToHost, Limit: uint64(cx.limit())}})
	}
	cx.left -= uint32(n)
}

func (cx *Context) limit() uint32 {
	if cx.opts.MaxLift == 0 {
		return DefaultMaxLift
	}
	return cx.opts.MaxLift
}

// Alloc makes room for size bytes in the guest, by its realloc. It traps where
// the guest returns a pointer that is misaligned or out of bounds.
func (cx *Context) Alloc(size, align uint32) uint32 {
	return cx.reallocate(0, 0, align, size)
}

func (cx *Context) reallocate(old, oldSize, align, size uint32) uint32 {
	if size > oldSize && size-oldSize > cx.room {
		panic(&Trap{Err: &LimitError{Of: BytesToGuest, Limit: uint64(cx.opts.MaxLower)}})
	}
	if cx.opts.MaxLower > 0 {
		cx.room -= size - oldSize // where it shrinks, room comes back
	}
	ptr := cx.realloc.Realloc(old, oldSize, align, size)
	cx.refresh()
	if ptr&(align-1) != 0 {
		Trapf("realloc returned an unaligned pointer: 0x%x, asked for a multiple of %d", ptr, align)
	}
	if uint64(ptr)+uint64(size) > uint64(len(cx.mem)) {
		Trapf("realloc returned a pointer out of bounds: %d bytes at 0x%x, and the memory has %d", size, ptr, len(cx.mem))
	}
	return ptr
}

// AllocList makes room in the guest for a list of n elements of that size and
// alignment.
func (cx *Context) AllocList(n int, size, align uint32) uint32 {
	total := uint64(n) * uint64(size)
	if total > MaxListBytes {
		Trapf("list too long: %d elements of %d bytes", n, size)
	}
	return cx.Alloc(uint32(total), align)
}

// Put8 writes one byte at ptr, which an allocation of the same call gave.
func (cx *Context) Put8(ptr uint32, v uint8) { cx.mem[ptr] = v }

// Put16 writes a 16-bit value at ptr, as Put8 does.
func (cx *Context) Put16(ptr uint32, v uint16) { binary.LittleEndian.PutUint16(cx.mem[ptr:], v) }

// Put32 writes a 32-bit value at ptr, as Put8 does.
func (cx *Context) Put32(ptr, v uint32) { binary.LittleEndian.PutUint32(cx.mem[ptr:], v) }

// Put64 writes a 64-bit value at ptr, as Put8 does.
func (cx *Context) Put64(ptr uint32, v uint64) { binary.LittleEndian.PutUint64(cx.mem[ptr:], v) }
