package manifest

import (
	_ "embed"
	"slices"
)

//go:generate go test -run ^TestSchema$ . -schema

//go:embed schema.json
var schema []byte

// Schema is the JSON schema of Component.toml, for editors: every key that is enforced, with its type, its bounds and what
// docs/manifest.md says of it. What it lets pass may still be wrong: patterns are checked by Parse alone.
func Schema() []byte { return slices.Clone(schema) }
