package main

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The widths of the report, in characters. A function that does not fit beside
// the column of needs has them on the lines below it.
const (
	needsColumnMin = 34
	needsColumnMax = 64
	declarationMax = 140
)

// A report writes an inspection for people.
type report struct {
	w   io.Writer
	col int // where the column of needs starts
}

func (in *inspection) writeText(w io.Writer) error {
	var b strings.Builder
	r := &report{w: &b}
	if c := in.Component; c != nil {
		r.line("%s   %s", path.Base(in.File), c.text())
	}
	for i := range in.Worlds {
		if i > 0 {
			r.line("")
		}
		r.world(&in.Worlds[i])
	}
	for i, item := range in.Interfaces {
		if i == 0 {
			r.line("interfaces, and no world")
		}
		r.item(item)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// text is the line of facts about a component's file.
func (c *componentFacts) text() string {
	facts := []string{size(c.Size), plural(c.CoreModules, "core module")}
	if by := c.madeWith(); by != "" {
		facts = append(facts, by)
	}
	return strings.Join(append(facts, "sha256 "+c.SHA256[:8]+"…"), ", ")
}

// compilers are the tools that tell a language with its version, by how they
// name themselves.
var compilers = []struct{ tool, language string }{
	{"rustc ", "Rust"}, {"clang ", "clang"}, {"TinyGo ", "TinyGo"}, {"Go cmd/compile ", "Go"},
}

// madeWith names the language and version of a component, its language, or the
// first tool that had to do with it; "" where it says nothing.
func (c *componentFacts) madeWith() string {
	tools := append(slices.Clone(c.Producers["language"]), c.Producers["processed-by"]...)
	for _, t := range tools {
		for _, known := range compilers {
			if _, version, ok := strings.Cut(t, known.tool); ok {
				version, _, _ = strings.Cut(version, " ")
				return known.language + " " + version
			}
		}
	}
	if len(tools) > 0 {
		return tools[0]
	}
	return ""
}

// line writes a line. The names in it are a stranger's, so that nothing gets to a
// terminal but what can be read there.
func (r *report) line(format string, args ...any) {
	line := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	for _, c := range line {
		if unicode.IsPrint(c) {
			fmt.Fprintf(r.w, "%c", c)
		} else {
			fmt.Fprintf(r.w, "\\u{%x}", c)
		}
	}
	fmt.Fprintln(r.w)
}

func (r *report) world(w *inspectedWorld) {
	if w.Name != "" {
		r.line("world %s", w.Name)
	}
	r.line("exports")
	r.col = 0
	r.items(w.Exports)
	r.col = needsColumn(w.Imports)
	if len(w.Imports) > 0 {
		r.row("imports", "needs")
	} else {
		r.line("imports")
	}
	r.items(w.Imports)
	r.line("%s", w.summary())
}

func (r *report) items(items []inspectedItem) {
	if len(items) == 0 {
		r.line("  nothing")
	}
	for _, item := range items {
		r.item(item)
	}
}

func (r *report) item(item inspectedItem) {
	switch item.Kind {
	case "func":
		r.function("  ", item.Functions[0])
		return
	case "types":
		r.line("  types of the world")
	case "interface":
		r.line("  %s", item.Name)
	default:
		r.line("  %s: %s", item.Name, item.Kind)
	}
	for _, f := range item.Functions {
		r.function("    ", f)
	}
	r.types(item.Types)
}

// function writes a function with what it needs beside or below it.
func (r *report) function(indent string, f inspectedFunction) {
	left := indent + f.Name + ": " + f.Type
	if len(f.Needs) == 0 {
		r.line("%s", left)
		return
	}
	for _, n := range f.Needs {
		r.row(left, n.String())
		left = ""
	}
}

func (r *report) row(left, right string) {
	n := utf8.RuneCountInString(left)
	if n+2 > r.col {
		r.line("%s", left)
		left, n = "", 0
	}
	r.line("%s%s%s", left, strings.Repeat(" ", r.col-n), right)
}

// types writes declarations, those from other interfaces by name only.
func (r *report) types(types []inspectedType) {
	used := map[string][]string{}
	var from []string
	for _, t := range types {
		if t.Of == "" {
			continue
		}
		if !slices.Contains(from, t.Of) {
			from = append(from, t.Of)
		}
		used[t.Of] = append(used[t.Of], t.Name)
	}
	for _, of := range from {
		r.line("    use %s.{%s}", of, strings.Join(used[of], ", "))
	}
	for _, t := range types {
		if t.Of == "" {
			r.line("    %s", clip(t.Type, declarationMax))
		}
	}
}

// needsColumn is where the needs of these items stand: right of the longest
// function that leaves them a place.
func needsColumn(items []inspectedItem) int {
	col := needsColumnMin
	for _, item := range items {
		for _, f := range item.Functions {
			if n := 4 + utf8.RuneCountInString(f.Name+": "+f.Type) + 2; n <= needsColumnMax {
				col = max(col, n)
			}
		}
	}
	return col
}

// clip cuts a text that is longer than n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-2]) + " …"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func size(bytes int) string {
	switch {
	case bytes < 1000:
		return plural(bytes, "byte")
	case bytes < 1_000_000:
		return fmt.Sprintf("%d kB", (bytes+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
