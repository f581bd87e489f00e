package manifest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

const daily = `
[package]
name = "reports:daily"
version = "1.0.0"
description = "a report"
authors = ["Ada"]
license = "Apache-2.0"

[permissions.filesystem]
read = ["/data/**"]
write = ["/out/*"]
delete = ["/out/old"]
list_dir = ["/data"]

[permissions.network]
outbound = [{ host = "*.example.com", port = 443 }, { host = "2001:db8::1", port = 53 }]
inbound = [8080]

[permissions.storage]
namespaces = ["component:<id>", "shared:rates:*"]
max_size_mb = 50

[runtime]
memory_min_mb = 8
memory_max_mb = 64
timeout_ms = 1500

[build]
command = ["make", "all"]

[supervision]
restart = "transient"
`

// TestPermissions has the permissions dialect mean what the same manifest means in the other one.
func TestPermissions(t *testing.T) {
	t.Parallel()
	got, err := manifest.Parse("Component.toml", []byte(daily))
	if err != nil {
		t.Fatal(err)
	}
	const ports = `["0.0.0.0:8080", "[::]:8080", "127.0.0.1:8080", "[::1]:8080"]`
	want, err := manifest.Parse("Component.toml", []byte(`
[component]
name = "reports:daily"
version = "1.0.0"
description = "a report"
authors = ["Ada"]
license = "Apache-2.0"
[capabilities]
filesystem = { read = ["/data/**"], write = ["/out/*"], delete = ["/out/old"], list_dir = ["/data"] }
network = { connect = ["*.example.com:443", "[2001:db8::1]:53"], bind = `+ports+`, listen = `+ports+` }
[capabilities.storage]
namespace = ["component:<id>", "shared:rates:*"]
read = ["component:<id>:*", "shared:rates:*"]
write = ["component:<id>:*", "shared:rates:*"]
delete = ["component:<id>:*", "shared:rates:*"]
[quota]
storage = "50MiB"
[resources]
memory.max_bytes = "64MiB"
[supervision]
restart = "transient"
`))
	if err != nil {
		t.Fatal(err)
	}
	want.MemoryNeeded, want.Limits.Timeout = 8<<20, 1500*time.Millisecond // which it cannot say
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(manifest.Manifest{})); diff != "" {
		t.Error(diff)
	}
	order := cmpopts.SortSlices(func(a, b capability.Grant) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	if diff := cmp.Diff(want.Grants(), got.Grants(), order); diff != "" {
		t.Error(diff)
	}
	if _, err := capability.NewGuard(got.Name, got.Grants(), nil); err != nil {
		t.Errorf("the guard refuses what the manifest accepted: %v", err)
	}
}

// TestPermissionsSpeakTheirDialect has what is said of a manifest name its own keys.
func TestPermissionsSpeakTheirDialect(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse("Component.toml", []byte(daily))
	if err != nil {
		t.Fatal(err)
	}
	refused := m.Refuse("resources.memory.max_bytes", "is too much", "").Error()
	if want := "Component.toml:25:17: `runtime.memory_max_mb` is too much"; !strings.HasPrefix(refused, want) {
		t.Errorf("%s, want %s", refused, want)
	}
	if key := m.Key("resources.cpu.max_fuel"); key != "resources.cpu.max_fuel" {
		t.Errorf("a key that the dialect has not is %s", key)
	}
	var got []string
	for _, w := range m.Compare([]capability.Point{
		{Func: "get", Kind: capability.Storage, Action: "read"},
		{Func: "listen", Kind: capability.Network, Action: "listen"},
		{Func: "run", Kind: capability.Filesystem, Action: "execute"},
		{Func: "send", Kind: capability.Messaging, Action: "send"},
		{Func: "read", Kind: capability.Filesystem, Action: "read"},
	}) {
		got = append(got, fmt.Sprintf("%d:%d %s; %s", w.Line, w.Col, w.Msg, w.Hint))
	}
	const other = "only [capabilities] can allow it: write the manifest with [component] and [capabilities]"
	want := []string{
		`11:10 filesystem.write grants "/out/*", which . has no import to use; leave it out`,
		`12:11 filesystem.delete grants "/out/old", which . has no import to use; leave it out`,
		`13:13 filesystem.list_dir grants "/data", which . has no import to use; leave it out`,
		`16:22 network.outbound.host grants "*.example.com:443", which . has no import to use; leave it out`,
		`16:62 network.outbound.host grants "[2001:db8::1]:53", which . has no import to use; leave it out`,
		"0:0 . may call run, which nothing grants; " + other,
		"0:0 . may call send, which nothing grants; " + other,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPermissionHintsAreKeys holds what is said of a denial to what a manifest of the permissions dialect understands.
func TestPermissionHintsAreKeys(t *testing.T) {
	t.Parallel()
	const first = "package = { name = \"orders:intake\", version = \"1.0.0\" }\n"
	m, err := manifest.Parse("Component.toml", []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []struct {
		kind                   capability.Kind
		action, resource, hint string
	}{
		{capability.Filesystem, "list_dir", "/a b/[x]{y}*", ""},
		{capability.Network, "connect", "api.example.com:443", ""},
		{capability.Network, "connect", "[2001:db8::1]:443", ""},
		{capability.Network, "bind", "0.0.0.0:80", ""},
		{capability.Network, "listen", "[::1]:80", ""},
		{capability.Network, "listen", "192.0.2.1:80", "only [capabilities]"},
		{capability.Network, "bind", "127.0.0.1:0", "only [capabilities]"},
		{capability.Network, "private", "db.example.com:80", "only [capabilities]"},
		{capability.Storage, "write", "shared:x", ""},
		{capability.Storage, "read", "component:orders:intake:user:1", ""},
		{capability.Storage, "namespace", "shared", ""},
		{capability.Filesystem, "execute", "/bin/sh", "only [capabilities]"},
		{capability.Messaging, "send", "orders:audit", "only [capabilities]"},
		{capability.Import, "", "airssys:core/host-services@1.0.0", "only [capabilities]"},
		{capability.Filesystem, "read", "../x", "nothing"},
	} {
		point := []capability.Point{{Func: "f", Kind: d.kind, Action: d.action}}
		closed, err := capability.NewGuard("orders:intake", nil, point)
		if err != nil {
			t.Fatal(err)
		}
		_, denial := closed.Check(0, "", d.resource)
		if denial == nil {
			t.Fatalf("%v was granted by nothing", d)
		}
		hint := m.Hint(denial)
		if d.hint != "" {
			if d.hint == "nothing" && hint != "" || d.hint != "nothing" && !strings.HasPrefix(hint, d.hint) {
				t.Errorf("%v: hint %q, want %s", d, hint, d.hint)
			}
			continue
		}
		line := strings.Replace(strings.TrimPrefix(hint, "in [permissions] "), ", add ", " = [", 1) + "]\n"
		granting, err := manifest.Parse("Component.toml", []byte(first+"[permissions]\n"+line))
		if err != nil {
			t.Errorf("following the hint:\n%v", err)
			continue
		}
		open, err := capability.NewGuard("orders:intake", granting.Grants(), point)
		if err != nil {
			t.Fatal(err)
		}
		if _, denial := open.Check(0, "", d.resource); denial != nil {
			t.Errorf("following the hint %q: %v (%s)", line, denial, denial.Reason)
		}
	}
}
