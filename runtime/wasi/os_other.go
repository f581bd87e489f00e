//go:build !linux

package wasi

import "io/fs"

const openFlags = 0

func identityOf(fs.FileInfo) identity { return identity{links: 1} }

func rename(from, to *place) error { return from.m.Root.Rename(from.rel, to.rel) }
