package abi

import (
	"cmp"
	"strconv"
)

// Kind tells what a component-level value type is.
type Kind uint8

// The kinds of value types, in the order of the specification's Explainer.md.
const (
	KindBool Kind = iota + 1
	KindS8
	KindU8
	KindS16
	KindU16
	KindS32
	KindU32
	KindS64
	KindU64
	KindF32
	KindF64
	KindChar
	KindString
	KindErrorContext
	KindRecord
	KindVariant
	KindList
	KindFixedList
	KindTuple
	KindFlags
	KindEnum
	KindOption
	KindResult
	KindMap
	KindOwn
	KindBorrow
	KindStream
	KindFuture
)

var kindNames = [...]string{
	KindBool: "bool", KindS8: "s8", KindU8: "u8", KindS16: "s16", KindU16: "u16",
	KindS32: "s32", KindU32: "u32", KindS64: "s64", KindU64: "u64", KindF32: "f32",
	KindF64: "f64", KindChar: "char", KindString: "string", KindErrorContext: "error-context",
	KindRecord: "record", KindVariant: "variant", KindList: "list", KindFixedList: "fixed-length list",
	KindTuple: "tuple", KindFlags: "flags", KindEnum: "enum", KindOption: "option",
	KindResult: "result", KindMap: "map", KindOwn: "own", KindBorrow: "borrow",
	KindStream: "stream", KindFuture: "future",
}

// String is the kind's name in WIT.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// A Type is a component-level value type with its layout in 32-bit memories.
// Types are immutable once made and may be shared by any number of goroutines.
// Make them with the constructors of this package, which compute the layout.
type Type struct {
	// Kind tells which of the other fields mean something.
	Kind Kind
	// Name is the name under which WIT declares the type, for messages only;
	// "" for an anonymous type.
	Name string
	// Elem is the element of a list, fixed-length list, option, stream or
	// future (nil for a stream or future of nothing), and for a map the tuple of
	// its key and value.
	Elem *Type
	// Fields are those of a record, and of a tuple with empty labels.
	Fields []Field
	// Cases are those of a variant or an enum, of an option (none, some) and
	// of a result (ok, error).
	Cases []Case
	// Labels are those of flags.
	Labels []string
	// Len is the length of a fixed-length list.
	Len uint32
	// Resource is the resource type of an own or a borrow.
	Resource *Resource

	size, align uint32
	payload     uint32 // where a variant's payload starts
	flat        []CoreType
	unsupported *Type // the first type within that cannot cross yet
	nodes       int
	depth       int
	lists       bool // a list or a string is in it
	borrows     bool // a borrow is in it
}

// A Field is one field of a record or one parameter of a function.
type Field struct {
	Label string
	Type  *Type
}

// A Case is one case of a variant. Its type is nil where it has no payload.
type Case struct {
	Label string
	Type  *Type
}

// A Resource is the identity of a resource type: two resource types are the
// same when they are the same pointer.
type Resource struct {
	// Name is the resource's name in WIT, for messages.
	Name string
	// Impl is the component instance that implements it, by Instance.ID;
	// HostImpl where the host does.
	Impl int
	// Host is, for the resource type of a component's import, the host's own type
	// that it was linked with.
	Host *Resource
}

// HostImpl is the Impl of a resource that the host implements.
const HostImpl = -1

// CoreType is a core WebAssembly value type, by its number in the binary format.
type CoreType byte

// The core types that component-level values flatten to.
const (
	I32 CoreType = 0x7f
	I64 CoreType = 0x7e
	F32 CoreType = 0x7d
	F64 CoreType = 0x7c
)

// String is the type's name in the text format.
func (t CoreType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	}
	return "core type 0x" + strconv.FormatUint(uint64(t), 16)
}

func prim(k Kind, size uint32, flat ...CoreType) *Type {
	align := size
	if k == KindString {
		align = 4
	}
	return &Type{Kind: k, size: size, align: align, flat: flat, nodes: 1, depth: 1, lists: k == KindString}
}

// The primitive types.
var (
	Bool         = prim(KindBool, 1, I32)
	S8           = prim(KindS8, 1, I32)
	U8           = prim(KindU8, 1, I32)
	S16          = prim(KindS16, 2, I32)
	U16          = prim(KindU16, 2, I32)
	S32          = prim(KindS32, 4, I32)
	U32          = prim(KindU32, 4, I32)
	S64          = prim(KindS64, 8, I64)
	U64          = prim(KindU64, 8, I64)
	Float32      = prim(KindF32, 4, F32)
	Float64      = prim(KindF64, 8, F64)
	Char         = prim(KindChar, 4, I32)
	String       = prim(KindString, 8, I32, I32)
	ErrorContext = Unsupported(KindErrorContext, nil)
)

// List is the type list<elem>.
func List(elem *Type) *Type {
	t := &Type{Kind: KindList, Elem: elem, size: 8, align: 4, flat: []CoreType{I32, I32}, nodes: 1, depth: 1, lists: true}
	t.hold(elem)
	return t
}

// Record is a record type of the given name and fields; there is at least one.
func Record(name string, fields ...Field) *Type {
	t := &Type{Kind: KindRecord, Name: name, Fields: fields}
	t.layoutFields()
	return t
}

// Tuple is the type tuple<elems…>.
func Tuple(elems ...*Type) *Type {
	t := &Type{Kind: KindTuple, Fields: make([]Field, len(elems))}
	for i, e := range elems {
		t.Fields[i].Type = e
	}
	t.layoutFields()
	return t
}

