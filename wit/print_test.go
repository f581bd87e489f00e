package wit_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/wit"
)

// roundTrip prints all packages, reads that and says what is another model then.
func roundTrip(name string, r *wit.Resolve) string {
	var b strings.Builder
	if err := wit.Print(&b, r.Main, r.Packages...); err != nil {
		return err.Error()
	}
	again, err := wit.LoadFS(files("printed.wit", b.String()), "printed.wit", wit.WithAllFeatures())
	if err != nil {
		return name + ": what was printed cannot be read:\n" + err.Error() + "\n" + b.String()
	}
	if diff := cmp.Diff(dump(r), dump(again)); diff != "" {
		return name + ": printed, it is another model:\n" + diff
	}
	var second strings.Builder
	if err := wit.Print(&second, again.Main, again.Packages...); err != nil {
		return err.Error()
	}
	if diff := cmp.Diff(b.String(), second.String()); diff != "" {
		return name + ": printed a second time it differs:\n" + diff
	}
	return ""
}

// TestPrint compares what is printed of testdata/good with the file .out beside it,
// and reads it again.
func TestPrint(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/good/*")
	if err != nil || len(inputs) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range inputs {
		if filepath.Ext(name) == ".out" {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			r, err := wit.Load(name, wit.WithAllFeatures())
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := wit.Print(&b, r.Main, r.Packages...); err != nil {
				t.Fatal(err)
			}
			same(t, strings.TrimSuffix(name, ".wit")+".out", b.String())
			if msg := roundTrip(name, r); msg != "" {
				t.Error(msg)
			}
		})
	}
}
