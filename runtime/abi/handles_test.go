package abi_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
)

var (
	apples = &abi.Resource{Name: "apple", Impl: 1}
	pears  = &abi.Resource{Name: "pear", Impl: 2}
)

// TestTable adds and removes handles: the place that became free last is taken
// first, 0 is none.
func TestTable(t *testing.T) {
	t.Parallel()
	var table abi.Table
	wantTrap(t, caught(func() { table.Get(0, apples) }), "unknown handle index 0")
	for want := uint32(1); want <= 4; want++ {
		if i := table.Add(abi.Handle{Resource: apples, Rep: 10 * want, Own: true}); i != want {
			t.Errorf("handle %d is %d", want, i)
		}
	}
	if h := table.Remove(2, apples); h.Rep != 20 || !h.Own {
		t.Errorf("removed %+v", h)
	}
	table.Remove(4, apples)
	wantTrap(t, caught(func() { table.Get(0, apples) }), "unknown handle index 0")
	wantTrap(t, caught(func() { table.Get(2, apples) }), "unknown handle index 2")
	wantTrap(t, caught(func() { table.Remove(5, apples) }), "unknown handle index 5")
	wantTrap(t, caught(func() { table.Get(1<<32-1, apples) }), "unknown handle index 4294967295")
	wantTrap(t, caught(func() { table.Get(1, pears) }), "handle index 1 is not of the resource type pear: it is of apple")
	wantTrap(t, caught(func() { table.Remove(1, pears) }), "handle index 1 is not of the resource type pear")
	for _, want := range []uint32{4, 2, 5} {
		if i := table.Add(abi.Handle{Resource: pears}); i != want {
			t.Errorf("a new handle is %d, want %d", i, want)
		}
	}
	if table.Len() != 5 || table.Slots() != 6 {
		t.Errorf("%d handles in %d places", table.Len(), table.Slots())
	}
	n := 0
	for h := range table.All {
		if n++; h.Resource == nil {
			t.Error("a free place is among the handles")
		}
	}
	if n != 5 {
		t.Errorf("%d handles are left", n)
	}
}

// TestTableRoom has two tables share the room for three handles.
func TestTableRoom(t *testing.T) {
	t.Parallel()
	near := 0
	room := abi.Room{Most: 3, Left: 3, Spare: 1, Near: func() { near++ }}
	a, b := abi.Table{Room: &room}, abi.Table{Room: &room}
	a.Add(abi.Handle{Resource: apples})
	a.Add(abi.Handle{Resource: apples})
	b.Add(abi.Handle{Resource: apples})
	wantTrap(t, caught(func() { b.Add(abi.Handle{Resource: apples}) }), "too many handles")
	a.Remove(1, apples)
	b.Add(abi.Handle{Resource: apples})
	wantTrap(t, caught(func() { a.Add(abi.Handle{Resource: apples}) }), "too many handles")
	if room.Left != 0 || a.Len() != 1 || b.Len() != 2 || near != 1 {
		t.Errorf("room for %d beside %d and %d, told %d times", room.Left, a.Len(), b.Len(), near)
	}
	b.Remove(1, apples)
	b.Remove(2, apples)
	b.Add(abi.Handle{Resource: apples})
	if near != 2 {
		t.Errorf("told %d times when it comes near again", near)
	}
}

// A holder is one end of calls: a component instance and the scope of its call.
type holder struct {
	abi.Context
	inst  abi.Instance
	scope abi.Scope
}

// newHolder makes the end with an instance of that number. home tells a whole
// component from others.
func newHolder(id int, home any) *holder {
	h := &holder{inst: abi.Instance{ID: id}}
	h.Reset(&abi.Options{}, nil)
	h.scope.Begin(&h.inst)
	h.In(&h.inst, &h.scope, home)
	return h
}

func (h *holder) lift(t *abi.Type, i uint32) *abi.ResourceValue {
	return h.Lift(t, []uint64{uint64(i)}).(*abi.ResourceValue)
}

func (h *holder) lower(t *abi.Type, v *abi.ResourceValue) uint32 {
	var stack [1]uint64
	h.Lower(t, v, stack[:])
	return uint32(stack[0])
}

