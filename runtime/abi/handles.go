package abi

import (
	"errors"
	"sync/atomic"
)

// Handles are how resources cross: the guest holds an index into its
// component instance's table, the host holds what the handle stands for, its
// representation [CanonicalABI.md, "Resource State"].

// MaxHandles is how many handles one component instance may hold at a time.
const MaxHandles = 1<<28 - 1

// Room is how many handles several tables may hold together.
type Room struct {
	// Most is how many there may be, Left how many more.
	Most, Left int
	// Near, if it is not nil, is called when no more than Spare are left, and
	// again only after there were more.
	Near  func()
	Spare int
}

// take takes room for one handle.
func (r *Room) take() {
	if r.Left == 0 {
		panic(&Trap{Err: &LimitError{Of: Handles, Limit: uint64(r.Most)}})
	}
	if r.Left--; r.Left == r.Spare && r.Near != nil {
		r.Near()
	}
}

// An Instance is the part of a component instance that values need: its handles
// (the specification's ComponentInstance). It is used by one goroutine at a
// time.
type Instance struct {
	// ID tells the component instances of one component apart, and is compared
	// with Resource.Impl.
	ID int
	// Handles are the handles that the guest holds.
	Handles Table
	// Values are the Go values behind handles, where the host's side is generated
	// code; they are shared by the instances of one component.
	Values *Values
	// Bindings are the resource types that generated code knows the component's
	// by.
	Bindings []Binding

	flight  []*ResourceValue
	leaving []Handle // in flight, of resources whose values are in Values
}

// InFlight gives each owned resource that left the table and arrived nowhere,
// since what it went along with broke a rule on the way. The guest has no
// handle of it any more and nobody else knows it.
func (in *Instance) InFlight(yield func(r *Resource, rep uint32) bool) {
	for _, v := range in.flight {
		if !v.Taken() && !yield(v.Resource, v.Rep) {
			return
		}
	}
	for _, h := range in.leaving {
		if !yield(h.Resource, h.Rep) {
			return
		}
	}
}

// depart remembers an owned resource until it has arrived.
func (in *Instance) depart(v *ResourceValue) {
	for n := len(in.flight); n > 0 && in.flight[n-1].Taken(); n-- {
		in.flight = in.flight[:n-1]
	}
	in.flight = append(in.flight, v)
}

// arrived ends the lifting of a call's values: they are with the host. Within a
// component they arrive one by one, as they are lowered.
func (cx *Context) arrived() {
	cx.departing = false
	if cx.inst != nil && !cx.keep && cx.peek == 0 {
		clear(cx.inst.flight)
		cx.inst.flight = cx.inst.flight[:0]
	}
}

// A Handle is one entry of a table (the specification's ResourceHandle).
type Handle struct {
	// Resource is the handle's type, nil for a free entry.
	Resource *Resource
	// Rep is what the resource's implementation knows it by.
	Rep uint32
	// Own tells an owned handle from a borrowed one.
	Own bool

	scope *Scope // the call that a borrowed handle must not outlive
	lends int    // calls that it is lent to
}

// A Table holds the handles of a component instance by index; 0 is no index.
type Table struct {
	// Room is for this table's handles and those of others; nil is MaxHandles of
	// its own.
	Room *Room

	entries []Handle
	free    []uint32
	live    int
}

// Len is how many handles there are.
func (t *Table) Len() int { return t.live }

// Slots is how many places there are for handles, free ones included.
func (t *Table) Slots() int { return len(t.entries) }

// Add puts a handle into the table and gives its index.
func (t *Table) Add(h Handle) uint32 {
	if len(t.entries) == 0 {
		t.entries = make([]Handle, 1, 8)
	}
	if t.Room != nil {
		t.Room.take()
	}
	t.live++
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		t.entries[i] = h
		return i
	}
	if len(t.entries) > MaxHandles {
		Trapf("too many handles: an instance may hold %d", MaxHandles)
	}
	t.entries = append(t.entries, h)
	return uint32(len(t.entries) - 1)
}

