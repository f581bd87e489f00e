package wit

// A Type is a type where it is used: a [Prim], a constructed type such as
// *[List], or the *[TypeDef] that a name means.
type Type interface {
	// String writes the type as WIT does; a declared type by its name.
	String() string
	isType()
}

// Prim is a primitive type.
type Prim uint8

// The primitive types.
const (
	Bool Prim = iota + 1
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	ErrorContext
)

// List is list<elem>.
type List struct{ Elem Type }

// FixedList is list<elem, len>.
type FixedList struct {
	Elem Type
	Len  uint32
}

// Map is map<key, value>.
type Map struct{ Key, Value Type }

// Tuple is tuple<elems…>.
type Tuple struct{ Elems []Type }

// Option is option<elem>.
type Option struct{ Elem Type }

// Result is result<ok, err>; either may be nil.
type Result struct{ OK, Err Type }

// Own is own<resource>: a handle that is handed over.
type Own struct{ Resource *TypeDef }

// Borrow is borrow<resource>: a handle that is lent for a call.
type Borrow struct{ Resource *TypeDef }

// Stream is stream<elem>; Elem may be nil.
type Stream struct{ Elem Type }

// Future is future<elem>; Elem may be nil.
type Future struct{ Elem Type }

// A TypeDef is a type with a name.
type TypeDef struct {
	Pos       Pos
	Docs      string
	Stability Stability
	// ExternalID is the name for the outside world; "" where there is none.
	ExternalID string
	// Name is the name in Owner; a `use … as` gives another than the original's.
	Name  string
	Owner Owner
	Kind  Kind
}

// Root is the declaration that the name means in the end: aliases of other
// declarations and `use`s followed.
func (t *TypeDef) Root() *TypeDef {
	for {
		alias, ok := t.Kind.(*Alias)
		if !ok {
			return t
		}
		next, ok := alias.Type.(*TypeDef)
		if !ok {
			return t
		}
		t = next
	}
}

// Used is the declaration that a `use` brings in; nil where t is no `use`.
func (t *TypeDef) Used() *TypeDef {
	if alias, ok := t.Kind.(*Alias); ok {
		if def, ok := alias.Type.(*TypeDef); ok && def.Owner != t.Owner {
			return def
		}
	}
	return nil
}

// A Kind is what a TypeDef declares.
type Kind interface{ isKind() }

// Record is a record type.
type Record struct{ Fields []Field }

// A Field is one field of a record.
type Field struct {
	Pos  Pos
	Docs string
	Name string
	Type Type
}

// Variant is a variant type.
type Variant struct{ Cases []Case }

// A Case is one case of a variant; Type is nil where it has no payload.
type Case struct {
	Pos  Pos
	Docs string
	Name string
	Type Type
}

// Enum is an enum type.
type Enum struct{ Cases []Label }

// Flags is a flags type.
type Flags struct{ Flags []Label }

// A Label is one case of an enum or one of some flags.
type Label struct {
	Pos  Pos
	Docs string
	Name string
}

// Resource is a resource type. Its functions are among those of its interface.
type Resource struct{}

// Alias is another name for a type: `type a = b`, or a `use`.
type Alias struct{ Type Type }

// FuncKind tells how a function belongs to a resource.
type FuncKind uint8

// The kinds of functions.
const (
	Freestanding FuncKind = iota
	Method
	Static
	Constructor
)

// A Func is a function.
type Func struct {
	Pos       Pos
	Docs      string
	Stability Stability
	// ExternalID is the name for the outside world; "" where there is none.
	ExternalID string
	// Name is the name that components see: "read", "[method]bucket.get".
	Name string
	Kind FuncKind
	// Resource is that of a method, static or constructor.
	Resource *TypeDef
	Async    bool
	// Params begin with `self` for a method.
	Params []Param
	// Result is nil where the function gives nothing back. A constructor gives its
	// resource, or a result of it.
	Result Type
}

// A Param is one parameter of a function.
type Param struct {
	Pos  Pos
	Name string
	Type Type
}

func (Prim) isType()       {}
func (*List) isType()      {}
func (*FixedList) isType() {}
func (*Map) isType()       {}
func (*Tuple) isType()     {}
func (*Option) isType()    {}
func (*Result) isType()    {}
func (*Own) isType()       {}
func (*Borrow) isType()    {}
func (*Stream) isType()    {}
func (*Future) isType()    {}
func (*TypeDef) isType()   {}

func (*Record) isKind()   {}
func (*Variant) isKind()  {}
func (*Enum) isKind()     {}
func (*Flags) isKind()    {}
func (*Resource) isKind() {}
func (*Alias) isKind()    {}
