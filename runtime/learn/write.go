package learn

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

// manySiblings is how many files of one folder a manifest names; more of them become a pattern.
const manySiblings = 16

// ErrLayout says that a manifest is written in a way in which its capabilities cannot be told from the rest.
var ErrLayout = errors.New("the manifest's [capabilities] cannot be replaced as it is written: give them tables of their own")

// Write gives a manifest with the same text but for its capabilities, which are those that cover the demands and no more. src is the manifest as it is.
// Each grant has a comment that says which functions asked for it, and how often.
func Write(src []byte, demands []Demand) ([]byte, error) {
	was, err := manifest.Parse(manifest.FileName, src)
	if err != nil {
		return nil, err
	}
	text := append(without(src), '\n')
	text = append(text, tables(demands)...)
	is, err := manifest.Parse(manifest.FileName, text)
	if err != nil || !same(was, is) {
		return nil, ErrLayout
	}
	return text, nil
}

// same tells whether two manifests say the same but for their capabilities.
func same(a, b *manifest.Manifest) bool {
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range x.NumField() {
		if x.Type().Field(i).IsExported() && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return false
		}
	}
	return true
}

var (
	header = regexp.MustCompile(`^\s*\[`)
	ours   = regexp.MustCompile(`^\s*\[+\s*"?capabilities"?\s*[.\]]`)
	dotted = regexp.MustCompile(`^\s*"?capabilities"?\s*[.=]`)
)

// without leaves out the capabilities: their tables, and keys at the top that begin so. What it gets wrong Write finds out.
func without(src []byte) []byte {
	var out []byte
	inOurs, atTop := false, true
	for line := range bytes.Lines(src) {
		if header.Match(line) {
			inOurs, atTop = ours.Match(line), false
		}
		if !inOurs && !(atTop && dotted.Match(line)) {
			out = append(out, line...)
		}
	}
	return append(bytes.TrimRight(out, "\n"), '\n')
}

// A grant is one line of a list, with what asked for it.
type grant struct{ pattern, comment string }

// tables writes the capabilities.
func tables(demands []Demand) string {
	lists := map[string][]grant{}
	var keys, hopeless []string
	for _, d := range collapse(demands) {
		if d.Hopeless != "" {
			hopeless = append(hopeless, fmt.Sprintf("# no grant can cover %s %s %.80q: %s\n", d.Kind, d.Action, d.Resource, d.Hopeless))
			continue
		}
		k := capability.Key(d.Kind, d.Action)
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
		lists[k] = append(lists[k], grant{d.pattern, d.comment()})
	}
	var b strings.Builder
	b.WriteString("[capabilities]\n")
	if len(keys) == 0 {
		b.WriteString("# it asked for nothing\n")
	}
	for _, k := range keys {
		b.WriteString(k + " = [\n")
		for _, g := range lists[k] {
			fmt.Fprintf(&b, "  %q, # %s\n", g.pattern, g.comment)
		}
		b.WriteString("]\n")
	}
	for _, line := range hopeless {
		b.WriteString(line)
	}
	return b.String()
}

// a collapsed demand stands for one or more.
type collapsed struct {
	Demand
	pattern string
	of      int // resources
}

func (c *collapsed) comment() string {
	var names []string
	for _, f := range c.Funcs {
		_, name, ok := strings.Cut(f, "#")
		if !ok {
			name = f
		}
		names = append(names, name)
	}
	s := fmt.Sprintf("%s asked %s", strings.Join(names, ", "), times(c.Asked))
	if c.of > 1 {
		s += fmt.Sprintf(", for %d resources", c.of)
	}
	if c.Denied > 0 {
		s += "; it was not granted"
	}
	return s
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// collapse makes one pattern of the files of a folder where they are many.
func collapse(demands []Demand) []collapsed {
	siblings := map[[2]string]int{} // by action and folder
	folder := func(d *Demand) [2]string { return [2]string{d.Action, path.Dir(d.Resource)} }
	for i := range demands {
		if d := &demands[i]; d.Kind == capability.Filesystem && d.Hopeless == "" {
			siblings[folder(d)]++
		}
	}
	var out []collapsed
	at := map[[2]string]int{}
	for i := range demands {
		d := &demands[i]
		f := folder(d)
		if d.Kind != capability.Filesystem || d.Hopeless != "" || siblings[f] <= manySiblings {
			out = append(out, collapsed{*d, capability.Literal(d.Kind, d.Resource), 1})
			continue
		}
		if first, ok := at[f]; ok {
			c := &out[first]
			c.Asked += d.Asked
			c.Denied += d.Denied
			c.of++
			c.Funcs = append(c.Funcs, d.Funcs...)
			slices.Sort(c.Funcs)
			c.Funcs = slices.Compact(c.Funcs)
			continue
		}
		at[f] = len(out)
		pattern := strings.TrimSuffix(capability.Literal(d.Kind, f[1]), "/") + "/*"
		out = append(out, collapsed{*d, pattern, 1})
	}
	return out
}
