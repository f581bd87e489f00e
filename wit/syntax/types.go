package syntax

// A Type is a type where it is used: a *Prim, *Named, *List, *Map, *Tuple,
// *Option, *Result, *Handle, *Stream or *Future.
type Type interface {
	// At is the word of the type: `list` of list<u8>.
	At() Span
}

// A Prim is a primitive type.
type Prim struct {
	Span
	Name string
}

// A Named is a type by its name.
type Named struct{ Ident }

// A List is list<elem>, or list<elem, len>.
type List struct {
	Span
	Elem Type
	// Len is nil where the length is not fixed.
	Len *uint32
}

// A Map is map<key, value>.
type Map struct {
	Span
	Key, Value Type
}

// A Tuple is tuple<elems…>.
type Tuple struct {
	Span
	Elems []Type
}

// An Option is option<elem>.
type Option struct {
	Span
	Elem Type
}

// A Result is result<ok, err>; either may be nil.
type Result struct {
	Span
	OK, Err Type
}

// A Handle is borrow<resource>, or own<resource>.
type Handle struct {
	Span
	Borrow   bool
	Resource Ident
}

// A Stream is stream<elem>; Elem may be nil.
type Stream struct {
	Span
	Elem Type
}

// A Future is future<elem>; Elem may be nil.
type Future struct {
	Span
	Elem Type
}

// At is the span itself.
func (s Span) At() Span { return s }
