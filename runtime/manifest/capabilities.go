package manifest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/capability"
)

// granted is one list of patterns: what it grants and where it stands below [capabilities], or below what of it is optional.
type granted struct {
	kind     capability.Kind
	action   string
	patterns []string
	path     []any
}

// all gives every list of patterns. The key of an action is the action's name, so that a denial can name the key to write.
func (f *lists) all() []granted {
	all := []granted{{capability.Import, "", f.Imports, []any{"imports"}}}
	add := func(kind capability.Kind, action string, patterns []string) {
		all = append(all, granted{kind, action, patterns, []any{string(kind), action}})
	}
	add(capability.Filesystem, "read", f.Filesystem.Read)
	add(capability.Filesystem, "write", f.Filesystem.Write)
	add(capability.Filesystem, "execute", f.Filesystem.Execute)
	add(capability.Filesystem, "delete", f.Filesystem.Delete)
	add(capability.Filesystem, "list_dir", f.Filesystem.ListDir)
	add(capability.Network, "connect", f.Network.Connect)
	add(capability.Network, "bind", f.Network.Bind)
	add(capability.Network, "listen", f.Network.Listen)
	add(capability.Network, "private", f.Network.Private)
	add(capability.Storage, "read", f.Storage.Read)
	add(capability.Storage, "write", f.Storage.Write)
	add(capability.Storage, "delete", f.Storage.Delete)
	add(capability.Storage, "namespace", f.Storage.Namespace)
	add(capability.Process, "spawn", f.Process.Spawn)
	add(capability.Process, "kill", f.Process.Kill)
	add(capability.Process, "signal", f.Process.Signal)
	add(capability.Messaging, "send", f.Messaging.Send)
	add(capability.Messaging, "request", f.Messaging.Request)
	add(capability.Messaging, "broadcast", f.Messaging.Broadcast)
	for _, kind := range slices.Sorted(maps.Keys(f.Custom)) {
		for _, action := range slices.Sorted(maps.Keys(f.Custom[kind])) {
			all = append(all, granted{capability.Kind(kind), action, f.Custom[kind][action], []any{"custom", kind, action}})
		}
	}
	return all
}

func (c check) capabilities(m *Manifest, f *capabilities) {
	c.lists(m, &f.lists, "capabilities")
	m.required = len(m.grants)
	c.lists(m, &f.Optional, "capabilities", "optional")
	for i, g := range m.grants[m.required:] {
		if slices.Contains(m.grants[:m.required], g) {
			at := m.paths[m.required+i]
			c.doc.Fail(fmt.Sprintf("%s: %q is granted without a condition, too", key(at), g.Resource), "leave it out here, or there", at...)
		}
	}
}

// lists adds the grants of all lists of a table.
func (c check) lists(m *Manifest, f *lists, table ...any) {
	for kind := range f.Custom {
		if builtIn(capability.Kind(kind)) {
			at := append(table[:len(table):len(table)], "custom", kind)
			c.doc.FailKey(fmt.Sprintf("%q is not a custom kind", kind), fmt.Sprintf("write [%s.%s]", tomlpos.PathString(table...), kind), at...)
		}
	}
	for _, list := range f.all() {
		at := append(table[:len(table):len(table)], list.path...)
		for i, text := range list.patterns {
			c.grant(m, list.kind, text, append(at[:len(at):len(at)], i), list.action)
		}
	}
}

// grant adds the grants of what stands at a place, unless that is a mistake.
func (c check) grant(m *Manifest, kind capability.Kind, text string, at []any, actions ...string) {
	if c.doc.Failed(at...) {
		return
	}
	if _, err := capability.ParsePattern(kind, text); err != nil {
		c.pattern(err, at)
		return
	}
	for _, action := range actions {
		m.grants = append(m.grants, capability.Grant{Kind: kind, Action: action, Resource: text})
		m.paths = append(m.paths, at)
	}
}

// pattern keeps the mistake in a pattern. Its key is left out where the line shows it: the place says it all.
func (c check) pattern(err error, path []any) {
	p, ok := errors.AsType[*capability.PatternError](err)
	if !ok {
		c.doc.Fail(err.Error(), "", path...)
		return
	}
	c.doc.Fail(fmt.Sprintf("%s: %q %s", key(path), p.Pattern, p.Reason), p.Hint, path...)
}

// key writes the path of a list below [capabilities] or [permissions]: "filesystem.read".
func key(path []any) string {
	text := ""
	for _, segment := range path[1:] {
		if s, ok := segment.(string); ok {
			text += "." + s
		}
	}
	return text[1:]
}

func builtIn(kind capability.Kind) bool {
	switch kind {
	case capability.Filesystem, capability.Network, capability.Storage, capability.Process, capability.Messaging, capability.Import:
		return true
	}
	return false
}
