package component

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"unsafe"

	"github.com/tetratelabs/wazero"
)

// compiledCode is the cache as the engine asks for machine code: by a key of the
// module, its version and what the processor can do.
type compiledCode struct{ *diskCache }

// Get gives what Add was given.
func (c compiledCode) Get(key cacheKey) (content io.ReadCloser, ok bool, err error) {
	b, ok := c.get(codeEntry, key)
	if !ok {
		return nil, false, nil
	}
	return io.NopCloser(bytes.NewReader(b)), true, nil
}

// Add keeps content.
func (c compiledCode) Add(key cacheKey, content io.Reader) error {
	b, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	return c.put(codeEntry, key, b)
}

// Delete forgets what Add was given.
func (c compiledCode) Delete(key cacheKey) error { return c.drop(codeEntry, key) }

// engineCache has the engine keep machine code in a store.
//
// The engine has a way to keep code in a folder and no way to say how. From a
// folder it reads an entry's table of offsets eight bytes at a time, a call of
// the system each: 20 of the 44 ms that a component of 268 kB took to load. And
// what was verified is not what is read later. So its own store is exchanged for
// ours, which is a field of it that is not exported: where that is not there any
// more, it says so.
func engineCache(store compiledCode) (wazero.CompilationCache, error) {
	cache := wazero.NewCompilationCache()
	v := reflect.ValueOf(cache)
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		field := v.Elem().FieldByName("fileCache")
		if field.IsValid() && field.Kind() == reflect.Interface && reflect.TypeOf(store).Implements(field.Type()) {
			reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(store))
			return cache, nil
		}
	}
	return nil, errors.New("this version of wazero has no place for a store of ours; leave Config.Cache out, or take " + engineVersion)
}
