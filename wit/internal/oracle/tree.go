// Package wasmtools holds the reading of WIT by wasm-tools, which a package of
// the Bytecode Alliance carries as WebAssembly: the one place where that package
// is used. It gives a plain tree of indexes and strings; binding that to the
// model is package wit's.
package oracle

// A Tree is resolved WIT in the form in which wasm-tools writes it: lists that
// refer to one another by index.
type Tree struct {
	Packages   []Package
	Interfaces []Interface
	Worlds     []World
	Types      []Type
}

// A Package is a package; the last one of a tree is the one that was read.
type Package struct {
	Namespace, Name, Version string
	Docs                     string
	Interfaces, Worlds       []int
}

// An Interface has no name where it stands inline in a world.
type Interface struct {
	Name, Docs string
	Package    int
	Types      []int
	Funcs      []Func
}

// A World has its items in the order of wasm-tools: those that others need first.
type World struct {
	Name, Docs       string
	Package          int
	Imports, Exports []Item
}

// An Item is one of an interface, a type or a function.
type Item struct {
	// Name is made up ("interface-0") for an interface that has one itself.
	Name      string
	Interface int // -1 where it is none
	Type      int // -1 where it is none
	Func      *Func
}

// A Type is a declaration, or an anonymous type that others refer to.
type Type struct {
	Name, Docs string
	// Interface and World are the owner; -1 where it is none.
	Interface, World int
	// Kind is the word of WIT for it; "alias" for another name of Elem; ""
	// where the package in between lost what it is.
	Kind string
	// Members are fields, cases, labels or the elements of a tuple.
	Members []Member
	// Elem is what a list, option, stream, future, handle or alias is of, and
	// the ok type of a result; Err is the other.
	Elem, Err *Ref
}

// A Member is a named part of a type.
type Member struct {
	Name, Docs string
	Type       *Ref
}

// A Ref is a type where it is used: a primitive one by name, or the index of
// another.
type Ref struct {
	Prim  string
	Index int
}

// A Func is a function.
type Func struct {
	Name, Docs string
	// Kind is "freestanding", "method", "static" or "constructor"; "" where the
	// package in between lost what it is, as it does with async functions.
	Kind     string
	Resource *Ref
	Params   []Member
	Result   *Ref
}
