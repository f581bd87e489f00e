package wasi_test

import (
	"os"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/wasi/bindings"
)

// TestDocs looks for each function that the runtime offers in the table of
// docs/wasi.md.
func TestDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/wasi.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			name := strings.Trim(cells[1], " `")
			rows[name] += cells[2]
		}
	}
	functions := 0
	for _, table := range bindings.World.Imports {
		name, _, _ := strings.Cut(table.Name, "@")
		row, ok := rows[name]
		if !ok {
			t.Errorf("docs/wasi.md has no row for %s", name)
		}
		for _, f := range table.Funcs {
			functions++
			want := f.Name
			if kind, rest, ok := strings.Cut(f.Name, "]"); ok {
				if want = rest; kind == "[constructor" {
					want += " (constructor)"
				}
			}
			if !strings.Contains(row, "`"+want+"`") {
				t.Errorf("docs/wasi.md does not have %s#%s", name, want)
			}
		}
	}
	if functions < 150 {
		t.Errorf("only %d functions were looked for", functions)
	}
}
