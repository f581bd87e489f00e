package corewasm

// The limits keep a small binary from claiming large things. Most are those
// that browsers agreed on in the WebAssembly JavaScript interface,
// "Implementation-defined Limits"; the others are marked.
const (
	MaxModuleSize    = 1 << 30    // bytes
	MaxTypes         = 1_000_000  // function types
	MaxFunctions     = 1_000_000  // imported and defined
	MaxImports       = 1_000_000  // of all kinds
	MaxExports       = 1_000_000  // of all kinds
	MaxGlobals       = 1_000_000  // imported and defined
	MaxTags          = 1_000_000  // imported and defined
	MaxTables        = 100        // ours: imported and defined
	MaxMemories      = 100        // imported and defined
	MaxTableElements = 10_000_000 // elements that a table has at the start, or a segment fills in
	MaxSegments      = 100_000    // data, or element segments
	MaxParams        = 1_000      // of one function type
	MaxResults       = 1_000      // of one function type
	MaxBodySize      = 7_654_321  // bytes of one function's body
	MaxLocals        = 50_000     // of one function, without its parameters
	MaxAllLocals     = 4_000_000  // ours: of all functions; the engine keeps 8 bytes for each
	MaxBrTable       = 65_520     // labels of one br_table
	MaxPages         = 1 << 16    // of one memory, 64 KiB each
)
