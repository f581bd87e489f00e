package fromwasm_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/gen/fromwasm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/wit"
)

// What is printed of a component is WIT, and says the same when it is read.
func TestTheWorldCanBePrinted(t *testing.T) {
	t.Parallel()
	components, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(components) == 0 {
		t.Fatalf("no components: %v", err)
	}
	for _, name := range components {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			wasm, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			d, err := component.Describe(wasm)
			if err != nil {
				t.Fatal(err)
			}
			text := printed(t, fromwasm.Resolve(d))
			again, err := wit.LoadFS(fstest.MapFS{"c.wit": {Data: []byte(text)}}, "c.wit", wit.WithAllFeatures())
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if diff := cmp.Diff(text, printed(t, again)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func printed(t *testing.T, r *wit.Resolve) string {
	t.Helper()
	var b bytes.Buffer
	if err := wit.Print(&b, r.Main, r.Packages...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
