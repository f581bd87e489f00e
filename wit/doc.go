// Package wit holds the model of resolved WIT: packages, their interfaces and
// worlds, and the types and functions in those, every name already bound to what
// it means. It holds nothing about Go, about generated code or about how values
// cross into a guest; that is gen's and runtime/abi's.
//
//	shop.wit, deps/… ─ Load ─▶ Resolve ─▶ Package ─▶ Interface ─▶ TypeDef, Func
//	                   │  ▲       │           └────▶ World ─▶ Item (import, export)
//	     syntax.Parse ─┘  │       └─ Print ─▶ WIT again
//	     syntax.File ─ resolver
//
// The types of the model are plain structs with exported fields, so that other
// sources than WIT text can build them: the decoder of component binaries does.
// Sums are sealed interfaces: [Type], [Kind], [Owner], [Item].
//
// A model is not changed after it is built and may then be read by any number of
// goroutines. Lists keep the order of declaration, but for the imports and exports
// of a world, of which each comes after those it needs.
package wit

import "github.com/airsstack/witgen/wit/syntax"

// Pos is a place in a WIT source. The zero Pos means that no place is known.
type Pos = syntax.Pos
