package abi

// How generated code moves resources. A resource that the host implements is a
// Go value: the table of handles has its place in Values. One that a component
// implements is a ResourceValue, as on the type-driven path.

// A Binding is a resource type of a world with that of the component, by which
// the handles of its instances go.
type Binding struct{ World, Component *Resource }

// Values are the Go values of the resources that the host implements for one
// component. What a handle stands for is the place of the value.
type Values struct {
	// Tag is kept with each value that is added: see Context.Tag.
	Tag any

	all  []value
	free []uint32
}

type value struct{ v, tag any }

func (v *Values) add(x any) uint32 {
	if n := len(v.free); n > 0 {
		i := v.free[n-1]
		v.free = v.free[:n-1]
		v.all[i] = value{x, v.Tag}
		return i
	}
	v.all = append(v.all, value{x, v.Tag})
	return uint32(len(v.all) - 1)
}

// Take removes the value at a place and gives it.
func (v *Values) Take(at uint32) any {
	x := v.all[at].v
	v.all[at] = value{}
	v.free = append(v.free, at)
	return x
}

// Len is how many values there are.
func (v *Values) Len() int { return len(v.all) - len(v.free) }

// bound is the component's resource type for the world's.
func (in *Instance) bound(world *Resource) *Resource {
	for i := range in.Bindings {
		if in.Bindings[i].World == world {
			return in.Bindings[i].Component
		}
	}
	return world // the component has none: no handle of it can be there
}

// LiftOwned is the Go value of an owned handle, which leaves the guest. The host
// has it from the next Arrived on; until then it is in flight.
func (cx *Context) LiftOwned(world *Resource, i uint32) any {
	r := cx.inst.bound(world)
	h := cx.inst.Handles.Remove(i, r)
	if !h.Own {
		Trapf("handle index %d is borrowed and cannot be given away", i)
	}
	cx.inst.leaving = append(cx.inst.leaving, h)
	return cx.inst.Values.all[h.Rep].v
}

// LiftBorrowed is the Go value of a handle that the guest lends for the call.
func (cx *Context) LiftBorrowed(world *Resource, i uint32) any {
	h := cx.inst.Handles.Get(i, cx.inst.bound(world))
	cx.scope.lend(i)
	return cx.inst.Values.all[h.Rep].v
}

// LowerOwned gives the guest a Go value as an owned handle.
func (cx *Context) LowerOwned(world *Resource, v any) uint32 {
	if v == nil {
		NoResource(world.label())
	}
	i := cx.inst.Handles.Add(Handle{Resource: cx.inst.bound(world), Own: true})
	cx.inst.Handles.entries[i].Rep = cx.inst.Values.add(v)
	return i
}

// LowerBorrowed lends the guest a Go value for the call.
func (cx *Context) LowerBorrowed(world *Resource, v any) uint32 {
	if v == nil {
		NoResource(world.label())
	}
	i := cx.inst.Handles.Add(Handle{Resource: cx.inst.bound(world), scope: cx.scope})
	at := cx.inst.Values.add(v)
	cx.inst.Handles.entries[i].Rep = at
	cx.scope.borrows++
	cx.scope.values = append(cx.scope.values, at)
	return i
}

// Tag is what Values.Tag was when the value behind a handle was given to the
// guest. It reports false for what is no handle of the type.
func (cx *Context) Tag(world *Resource, i uint32) (tag any, ok bool) {
	t := &cx.inst.Handles
	if uint64(i) >= uint64(len(t.entries)) || t.entries[i].Resource == nil || t.entries[i].Resource != cx.inst.bound(world) {
		return nil, false
	}
	return cx.inst.Values.all[t.entries[i].Rep].tag, true
}

// LiftResource is an owned handle of a resource that the component implements,
// which leaves the guest for v. It is in flight until the next Arrived.
func (cx *Context) LiftResource(world *Resource, i uint32, v *ResourceValue) {
	v.Resource, v.home = cx.inst.bound(world), cx.home
	h := cx.inst.Handles.Remove(i, v.Resource)
	if !h.Own {
		Trapf("handle index %d is borrowed and cannot be given away", i)
	}
	v.Rep, v.owned = h.Rep, true
	cx.inst.depart(v)
}

// LowerResource gives a resource back to the component that implements it.
func (cx *Context) LowerResource(world *Resource, v *ResourceValue) uint32 {
	return cx.lowerHandle(handleType{cx.inst.bound(world), true}, v)
}

// LendResource lends a resource to the component that implements it.
func (cx *Context) LendResource(world *Resource, v *ResourceValue) uint32 {
	return cx.lowerHandle(handleType{cx.inst.bound(world), false}, v)
}

// Lend is LendResource for a resource whose type goes without saying: its own.
func (cx *Context) Lend(v *ResourceValue) uint32 {
	return cx.lowerHandle(handleType{v.Resource, false}, v)
}

// Arrived ends the lifting of a call's values in generated code: resources that
// were in flight are the host's.
func (cx *Context) Arrived() {
	for _, h := range cx.inst.leaving {
		cx.inst.Values.Take(h.Rep)
	}
	cx.inst.leaving = cx.inst.leaving[:0]
	cx.arrived()
}

// A handleType is own<resource>, or borrow<resource>.
type handleType struct {
	resource *Resource
	own      bool
}

func (t handleType) typ() *Type {
	if t.own {
		return Own(t.resource)
	}
	return Borrow(t.resource)
}

func (t handleType) String() string { return t.typ().String() }
