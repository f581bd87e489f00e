// Package roundtrip holds generated code and the type-driven path against each
// other: random values go through real guests on both and come back the same.
// It holds no code of its own, only tests and the bindings that they call.
//
// Each run has a seed of its own; a failure names it, and the flag -seed runs
// it again.
package roundtrip

//go:generate go run ../../cmd/witgen generate --config echo.toml
//go:generate go run ../../cmd/witgen generate --config echoc.toml
//go:generate go run ../../cmd/witgen generate --config atlas.toml
//go:generate go run ../../cmd/witgen generate --config atlasc.toml
//go:generate go run ../../cmd/witgen generate --config scalars.toml
//go:generate go run ../../cmd/witgen generate --config ckit.toml
//go:generate go run ../../cmd/witgen generate --config vault.toml
//go:generate go run ../../cmd/witgen generate --config guarded.toml
