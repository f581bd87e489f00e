package manifest

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/capability"
)

// A Warning is where a manifest and its component do not fit together: a grant that the component cannot use, or a function that it
// may call and that nothing grants. Neither keeps it from running.
type Warning struct {
	Line, Col int    // of the grant; 0 for a function
	Msg       string // in one line
	Hint      string // what to write; may be empty
}

// Compare holds the manifest's grants against the capability points of its component. Warnings about grants come first, in the order
// of the file, then those about functions, those of one need together.
func (m *Manifest) Compare(points []capability.Point) []Warning {
	missing, unused := capability.Compare(m.grants, points)
	file := filepath.Base(m.File)
	index := tomlpos.NewIndex(m.src)
	var all []Warning
	for _, i := range m.whole(unused) {
		g := m.grants[i]
		pos, _ := index.Value(m.paths[i]...)
		all = append(all, Warning{
			Line: pos.Line, Col: pos.Col,
			Msg: fmt.Sprintf("%s grants %q, which %s has no import to use", key(m.paths[i]), g.Resource, file), Hint: "leave it out",
		})
	}
	slices.SortStableFunc(all, func(a, b Warning) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col)) })
	return append(all, m.lacking(file, missing)...)
}

// whole are the grants, of those that are unused, that are the first at a place of which no other grant is used: in the permissions
// dialect one word grants several things, and a component need not use all of them.
func (m *Manifest) whole(unused []int) []int {
	used, seen := map[string]bool{}, map[string]bool{}
	for i, path := range m.paths {
		if !slices.Contains(unused, i) {
			used[tomlpos.PathString(path...)] = true
		}
	}
	var all []int
	for _, i := range unused {
		if at := tomlpos.PathString(m.paths[i]...); !used[at] && !seen[at] {
			seen[at] = true
			all = append(all, i)
		}
	}
	return all
}

// lacking are the warnings about functions that nothing grants, one for those of the same need.
func (m *Manifest) lacking(file string, missing []capability.Point) []Warning {
	type need struct {
		kind   capability.Kind
		action string
		iface  string // of a whole interface
	}
	needs := map[need][]string{}
	var order []need
	for _, p := range missing {
		n := need{kind: p.Kind, action: p.Action}
		if p.Kind == capability.Import {
			n.iface = p.Interface
			if n.iface == "" {
				n.iface = p.Func
			}
		}
		if needs[n] == nil {
			order = append(order, n)
		}
		if !slices.Contains(needs[n], p.String()) {
			needs[n] = append(needs[n], p.String())
		}
	}
	var all []Warning
	for _, n := range order {
		functions := needs[n]
		text := functions[0]
		if more := len(functions) - 1; more > 0 {
			text = fmt.Sprintf("%s and %d more", text, more)
		}
		all = append(all, Warning{Msg: fmt.Sprintf("%s may call %s, which nothing grants", file, text), Hint: m.dialect.grantHint(n.kind, n.action, n.iface)})
	}
	return all
}

// examples are patterns of the kinds.
var examples = map[capability.Kind]string{
	capability.Filesystem: "/data/**", capability.Network: "api.example.com:443", capability.Storage: "component:<id>:*",
	capability.Process: "/usr/bin/git", capability.Messaging: "namespace:name",
}

func (d *dialect) grantHint(kind capability.Kind, action, iface string) string {
	if d == permissionsDialect {
		return permissionHint(kind, action)
	}
	if kind == capability.Import {
		return fmt.Sprintf("to allow it, add imports = [%q]", iface)
	}
	name, example := string(kind), examples[kind]
	if !builtIn(kind) {
		name, example = "custom."+name, "…"
	}
	if action == "" {
		return fmt.Sprintf("to allow it, list what it may use in %s", name)
	}
	return fmt.Sprintf("to allow it, list what it may use, as in %s.%s = [%q]", name, action, example)
}