func wantRefused(t *testing.T, trap *abi.Trap, want error, msg string) {
	t.Helper()
	wantTrap(t, trap, msg)
	if trap != nil && !errors.Is(trap, want) {
		t.Errorf("%q is not %q", trap, want)
	}
}

// TestBorrow lends a handle: it stays where it is until the call ends, who
// implements the resource gets its representation, another one a handle that it
// must drop.
func TestBorrow(t *testing.T) {
	t.Parallel()
	own, borrow := abi.Own(apples), abi.Borrow(apples)
	from, impl, other := newHolder(3, "c"), newHolder(1, "c"), newHolder(4, "c")
	i := from.inst.Handles.Add(abi.Handle{Resource: apples, Rep: 7, Own: true})
	v := from.lift(borrow, i)
	if v.Rep != 7 || v.Owned() || v.Home() != "c" {
		t.Errorf("lent %+v", v)
	}
	if rep := impl.lower(borrow, v); rep != 7 || impl.inst.Handles.Len() != 0 {
		t.Errorf("the implementor got %d", rep)
	}
	impl.scope.Return()

	h := other.lower(borrow, v)
	if h != 1 || other.inst.Handles.Get(h, apples).Own {
		t.Errorf("the other one got %d", h)
	}
	wantTrap(t, caught(other.scope.Return), "borrow handles still remain at the end of the call: 1")
	wantTrap(t, caught(func() { other.lift(own, h) }), "handle index 1 is borrowed and cannot be given away")
	h = other.inst.Handles.Add(abi.Handle{Resource: apples})
	other.inst.Handles.Remove(h, apples)

	wantTrap(t, caught(func() { from.lift(own, i) }), "cannot remove owned resource while borrowed")
	from.lift(borrow, i) // twice in one call is fine
	from.scope.Release()
	if got := from.lift(own, i); got.Rep != 7 || !got.Owned() {
		t.Errorf("given %+v", got)
	}
	wantTrap(t, caught(func() { from.lift(borrow, i) }), "unknown handle index 1")
}

// TestGoHandles holds the host to the rules for what it was given.
func TestGoHandles(t *testing.T) {
	t.Parallel()
	own, borrow := abi.Own(apples), abi.Borrow(apples)
	guest := newHolder(1, "a")
	give := func(home any) *abi.ResourceValue {
		h := newHolder(1, home)
		return h.lift(own, h.inst.Handles.Add(abi.Handle{Resource: apples, Rep: 7, Own: true}))
	}

	v := give("a")
	if guest.lower(own, v) != 1 || !v.Taken() || v.Take() {
		t.Error("an owned value can be given away once")
	}
	wantRefused(t, caught(func() { guest.lower(own, v) }), abi.ErrTaken, "given away or dropped before")
	wantRefused(t, caught(func() { guest.lower(borrow, v) }), abi.ErrTaken, "given away or dropped before")

	v = give("b")
	wantRefused(t, caught(func() { guest.lower(own, v) }), abi.ErrForeign, "the resource given for own<apple> belongs to another instance")
	wantRefused(t, caught(func() { guest.lower(abi.Own(pears), v) }), abi.ErrForeign, "a resource of type apple given for own<pear>")

	// Lent and given away in one call, in either order; in the next call it may be.
	v = give("a")
	guest.lower(borrow, v)
	wantRefused(t, caught(func() { guest.lower(own, v) }), abi.ErrBorrowed, "cannot remove owned resource while borrowed")
	guest.scope.Return()
	guest.lower(own, v)

	// What was lent to the host is good while the call lasts, and never the host's.
	lender := newHolder(1, "a")
	v = lender.lift(borrow, lender.inst.Handles.Add(abi.Handle{Resource: apples, Rep: 7, Own: true}))
	guest.lower(borrow, v)
	wantRefused(t, caught(func() { guest.lower(own, v) }), abi.ErrBorrowed, "a borrowed resource given for own<apple>")
	lender.scope.Release()
	wantRefused(t, caught(func() { guest.lower(borrow, v) }), abi.ErrBorrowed, "was borrowed for a call that has ended")

	// Only the guest makes its own.
	wantRefused(t, caught(func() { guest.lower(own, abi.HostResource(apples, 1)) }), abi.ErrForeign, "a resource that the host made up")

	// The host's own has no home: it may be given any number of times.
	imported := &abi.Resource{Name: "apple", Impl: abi.HostImpl, Host: pears}
	v = abi.HostResource(pears, 9)
	for want := uint32(3); want < 5; want++ {
		if i := guest.lower(abi.Own(imported), v); i != want || guest.inst.Handles.Get(i, imported).Rep != 9 {
			t.Errorf("the host's resource is handle %d, want %d", i, want)
		}
	}
	wantRefused(t, caught(func() { guest.lower(own, v) }), abi.ErrForeign, "a resource of type pear given for own<apple>")
}

