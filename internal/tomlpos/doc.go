// Package tomlpos holds the reading of TOML files whose mistakes are reported at their places.
// It holds no parser of its own: github.com/BurntSushi/toml judges the syntax and gives the values, and knows nothing of any particular file.
//
// The way of the data:
//
//	source ─ Parse ─▶ Document ─ Decode ─▶ typed value
//	                     │                     │ types, unknown keys
//	                     └─ Fail (meaning) ────┴──▶ Err: every mistake, in the order of the file
//
// Decoding is strict. A key that the Go type has no field for is a mistake, keys are case sensitive, and a mistake does not stop the rest from being decoded.
package tomlpos

// Limits of what is read. A configuration file written by a person comes nowhere near them; they keep a hostile one from costing more than its bytes.
const (
	MaxBytes = 1 << 20 // bytes of a file
	MaxDepth = 64      // tables and lists inside one another, segments of dotted keys included
)
