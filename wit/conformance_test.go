package wit_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/wit"
	"github.com/airsstack/witgen/wit/internal/oracle"
)

var inputs = flag.String("inputs", "", "run TestConformance on the WIT of others in this `folder`")

// TestConformance reads other people's WIT. It lies outside the tree, in
//
//	DIR/ui       tests/ui of wasm-tools' crates/wit-parser: good ones with the JSON of what they
//	             mean beside them, bad ones in parse-fail with the message
//	DIR/codegen  tests/codegen of wit-bindgen: all good
//	DIR/wasi-*   WASI's own: one folder per release, in it one per package; all good
//
// Run it as `go test ./wit -run TestConformance -v -args -inputs DIR`.
func TestConformance(t *testing.T) {
	if *inputs == "" {
		t.Skip("no -inputs")
	}
	var total count
	for _, dir := range []string{"ui", "ui/parse-fail", "codegen"} {
		c := &count{}
		for _, name := range cases(t, filepath.Join(*inputs, dir)) {
			c.run(t, dir, name, nil)
		}
		t.Logf("%-16s %s", dir, c)
		total.add(c)
	}
	releases, _ := filepath.Glob(filepath.Join(*inputs, "wasi-*"))
	for _, dir := range releases {
		c := &count{}
		all, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, name := range all {
			c.run(t, "wasi", name, slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == name }))
		}
		t.Logf("%-16s %s", filepath.Base(dir), c)
		total.add(c)
	}
	t.Logf("%d of the bad ones have it as their first mistake", first)
	t.Logf("%d of codegen were compared with the oracle", compared)
	t.Logf("%-16s %s", "all", &total)
}

type count struct{ inputs, agree, differ, failed int }

func (c *count) add(d *count) {
	c.inputs, c.agree, c.differ, c.failed = c.inputs+d.inputs, c.agree+d.agree, c.differ+d.differ, c.failed+d.failed
}

func (c *count) String() string {
	return strconv.Itoa(c.inputs) + " inputs: " + strconv.Itoa(c.agree) + " agree, " + strconv.Itoa(c.differ) + " differ with reason, " + strconv.Itoa(c.failed) + " fail"
}

func cases(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		switch ext := filepath.Ext(e.Name()); {
		case e.IsDir() && e.Name() == "parse-fail":
		case e.IsDir():
			name := filepath.Join(dir, e.Name())
			if inner := filepath.Join(name, "wit"); isDir(inner) {
				name = inner
			}
			if wits, _ := filepath.Glob(filepath.Join(name, "*.wit")); len(wits) > 0 { // else a submodule
				out = append(out, name)
			}
		case ext == ".wit", ext == ".wat", ext == ".wasm":
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func (c *count) run(t *testing.T, kind, name string, deps []string) {
	t.Run(filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name), func(t *testing.T) {
		c.inputs++
		msg := conforms(kind, name, deps)
		reason, known := reasons[filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name)]
		if !known {
			reason, known = reasons[filepath.Base(filepath.Dir(name))]
		}
		switch {
		case msg == "" && !known:
			c.agree++
		case msg != "" && known:
			c.differ++
		case known:
			c.failed++
			t.Errorf("it agrees, though %s", reason)
		default:
			c.failed++
			t.Error(msg)
		}
	})
}

// conforms says in what we differ; "" for nothing.
func conforms(kind, name string, deps []string) string {
	features := wit.WithFeatures("active")
	if kind != "ui" && kind != "ui/parse-fail" {
		features = wit.WithAllFeatures()
	}
	r, err := wit.Load(name, features, wit.WithDependencies(deps...))
	base := strings.TrimSuffix(strings.TrimSuffix(name, ".wat"), ".wit")
	if kind == "ui/parse-fail" {
		return refused(err, base+".wit.result")
	}
	if err != nil {
		return err.Error()
	}
	if msg := roundTrip(name, r); msg != "" {
		return msg
	}
	if kind == "codegen" {
		if r, err = wit.Load(name); err != nil {
			return err.Error()
		}
		if diff, ok := againstOracle(name, r); ok {
			compared++
			return diff
		}
		return ""
	}
	if kind != "ui" {
		return ""
	}
	text, err := os.ReadFile(base + ".wit.json")
	if err != nil {
		return err.Error()
	}
	tree, err := oracle.Decode(text)
	if err != nil {
		return err.Error()
	}
	return cmp.Diff(tree.Dump(), dump(r))
}

var place = regexp.MustCompile(`([^/\s]+\.wit):(\d+)(?::\d+)?`)

// refused says whether there is a mistake in the line that others find one in.
func refused(err error, file string) string {
	if err == nil {
		return "it is not refused"
	}
	text, readErr := os.ReadFile(file)
	if readErr != nil {
		return readErr.Error()
	}
	m := place.FindStringSubmatch(string(text))
	if m == nil {
		return "" // they give no place
	}
	i := 0
	for line := range strings.Lines(err.Error()) {
		if got := place.FindStringSubmatch(line); got != nil && got[1] == m[1] && got[2] == m[2] {
			if i == 0 {
				first++
			}
			return ""
		}
		i++
	}
	return "want:\n" + string(text) + "\ngot:\n" + err.Error()
}

// compared counts the inputs without JSON that the oracle read, too; first the bad
// ones in which the mistake that others report is our first one.
var compared, first int

// reasons say why we differ where we do.
var reasons = map[string]string{
	"ui/comments.wit":                  "docs of ours keep no marks of block comments",
	"ui/kinds-of-deps":                 "dependencies in WebAssembly's form are refused by name",
	"ui/simple-wasm-text.wat":          "WIT in WebAssembly's form is refused",
	"codegen/issue573.wit":             "a comment behind an item, on its line, is not docs of the next one",
	"parse-fail/use-and-include-world": "the mistake is the `use` of a world in line 3, not the include, which is right",
	"wasi-v0.2.4":                      "http of that release needs wasi:clocks@0.2.3, which is not in it",
}
