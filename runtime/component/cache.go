package component

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/meter"
)

// What is in the cache's folder is machine code that will be run. It is in a
// folder that only its owner may enter, one for each version of what makes it;
// the engine names its files by the content of the rewritten module, and beside
// each stands its SHA-256, without which it is not used.

// rewriting changes whenever a module is rewritten otherwise than before, but
// for fuel, which meter.Version tells.
const rewriting = 3

// engineVersion is wazero's, which does not know its own in tests.
const engineVersion = "v1.12.0"

// A CacheError says that Config.Cache cannot be used.
type CacheError struct {
	Dir string
	Err error
}

func (e *CacheError) Error() string {
	return fmt.Sprintf("component: the cache folder %s: %v", e.Dir, e.Err)
}

// Unwrap is the reason.
func (e *CacheError) Unwrap() error { return e.Err }

// A diskCache keeps compiled core modules.
type diskCache struct {
	dir    string
	engine wazero.CompilationCache
}

// openCache takes what is in the folder into use, and throws away what is not
// whole.
func openCache(dir string) (*diskCache, error) {
	own := filepath.Join(dir, fmt.Sprintf("witgen-%d.%d-%s", rewriting, meter.Version, engineVersion))
	c := &diskCache{dir: own}
	err := os.MkdirAll(own, 0o700)
	if err == nil {
		err = private(own)
	}
	if err == nil {
		err = c.verify()
	}
	if err == nil {
		c.engine, err = wazero.NewCompilationCacheWithDir(own)
	}
	if err != nil {
		return nil, &CacheError{own, err}
	}
	return c, nil
}

// private refuses a folder that another user may look into, or has made.
func private(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("it is no folder")
	case !ownedByUs(info):
		return errors.New("it belongs to somebody else, or others may enter it; give it mode 0700")
	}
	return nil
}

const sumSuffix = ".sha256"

// each calls f for each compiled module.
func (c *diskCache) each(f func(path string) error) error {
	return filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // another process was faster
			return nil
		case err != nil || d.IsDir() || strings.HasSuffix(path, sumSuffix) || strings.HasSuffix(path, ".tmp"):
			return err
		}
		return f(path)
	})
}

// verify removes what is not as it was written.
func (c *diskCache) verify() error {
	return c.each(func(path string) error {
		want, err := os.ReadFile(path + sumSuffix)
		if err == nil {
			var got string
			if got, err = sum(path); err == nil && got == string(want) {
				return nil
			}
		}
		return errors.Join(remove(path), remove(path+sumSuffix))
	})
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// seal notes the sums of what was written since.
func (c *diskCache) seal() error {
	return c.each(func(path string) error {
		if _, err := os.Stat(path + sumSuffix); err == nil {
			return nil
		}
		s, err := sum(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path+sumSuffix, []byte(s), 0o600)
	})
}

func sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// close ends the engine that the cache has, behind the runtime's own end. It may
// be nil.
func (c *diskCache) close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	return c.engine.Close(ctx)
}
