package binary

// What one file may hold. Each limit is at least the one that wasm-tools sets, so
// that what it writes can be read, but for maxDefinitions, which it counts by
// kind and component. Each list is bounded by the bytes that are left for it
// first of all.
const (
	// maxComponentNesting is how deep components may stand in one another.
	maxComponentNesting = 1_000
	// maxTypeNesting is how deep instance and component types may stand in one
	// another.
	maxTypeNesting = 100
	// maxDefinitions bounds the definitions and declarations of the whole file,
	// nested components and types included: the smallest of them takes one byte
	// of the file and about a hundred of memory.
	maxDefinitions = 1_000_000
	// maxNameBytes is the length of the longest name.
	maxNameBytes = 100_000

	maxFields       = 10_000
	maxCases        = 10_000
	maxTupleElems   = 10_000
	maxFlags        = 1_000
	maxParams       = 1_000
	maxModuleDecls  = 100_000
	maxInstanceArgs = 100_000
	maxCanonOptions = 10
	maxStartArgs    = 1_000
	maxCoreValTypes = 1_000
	maxSupertypes   = 5
	maxCoreFields   = 10_000
	maxNameAttrs    = 3 // one of each kind
)

// preallocated is the most room that a list gets before its elements are read,
// whatever length it claims.
const preallocated = 64
