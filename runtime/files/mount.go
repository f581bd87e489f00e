package files

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Why a path leads nowhere; errors.Is finds them, and those of io/fs, in the
// errors that are returned.
var (
	ErrEscapes      = errors.New("the path leads out of what is mounted")
	ErrLoop         = errors.New("the path leads through too many links")
	ErrNotDirectory = errors.New("a name on the way is no directory")
	ErrIsDirectory  = errors.New("it is a directory")
	ErrSpecial      = errors.New("it is neither a file nor a directory")
	ErrExchanged    = errors.New("it was exchanged for something else meanwhile")
	ErrTooMany      = errors.New("it holds more files than are moved at once")
	ErrOtherMount   = errors.New("it lies in another mount")
)

// A Mount is a folder of the host's under the name that a guest sees, which is
// also the one that grants are about: with Path /data, a file in it is
// /data/file.
type Mount struct {
	// Path is absolute, with slashes, without a slash at its end.
	Path string
	// Root is the folder. It is the caller's, who closes it when no guest has the
	// mount any more.
	Root *os.Root
}

// Guest is the path, as grants are about it, of something in the mount.
func (m *Mount) Guest(rel string) string {
	switch {
	case rel == "":
		return m.Path
	case m.Path == "/":
		return "/" + rel
	}
	return m.Path + "/" + rel
}

// Within finds the mount that an absolute path lies in, the innermost where
// there are mounts below others, and the path from there: "" for the mount
// itself. It reports false for a path that lies in none. The path is taken as it
// is written.
func Within(mounts []*Mount, path string) (m *Mount, rel string, ok bool) {
	for _, candidate := range mounts {
		below, in := cutFolder(path, candidate.Path)
		if in && (!ok || len(candidate.Path) > len(m.Path)) {
			m, rel, ok = candidate, below, true
		}
	}
	return m, rel, ok
}

// cutFolder cuts a folder from the front of a path that lies in it.
func cutFolder(path, folder string) (rel string, ok bool) {
	if path == folder {
		return "", true
	}
	return strings.CutPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// A Folder is where a path begins: a folder of a mount, known by the way to it
// and by which one it was.
type Folder struct {
	Mount *Mount
	Rel   string
	Info  fs.FileInfo // nil for whatever is there
}