// Get is the handle at an index. It traps where there is none, or one of
// another type.
func (t *Table) Get(i uint32, r *Resource) *Handle {
	if uint64(i) >= uint64(len(t.entries)) || t.entries[i].Resource == nil {
		Trapf("unknown handle index %d", i)
	}
	h := &t.entries[i]
	if h.Resource != r {
		Trapf("handle index %d is not of the resource type %s: it is of %s", i, r.label(), h.Resource.label())
	}
	return h
}

// Remove takes the handle at an index out of the table. It traps as Get does,
// and where the handle is lent.
func (t *Table) Remove(i uint32, r *Resource) Handle {
	h := t.Get(i, r)
	if h.lends != 0 {
		Trapf("cannot remove owned resource while borrowed: handle index %d", i)
	}
	out := *h
	*h = Handle{}
	t.free = append(t.free, i)
	t.live--
	if t.Room != nil {
		t.Room.Left++
	}
	return out
}

// All gives each handle that is left.
func (t *Table) All(yield func(Handle) bool) {
	for _, h := range t.entries {
		if h.Resource != nil && !yield(h) {
			return
		}
	}
}

// Dropped tells the call that a borrowed handle belongs to that it is gone.
func (h *Handle) Dropped() {
	if h.scope != nil {
		h.scope.borrows--
	}
}

// A Scope is what one call has lent and borrowed: lenders on the side of the
// caller (the specification's Subtask), borrows on that of the callee (its
// Task). The zero value is ready.
type Scope struct {
	inst    *Instance
	lenders []uint32
	borrows int
	values  []uint32 // places of Go values that were lent
	calls   uint64   // tells the calls apart that the scope is used for
}

// Begin makes the scope ready for a call from or into the instance.
func (s *Scope) Begin(in *Instance) {
	s.inst, s.lenders, s.values, s.borrows = in, s.lenders[:0], s.values[:0], 0
	s.calls++
}

// lend remembers that the handle at an index is lent until Release.
func (s *Scope) lend(i uint32) {
	s.inst.Handles.entries[i].lends++
	s.lenders = append(s.lenders, i)
}

// Release gives back what the call was lent, at its end.
func (s *Scope) Release() {
	s.calls++
	for _, i := range s.lenders {
		s.inst.Handles.entries[i].lends--
	}
	s.lenders = s.lenders[:0]
}

// Return ends the call for the callee, whose duty it is to have dropped what it
// borrowed [CanonicalABI.md, Task.return_].
func (s *Scope) Return() {
	if s.borrows > 0 {
		Trapf("borrow handles still remain at the end of the call: %d", s.borrows)
	}
	for _, at := range s.values {
		s.inst.Values.Take(at)
	}
	s.values = s.values[:0]
	s.calls++
}

// Borrows reports whether the callee has handles that it borrowed and did not
// drop: Return traps then.
func (s *Scope) Borrows() bool { return s.borrows > 0 }

// DropBorrows drops what the callee has borrowed and not dropped: the host does
// it for a callee that is the host's own.
func (s *Scope) DropBorrows() {
	for i := uint32(0); s.borrows > 0; i++ {
		if h := s.inst.Handles.entries[i]; h.scope == s {
			s.inst.Handles.Remove(i, h.Resource)
			s.borrows--
		}
	}
}

// liftHandle is what a guest's handle stands for: an owned one leaves its table,
// a borrowed one is lent for the call ["Loading", lift_own and lift_borrow].
func (cx *Context) liftHandle(t *Type, i uint32) *ResourceValue {
	if cx.peek != 0 {
		return cx.peekHandle(t, i)
	}
	v := &ResourceValue{Resource: t.Resource, home: cx.home}
	if t.Kind == KindBorrow {
		v.Rep = cx.inst.Handles.Get(i, t.Resource).Rep
		cx.scope.lend(i)
		v.lent(cx.scope)
		return v
	}
	h := cx.inst.Handles.Remove(i, t.Resource)
	if !h.Own {
		Trapf("handle index %d is borrowed and cannot be given away", i)
	}
	v.Rep, v.owned = h.Rep, true
	if cx.departing {
		cx.inst.depart(v)
	}
	return v
}

