package manifest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/capability"
)

// permissions are the grants of the permissions dialect.
type permissions struct {
	Filesystem struct {
		Read    []string `toml:"read"`
		Write   []string `toml:"write"`
		Delete  []string `toml:"delete"`
		ListDir []string `toml:"list_dir"`
	} `toml:"filesystem"`
	Network struct {
		Outbound []endpoint `toml:"outbound"`
		Inbound  []int64    `toml:"inbound"`
	} `toml:"network"`
	Storage struct {
		Namespaces []string `toml:"namespaces"`
		MaxSizeMB  int64    `toml:"max_size_mb"`
	} `toml:"storage"`
}

// endpoint is one of permissions.network.outbound.
type endpoint struct {
	Host string `toml:"host"`
	Port int64  `toml:"port"`
}

// pattern is the endpoint as network.connect has it. An IPv6 address may stand without its brackets: here no port follows it.
func (e endpoint) pattern() string {
	host := e.Host
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.FormatInt(e.Port, 10)
}

// limited is [runtime], the limits of the permissions dialect.
type limited struct {
	MemoryMinMB int64 `toml:"memory_min_mb"`
	MemoryMaxMB int64 `toml:"memory_max_mb"`
	TimeoutMS   int64 `toml:"timeout_ms"`
}

// A dialect is one of the two sets of names for what a component is, may do and gets. The other tables are of both.
type dialect struct {
	name string
	// tables are those of this dialect alone, the one that every file has first, each with the other dialect's for the same.
	tables [][2]string
	// keys are the names of keys that the host speaks of, where they differ from those of the capabilities dialect.
	keys map[string]string
}

var (
	capabilitiesDialect = &dialect{name: "capabilities", tables: [][2]string{
		{"component", "[package]"}, {"capabilities", "[permissions]"}, {"resources", "[runtime]"}, {"quota", "permissions.storage.max_size_mb"},
	}}
	permissionsDialect = &dialect{
		name: "permissions", tables: [][2]string{
			{"package", "[component]"}, {"permissions", "[capabilities]"}, {"runtime", "[resources]"}, {"build", ""},
		},
		keys: map[string]string{
			"component.name": "package.name", "component.version": "package.version",
			"resources.memory.max_bytes": "runtime.memory_max_mb", "resources.cpu.timeout_seconds": "runtime.timeout_ms",
			"quota.storage": "permissions.storage.max_size_mb",
		},
	}
)

// Dialect is "capabilities" or "permissions": the table in which the manifest says what its component may use.
func (m *Manifest) Dialect() string { return m.dialect.name }

// dialectOf tells which dialect a file is of: [component] or else [package] says it, else whichever table is of one alone.
func dialectOf(doc *tomlpos.Document) *dialect {
	if doc.Has("component") {
		return capabilitiesDialect
	}
	for _, t := range permissionsDialect.tables {
		if doc.Has(t[0]) {
			return permissionsDialect
		}
	}
	return capabilitiesDialect
}

// oneDialect refuses the tables of the other dialect.
func (c check) oneDialect(is *dialect) {
	other := permissionsDialect
	if is == permissionsDialect {
		other = capabilitiesDialect
	}
	for _, t := range other.tables {
		if !c.doc.Has(t[0]) {
			continue
		}
		hint := "write " + t[1]
		if t[1] == "" {
			hint = "leave it out"
		}
		c.doc.FailKey(fmt.Sprintf("[%s] is of the %s dialect, and this file of the %s dialect", t[0], other.name, is.name), hint, t[0])
	}
}

// permissions moves the grants of the permissions dialect into the model. Where it has one word for what the other dialect tells apart, it
// grants all of it, as docs/manifest.md says.
func (c check) permissions(m *Manifest, f *permissions) {
	at := func(keys ...any) []any { return append([]any{"permissions"}, keys...) }
	for _, list := range []granted{
		{capability.Filesystem, "read", f.Filesystem.Read, nil},
		{capability.Filesystem, "write", f.Filesystem.Write, nil},
		{capability.Filesystem, "delete", f.Filesystem.Delete, nil},
		{capability.Filesystem, "list_dir", f.Filesystem.ListDir, nil},
	} {
		for i, text := range list.patterns {
			c.grant(m, list.kind, text, at("filesystem", list.action, i), list.action)
		}
	}
	for i, e := range f.Network.Outbound {
		if c.outbound(e, at("network", "outbound", i)) {
			c.grant(m, capability.Network, e.pattern(), at("network", "outbound", i, "host"), "connect")
		}
	}
	for i, port := range f.Network.Inbound {
		c.inbound(m, port, at("network", "inbound", i))
	}
	for i, name := range f.Storage.Namespaces {
		c.namespace(m, name, at("storage", "namespaces", i))
	}
	m.Quotas.Storage = uint64(c.number(f.Storage.MaxSizeMB, 1, mostStored>>20, " MiB", at("storage", "max_size_mb"))) << 20
}

// outbound says whether an endpoint is complete.
func (c check) outbound(e endpoint, at []any) bool {
	if c.doc.Failed(at...) || c.doc.Failed(below(at, "host")...) || c.doc.Failed(below(at, "port")...) {
		return false
	}
	for _, key := range []string{"host", "port"} {
		if !c.doc.Has(below(at, key)...) {
			c.fail(fmt.Sprintf("an endpoint has no `%s`", key), `write { host = "api.example.com", port = 443 }`, at...)
			return false
		}
	}
	c.between(e.Port, 1, 65535, "", below(at, "port"))
	return !c.doc.Failed(below(at, "port")...)
}

// inbound grants taking connections at a port of every interface, or of this machine's own.
func (c check) inbound(m *Manifest, port int64, at []any) {
	if c.doc.Failed(at...) {
		return
	}
	if c.between(port, 1, 65535, "", at); c.doc.Failed(at...) {
		return
	}
	for _, host := range anywhere {
		c.grant(m, capability.Network, host+":"+strconv.FormatInt(port, 10), at, "bind", "listen")
	}
}

// namespace grants a namespace of storage, and every use of the keys in it.
func (c check) namespace(m *Manifest, name string, at []any) {
	c.grant(m, capability.Storage, name, at, "namespace")
	if c.doc.Failed(at...) {
		return
	}
	keys := name
	if name != "*" && !strings.HasSuffix(name, ":*") {
		keys += ":*"
	}
	c.grant(m, capability.Storage, keys, at, "read", "write", "delete")
}

// limited moves the limits of the permissions dialect into the model.
func (c check) limited(m *Manifest, f *limited) {
	const most = 4 << 10
	at := []any{"runtime"}
	m.MemoryNeeded = uint64(c.number(f.MemoryMinMB, 1, most, " MiB", below(at, "memory_min_mb"))) << 20
	m.Limits.MemoryBytes = uint64(c.number(f.MemoryMaxMB, 1, most, " MiB", below(at, "memory_max_mb"))) << 20
	m.Limits.Timeout = time.Duration(c.number(f.TimeoutMS, 1, 300_000, " ms", below(at, "timeout_ms"))) * time.Millisecond
	if c.has(below(at, "memory_max_mb")...) && f.MemoryMaxMB < f.MemoryMinMB {
		c.fail("`memory_max_mb` is less than `memory_min_mb`", fmt.Sprintf("memory_min_mb is %d", f.MemoryMinMB), below(at, "memory_max_mb")...)
	}
}
