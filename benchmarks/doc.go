// Package benchmarks holds what this project measures itself by: raw wazero,
// generated code, the type-driven path and a peer, side by side in one run on
// the same guests. It holds nothing that a program could use.
//
// Every benchmark has one sub-benchmark a way of doing the same thing, named
// by=…; the first is the floor that the others are held against:
//
//	raw           wazero alone: the guest's core module as its toolchain made
//	              it, called by code written by hand for this one function
//	raw-metered   the same with the meter compiled in, as the runtime runs it
//	generated     bindings made by witgen: metered, checked, one call at a time
//	unmetered     the same of a component that was loaded with
//	              component.Unmetered
//	dynamic       the type-driven path, component.Func.Call
//	wazy          the component package of github.com/samyfodil/wazy
//
// docs/benchmarks.md says how to run them and what they gave.
package benchmarks

//go:generate go -C .. run ./cmd/witgen generate --config benchmarks/witgen.toml
//go:generate go -C .. run ./cmd/witgen generate --config benchmarks/tally.toml