// TestInFlight lifts arguments of which one breaks a rule: the owned resources
// before it are in flight, until they are with the host.
func TestInFlight(t *testing.T) {
	t.Parallel()
	f := &abi.FuncType{Params: []abi.Field{{Type: abi.Own(apples)}, {Type: abi.Tuple(abi.Own(apples), abi.Char)}}}
	from, to := newHolder(3, "c"), newHolder(4, "c")
	flight := func() (reps []uint32) {
		for _, rep := range from.inst.InFlight {
			reps = append(reps, rep)
		}
		return reps
	}
	stack := func(char uint64) []uint64 {
		a := from.inst.Handles.Add(abi.Handle{Resource: apples, Rep: 7, Own: true})
		b := from.inst.Handles.Add(abi.Handle{Resource: apples, Rep: 8, Own: true})
		return []uint64{uint64(a), uint64(b), char}
	}
	from.LiftParams(f, stack('x'))
	if got := flight(); got != nil {
		t.Errorf("with the host, and still in flight: %v", got)
	}
	wantTrap(t, caught(func() { from.LiftParams(f, stack(0xd800)) }), "not a char")
	if got := flight(); !slices.Equal(got, []uint32{7, 8}) {
		t.Errorf("in flight after a trap: %v", got)
	}
	from.LiftParams(f, stack('x'))

	// Into another instance each arrives by itself.
	from.KeepEncoding()
	args := from.LiftParams(f, stack('x'))
	if got := flight(); !slices.Equal(got, []uint32{7, 8}) {
		t.Errorf("in flight between instances: %v", got)
	}
	to.lower(abi.Own(apples), args[0].(*abi.ResourceValue))
	if got := flight(); !slices.Equal(got, []uint32{8}) {
		t.Errorf("in flight after one arrived: %v", got)
	}
	to.lower(abi.Own(apples), args[1].(abi.RecordValue)[0].(*abi.ResourceValue))
	if got := flight(); got != nil {
		t.Errorf("in flight after all arrived: %v", got)
	}
}

// TestValuesInFlight does the same as generated code does it: with Go values, and
// with resources of the guest's.
func TestValuesInFlight(t *testing.T) {
	t.Parallel()
	theirs := &abi.Resource{Name: "apple"}
	h := newHolder(3, "c")
	h.inst.Values = &abi.Values{}
	h.inst.Bindings = []abi.Binding{{World: theirs, Component: apples}}
	flight := func() (n int) {
		for range h.inst.InFlight {
			n++
		}
		return n
	}
	a, b := h.LowerOwned(theirs, "a"), h.LowerOwned(theirs, "b")
	if got := h.LiftOwned(theirs, a); got != "a" {
		t.Errorf("lifted %v", got)
	}
	wantTrap(t, caught(func() { h.LiftOwned(theirs, a) }), "unknown handle index")
	if flight() != 1 || h.inst.Values.Len() != 2 {
		t.Errorf("%d in flight, %d values", flight(), h.inst.Values.Len())
	}
	h.Arrived()
	if flight() != 0 || h.inst.Values.Len() != 1 {
		t.Errorf("%d in flight, %d values after all arrived", flight(), h.inst.Values.Len())
	}
	if got := h.LiftBorrowed(theirs, b); got != "b" {
		t.Errorf("lent %v", got)
	}
	wantTrap(t, caught(func() { h.LiftOwned(theirs, b) }), "while borrowed")
	h.scope.Release()
	wantTrap(t, caught(func() { h.LowerOwned(theirs, nil) }), "the host gave no apple")

	// What is lent to the guest is gone when the call has ended.
	h.scope.Begin(&h.inst)
	c := h.LowerBorrowed(theirs, "c")
	wantTrap(t, caught(func() { h.LiftOwned(theirs, c) }), "borrowed")
}
