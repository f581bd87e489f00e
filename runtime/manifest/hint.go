package manifest

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
)

// onlyCapabilities is the hint for what the permissions dialect cannot grant.
const onlyCapabilities = "only [capabilities] can allow it: write the manifest with [component] and [capabilities]"

// anywhere are the hosts of permissions.network.inbound.
var anywhere = []string{"0.0.0.0", "[::]", "127.0.0.1", "[::1]"}

// Hint says what in the manifest would allow what was denied, in the manifest's dialect: `in [capabilities] messaging.send, add "orders:audit"`.
// Where the manifest grants it, and it was withheld or taken back, the hint is what gives it back: one without a place. It is empty when nothing would; see
// [capability.Denial.Hint].
func (m *Manifest) Hint(d *capability.Denial) string {
	switch {
	case d.Final:
		return ""
	case m.lacks(m.grants[m.required:], d): // nobody withholds what is not optional
		return "have it approved anew, with what is optional: witgen approvals review " + m.Name
	case m.lacks(m.grants[:m.required], d):
		return "it was taken back, and the manifest still asks for it: have it approved anew, witgen approvals review " + m.Name
	}
	hint := d.Hint()
	if m.dialect != permissionsDialect || hint == "" {
		return hint
	}
	switch kind := d.Point.Kind; {
	case kind == capability.Filesystem && d.Action != "execute":
		return strings.Replace(hint, "[capabilities]", "[permissions]", 1)
	case kind == capability.Network:
		return endpointHint(d.Action, d.Resource)
	case kind == capability.Storage:
		if i := strings.LastIndexByte(d.Resource, ':'); i > 0 && d.Action != "namespace" {
			return fmt.Sprintf("in [permissions] storage.namespaces, add %q", d.Resource[:i])
		}
		return fmt.Sprintf("in [permissions] storage.namespaces, add %q", d.Resource)
	}
	return onlyCapabilities
}

// lacks says whether one of some grants of the manifest's allows what was denied, and the component does not hold it.
func (m *Manifest) lacks(grants []capability.Grant, d *capability.Denial) bool {
	return slices.ContainsFunc(grants, func(g capability.Grant) bool {
		return g.Allows(m.Name, d.Point.Kind, d.Action, d.Resource) && !slices.Contains(d.Granted(), g)
	})
}

// endpointHint says what allows an action on one endpoint, in the permissions dialect.
func endpointHint(action, resource string) string {
	host, port, err := net.SplitHostPort(resource)
	switch {
	case err != nil || port == "0":
	case action == "connect":
		return fmt.Sprintf("in [permissions] network.outbound, add { host = %q, port = %s }", host, port)
	case (action == "bind" || action == "listen") && slices.Contains(anywhere, strings.TrimSuffix(resource, ":"+port)):
		return "in [permissions] network.inbound, add " + port
	}
	return onlyCapabilities
}

// permissionHint says what allows an action, in the permissions dialect.
func permissionHint(kind capability.Kind, action string) string {
	line := ""
	switch kind {
	case capability.Filesystem:
		if action != "execute" {
			line = fmt.Sprintf(`filesystem.%s = ["/data/**"]`, action)
		}
	case capability.Network:
		line = map[string]string{
			"connect": `network.outbound = [{ host = "api.example.com", port = 443 }]`,
			"bind":    "network.inbound = [8080]", "listen": "network.inbound = [8080]",
		}[action]
	case capability.Storage:
		line = `storage.namespaces = ["component:<id>"]`
	}
	if line == "" {
		return onlyCapabilities
	}
	return "to allow it, list what it may use, as in " + line
}
