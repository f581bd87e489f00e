package wit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/airsstack/witgen/wit"
)

// FuzzResolve loads anything. What loads can be printed and read again, and is the
// same model then.
func FuzzResolve(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.wit", "syntax/testdata/*.wit", "packages/*/*.wit"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text), true)
		}
	}
	f.Add("package a:b; world w { include x with { a as b } } world x { import a: func(); use i.{t}; } interface i { type t = u8; }", false)
	f.Fuzz(func(t *testing.T, text string, all bool) {
		var opts []wit.LoadOption
		if all {
			opts = append(opts, wit.WithAllFeatures())
		}
		r, err := wit.LoadFS(files("f.wit", text), "f.wit", opts...)
		if err != nil {
			if err.Error() == "" {
				t.Error("a mistake without words")
			}
			return
		}
		if msg := roundTrip("f.wit", r); msg != "" {
			t.Error(msg)
		}
	})
}
