//go:build unix

package control

import (
	"io/fs"
	"os"
	"syscall"
)

// onlyOurs reports whether a folder is this user's, and nobody else may enter.
func onlyOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
