// Package host implements what the system's worlds import, on bindings that
// witgen generated, and drives what they export as the contracts of actors. It
// knows worlds and no manifests; it starts nothing by itself.
//
// One world is hosted now, airssys:core/airssys-component@1.0.0.
package host
