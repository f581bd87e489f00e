package manifest

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const docs = "../../docs/manifest.md"

func readDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func TestDocumentedExamples(t *testing.T) {
	t.Parallel()
	examples := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readDocs(t), -1)
	if len(examples) == 0 {
		t.Fatal("no examples")
	}
	for _, e := range examples {
		if _, err := Parse(docs, []byte(e[1])); err != nil {
			t.Errorf("%v\nin\n%s", err, e[1])
		}
	}
}

// TestDocumentedKeys holds every row of the tables to the parser: the key is known.
func TestDocumentedKeys(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| `([a-z_.<>]+)` \\| now").FindAllStringSubmatch(readDocs(t), -1)
	if len(rows) < 50 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, row := range rows {
		key := strings.NewReplacer("<", "", ">", "").Replace(row[1])
		_, err := Parse(docs, []byte(key+" = 1.5\n")) // hardly a right value, but it stands at the key
		msg := ""
		if err != nil {
			msg = err.Error()
		}
		if strings.Contains(msg, "unknown ") {
			t.Errorf("%s: %s", row[1], msg)
		}
	}
}

// TestKeysAreDocumented holds the parser to the tables: it knows no key that they leave out.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	text := readDocs(t)
	var walk func(prefix string, typ reflect.Type)
	walk = func(prefix string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			key := prefix + f.Tag.Get("toml")
			switch {
			case f.Anonymous:
				walk(prefix, f.Type)
				continue
			case key == "capabilities.optional": // the same keys again
				continue
			}
			if f.Type.Kind() == reflect.Struct && f.Type.NumField() > 0 {
				walk(key+".", f.Type)
			} else if !strings.Contains(text, "| `"+key+"`") && !strings.Contains(text, "| `"+key+".") {
				t.Errorf("%s is not documented", key)
			}
		}
	}
	walk("", reflect.TypeFor[file]())
}

func TestExamplesOfTheTree(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../examples/*/*/Component.toml")
	if err != nil || len(paths) < 7 {
		t.Fatalf("%q, %v", paths, err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := Parse(path, src); err != nil {
			t.Error(err)
		}
	}
}