// Why a resource of the host's side is refused, on which errors.Is looks through
// a trap.
var (
	// ErrTaken refuses a resource that was given away or dropped before.
	ErrTaken = errors.New("the resource was given away or dropped before")
	// ErrForeign refuses a resource of another instance, or of another type.
	ErrForeign = errors.New("the resource belongs to another instance")
	// ErrBorrowed refuses a borrowed resource where an owned one is wanted, and
	// one whose call has ended.
	ErrBorrowed = errors.New("the resource is only borrowed")
)

// lowerHandle gives a resource to the guest ["Storing", lower_own and
// lower_borrow].
func (cx *Context) lowerHandle(t handleType, v *ResourceValue) uint32 {
	cx.admit(t, v)
	if t.own {
		if v.home != nil && !v.Take() {
			cx.wrong(t.typ(), v, ErrTaken, "the resource given for %s was given away or dropped before", t)
		}
		return cx.inst.Handles.Add(Handle{Resource: t.resource, Rep: v.Rep, Own: true})
	}
	if v.owned {
		v.lent(cx.scope)
	}
	if t.resource.Impl == cx.inst.ID {
		return v.Rep
	}
	cx.scope.borrows++
	return cx.inst.Handles.Add(Handle{Resource: t.resource, Rep: v.Rep, scope: cx.scope})
}

// admit refuses what cannot be given for a resource of type t.
func (cx *Context) admit(t handleType, v *ResourceValue) {
	switch {
	case v == nil:
		cx.wrong(t.typ(), v, nil, "no resource given for %s", t)
	case v.Resource != t.resource && (v.home != nil || v.Resource != t.resource.Host):
		cx.wrong(t.typ(), v, ErrForeign, "a resource of type %s given for %s", v.Resource.label(), t)
	case v.home == nil && t.resource.Impl != HostImpl:
		cx.wrong(t.typ(), v, ErrForeign, "a resource that the host made up given for %s, which a guest implements", t)
	case v.home == nil:
		return // the host's own may be given any number of times
	case v.home != cx.home:
		cx.wrong(t.typ(), v, ErrForeign, "the resource given for %s belongs to another instance", t)
	case v.Taken():
		cx.wrong(t.typ(), v, ErrTaken, "the resource given for %s was given away or dropped before", t)
	case !v.owned && t.own:
		cx.wrong(t.typ(), v, ErrBorrowed, "a borrowed resource given for %s", t)
	case !v.owned && !v.lentStill():
		cx.wrong(t.typ(), v, ErrBorrowed, "the resource given for %s was borrowed for a call that has ended", t)
	case v.owned && t.own && v.scope == cx.scope && v.lentStill():
		cx.wrong(t.typ(), v, ErrBorrowed, "cannot remove owned resource while borrowed: the one given for %s is lent in the same call", t)
	}
}

// A ResourceValue is a resource on the host's side of the type-driven path. An
// owned one may be given back once: then it is the guest's again. A borrowed
// one is good until the call ends that it came with.
type ResourceValue struct {
	// Resource is its type.
	Resource *Resource
	// Rep is what the resource's implementation knows it by.
	Rep uint32

	home  any         // the instance that it came from; nil for one of the host's
	owned bool        // it came as an owned handle
	taken atomic.Bool // it was given away

	scope *Scope // the call that it was lent in: by the guest, or back to it
	call  uint64
}

func (v *ResourceValue) lent(s *Scope) {
	if s != nil {
		v.scope, v.call = s, s.calls
	}
}

func (v *ResourceValue) lentStill() bool { return v.scope != nil && v.scope.calls == v.call }

// HostResource is a resource that the host implements, to be handed to guests.
func HostResource(r *Resource, rep uint32) *ResourceValue {
	return &ResourceValue{Resource: r, Rep: rep}
}

// Home is the instance that the value came from, nil for a resource of the
// host's own.
func (v *ResourceValue) Home() any { return v.home }

// Owned reports whether the value came as an owned one, which is then the host's
// to give away or to drop.
func (v *ResourceValue) Owned() bool { return v.owned }

// Taken reports whether an owned value was given away or dropped.
func (v *ResourceValue) Taken() bool { return v.taken.Load() }

// Take marks an owned value as given away or dropped. It reports false where it
// was already.
func (v *ResourceValue) Take() bool { return v.taken.CompareAndSwap(false, true) }

func (r *Resource) label() string {
	if r.Name == "" {
		return "(unnamed)"
	}
	return r.Name
}
