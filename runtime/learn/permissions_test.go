package learn_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/learn"
	"github.com/airsstack/witgen/runtime/manifest"
)

const reports = `# the reports
[package]
name = "reports:daily"
version = "1.0.0"

[permissions.storage]
namespaces = ["shared"]
max_size_mb = 50

[permissions]
filesystem.read = ["/**"]

[runtime]
memory_min_mb = 2
timeout_ms = 1500
`

// A manifest of the permissions dialect stays one, with what that has words for.
func TestLearnPermissions(t *testing.T) {
	t.Parallel()
	demands := []learn.Demand{
		{Kind: capability.Filesystem, Action: "execute", Resource: "/bin/x", Funcs: []string{"a:b/c#run"}, Asked: 1, Denied: 1},
		{Kind: capability.Filesystem, Action: "read", Resource: "/data/a", Funcs: []string{"a:b/c#open"}, Asked: 2},
		{Kind: capability.Filesystem, Action: "read", Resource: "../x", Funcs: []string{"a:b/c#open"}, Asked: 1, Denied: 1, Hopeless: "it is not an absolute path"},
		{Kind: capability.Import, Resource: "airssys:core/host-services@1.0.0", Funcs: []string{"airssys:core/host-services@1.0.0#log"}, Asked: 3, Denied: 3},
		{Kind: capability.Network, Action: "bind", Resource: "0.0.0.0:8080", Funcs: []string{"a:b/c#bind"}, Asked: 1, Denied: 1},
		{Kind: capability.Network, Action: "bind", Resource: "10.0.0.1:8081", Funcs: []string{"a:b/c#bind"}, Asked: 1, Denied: 1},
		{Kind: capability.Network, Action: "connect", Resource: "[2001:db8::1]:443", Funcs: []string{"a:b/c#connect"}, Asked: 1, Denied: 1},
		{Kind: capability.Network, Action: "connect", Resource: "rates.example:443", Funcs: []string{"a:b/c#connect"}, Asked: 1, Denied: 1},
		{Kind: capability.Network, Action: "listen", Resource: "0.0.0.0:8080", Funcs: []string{"a:b/c#listen"}, Asked: 1, Denied: 1},
		{Kind: capability.Storage, Action: "read", Resource: "component:reports:daily:x", Funcs: []string{"a:b/c#get"}, Asked: 1, Denied: 1},
	}
	got, err := learn.Write([]byte(reports), demands)
	if err != nil {
		t.Fatal(err)
	}
	want := `# the reports
[package]
name = "reports:daily"
version = "1.0.0"

[runtime]
memory_min_mb = 2
timeout_ms = 1500

[permissions]
filesystem.read = [
  "/data/a", # open asked 2 times
]
network.inbound = [
  8080, # listen asked once; it was not granted; bind asked once; it was not granted; it covers the port on all interfaces
]
network.outbound = [
  { host = "2001:db8::1", port = 443 }, # connect asked once; it was not granted
  { host = "rates.example", port = 443 }, # connect asked once; it was not granted
]
storage.namespaces = [
  "component:reports:daily", # get asked once; it was not granted; it covers reading, writing and deleting all of it
]
storage.max_size_mb = 50
# this dialect has no words for filesystem execute "/bin/x": run asked once; it was not granted; [capabilities] has, with [component]
# no grant can cover filesystem read "../x": it is not an absolute path
# this dialect has no words for import "airssys:core/host-services@1.0.0": log asked 3 times; it was not granted; [capabilities] has, with [component]
# this dialect has no words for network bind "10.0.0.1:8081": bind asked once; it was not granted; [capabilities] has, with [component]
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	m, err := manifest.Parse("Component.toml", got)
	if err != nil {
		t.Fatal(err)
	}
	wordless := learn.Wordless(m, demands)
	if len(wordless) != 3 {
		t.Errorf("%d have no words: %+v", len(wordless), wordless)
	}
	for _, d := range demands { // what has a word is granted, the rest is not
		granted := slices.ContainsFunc(m.Grants(), func(g capability.Grant) bool { return g.Allows(m.Name, d.Kind, d.Action, d.Resource) })
		lacks := slices.ContainsFunc(wordless, func(w learn.Demand) bool { return w.Kind == d.Kind && w.Action == d.Action && w.Resource == d.Resource })
		if granted == (lacks || d.Hopeless != "") {
			t.Errorf("%s %s %s: granted %v", d.Kind, d.Action, d.Resource, granted)
		}
	}
}
