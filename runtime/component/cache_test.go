package component_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component"
)

// cached are the files of a cache that hold code.
func cached(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".sha256") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestCache loads a large component twice: the second time it is there already.
// What was changed meanwhile is compiled again and not used.
func TestCache(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	wasm := guest(t, "echo")
	world := describe(t, wasm)
	begin := func() time.Duration {
		t.Helper()
		began := time.Now()
		rt, err := component.NewRuntime(context.Background(), component.Config{Cache: dir})
		if err != nil {
			t.Fatal(err)
		}
		f, err := rt.Load(context.Background(), wasm, world)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		in, err := f.New(context.Background(), make([]any, len(world.Imports)))
		if err == nil {
			mustClose(t, in)
		}
		mustClose(t, rt)
		return took
	}
	first := begin()
	files := cached(t, dir)
	if len(files) == 0 {
		t.Fatal("nothing is kept")
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first %v, then %v; %d bytes", first, begin(), len(good))

	for _, bad := range [][]byte{nil, good[:len(good)/2], append(bytes.Clone(good[:len(good)-9]), "evil code"...)} {
		if err := os.WriteFile(files[0], bad, 0o600); err != nil {
			t.Fatal(err)
		}
		begin()
		if now, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(now, good) {
			t.Errorf("%d bad bytes are not replaced: %v", len(bad), err)
		}
	}
}

// TestCacheIsPrivate refuses a folder into which others may put code.
func TestCacheIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing here")
	}
	dir := t.TempDir()
	rt, err := component.NewRuntime(context.Background(), component.Config{Cache: dir})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, rt)
	inner, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(inner) != 1 {
		t.Fatal(inner, err)
	}
	if err := os.Chmod(inner[0], 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = component.NewRuntime(context.Background(), component.Config{Cache: dir})
	if !errors.As(err, new(*component.CacheError)) {
		t.Errorf("a folder for all: %v", err)
	}
}

// TestCacheKnowsItsEngine holds the version in the cache's name to that in use.
func TestCacheKnowsItsEngine(t *testing.T) {
	t.Parallel()
	mod := readFile(t, filepath.Join("..", "..", "go.mod"))
	if !bytes.Contains(mod, []byte("github.com/tetratelabs/wazero "+component.EngineVersion+" ")) {
		t.Errorf("go.mod has another wazero than %s", component.EngineVersion)
	}
}
