package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	toolkit "go.bytecodealliance.org/wit"
)

// loading serialises: the package panics when two loads meet.
var loading struct {
	sync.Mutex
	warm bool
}

// Load reads the file or folder at path, which nobody may change meanwhile. What
// wasm-tools says against it is the error, as it says it.
func Load(path string) (tree *Tree, err error) {
	loading.Lock()
	defer loading.Unlock()
	if !loading.warm {
		restore, err := privateTemp()
		if err != nil {
			return nil, err
		}
		defer restore()
	}
	defer func() {
		if p := recover(); p != nil {
			tree, err = nil, fmt.Errorf("wasm-tools: %v", p)
		}
	}()
	resolve, err := toolkit.LoadWIT(path)
	loading.warm = true
	if err != nil {
		return nil, err
	}
	return newConverter(resolve).tree(), nil
}

// privateTemp points the temporary folder to one that only this user can write
// until restore is called: at its first load the package puts compiled native
// code there, under a name that anybody can foresee.
func privateTemp() (restore func(), err error) {
	dir, err := privateDir()
	if err != nil {
		return nil, err
	}
	names := []string{"TMPDIR"}
	if runtime.GOOS == "windows" {
		names = []string{"TMP", "TEMP"}
	}
	var undo []func()
	for _, name := range names {
		old, had := os.LookupEnv(name)
		if err := os.Setenv(name, dir); err != nil {
			return nil, err
		}
		undo = append(undo, func() {
			if had {
				_ = os.Setenv(name, old)
			} else {
				_ = os.Unsetenv(name)
			}
		})
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}, nil
}

// privateDir is a folder of the user's cache, so that the second process is
// faster than the first; where there is none, a new one.
func privateDir() (string, error) {
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, "witgen", "wasm-tools")
		if os.MkdirAll(dir, 0o700) == nil && isPrivate(dir) {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "witgen-")
}

// isPrivate says whether dir is a real folder that nobody else can write. On
// Windows the user's profile, where it lies, answers for that.
func isPrivate(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	if runtime.GOOS == "windows" {
		return true
	}
	if info.Mode().Perm()&0o077 != 0 && os.Chmod(dir, 0o700) != nil { // only the owner may
		return false
	}
	probe, err := os.CreateTemp(dir, "probe-")
	if err != nil {
		return false
	}
	_ = probe.Close()
	return os.Remove(probe.Name()) == nil
}
