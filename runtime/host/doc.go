// Package host implements what the system's worlds import, on bindings that
// witgen generated, and drives what they export as the contracts of actors. It
// knows worlds and no manifests; it starts nothing by itself.
//
// The system has two worlds under names that are alike, airssys-component and the
// later runtime-host: the types of a component's exports tell of which one it is.
// An embedder adds a [World] of its own. What is imported beside a world comes
// from an [Extension].
package host
