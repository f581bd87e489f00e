package control

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// A DirError says why a folder cannot hold sockets.
type DirError struct {
	Dir     string
	Problem string
}

func (e *DirError) Error() string {
	return fmt.Sprintf("%s cannot hold control sockets: %s", e.Dir, e.Problem)
}

// DefaultDir is where the sockets of a user's runs are: WITGEN_RUN_DIR, else the folder witgen below XDG_RUNTIME_DIR, else one of the
// user's own below the folder for temporary files.
func DefaultDir() string {
	if dir := os.Getenv("WITGEN_RUN_DIR"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "witgen")
	}
	return filepath.Join(os.TempDir(), "witgen-"+strconv.Itoa(os.Getuid()))
}

// makeDir makes the folder, or finds that it is safe as it is.
func makeDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	return checkDir(dir)
}

// checkDir holds a folder to being one that nobody else can put a socket into.
func checkDir(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return &DirError{dir, "it is no folder; remove it, or name another one in WITGEN_RUN_DIR"}
	case !onlyOurs(info):
		return &DirError{dir, "others than its owner can enter it, or it is another user's; `chmod 700` it, or name another one in WITGEN_RUN_DIR"}
	}
	return nil
}
