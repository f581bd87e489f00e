package capability

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// parseNames prepares a pattern of a kind that has no form of its own.
func parseNames(text string) (rules []rule, reason, hint string) {
	for name := range strings.FieldsFuncSeq(text, isSeparator) {
		if strings.Contains(name, "**") {
			return nil, "holds **", "write *, which stands for any characters of one name"
		}
	}
	return []rule{starRule(text)}, "", ""
}

// ownID stands in storage patterns for the address of the component that holds the grant.
const ownID = "<id>"

// parseStorage prepares names joined by ":", where a last "*" stands for one or more names.
func parseStorage(text string) (rules []rule, reason, hint string) {
	names := strings.Split(text, ":")
	for _, name := range names {
		switch {
		case name == "":
			return nil, "has an empty name", `write names joined by ":", as in shared:*`
		case strings.Contains(name, "**"):
			return nil, "holds **", "a last * stands for all names that follow"
		case strings.ContainsAny(name, "<>") && name != ownID:
			return nil, fmt.Sprintf("holds %q", name), "only <id>, the component's own address, stands in angle brackets"
		}
	}
	if names[len(names)-1] == "*" {
		text += "*"
	}
	return []rule{starRule(text)}, "", ""
}

// parseAddress prepares namespace:name[/instance]; without an instance the pattern covers every one.
func parseAddress(text string) (rules []rule, reason, hint string) {
	const form = `write namespace:name, as in orders:ledger, with * within either`
	namespace, rest, ok := strings.Cut(text, ":")
	name, instance, hasInstance := strings.Cut(rest, "/")
	if !ok || namespace == "" || name == "" || hasInstance && instance == "" {
		return nil, "is not an address", form
	}
	for _, part := range []string{namespace, name, instance} {
		if strings.Contains(part, "**") || !isName(strings.ReplaceAll(part, "*", "x")) && part != "" {
			return nil, "is not an address", form
		}
	}
	if hasInstance {
		return []rule{starRule(text)}, "", ""
	}
	return []rule{starRule(text), starRule(text + "/*")}, "", ""
}

// badAddress gives the reason why a guest's target is no address. Its names are held to their characters, so that no "*" takes something that another reader would part differently.
func badAddress(address string) string {
	const reason = "it is not an address, namespace:name or namespace:name/instance"
	next := byte(':') // the separator that the name at hand may end with; 0 for the last name
	length, names := 0, 1
	for i := range len(address) {
		c := address[i]
		switch {
		case nameByte[c]:
			length++
			continue
		case c != next || length == 0:
			return reason
		case next == ':':
			next = '/'
		default:
			next = 0
		}
		length = 0
		names++
	}
	if names < 2 || length == 0 {
		return reason
	}
	return ""
}

// isName says whether text is a part of an address: letters, digits, "-", "_" and ".".
func isName(text string) bool {
	for i := range len(text) {
		if !nameByte[text[i]] {
			return false
		}
	}
	return text != ""
}

var nameByte = func() (is [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") {
		is[c] = true
	}
	return is
}()

// parseEndpoint prepares host:port, where the host may begin with "*.".
func parseEndpoint(text string) (rules []rule, reason, hint string) {
	endpoint, subdomains := strings.CutPrefix(text, "*.")
	if strings.HasSuffix(text, ":*") {
		return nil, "has no port", "name each port, from 1 to 65535, as in api.example:443"
	}
	if strings.Contains(endpoint, "*") {
		return nil, "has a * elsewhere than in a leading *.", "write *.example.com:443, or name each host"
	}
	normalized, reason := normalEndpoint(endpoint)
	if reason != "" {
		return nil, "is not host:port: " + strings.TrimPrefix(reason, "it "), "write it as in api.example:443 or *.example.com:443"
	}
	if !subdomains {
		return []rule{{form: exact, prefix: normalized}}, "", ""
	}
	host, _, _ := strings.Cut(normalized, ":")
	if _, err := netip.ParseAddr(host); err == nil || strings.HasPrefix(host, "[") {
		return nil, "has an address behind *.", "addresses have no subdomains; name each one"
	}
	if !strings.Contains(host, ".") {
		return nil, "covers a whole top-level domain", "name at least two labels behind *., as in *.example.com:443"
	}
	return []rule{{form: subdomain, prefix: "." + normalized}}, "", ""
}

