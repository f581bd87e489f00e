// Package wasi holds the host side of WASI 0.2, on bindings that the generator
// wrote from its WIT.
package wasi
