package syntax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/airsstack/witgen/wit/syntax"
)

// seeds are the sources of the other tests.
func seeds(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/*.wit", "../testdata/*/*.wit"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add("package a:b;" + strings.Repeat("package a:b {", 200))
	f.Add("interface i { type t = " + strings.Repeat("list<", 300))
	f.Add("package demo:t\r\r")
	f.Add("/*" + strings.Repeat("/*", 100) + "*/")
}

// FuzzParser reads anything: it must come to an end, and each mistake must have a
// place in the source.
func FuzzParser(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		src := syntax.NewSource("f.wit", text)
		var errs syntax.ErrorList
		syntax.Parse(src, &errs)
		for _, e := range errs {
			line := src.Line(e.Pos.Line)
			if e.Pos.Line < 1 || e.Pos.Line > strings.Count(text, "\n")+1 || e.Pos.Col < 1 || e.Len < 1 {
				t.Errorf("%v is no place", e.Pos)
			}
			if utf8.ValidString(line) && e.Pos.Col > utf8.RuneCountInString(line)+2 {
				t.Errorf("%v is behind the line %q", e.Pos, line)
			}
			if e.Error() == "" || e.Msg == "" {
				t.Error("a mistake without words")
			}
		}
		if len(errs) > 100 {
			t.Errorf("%d mistakes", len(errs))
		}
	})
}