// normalEndpoint gives host:port with the host in small letters, or the reason why it is none. An IPv6 address stands in brackets.
func normalEndpoint(endpoint string) (normalized, reason string) {
	i := strings.LastIndexByte(endpoint, ':')
	if i < 0 {
		return "", "it has no port"
	}
	host, port := endpoint[:i], endpoint[i+1:]
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(port) > 1 && port[0] == '0' {
		return "", badPort(port)
	}
	if bracketed, ok := strings.CutPrefix(host, "["); ok {
		a, err := netip.ParseAddr(strings.TrimSuffix(bracketed, "]"))
		if !strings.HasSuffix(host, "]") || err != nil || !a.Is6() || a.Zone() != "" || a.Is4In6() {
			return "", "its host is not an IPv6 address in brackets"
		}
		return canonical6(endpoint, host, a, port), ""
	}
	if !isHost(host) {
		return "", "its host is not a name or an address"
	}
	if n == 0 {
		if _, err := netip.ParseAddr(host); err != nil {
			return "", badPort(port)
		}
	}
	return strings.ToLower(endpoint), ""
}

// badPort says what is wrong with a port. An address may have port 0, which
// stands for one that the system chooses.
func badPort(port string) string {
	if port == "*" {
		return "no port of it is granted"
	}
	return "its port is not a number from 1 to 65535"
}

// canonical6 gives the endpoint with the one spelling of its address that RFC 5952 recommends.
func canonical6(endpoint, host string, a netip.Addr, port string) string {
	var buf [64]byte
	if text := a.AppendTo(buf[:0]); string(text) == host[1:len(host)-1] {
		return endpoint
	}
	return "[" + a.String() + "]:" + port
}

// isHost holds a host to the labels of a DNS name, "_" allowed, or an IPv4 address in its usual form.
// Other numeric forms (0x7f.1, 127.1, 0177.0.0.1) are read as addresses by some resolvers, so a last label of that look makes no name.
func isHost(host string) bool {
	if len(host) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		if !isName(label) || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		last = label
	}
	if c := last[0]; c < '0' || c > '9' {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Is4()
}

// isFunction says whether text names a function of a world, one of a resource's among them: "log", "[method]file.read".
func isFunction(text string) bool {
	kind, name, annotated := strings.Cut(text, "]")
	if !annotated {
		return isName(text)
	}
	switch kind {
	case "[constructor":
		return isName(name)
	case "[method", "[static":
		res, fn, ok := strings.Cut(name, ".")
		return ok && isName(res) && isName(fn)
	}
	return false
}

// parseImport prepares the name of an interface, of all interfaces of a package, or of a function of a world.
func parseImport(text string) (rules []rule, reason, hint string) {
	const form = "write it as in airssys:core/host-services, airssys:core/host-services@1.0.0 or airssys:core/*"
	name, v, hasVersion := strings.Cut(text, "@")
	track := ""
	if hasVersion {
		if track = versionTrack(v); track == "" {
			return nil, fmt.Sprintf("has %q, which is no version", v), form
		}
	}
	namespace, rest, ok := strings.Cut(name, ":")
	if !ok {
		if !isFunction(name) || hasVersion {
			return nil, "is not the name of an interface", form
		}
		return []rule{{form: version, prefix: name}}, "", ""
	}
	pkg, iface, ok := strings.Cut(rest, "/")
	if !ok && isName(pkg) {
		return nil, "names a package, not an interface", fmt.Sprintf("write %s:%s/* for all its interfaces", namespace, pkg)
	}
	if !isName(namespace) || !isName(pkg) || !isName(iface) && iface != "*" {
		return nil, "is not the name of an interface", form
	}
	if iface == "*" {
		return []rule{{form: inPackage, prefix: strings.TrimSuffix(name, "*"), glob: track}}, "", ""
	}
	return []rule{{form: version, prefix: name, glob: track}}, "", ""
}

// versionTrack gives the part of a version that compatible versions share [component-model, Explainer.md, canonversion]:
// the major version, or what leads to the first number that is not zero. Of a pre-release it is all; of what is no version it is "".
func versionTrack(v string) string {
	release, _, _ := strings.Cut(v, "+")
	release, pre, isPre := strings.Cut(release, "-")
	numbers := strings.Split(release, ".")
	if len(numbers) > 3 || isPre && (len(numbers) != 3 || pre == "") {
		return ""
	}
	track := ""
	for i, n := range numbers {
		if _, err := strconv.ParseUint(n, 10, 64); err != nil || n != "0" && n[0] == '0' {
			return ""
		}
		if track == "" && (n != "0" || i == 2) {
			track = strings.Join(numbers[:i+1], ".")
		}
	}
	if isPre {
		return release + "-" + pre
	}
	return track
}

func isSeparator(r rune) bool { return r == ':' || r == '/' }
