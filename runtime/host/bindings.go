package host

import _ "embed" // for BindingsConfig

//go:generate go run ../../gen/internal/bootstrap

// BindingsConfig is the witgen.toml of this package's bindings: which
// capability points the system's own interfaces have. `witgen inspect` reads it.
//
//go:embed witgen.toml
var BindingsConfig []byte
