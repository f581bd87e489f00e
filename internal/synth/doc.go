// Package synth holds what tests make up at random: types, values of them, and
// components for them, in the binary format. It runs nothing and knows no WIT
// text.
//
//	Types ─▶ abi.FuncType ─ Chain, Interfaces ─▶ the bytes of a component
//	              └─ Values ─▶ arguments for it
//
// Every guest in such a component gives back what it is given: the one argument,
// or a tuple of them. What a value loses on its way, it lost in the host.
package synth
