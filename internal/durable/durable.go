// Package durable holds the writing of files that are whole or not there: after a crash, of the program or the machine, a file has the bytes of
// before or those of after, never some of both.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile replaces the file, or makes it, with that mode. When it returns without an error the bytes are on the disk, and so is the name.
func WriteFile(name string, data []byte, mode os.FileMode) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return SyncDir(dir)
}
