//go:build !linux

package files

const openFlags = 0

func rename(from, to *Place) error { return from.Mount.Root.Rename(from.Rel, to.Rel) }
