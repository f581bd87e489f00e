package validate_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
)

var update = flag.Bool("update", false, "write testdata/rules.txt")

// TestRules runs the script of this package: each component in it breaks one
// rule, or none, and the error is the one in rules.txt.
func TestRules(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "rules.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s script
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, cmd := range s.Commands {
		wasm, err := os.ReadFile(filepath.Join("testdata", cmd.Filename))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := binary.Decode(wasm)
		if err != nil {
			t.Fatalf("rules.wast:%d: %v", cmd.Line, err)
		}
		err = validate.Component(tree, nil)
		invalid, ok := errors.AsType[*validate.Error](err)
		switch {
		case cmd.Type != "assert_invalid" && err != nil:
			t.Errorf("rules.wast:%d: valid, but refused: %v", cmd.Line, err)
		case cmd.Type != "assert_invalid":
		case !ok:
			t.Errorf("rules.wast:%d: accepted, but %q", cmd.Line, cmd.Text)
		case invalid.Class.String() != cmd.Text:
			t.Errorf("rules.wast:%d: class %q, want %q: %v", cmd.Line, invalid.Class, cmd.Text, err)
		}
		if err != nil {
			fmt.Fprintf(&got, "%d: %v\n", cmd.Line, err)
		}
	}
	golden := filepath.Join("testdata", "rules.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
