package learn

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

// everywhere are the hosts for which the permissions dialect can have connections taken, by port.
var everywhere = []string{"0.0.0.0", "::", "127.0.0.1", "::1"}

// Wordless are the demands that a manifest, as it is written, has no words for: those that are none of files, endpoints or storage, where it is of the
// permissions dialect. Those that no grant can cover are not among them.
func Wordless(m *manifest.Manifest, demands []Demand) []Demand {
	if !permissive(m) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(demands), func(d Demand) bool {
		key, _ := word(&collapsed{Demand: d})
		return key != "" || d.Hopeless != ""
	})
}

// word gives the key of the permissions dialect that covers a demand, and the value; "" where it has none.
func word(d *collapsed) (key, value string) {
	switch d.Kind {
	case capability.Filesystem:
		if d.Action != "execute" {
			return "filesystem." + d.Action, fmt.Sprintf("%q", d.pattern)
		}
	case capability.Network:
		host, port, err := net.SplitHostPort(d.Resource)
		switch {
		case err != nil || port == "0":
		case d.Action == "connect":
			return "network.outbound", fmt.Sprintf("{ host = %q, port = %s }", host, port)
		case (d.Action == "bind" || d.Action == "listen") && slices.Contains(everywhere, host):
			return "network.inbound", port
		}
	case capability.Storage:
		if d.Action == "namespace" {
			return "storage.namespaces", fmt.Sprintf("%q", d.Resource)
		}
		if i := strings.LastIndexByte(d.Resource, ':'); i > 0 {
			return "storage.namespaces", fmt.Sprintf("%q", d.Resource[:i])
		}
	}
	return "", ""
}

// wider says what a word covers beside what was asked for.
var wider = map[string]string{
	"network.inbound":    "; it covers the port on all interfaces",
	"storage.namespaces": "; it covers reading, writing and deleting all of it",
}

// permissions writes the tables of the permissions dialect.
func permissions(was *manifest.Manifest, demands []Demand) string {
	lists := map[string][]grant{}
	var keys []string
	var rest strings.Builder
	all := collapse(demands)
	for i := range all {
		d := &all[i]
		key, value := word(d)
		switch {
		case d.Hopeless != "":
			rest.WriteString(d.hopeless())
			continue
		case key == "":
			what := strings.TrimSuffix(string(d.Kind)+" "+d.Action, " ")
			fmt.Fprintf(&rest, "# this dialect has no words for %s %.80q: %s; [capabilities] has, with [component]\n", what, d.Resource, d.comment())
			continue
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		i := slices.IndexFunc(lists[key], func(g grant) bool { return g.value == value })
		if i >= 0 {
			lists[key][i].comment = d.comment() + "; " + lists[key][i].comment
			continue
		}
		lists[key] = append(lists[key], grant{value, d.comment() + wider[key]})
	}
	var b strings.Builder
	b.WriteString("[permissions]\n")
	if len(keys) == 0 {
		b.WriteString("# it asked for nothing that this dialect can grant\n")
	}
	for _, key := range keys {
		writeList(&b, key, lists[key])
	}
	if was.Quotas.Storage > 0 {
		fmt.Fprintf(&b, "storage.max_size_mb = %d\n", was.Quotas.Storage>>20)
	}
	return b.String() + rest.String()
}
