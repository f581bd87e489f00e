package runtime_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime"
)

// The program on the page is the one that is tested, and the names are there.
func TestEmbeddingPage(t *testing.T) {
	t.Parallel()
	page := read(t, "../docs/embedding.md")
	example := read(t, "example_test.go")
	_, body, _ := strings.Cut(example, "func Example() {\n")
	body, _, _ = strings.Cut(body, "\t// Output:")
	code := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(page)
	if code == nil || code[1] != strings.TrimSuffix(strings.ReplaceAll("\n"+body, "\n\t", "\n"), "\n")[1:]+"\n" {
		t.Errorf("the program of docs/embedding.md is not the example:\n%s", code)
	}
	host := reflect.TypeFor[*runtime.Host]()
	for _, name := range regexp.MustCompile("`Host\\.([A-Z][A-Za-z]*)").FindAllStringSubmatch(page, -1) {
		if _, ok := host.MethodByName(name[1]); !ok {
			t.Errorf("Host has no %s", name[1])
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// Each test that a page names is there.
func TestPagesNameTests(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, "_test.go") {
			sources.WriteString(read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(read(t, "../docs/actors.md"), -1)
	if len(named) == 0 {
		t.Error("no test is named")
	}
	for _, name := range named {
		if !strings.Contains(sources.String(), "\nfunc "+name[1]+"(") {
			t.Errorf("docs/actors.md names %s", name[1])
		}
	}
}
