package wit_test

import (
	"os"
	"strings"
	"testing"

	"github.com/airsstack/witgen/wit"
)

// TestEveryNodeHasItsPlace looks up what stands where a node says that it is: its
// name.
func TestEveryNodeHasItsPlace(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/good/everything.wit", "testdata/good/types.wit"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := wit.Load(file, wit.WithAllFeatures())
		if err != nil {
			t.Fatal(err)
		}
		p := &places{t: t, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
		for _, pkg := range r.Packages {
			p.at(pkg.Pos, pkg.Name.Namespace)
			for _, i := range pkg.Interfaces {
				p.at(i.Pos, i.Name)
				p.contents(i.Types, i.Funcs)
			}
			for _, w := range pkg.Worlds {
				p.at(w.Pos, w.Name)
				p.items(w.Imports)
				p.items(w.Exports)
				p.contents(w.Types, nil)
			}
		}
		if p.n < 20 {
			t.Errorf("%s: only %d nodes", file, p.n)
		}
	}
}

type places struct {
	t     *testing.T
	lines []string
	n     int
}

func (p *places) at(pos wit.Pos, names ...string) {
	p.t.Helper()
	p.n++
	if !pos.IsValid() {
		p.t.Errorf("%s has no place", names[0])
		return
	}
	rest := strings.TrimPrefix(string([]rune(p.lines[pos.Line-1])[pos.Col-1:]), "%")
	for _, name := range names {
		if strings.HasPrefix(rest, name) {
			return
		}
	}
	p.t.Errorf("%v of %s is %q", pos, names[0], rest)
}

func (p *places) items(items []wit.Item) {
	for _, it := range items {
		switch it := it.(type) {
		case *wit.FuncItem:
			p.contents(nil, []*wit.Func{it.Func})
		case *wit.InterfaceItem:
			if it.Pos.IsValid() { // else it is there for its types only
				p.at(it.Pos, it.ItemName(), it.Interface.Name)
			}
			if it.Interface.Name == "" {
				p.contents(it.Interface.Types, it.Interface.Funcs)
			}
		}
	}
}

func (p *places) contents(types []*wit.TypeDef, funcs []*wit.Func) {
	for _, t := range types {
		p.at(t.Pos, t.Name)
		switch k := t.Kind.(type) {
		case *wit.Record:
			for _, f := range k.Fields {
				p.at(f.Pos, f.Name)
			}
		case *wit.Variant:
			for _, c := range k.Cases {
				p.at(c.Pos, c.Name)
			}
		case *wit.Enum:
			p.labels(k.Cases)
		case *wit.Flags:
			p.labels(k.Flags)
		}
	}
	for _, f := range funcs {
		name := f.Name[strings.LastIndexAny(f.Name, "].")+1:]
		if f.Kind == wit.Constructor {
			name = "constructor"
		}
		p.at(f.Pos, name, "log") // log is renamed by an include
		for _, param := range f.Params {
			if param.Name == "self" {
				p.at(param.Pos, name)
			} else {
				p.at(param.Pos, param.Name)
			}
		}
	}
}

func (p *places) labels(labels []wit.Label) {
	for _, l := range labels {
		p.at(l.Pos, l.Name)
	}
}
