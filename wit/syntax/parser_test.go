package syntax_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/wit/syntax"
)

var update = flag.Bool("update", false, "write what is found as what is wanted")

// TestMistakes reads each testdata/*.wit and compares what is wrong with the file
// .err beside it. Adding a case is adding a file.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.wit")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var errs syntax.ErrorList
			syntax.Parse(syntax.NewSource(filepath.Base(file), strings.ReplaceAll(string(text), "\r\n", "\n")), &errs)
			got := ""
			if err := errs.Err(); err != nil {
				got = err.Error() + "\n"
			}
			same(t, strings.TrimSuffix(file, ".wit")+".err", got)
		})
	}
}

func same(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
