// Package approval holds what people decided about components that come from no trusted source: who asked for what, how it was decided, by whom and
// why. It does not judge sources (package trust does) and keeps no log (package audit does).
//
// A request is known by what it is about: the component's bytes, its world, its signer and the set of capabilities that its manifest asks for. A
// decision stands for exactly that; when any of it changes it is another request, and asked anew. Components that ask for the same share a request.
//
//	         ┌──────────── trusted ──────────▶ auto-approved ─┐
//	(asked) ─┼──────────── dev mode ─────────▶ bypassed ──────┼─▶ may run
//	         └─▶ pending ─▶ reviewing ─┬─────▶ approved ──────┘
//	                           ▲       └─────▶ denied             may not
//	                           └── from any decision: it is looked at again
//
// A denial stands whatever else is true: of a trusted source and in dev mode too. Being auto-approved or bypassed lasts for as long as the source is
// trusted, or dev mode is on; when asked without, the request is pending.
//
// The store is a bbolt file. Each step is one transaction, on disk when it returns; processes take turns.
package approval
