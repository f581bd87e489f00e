//go:build unix

package signature

// permissions says that a file's mode tells who may read it.
const permissions = true
