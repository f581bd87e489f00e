package binary_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component/binary"
)

var update = flag.Bool("update", false, "write the golden files")

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func glob(t testing.TB, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, p := range patterns {
		m, err := filepath.Glob(filepath.FromSlash(p))
		if err != nil || len(m) == 0 {
			t.Fatalf("%s: no files (%v)", p, err)
		}
		files = append(files, m...)
	}
	return files
}

// The trees of hand-written components that have every form in them, and of two
// with attributed names.
func TestDecodeGolden(t *testing.T) {
	t.Parallel()
	for _, path := range glob(t, "testdata/*.wasm", "testdata/wit/15_*.wasm", "testdata/wit/16_*.wasm") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			c, err := binary.Decode(read(t, path))
			if err != nil {
				t.Fatal(err)
			}
			got := dump(c)
			golden := strings.TrimSuffix(path, ".wasm") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want := strings.ReplaceAll(string(read(t, golden)), "\r\n", "\n")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Components of several toolchains decode, and their core modules are parts of
// the file.
func TestDecodeGuests(t *testing.T) {
	t.Parallel()
	for _, path := range glob(t, "testdata/wit/*.wasm", "../../../testdata/guests/*/*.wasm") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			wasm := read(t, path)
			if bytes.HasPrefix(wasm, []byte("\x00asm\x01\x00\x00\x00")) {
				t.Skip("a core module that a guest is made of")
			}
			c, err := binary.Decode(wasm)
			if err != nil {
				t.Fatal(err)
			}
			exports, modules := 0, 0
			for _, def := range c.Defs {
				switch d := def.(type) {
				case *binary.Export:
					exports++
				case *binary.NestedComponent:
					modules++ // whose own are in it
				case *binary.CoreModule:
					modules++
					if &d.Bytes[0] != &wasm[d.Offset] {
						t.Errorf("module at %#x is a copy", d.Offset)
					}
				}
			}
			if modules == 0 {
				t.Error("no core module")
			}
			if exports == 0 && !strings.Contains(path, "_") {
				t.Error("no export")
			}
		})
	}
}

// Whatever its length claims and wherever a file is cut or damaged, decoding
// ends with a component or an *Error.
func TestDecodeDamaged(t *testing.T) {
	t.Parallel()
	for _, path := range glob(t, "testdata/*.wasm", "testdata/wit/14_*.wasm", "testdata/wit/15_*.wasm") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			wasm := read(t, path)
			for n := range wasm {
				mustDecodeOrFail(t, wasm[:n:n])
			}
			for i := range wasm {
				for bit := range 8 {
					wasm[i] ^= 1 << bit
					mustDecodeOrFail(t, wasm)
					wasm[i] ^= 1 << bit
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, path := range glob(f, "testdata/*.wasm", "testdata/wit/*.wasm") {
		f.Add(read(f, path))
	}
	f.Fuzz(func(t *testing.T, wasm []byte) { mustDecodeOrFail(t, wasm) })
}

func mustDecodeOrFail(t *testing.T, wasm []byte) {
	t.Helper()
	c, err := binary.Decode(wasm)
	switch e := err.(type) {
	case nil:
		if c == nil {
			t.Fatal("neither component nor error")
		}
	case *binary.Error:
		if c != nil || e.Offset < 0 || e.Offset > len(wasm) || e.Msg == "" {
			t.Fatalf("component %v with error %#v", c, e)
		}
	default:
		t.Fatalf("error of type %T", err)
	}
}

func BenchmarkDecode(b *testing.B) {
	wasm := read(b, "../../../testdata/guests/echo/echo.wasm")
	b.SetBytes(int64(len(wasm)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := binary.Decode(wasm); err != nil {
			b.Fatal(err)
		}
	}
}
