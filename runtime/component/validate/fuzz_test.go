package validate_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
)

// FuzzValidate checks that no component makes the validator panic, and that what
// it finds is an *Error with a class and a place in the file.
func FuzzValidate(f *testing.F) {
	for _, pattern := range []string{
		filepath.Join("testdata", "*.wasm"),
		filepath.Join("..", "binary", "testdata", "*.wasm"),
		filepath.Join("..", "testdata", "*.wasm"),
	} {
		seeds, err := filepath.Glob(pattern)
		if err != nil || len(seeds) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, seed := range seeds {
			wasm, err := os.ReadFile(seed)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(wasm)
		}
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		tree, err := binary.Decode(wasm)
		if err != nil {
			return
		}
		err = validate.Component(tree, nil)
		if err == nil {
			return
		}
		invalid, ok := errors.AsType[*validate.Error](err)
		if !ok {
			t.Fatalf("%T: %v", err, err)
		}
		if invalid.Class == 0 || invalid.Section == "" || invalid.Offset < 0 || invalid.Offset > len(wasm) {
			t.Errorf("class %d, section %q, byte %d of %d: %v", invalid.Class, invalid.Section, invalid.Offset, len(wasm), err)
		}
	})
}

// BenchmarkComponent validates a component of about a megabyte: copies of a large
// one in one another.
func BenchmarkComponent(b *testing.B) {
	file := filepath.Join("..", "..", "..", "testdata", "guests", "rust-kit", "rust-kit.wasm")
	wasm, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	tree, err := binary.Decode(wasm)
	if err != nil {
		b.Fatal(err)
	}
	n := (1<<20 + len(wasm) - 1) / len(wasm)
	all := &binary.Component{}
	for range n {
		all.Defs = append(all.Defs, &binary.NestedComponent{Component: tree})
	}
	b.SetBytes(int64(n * len(wasm)))
	for b.Loop() {
		if err := validate.Component(all, nil); err != nil {
			b.Fatal(err)
		}
	}
}
