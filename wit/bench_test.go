package wit_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/airsstack/witgen/wit"
)

// large is WIT of about that many lines.
func large(lines int) string {
	var b strings.Builder
	b.WriteString("package demo:large@1.0.0;\n")
	n := 0
	for i := 0; n < lines; i++ {
		fmt.Fprintf(&b, "/// Interface %d.\ninterface i%d {\n", i, i)
		if i > 0 {
			fmt.Fprintf(&b, "  use i%d.{order, kind as old-kind};\n", i-1)
		} else {
			b.WriteString("  record order { id: u32 }\n")
		}
		b.WriteString("  enum kind { a, b, c }\n  resource store {\n    constructor(name: string);\n")
		for j := range 20 {
			fmt.Fprintf(&b, "    /// Gets number %d.\n    get%d: func(key: string, how: option<kind>) -> result<list<tuple<u32, string>>, kind>;\n", j, j)
		}
		b.WriteString("  }\n")
		for j := range 20 {
			fmt.Fprintf(&b, "  record r%d {\n    id: u64,\n    name: string,\n    parts: list<option<u8>>,\n  }\n", j)
		}
		b.WriteString("}\n")
		n += 150
	}
	b.WriteString("world w {\n")
	for i := range n / 150 {
		fmt.Fprintf(&b, "  import i%d;\n", i)
	}
	b.WriteString("}\n")
	return b.String()
}

func BenchmarkLoad10000Lines(b *testing.B) {
	text := large(10_000)
	fsys := files("large.wit", text)
	b.SetBytes(int64(len(text)))
	b.ReportMetric(float64(strings.Count(text, "\n")), "lines")
	for b.Loop() {
		if _, err := wit.LoadFS(fsys, "large.wit"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestLoadsMayMeet(t *testing.T) {
	t.Parallel()
	good, bad := files("w/a.wit", large(1000)), files("w/a.wit", "package a:b;\ninterface i { f: func(a: b); }")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if r, err := wit.LoadFS(good, "w"); err != nil || len(r.Main.Worlds) != 1 {
				t.Errorf("%v", err)
			}
			if _, err := wit.LoadFS(bad, "w"); err == nil {
				t.Error("no error")
			} else if _, ok := errors.AsType[*wit.Error](err); !ok {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestLargeInputsEnd reads what is built to take long.
func TestLargeInputsEnd(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var chain, same, worlds, packages strings.Builder
	for i := range n {
		fmt.Fprintf(&chain, "type t%d = t%d; ", i, i+1)
		fmt.Fprintf(&same, "record t%d { a: x%d } ", i%10, i)
		fmt.Fprintf(&worlds, "world w%d { include w%d; } ", i, i+1)
		fmt.Fprintf(&packages, "package a:p%d { interface i { use a:p%d/i.{t}; } } ", i, i+1)
	}
	for name, text := range map[string]string{
		"a chain of types":      "package a:b; interface i { " + chain.String() + " type t20000 = u8; }",
		"a chain of worlds":     "package a:b; " + worlds.String() + "world w20000 {}",
		"a chain of packages":   "package a:b; " + packages.String() + "package a:p20000 { interface i { type t = u8; } }",
		"mistakes on one line":  "package a:b; interface i { " + same.String() + " }",
		"brackets":              "package a:b; interface i { type t = " + strings.Repeat("list<", n) + "u8",
		"braces":                "package a:b; " + strings.Repeat("interface i {", n),
		"nested packages":       "package a:b; " + strings.Repeat("package a:b {", n),
		"comments":              "package a:b; " + strings.Repeat("/*", n) + strings.Repeat("*/", n-1),
		"names that are alike":  "package a:b; interface i { " + strings.ReplaceAll(chain.String(), "=", "= x-") + " }",
		"one name that is long": "package a:b; interface i { type t = " + strings.Repeat("a", n) + "; }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _ = wit.LoadFS(files("f.wit", text), "f.wit")
		})
	}
}
