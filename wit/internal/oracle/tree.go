// Package oracle holds what wasm-tools makes of WIT, for wit's tests to compare
// with: read by the Bytecode Alliance's toolkit, which carries wasm-tools as
// WebAssembly, or from the JSON that wasm-tools writes. No product package imports
// it.
package oracle

// A Tree is resolved WIT in the form in which wasm-tools writes it: lists that
// refer to one another by index.
type Tree struct {
	Packages   []Package
	Interfaces []Interface
	Worlds     []World
	Types      []Type
}

// A Package is a package.
type Package struct {
	Name               string // ns:name@version
	Docs               string
	Interfaces, Worlds []int
}

// An Interface has no name where it stands inline in a world.
type Interface struct {
	Name, Docs, Stability string
	Package               int
	Types                 []int
	Funcs                 []Func
}

// A World has its items in the order of wasm-tools: those that others need first.
type World struct {
	Name, Docs, Stability string
	Package               int
	Imports, Exports      []Item
}

// An Item is one of an interface, a type or a function.
type Item struct {
	// Name is made up ("interface-0") for an interface that has one itself.
	Name                      string
	Stability, External, Docs string
	Interface                 int // -1 where it is none
	Type                      int // -1 where it is none
	Func                      *Func
}

// A Type is a declaration, or an anonymous type that others refer to.
type Type struct {
	Name, Docs, Stability, External string
	// Interface and World are the owner; -1 where it is none.
	Interface, World int
	// Kind is the word of WIT for it; "alias" for another name of Elem; "" where the
	// toolkit lost what it is.
	Kind string
	// Members are fields, cases, labels or the elements of a tuple.
	Members []Member
	// Elem is what a list, option, stream, future, handle or alias is of, the ok
	// type of a result and the key of a map; Err is the other.
	Elem, Err *Ref
	// Len is the length of a fixed-length list.
	Len int
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
	Name, Docs, Stability, External string
	// Kind is that of wasm-tools: "freestanding", "async-method" and so on; "" where
	// the toolkit lost what it is, as it does with async functions.
	Kind     string
	Resource *Ref
	Params   []Member
	Result   *Ref
}

// Complete says whether the kind of each type and function is known.
func (t *Tree) Complete() bool {
	for _, d := range t.Types {
		if d.Kind == "" {
			return false
		}
	}
	for _, i := range t.Interfaces {
		for _, f := range i.Funcs {
			if f.Kind == "" {
				return false
			}
		}
	}
	for _, w := range t.Worlds {
		for _, it := range append(w.Imports, w.Exports...) {
			if it.Func != nil && it.Func.Kind == "" {
				return false
			}
		}
	}
	return true
}
