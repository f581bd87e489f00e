package gen_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/gen"
)

var update = flag.Bool("update", false, "write what is generated as what is wanted")

// TestGolden generates each folder of testdata and compares: the files with
// want, an error with want-error.txt, warnings with want-warnings.txt. Adding a
// case is adding a folder.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, dir := range cases(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			golden(t, dir)
		})
	}
}

func cases(t *testing.T) []string {
	t.Helper()
	configs, err := filepath.Glob("testdata/*/witgen.toml")
	if err != nil || len(configs) == 0 {
		t.Fatal("no cases", err)
	}
	for i := range configs {
		configs[i] = filepath.Dir(configs[i])
	}
	return configs
}

func golden(t *testing.T, dir string) {
	all, err := generate(filepath.Join(dir, "witgen.toml"))
	text := ""
	if err != nil {
		text = strings.ReplaceAll(err.Error(), filepath.ToSlash(dir)+"/", "") + "\n"
	}
	same(t, filepath.Join(dir, "want-error.txt"), text)
	if err != nil {
		return
	}
	warnings := ""
	for _, files := range all {
		for _, w := range files.Warnings {
			warnings += w + "\n"
		}
		for _, s := range files.Skipped {
			warnings += "left out: " + s + "\n"
		}
		goldenFiles(t, dir, files)
	}
	same(t, filepath.Join(dir, "want-warnings.txt"), warnings)
}

func goldenFiles(t *testing.T, dir string, files *gen.Files) {
	t.Helper()
	if *update {
		if _, err := files.Write(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files.Names() {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(lines(want), lines(files.Text[name])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	changes, err := files.Check()
	if err != nil || len(changes) > 0 {
		t.Errorf("not as wanted: %v %v", changes, err)
	}
}

func lines(text []byte) []string {
	return strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
}

func generate(config string) ([]*gen.Files, error) {
	c, err := gen.ReadConfig(config)
	if err != nil {
		return nil, err
	}
	var all []*gen.Files
	for _, w := range c.Worlds() {
		files, err := gen.Generate(w)
		if err != nil {
			return nil, err
		}
		all = append(all, files)
	}
	return all, nil
}

// same compares text with that of a file that is there only for a text.
func same(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		err := os.Remove(file)
		if text != "" {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines(want), lines([]byte(text))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestGoldenCompiles builds and vets what the cases want, all in one go.
func TestGoldenCompiles(t *testing.T) {
	t.Parallel()
	var patterns []string
	for _, dir := range cases(t) {
		outs, err := filepath.Glob(filepath.Join(dir, "want*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range outs {
			if filepath.Ext(out) == "" {
				patterns = append(patterns, "./"+filepath.ToSlash(out)+"/...")
			}
		}
	}
	for _, args := range [][]string{{"build"}, {"vet"}} {
		out, err := exec.Command("go", append(args, patterns...)...).CombinedOutput()
		if err != nil {
			t.Errorf("go %s: %v\n%s", args[0], err, out)
		}
	}
}

// TestOutputIsTheSameEveryTime generates a case again and again: maps inside the
// generator must not show.
func TestOutputIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	first, err := generate("testdata/points/witgen.toml")
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		again, err := generate("testdata/points/witgen.toml")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatal(diff)
		}
	}
}
