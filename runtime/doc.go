// Package runtime runs components as supervised actors, from their manifests.
// It is a facade: what it puts together stands in the packages below it, which
// an embedder may use by themselves.
//
//	manifest ─▶ load, check, compile ─▶ gate ─▶ actors under a supervisor ─▶ messages
//	   │                                              ▲
//	   └── grants ─▶ guard, asked by every import ────┘
//
// The gate, where Config has one, lets only components start that come from a
// trusted source or that somebody approved, and keeps the audit log.
//
// A Go program that calls a component like a library needs none of this; see
// package component and the bindings that witgen generates.
package runtime
