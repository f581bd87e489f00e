//go:build !unix

package signature

// permissions says that a file's mode tells nothing of who may read it.
const permissions = false
