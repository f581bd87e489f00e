package learn

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

// manySiblings is how many files of one folder a manifest names; more of them become a pattern.
const manySiblings = 16

// ErrLayout says that a manifest is written in a way in which its capabilities cannot be told from the rest.
var ErrLayout = errors.New("the manifest's [capabilities] cannot be replaced as it is written: give them tables of their own")

// Write gives a manifest with the same text but for its capabilities, which are those that cover the demands and no more. src is the manifest as it is.
// Each grant has a comment that says which functions asked for it, and how often. What was asked for under a grant that is optional stays so.
//
// A manifest of the permissions dialect stays one. What that has no words for is left out, with a comment; see [Wordless].
func Write(src []byte, demands []Demand) ([]byte, error) {
	was, err := manifest.Parse(manifest.FileName, src)
	if err != nil {
		return nil, err
	}
	text := append(without(src, tableOf(was)), '\n')
	if permissive(was) {
		text = append(text, permissions(was, demands)...)
	} else {
		text = append(text, capabilities(was, demands)...)
	}
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

// permissive says whether a manifest is of the permissions dialect.
func permissive(m *manifest.Manifest) bool { return m.Dialect() == "permissions" }

// tableOf is the table in which a manifest has its capabilities.
func tableOf(m *manifest.Manifest) string { return m.Dialect() }

var header = regexp.MustCompile(`^\s*\[`)

// without leaves out the capabilities: their tables, and keys at the top that begin so. What it gets wrong Write finds out.
func without(src []byte, table string) []byte {
	ours := regexp.MustCompile(`^\s*\[+\s*"?` + table + `"?\s*[.\]]`)
	dotted := regexp.MustCompile(`^\s*"?` + table + `"?\s*[.=]`)
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

// A grant is one line of a list, in TOML, with what asked for it.
type grant struct{ value, comment string }

// capabilities writes the tables of the capabilities dialect.
func capabilities(was *manifest.Manifest, demands []Demand) string {
	var required, optional []Demand
	all := was.Grants()
	of := len(all) - len(was.Optional())
	for _, d := range demands {
		allows := func(g capability.Grant) bool { return g.Allows(was.Name, d.Kind, d.Action, d.Resource) }
		if slices.ContainsFunc(all[of:], allows) && !slices.ContainsFunc(all[:of], allows) {
			optional = append(optional, d)
		} else {
			required = append(required, d)
		}
	}
	text := table("[capabilities]", required)
	if len(optional) > 0 {
		text += "\n" + table("[capabilities.optional]", optional)
	}
	return text
}

// table writes one table of lists.
func table(header string, demands []Demand) string {
	lists := map[string][]grant{}
	var keys []string
	var hopeless strings.Builder
	for _, d := range collapse(demands) {
		if d.Hopeless != "" {
			hopeless.WriteString(d.hopeless())
			continue
		}
		k := capability.Key(d.Kind, d.Action)
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
		lists[k] = append(lists[k], grant{strconv.Quote(d.pattern), d.comment()})
	}
	var b strings.Builder
	b.WriteString(header + "\n")
	if len(keys) == 0 {
		b.WriteString("# it asked for nothing\n")
	}
	for _, k := range keys {
		writeList(&b, k, lists[k])
	}
	return b.String() + hopeless.String()
}

// writeList writes the list of a key, a grant a line.
func writeList(b *strings.Builder, key string, grants []grant) {
	b.WriteString(key + " = [\n")
	for _, g := range grants {
		fmt.Fprintf(b, "  %s, # %s\n", g.value, g.comment)
	}
	b.WriteString("]\n")
}

// hopeless is the comment for what no grant can cover.
func (d *Demand) hopeless() string {
	return fmt.Sprintf("# no grant can cover %s %s %.80q: %s\n", d.Kind, d.Action, d.Resource, d.Hopeless)
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
