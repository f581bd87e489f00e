package component_test

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A badCase is one of testdata/bad.txt: a component that cannot be loaded, and
// why.
type badCase struct{ name, text, hex, err string }

func badCases(t testing.TB) []badCase {
	t.Helper()
	lines := strings.Split(string(readFile(t, filepath.Join("testdata", "bad.txt"))), "\n")
	var cases []badCase
	for ; len(lines) >= 5; lines = lines[5:] {
		cases = append(cases, badCase{lines[0], lines[1], lines[2], lines[3]})
	}
	return cases
}

func (b badCase) wasm(t testing.TB) []byte {
	t.Helper()
	wasm, err := hex.DecodeString(b.hex)
	if err != nil {
		t.Fatalf("%s: %v", b.name, err)
	}
	return wasm
}

// TestBadComponents loads components that make no sense, or use what is not
// there yet: each ends in one clear error of a type of its own.
func TestBadComponents(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	var out strings.Builder
	for _, b := range badCases(t) {
		err := loadAny(t, rt, b.wasm(t))
		text := "works"
		if err != nil {
			text = strings.ReplaceAll(err.Error(), "\n", " | ")
			if !isLoadError(err) {
				t.Errorf("%s: the error %v is a %T", b.name, err, err)
			}
		}
		if diff := cmp.Diff(b.err, text); diff != "" && !*update {
			t.Errorf("%s (-want +got):\n%s", b.name, diff)
		}
		out.WriteString(strings.Join([]string{b.name, b.text, b.hex, text, "", ""}, "\n"))
	}
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", "bad.txt"), []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// loadAny loads a component in the world that it describes.
func loadAny(t testing.TB, rt *component.Runtime, wasm []byte) error {
	t.Helper()
	return await(t, "loading", async(func() error {
		d, err := component.Describe(wasm)
		if err != nil {
			return err
		}
		f, err := rt.Load(context.Background(), wasm, component.DynamicWorld("test:bad/own", d))
		if err != nil {
			return err
		}
		return f.Close(context.Background())
	}))
}

// isLoadError reports whether the error is one that Load documents.
func isLoadError(err error) bool {
	return errors.As(err, new(*binary.Error)) || errors.As(err, new(*validate.Error)) || errors.As(err, new(*corewasm.Error)) ||
		errors.As(err, new(*component.UnsupportedError)) || errors.As(err, new(*component.LinkError))
}
