package component_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component"
)

// cached are the files of a cache that hold code.
func cached(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
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
// What was changed meanwhile is made again and not used, entries that stand under
// another's name too.
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
	if len(files) != 2 { // of the one core module that is left
		t.Fatalf("kept: %q", files)
	}
	good := map[string][]byte{}
	for _, file := range files {
		good[file] = readFile(t, file)
	}
	t.Logf("first %v, then %v", first, begin())

	for i, file := range files {
		good, other := good[file], good[files[1-i]]
		for _, bad := range [][]byte{nil, good[:31], good[:len(good)/2], append(bytes.Clone(good[:len(good)-9]), "evil code"...), other} {
			if err := os.WriteFile(file, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			begin()
			if !bytes.Equal(readFile(t, file), good) {
				t.Errorf("%d bad bytes of %s are not replaced", len(bad), filepath.Base(file))
			}
		}
	}
	if now := cached(t, dir); len(now) != len(files) {
		t.Errorf("left: %q", now)
	}
}

// TestCachedIsAsCompiled has guests do the same work compiled and out of the
// cache, metered and not: what they answer, what it costs and the stacks of
// their traps are the same, and they are reset as provably.
func TestCachedIsAsCompiled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	work := func(wasm []byte, opts ...component.LoadOption) (seen []any) {
		rt := newRuntime(t, component.Config{Cache: dir})
		f, err := rt.Load(context.Background(), wasm, describe(t, wasm), opts...)
		if err != nil {
			t.Fatal(err)
		}
		pool := f.Pool(component.PoolOptions{Options: []component.Option{tickGrant}})
		for _, fn := range []string{"keep", "ask", "keep", "die"} {
			_ = pool.Do(context.Background(), answering(8), func(in *component.Instance) error {
				p := named(in, f.World())
				v, err := p.call(context.Background(), fn, uint64(3))
				seen = append(seen, v)
				if trap, ok := errors.AsType[*component.Trap](err); ok {
					seen = append(seen, trap.Error(), trap.Frames)
				}
				fuel, _ := in.Fuel(context.Background())
				seen = append(seen, fuel)
				return nil
			})
		}
		s := pool.Stats()
		return append(seen, s.Made, s.Reset, s.Closed, s.Anew != nil)
	}
	wasms := [][]byte{counterGuest().component()}
	changing := counterGuest()
	changing.table = join(0x70, 1, 1, 1)
	changing.funcs[0].code = join(changing.funcs[0].code, i32c(0), 0xd0, 0x70, 0x26, 0)
	wasms = append(wasms, changing.component())
	for _, wasm := range wasms {
		for _, opts := range [][]component.LoadOption{nil, {component.Unmetered()}} {
			compiled := work(wasm, opts...)
			entries := len(cached(t, dir))
			if diff := cmp.Diff(compiled, work(wasm, opts...)); diff != "" {
				t.Errorf("compiled, and cached:\n%s", diff)
			}
			if now := len(cached(t, dir)); now != entries {
				t.Errorf("the second time made %d entries more", now-entries)
			}
		}
	}
	if n := len(cached(t, dir)); n != 2*4 {
		t.Errorf("%d entries of four", n)
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
	if !bytes.Contains(mod, []byte("github.com/tetratelabs/wazero "+component.EngineVersion+"\n")) {
		t.Errorf("go.mod has another wazero than %s", component.EngineVersion)
	}
}

// TestCacheKnowsItsRewriting holds what a module is rewritten to beside the
// version under which the cache keeps it: an entry is found by what it was made
// of, so what makes another thing of that needs another version.
func TestCacheKnowsItsRewriting(t *testing.T) {
	t.Parallel()
	const version, want = "5.6", "5e23d2619ace94b2349e94e8c0ed46392beb7d955d908cae2af7d493801cd855"
	dir := t.TempDir()
	rt := newRuntime(t, component.Config{Cache: dir})
	h := sha256.New()
	for _, name := range []string{"rust-kit", "tally"} {
		load(t, rt, guest(t, name))
	}
	for _, file := range cached(t, dir) {
		if strings.HasPrefix(filepath.Base(file), "rewritten-") {
			h.Write(readFile(t, file))
		}
	}
	if folder := filepath.Base(filepath.Dir(cached(t, dir)[0])); !strings.HasPrefix(folder, "witgen-"+version+"-") {
		t.Errorf("the cache is in %s; if modules are rewritten otherwise, take over the new version and sum here", folder)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("modules are rewritten to what has the sum %s: take it over here, with a higher meter.Version or rewriting (package component)", got)
	}
}
