package gen_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/gen"
	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/wit"
)

var inputs = flag.String("inputs", "", "a folder of WIT files and packages, such as tests/codegen of wit-bindgen, of which every world is generated")

// TestInputs generates every world of every WIT file and folder in a folder of
// somebody else's, then builds and vets all of it. Without -inputs it takes the
// WIT of the cases in testdata.
func TestInputs(t *testing.T) {
	t.Parallel()
	dir := *inputs
	if dir == "" {
		dir = "testdata"
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := newModule(t)
	worlds, refused, files := 0, 0, 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(path, "wit")); err == nil {
			path = filepath.Join(path, "wit")
		}
		if found, _ := filepath.Glob(filepath.Join(path, "*")); e.IsDir() && len(found) == 0 {
			continue // a submodule that was not fetched
		}
		resolve, err := wit.Load(path, wit.WithAllFeatures())
		if err != nil {
			if *inputs != "" {
				t.Errorf("%s: %.300v", e.Name(), err)
			}
			continue
		}
		files++
		for i, w := range resolve.Main.Worlds {
			name := fmt.Sprintf("%s%d", strings.NewReplacer(".", "", "-", "", "_", "").Replace(e.Name()), i)
			switch err := generateWorld(out, name, path, w.ID()); {
			case err == nil:
				worlds++
			case *inputs != "" && refusedAsync(err):
				t.Logf("%s: %.200v", e.Name(), err)
				refused++
			case *inputs != "":
				t.Errorf("%s: %.300v", e.Name(), err)
			}
		}
	}
	t.Logf("inputs: %d files, %d worlds generated, %d refused since they are asynchronous", files, worlds, refused)
	for _, args := range [][]string{{"build", "./..."}, {"vet", "./..."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = out
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%.3000s", args[0], err, text)
		}
	}
}

// refusedAsync tells whether the bindings were refused for something that is
// asynchronous.
func refusedAsync(err error) bool {
	u, ok := errors.AsType[*model.UnsupportedError](err)
	return ok && (strings.Contains(u.What, "async") || strings.Contains(u.What, "stream") || strings.Contains(u.What, "future") || strings.Contains(u.What, "error-context"))
}

func generateWorld(out, name, path, world string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(out, abs)
	if err != nil {
		return err
	}
	c, err := gen.ParseConfig(filepath.Join(out, "witgen.toml"), fmt.Appendf(nil, "world = %q\nwit = %q\nout = %q\nall-features = true\n", world, filepath.ToSlash(rel), name))
	if err != nil {
		return err
	}
	files, err := gen.Generate(c)
	if err != nil {
		return err
	}
	_, err = files.Write()
	return err
}

// newModule is an empty module that uses this one as it stands here.
func newModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	// Everything that this module requires, and the module itself.
	text := strings.Replace(string(mod), "module github.com/airsstack/witgen", "module example.com/inputs", 1)
	text += fmt.Sprintf("\nrequire github.com/airsstack/witgen v0.0.0\nreplace github.com/airsstack/witgen => %s\n", root)
	for name, b := range map[string][]byte{"go.mod": []byte(text), "go.sum": sum} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
