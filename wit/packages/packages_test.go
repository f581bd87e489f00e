package packages_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/airsstack/witgen/wit/packages"
)

// declared is what the first line of code in every file of a folder must say.
var declared = map[string]string{
	"airssys-core":              "package airssys:core@1.0.0;",
	"airssys-ext-filesystem":    "package airssys:ext-filesystem@1.0.0;",
	"airssys-ext-network":       "package airssys:ext-network@1.0.0;",
	"airssys-ext-process":       "package airssys:ext-process@1.0.0;",
	"airssys-runtime-host":      "package airssys:core@1.0.0;",
	"wasi":                      "package witgen:wasi@0.2.12;",
	"wasi/deps/wasi-cli":        "package wasi:cli@0.2.12;",
	"wasi/deps/wasi-clocks":     "package wasi:clocks@0.2.12;",
	"wasi/deps/wasi-filesystem": "package wasi:filesystem@0.2.12;",
	"wasi/deps/wasi-http":       "package wasi:http@0.2.12;",
	"wasi/deps/wasi-io":         "package wasi:io@0.2.12;",
	"wasi/deps/wasi-random":     "package wasi:random@0.2.12;",
	"wasi/deps/wasi-sockets":    "package wasi:sockets@0.2.12;",
	"airssys-topics":            "package airssys:topics@1.0.0;",
	"airssys-delegation":        "package airssys:delegation@1.0.0;",
}

func TestEveryFileDeclaresItsFoldersPackage(t *testing.T) {
	t.Parallel()
	found := 0
	err := fs.WalkDir(packages.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		want, known := declared[path.Dir(name)]
		if !known {
			t.Errorf("%s lies in a folder that stands for no package", name)
			return nil
		}
		text, err := fs.ReadFile(packages.FS, name)
		if err != nil {
			return err
		}
		if got := firstCode(string(text)); got != want {
			t.Errorf("%s begins with %q, want %q", name, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatal("nothing is embedded")
	}
}

func firstCode(wit string) string {
	for line := range strings.Lines(wit) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			return line
		}
	}
	return ""
}

// TestItemsAreDocumented holds every named item of the WIT files to a doc
// comment: they become the Go docs that people read.
func TestItemsAreDocumented(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"*/*.wit", "*/deps/*/*.wit"} {
		found, err := fs.Glob(packages.FS, pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		text, err := fs.ReadFile(packages.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		before := ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "@") {
				continue // a gate stands between the two
			}
			if declares(line) && !strings.HasPrefix(before, "///") {
				t.Errorf("%s: %q has no doc comment", name, line)
			}
			before = line
		}
	}
}

// declares says whether a line of WIT begins something that has a name of its
// own: an interface, a world, a type, a field, a case or a function.
func declares(line string) bool {
	switch word, _, _ := strings.Cut(line, " "); {
	case line == "", strings.HasPrefix(line, "//"), line == "}":
		return false
	case word == "package", word == "use", word == "import", word == "export", word == "include":
		return false
	default:
		return true
	}
}
