// Package runtime runs components as supervised actors, from their manifests.
// It is a facade: what it puts together stands in the packages below it, which
// an embedder may use by themselves.
//
//	manifest ─▶ load, check, compile ─▶ actors under a supervisor ─▶ messages
//	   │                                      ▲
//	   └── grants ─▶ guard, asked by every import
//
// A Go program that calls a component like a library needs none of this; see
// package component and the bindings that witgen generates.
package runtime
