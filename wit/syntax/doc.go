// Package syntax holds the text form of WIT: the lexer, the parser and the tree
// that it makes, in which every name has its place. It binds no name to what it
// means and decides nothing about feature gates; that is package wit's.
//
//	bytes ─ NewSource ─▶ Source ─ lexer ─▶ tokens ─ Parse ─▶ File
//
// The grammar is that of the component model's WIT.md. A source with mistakes
// gives them all, as far as they can be told apart: after each the parser goes on
// with the next item.
//
// Nothing here is shared: sources and trees may be read by any number of
// goroutines once they are made.
package syntax
