package wasi

import (
	"io/fs"
	"syscall"
	"time"
)

func identityOf(info fs.FileInfo) identity {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{links: 1}
	}
	return identity{
		device: uint64(s.Dev), file: s.Ino, links: uint64(s.Nlink),
		accessed: time.Unix(s.Atim.Unix()), changed: time.Unix(s.Ctim.Unix()),
	}
}
