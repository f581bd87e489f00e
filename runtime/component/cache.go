package component

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/meter"
)

// What is in the cache's folder is machine code that will be run. It is in a
// folder that only its owner may enter, one for each version of what makes it.
// An entry is a file whose name tells what it was made of; it begins with the
// SHA-256 of its name and the rest, and is not used without.

// rewriting changes whenever a module is rewritten otherwise than before, but
// for fuel, which meter.Version tells, or an entry has another form.
const rewriting = 5

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

// A diskCache keeps what loading components takes time for. It may be used by
// any number of goroutines and processes. Nil keeps nothing.
type diskCache struct {
	dir    string
	engine wazero.CompilationCache
}

// openCache takes what is in the folder into use.
func openCache(dir string) (*diskCache, error) {
	c := &diskCache{dir: filepath.Join(dir, fmt.Sprintf("witgen-%d.%d-%s-%s-%s",
		rewriting, meter.Version, engineVersion, runtime.GOOS, runtime.GOARCH))}
	err := os.MkdirAll(c.dir, 0o700)
	if err == nil {
		err = private(c.dir)
	}
	if err == nil {
		c.engine, err = engineCache(compiledCode{c})
	}
	if err != nil {
		return nil, &CacheError{c.dir, err}
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

// A cacheKey tells what an entry was made of.
type cacheKey = [sha256.Size]byte

// Kinds of entries.
const (
	codeEntry      = "code"      // machine code, by the engine's own key
	rewrittenEntry = "rewritten" // a core module
)

func entryName(kind string, key cacheKey) string { return kind + "-" + hex.EncodeToString(key[:]) }

func entrySum(name string, content []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write(content)
	return [sha256.Size]byte(h.Sum(sum[:0]))
}

// get reads an entry. One that is not as it was written is thrown away.
func (c *diskCache) get(kind string, key cacheKey) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	name := entryName(kind, key)
	file, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		return nil, false // it is not there, or what prevents reading it prevents writing it, too
	}
	if len(file) >= sha256.Size && entrySum(name, file[sha256.Size:]) == [sha256.Size]byte(file) {
		return file[sha256.Size:], true
	}
	_ = c.drop(kind, key)
	return nil, false
}

// put writes an entry, at once or not at all: other processes may read it.
func (c *diskCache) put(kind string, key cacheKey, content []byte) (err error) {
	if c == nil {
		return nil
	}
	name := entryName(kind, key)
	f, err := os.CreateTemp(c.dir, name+".*.tmp") // for its owner alone
	if err != nil {
		return &CacheError{c.dir, err}
	}
	sum := entrySum(name, content)
	_, err = f.Write(sum[:])
	if err == nil {
		_, err = f.Write(content)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.dir, name))
	}
	if err != nil {
		return &CacheError{c.dir, errors.Join(err, os.Remove(f.Name()))}
	}
	return nil
}

func (c *diskCache) drop(kind string, key cacheKey) error {
	err := os.Remove(filepath.Join(c.dir, entryName(kind, key)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// close ends the engine that the cache has, behind the runtime's own end. It may
// be nil.
func (c *diskCache) close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	return c.engine.Close(ctx)
}
