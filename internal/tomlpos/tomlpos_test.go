package tomlpos_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/internal/tomlpos"
)

const source = `# a comment with a = 1 and [table]
title = "x"
"quoted key" = 'lit'
"esc\u0041\t" = 1
a.b . "c" = [1, 2 ,
	# between
	{ d = "é", e = [ { f = 1979-05-27 07:32:00 } ] }, # behind
]
text = """
not = "a key"
[no.table]""""
after = '''x''y'''

[capabilities.messaging]
send = ["orders:ledger", "orders:audit"]
[ dotted . "header" ]
k=true
[[list]]
n = 1
[[list]]
n = 2
sub.x = -1.5e3
[[list.deep]]
z = 1
[list.table]
y = 1
`

func TestFind(t *testing.T) {
	t.Parallel()
	path := func(p ...any) []any { return p }
	tests := []struct {
		path       []any
		key, value string // line:column+length
	}{
		{path("title"), "2:1+5", "2:9+3"},
		{path("quoted key"), "3:1+12", "3:16+5"},
		{path("escA\t"), "4:1+13", "4:17+1"},
		{path("a"), "5:1+1", "5:1+1"},
		{path("a", "b"), "5:3+1", "5:3+1"},
		{path("a", "b", "c"), "5:7+3", "5:13+7"},
		{path("a", "b", "c", 1), "5:17+1", "5:17+1"},
		{path("a", "b", "c", 2, "d"), "7:4+1", "7:8+3"},
		{path("a", "b", "c", 2, "e", 0, "f"), "7:21+1", "7:25+19"},
		{path("text"), "9:1+4", "9:8+3"},
		{path("after"), "12:1+5", "12:9+10"},
		{path("capabilities"), "14:2+12", "14:2+12"},
		{path("capabilities", "messaging"), "14:15+9", "14:1+24"},
		{path("capabilities", "messaging", "send", 1), "15:26+14", "15:26+14"},
		{path("dotted", "header", "k"), "17:1+1", "17:3+4"},
		{path("list"), "18:1+8", "18:1+8"},
		{path("list", 1), "20:1+8", "20:1+8"},
		{path("list", 1, "n"), "21:1+1", "21:5+1"},
		{path("list", 1, "sub", "x"), "22:5+1", "22:9+6"},
		{path("list", 1, "deep", 0, "z"), "24:1+1", "24:5+1"},
		{path("list", 1, "table", "y"), "26:1+1", "26:5+1"},
	}
	var anything map[string]any
	if _, err := toml.Decode(source, &anything); err != nil {
		t.Fatal("the test's source is not TOML:", err)
	}
	show := func(p tomlpos.Pos, ok bool) string {
		if !ok {
			return "nowhere"
		}
		return fmt.Sprintf("%d:%d+%d", p.Line, p.Col, p.Len)
	}
	for _, tt := range tests {
		if got := show(tomlpos.FindKey([]byte(source), tt.path...)); got != tt.key {
			t.Errorf("key %v: %s, want %s", tt.path, got, tt.key)
		}
		if got := show(tomlpos.Find([]byte(source), tt.path...)); got != tt.value {
			t.Errorf("value %v: %s, want %s", tt.path, got, tt.value)
		}
		crlf := []byte(strings.ReplaceAll(source, "\n", "\r\n"))
		if got := show(tomlpos.Find(crlf, tt.path...)); got != tt.value {
			t.Errorf("value %v with CRLF: %s, want %s", tt.path, got, tt.value)
		}
	}
	for _, missing := range [][]any{{"not"}, {"no"}, {"list", 2}, {"list", -1}, {"title", "x"}, {"title", 0}, {1.5}, {}} {
		if pos, ok := tomlpos.Find([]byte(source), missing...); ok {
			t.Errorf("found %v at %v", missing, pos)
		}
	}
}