// Variant is a variant type of the given name and cases; there is at least one.
func Variant(name string, cases ...Case) *Type {
	t := &Type{Kind: KindVariant, Name: name, Cases: cases}
	t.layoutCases()
	return t
}

// Enum is an enum type of the given name and cases; there is at least one.
func Enum(name string, labels ...string) *Type {
	t := &Type{Kind: KindEnum, Name: name, Cases: make([]Case, len(labels))}
	for i, l := range labels {
		t.Cases[i].Label = l
	}
	t.layoutCases()
	return t
}

// Option is the type option<elem>.
func Option(elem *Type) *Type {
	t := &Type{Kind: KindOption, Elem: elem, Cases: []Case{{Label: "none"}, {Label: "some", Type: elem}}}
	t.layoutCases()
	return t
}

// Result is the type result<ok, err>; either may be nil.
func Result(ok, err *Type) *Type {
	t := &Type{Kind: KindResult, Cases: []Case{{Label: "ok", Type: ok}, {Label: "error", Type: err}}}
	t.layoutCases()
	return t
}

// Flags is a flags type of the given name; the specification allows 1 to 32 labels.
func Flags(name string, labels ...string) *Type {
	t := &Type{Kind: KindFlags, Name: name, Labels: labels, flat: []CoreType{I32}, nodes: 1, depth: 1}
	switch n := len(labels); {
	case n <= 8:
		t.size = 1
	case n <= 16:
		t.size = 2
	default:
		t.size = 4
	}
	t.align = t.size
	return t
}

// FixedList is the type list<elem, n>, a list of fixed length; n is at least 1.
func FixedList(elem *Type, n uint32) *Type {
	t := &Type{Kind: KindFixedList, Elem: elem, Len: n, align: elem.align, nodes: 1, depth: 1}
	t.hold(elem)
	t.size = uint32(min(uint64(n)*uint64(elem.size), MaxTypeSize))
	for i := uint32(0); i < n && len(t.flat) < maxFlat; i++ {
		t.flat = append(t.flat, elem.flat[:min(len(elem.flat), maxFlat-len(t.flat))]...)
	}
	return t
}

// Map is the type map<key, value>. It lies in memory as a list of tuples of
// them, which Elem is.
func Map(key, value *Type) *Type {
	t := List(Tuple(key, value))
	t.Kind = KindMap
	return t
}

// Own is the type own<r>.
func Own(r *Resource) *Type {
	return &Type{Kind: KindOwn, Resource: r, size: 4, align: 4, flat: []CoreType{I32}, nodes: 1, depth: 1}
}

// Borrow is the type borrow<r>.
func Borrow(r *Resource) *Type {
	return &Type{Kind: KindBorrow, Resource: r, size: 4, align: 4, flat: []CoreType{I32}, nodes: 1, depth: 1, borrows: true}
}

// Unsupported is a type that this runtime decodes and shows but does not move
// across the boundary yet: a stream, a future, an error context. Elem is what
// travels, nil for nothing.
func Unsupported(kind Kind, elem *Type) *Type {
	t := &Type{Kind: kind, Elem: elem, size: 4, align: 4, flat: []CoreType{I32}, nodes: 1, depth: 1}
	t.hold(elem)
	t.lists, t.borrows = false, false // what travels does so by itself
	t.unsupported = t
	return t
}

// Named is t under the name that WIT declares it by. It is a copy: t stays
// without, since other declarations may share it.
func (t *Type) Named(name string) *Type {
	if name == "" || t.Name == name {
		return t
	}
	n := *t
	n.Name = name
	return &n
}

// Unsupported reports the first type within t that this runtime cannot move
// across the boundary yet, nil where it can move all of t.
func (t *Type) Unsupported() *Type {
	if t == nil {
		return nil
	}
	return t.unsupported
}

// Nodes is how many types the type is written with, each one counted as often
// as it stands there: what walking it may cost. Counting stops at MaxTypeNodes.
func (t *Type) Nodes() int { return t.nodes }

// Depth is how many types stand in one another, a primitive one being 1.
func (t *Type) Depth() int { return t.depth }

// Lists reports whether a value of the type may hold a list or a string, and so
// needs memory of its own. nil holds none.
func (t *Type) Lists() bool { return t != nil && t.lists }

// Borrows reports whether a value of the type may hold a borrowed handle. nil
// holds none.
func (t *Type) Borrows() bool { return t != nil && t.borrows }

// hold makes the type know what is within it.
func (t *Type) hold(within *Type) {
	if within == nil {
		return
	}
	t.unsupported = cmp.Or(t.unsupported, within.unsupported)
	t.lists = t.lists || within.lists
	t.borrows = t.borrows || within.borrows
	t.nodes = min(t.nodes+within.nodes, MaxTypeNodes)
	t.depth = max(t.depth, within.depth+1)
}

// A FuncType is the type of a component-level function.
type FuncType struct {
	Params []Field
	// Result is nil where the function gives nothing back.
	Result *Type
	// Async tells that the function is declared async.
	Async bool
}

// Nodes is how many types the function's are written with, as for a Type.
func (f *FuncType) Nodes() int {
	n := 0
	for _, p := range f.Params {
		n += p.Type.nodes
	}
	if f.Result != nil {
		n += f.Result.nodes
	}
	return n
}
