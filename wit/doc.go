// Package wit holds the model of resolved WIT: packages, their interfaces and
// worlds, and the types and functions in those, every name already bound to what
// it means. It holds nothing about Go, about generated code or about how values
// cross into a guest; that is gen's and runtime/abi's.
//
//	shop.wit, deps/… ─ Load ─▶ Resolve ─▶ Package ─▶ Interface ─▶ TypeDef, Func
//	                                          └────▶ World ─▶ Item (import, export)
//
// The types of the model are plain structs with exported fields, so that other
// sources than WIT text can build them: the decoder of component binaries does.
// Sums are sealed interfaces: [Type], [Kind], [Owner], [Item].
//
// A model is not changed after it is built and may then be read by any number of
// goroutines. Lists keep the order of declaration.
package wit

import "fmt"

// Pos is a place in a WIT source. The zero Pos means that no place is known.
type Pos struct {
	File string
	Line int // from 1
	Col  int // from 1
}

// IsValid says whether a place is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String writes the place as file:line:col, or "-" where none is known.
func (p Pos) String() string {
	if !p.IsValid() {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
