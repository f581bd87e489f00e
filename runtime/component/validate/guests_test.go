package validate_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
)

var validDir = flag.String("valid", "", "a folder of components that must all be valid, for TestGuestsAreValid")

// TestGuestsAreValid holds what toolchains make to be valid: the guests of this
// repository, or the components of any folder.
func TestGuestsAreValid(t *testing.T) {
	t.Parallel()
	dir := *validDir
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "testdata", "guests")
	}
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".wasm" {
			return err
		}
		wasm, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := binary.Decode(wasm)
		if err != nil && strings.Contains(err.Error(), "core module (layer 0)") {
			return nil
		}
		n++
		if err == nil {
			err = validate.Component(tree, nil)
		}
		if err != nil {
			t.Errorf("%s: %v", strings.TrimPrefix(path, dir), err)
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Fatalf("%d components in %s: %v", n, dir, err)
	}
	t.Logf("%d components", n)
}
