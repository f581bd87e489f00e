package abi

// A peek is what Peek sets.
type peek uint8

const (
	peekLifted  peek = iota + 1 // the values are on their way out of the instance
	peekLowered                 // the values arrived in the instance
)

// Peek makes the context one that only looks, until the next Reset: handles stay
// where they are, and the resources that it gives have no home. lowered tells
// that the values were lowered into the instance, where a borrow of a resource
// of its own is no handle but the representation itself.
func (cx *Context) Peek(lowered bool) {
	if cx.peek = peekLifted; lowered {
		cx.peek = peekLowered
	}
}

// peekHandle is what liftHandle or lowerHandle went by.
func (cx *Context) peekHandle(t *Type, i uint32) *ResourceValue {
	if t.Kind == KindBorrow && cx.peek == peekLowered && t.Resource.Impl == cx.inst.ID {
		return HostResource(t.Resource, i)
	}
	return HostResource(t.Resource, cx.inst.Handles.Get(i, t.Resource).Rep)
}
