package wit_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/wit"
)

// TestMistakes loads each testdata/bad/*.wit and compares what is wrong with the
// file .err beside it. Adding a case is adding a file.
func TestMistakes(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/bad/*.wit")
	if err != nil || len(inputs) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range inputs {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			_, err := wit.Load(name)
			if err == nil {
				t.Fatal("it is not refused")
			}
			got := strings.ReplaceAll(err.Error(), "testdata/bad/", "") + "\n"
			same(t, strings.TrimSuffix(name, ".wit")+".err", got)
		})
	}
}

func TestMistakesAreNotWithoutEnd(t *testing.T) {
	t.Parallel()
	_, err := wit.LoadFS(files("a.wit", "package a:b;\ninterface i {\n"+strings.Repeat("  f: func(a: b);\n", 1000)+"}\n"), "a.wit")
	l, ok := errors.AsType[wit.ErrorList](err)
	if !ok || len(l) > 100 {
		t.Fatalf("%d mistakes", len(l))
	}
	if got := err.Error(); !strings.HasSuffix(got, "\nthese are the first 50 mistakes; there may be more") {
		t.Errorf("it ends with %q", got[len(got)-80:])
	}
}
