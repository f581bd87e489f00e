// Package abi holds the component model's canonical ABI for a host written in
// Go: component-level types with their layout, the context in which values are
// lifted and lowered, and the type-driven path that moves values of types that
// are known only at run time. It knows nothing of components, instances or
// calls; package component builds those on top.
//
// Generated code lifts and lowers with the methods of [Context] directly;
// [Lift] and [Lower] walk a [Type] to do the same. The two are tested against
// each other.
//
// Everything here follows the specification's CanonicalABI.md; names are those
// of its executable form, definitions.py.
package abi

// GeneratedV1 is asserted by every generated file: it exists as long as this
// package runs code that the first generation of the generator wrote.
const GeneratedV1 = 1
