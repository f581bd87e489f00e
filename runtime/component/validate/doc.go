// Package validate holds the rules that make a decoded component a valid one,
// those of the component model's specification. It reads no bytes but those of
// component-level values, links nothing and knows no engine: what the operands
// of core instructions are stays the engine's to check.
//
//	binary.Decode ──▶ *binary.Component ── Component ──▶ nil, or *Error
//	                        │ each core module
//	                        ▼
//	                  Decode ──▶ *corewasm.Module
//
// A component is walked once, in the order of its definitions. A scope (a
// component, or a component or instance type) holds the index spaces that the
// definitions fill, and the types in them are graphs of nodes that point at one
// another; nothing holds an index of the file once it was looked up.
//
// Three things about types need more than structure:
//
//   - A resource type is a variable: it is only ever the same as itself. Types
//     of instances and components bind variables, which are made anew for each
//     instance and replaced by what is given when a component is instantiated
//     (subst.go); a comparison of types binds those of the one side to those of
//     the other (match.go).
//   - An import or export of a type makes a copy of the node, or a new name of a
//     resource, and these copies are what the types of later imports and exports
//     must be made of (visible.go).
//   - Types are graphs, and what they stand for may be exponentially larger.
//     Each node knows the size of the tree that it stands for, which is limited,
//     and all walks share a budget that grows with the file (budget.go).
//
// Rules are named by the documents of the specification that have them:
// Binary.md, Explainer.md, CanonicalABI.md.
package validate