type target struct {
	Name  string            `toml:"name"`
	Count uint8             `toml:"count"`
	Small int8              `toml:"small"`
	Ratio float64           `toml:"ratio"`
	Flag  *bool             `toml:"flag"`
	When  time.Time         `toml:"when"`
	Any   any               `toml:"any"`
	Tags  map[string]string `toml:"tags"`
	Items []item            `toml:"items"`
	Rule  rule              `toml:"rule"`
	Level level             `toml:"level"`
	common
	Skipped string // without a tag: no key of the file
}

type common struct {
	Shared int `toml:"shared"`
}

type item struct {
	ID    int    `toml:"id"`
	Title string `toml:"title"`
}

// rule is a text or a list of items.
type rule struct {
	text  string
	items []item
}

func (r *rule) UnmarshalValue(v *tomlpos.Value) {
	switch data := v.Any().(type) {
	case string:
		r.text = data
		if data == "" {
			v.Fail("an empty rule", "leave it out")
		}
	case []any:
		v.Decode(&r.items)
	default:
		v.Mismatch("a string or a list")
	}
}

type level int

func (l *level) UnmarshalText(text []byte) error {
	if string(text) != "high" {
		return errors.New("there is no such level")
	}
	*l = 2
	return nil
}

func TestDecode(t *testing.T) {
	t.Parallel()
	got := target{Name: "kept", Count: 7}
	err := tomlpos.Decode("x.toml", []byte(`
count = 255
small = -128
ratio = 2
flag = false
when = 2026-01-02T03:04:05Z
any = [{ a = 1 }]
tags.x = "y"
rule = [{ id = 3 }]
level = "high"
shared = 9
[[items]]
id = 1
[[items]]
id = 2
title = "two"
`), &got)
	if err != nil {
		t.Fatal(err)
	}
	off := false
	want := target{
		Name: "kept", Count: 255, Small: -128, Ratio: 2, Flag: &off, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Any: []any{map[string]any{"a": int64(1)}}, Tags: map[string]string{"x": "y"},
		Items: []item{{ID: 1}, {ID: 2, Title: "two"}}, Rule: rule{items: []item{{ID: 3}}}, Level: 2, common: common{Shared: 9},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(target{}, rule{}, common{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeReportsAll(t *testing.T) {
	t.Parallel()
	var got target
	err := tomlpos.Decode("x.toml", []byte("\xef\xbb\xbf"+`nmae = "x"
count = 256
small = -129
ratio = "1"
flag = 1
when = "now"
tags = { a = 1 }
level = "low"
rule = ""
skipped = 1
[[items]]
id = "1"
idd = 2
[other.table]
x = 1
`), &got)
	want := `x.toml has 13 errors
  1:1   unknown key ` + "`nmae`" + `; did you mean ` + "`name`" + `?
  2:9   ` + "`count`" + ` is 256, which is out of range; from 0 to 255
  3:9   ` + "`small`" + ` is -129, which is out of range; from -128 to 127
  4:9   ` + "`ratio`" + ` must be a number, not a string
  5:8   ` + "`flag`" + ` must be true or false, not an integer
  6:8   ` + "`when`" + ` must be a date and time, not a string
  7:14  ` + "`tags.a`" + ` must be a string, not an integer
  8:9   ` + "`level`" + `: there is no such level
  9:8   an empty rule; leave it out
  10:1  unknown key ` + "`skipped`" + `; known here: name, count, small, ratio, flag, when, any, tags, items, rule, level, shared
  12:6  ` + "`items[0].id`" + ` must be an integer, not a string
  13:1  unknown key ` + "`idd`" + ` in items[0]; did you mean ` + "`id`" + `?
  14:2  unknown table [other]; known here: name, count, small, ratio, flag, when, any, tags, items, rule, level, shared`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
	if one, ok := errors.AsType[*tomlpos.Error](err); !ok || one.Line != 1 || one.File != "x.toml" {
		t.Errorf("no single mistake in it: %v", one)
	}
}

func TestErrorForm(t *testing.T) {
	t.Parallel()
	src := []byte("a = 1\n\t\"é\" = \"paht\" # \x1b[31m\n")
	pos, ok := tomlpos.Find(src, "é")
	if !ok {
		t.Fatal("not found")
	}
	got := tomlpos.NewError("witgen.toml", src, pos, "`paht` is not a parameter", "did you mean `path`?").Error()
	want := "witgen.toml:2:8: `paht` is not a parameter\n    2 | \t\"é\" = \"paht\" #  [31m\n      | \t      ^^^^^^ did you mean `path`?"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = tomlpos.NewError("x.toml", nil, tomlpos.Pos{}, "there is no [a]", "add it").Error()
	if want := "x.toml:1:1: there is no [a]; add it"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ src, want string }{
		"lists":       {"x = " + strings.Repeat("[", 400_000), "x.toml:1:69: nested more than 64 deep"},
		"tables":      {"x = " + strings.Repeat("{a=", 100_000), "nested more than 64 deep"},
		"dotted":      {strings.Repeat("a.", 400_000) + "a = 1", "nested more than 64 deep"},
		"header":      {"[" + strings.Repeat("a.", 400_000) + "a]", "nested more than 64 deep"},
		"below":       {"[" + strings.Repeat("a.", 40) + "a]\n" + strings.Repeat("a.", 40) + "a = 1", "x.toml:2:47: nested more than 64 deep"},
		"bytes":       {"x = \"" + strings.Repeat("x", tomlpos.MaxBytes) + "\"", "more than 1048576"},
		"empty key":   {"ab = { c = [1, { '' = 2 }] }", "x.toml:1:18: a key is empty"},
		"many errors": {manyKeys(50_000), "has 50 errors"},
	} {
		err := tomlpos.Decode("x.toml", []byte(tt.src), new(struct{}))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %.200v; want %q", name, err, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	keys := []string{"name", "version", "max_restarts", "within", "send", "capabilities"}
	for name, want := range map[string]string{
		"nmae": "name", "Name": "name", "max-restarts": "max_restarts", "maxRestarts": "max_restarts", "capabilitees": "capabilities",
		"sned": "send", "snd": "send", "x": "", "": "", "colour": "", strings.Repeat("name", 1000): "",
	} {
		if got := tomlpos.Nearest(name, keys); got != want {
			t.Errorf("%.20q: %q, want %q", name, got, want)
		}
	}
}

// FuzzIndex holds the places to the parser's keys: on every valid text each key that it has is found, and its place holds it.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(source))
	f.Add([]byte("a.b = {c = [1, {d = \"\"\"x\"\"\"\"}]}\n[[a.e]]\n'k' = 1"))
	f.Add([]byte("ab = {c = [1, {\"\"= \"\"\"x\"\"\"\"}]}"))
	f.Add([]byte("[a]\n[a.b]\nx = 1 # c\n\"\" = 2\n\"\\\"\" = '''\n'''''"))
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, err := tomlpos.Parse("x.toml", src)
		if err != nil {
			if _, ok := errors.AsType[tomlpos.Errors](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		var data any
		doc.Decode(&data)
		if err := doc.Err(); err != nil {
			t.Fatal(err)
		}
		index := tomlpos.NewIndex(src)
		var walk func(data any, path []any)
		walk = func(data any, path []any) {
			if len(path) > 0 {
				if _, ok := index.Value(path...); !ok {
					t.Fatalf("%q: no place for %s", src, tomlpos.PathString(path...))
				}
				if !doc.Has(path...) {
					t.Fatalf("%q has no %s", src, tomlpos.PathString(path...))
				}
			}
			path = path[:len(path):len(path)]
			switch d := data.(type) {
			case map[string]any:
				for key, element := range d {
					walk(element, append(path, key))
				}
			case []any:
				for i, element := range d {
					walk(element, append(path, i))
				}
			}
		}
		walk(data, nil)
	})
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d = 1\n", i)
	}
	return b.String()
}
