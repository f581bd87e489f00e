package wasi

import (
	"io/fs"
	"syscall"
	"time"
)

// openFlags keep a pipe that took a file's place from holding the goroutine.
const openFlags = syscall.O_NONBLOCK

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

// rename moves a name from one folder that is held open to another.
func rename(from, to *place) error {
	a, err := from.parent.Open(".")
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := to.parent.Open(".")
	if err != nil {
		return err
	}
	defer b.Close()
	return syscall.Renameat(int(a.Fd()), from.name, int(b.Fd()), to.name)
}
