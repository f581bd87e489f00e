package capability

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of what is matched. They bound what one check costs, whatever a manifest or a guest makes up.
const (
	maxPattern  = 1024 // bytes of a pattern
	maxResource = 4096 // bytes of a resource
	maxExpanded = 64   // patterns that one pattern with braces stands for
)

// Pattern is the prepared form of a grant's resource.
type Pattern struct {
	kind  Kind
	text  string
	rules []rule // any of them matching is a match
}

// PatternError says why a text is no pattern of its kind.
type PatternError struct {
	Kind    Kind
	Pattern string
	Reason  string // "is not an absolute path"
	Hint    string // what to write instead; may be empty
}

func (e *PatternError) Error() string {
	msg := fmt.Sprintf("%s pattern %q %s", e.Kind, e.Pattern, e.Reason)
	if e.Hint != "" {
		msg += "; " + e.Hint
	}
	return msg
}

// ParsePattern prepares text as a pattern of kind; the error is a [*PatternError].
func ParsePattern(kind Kind, text string) (*Pattern, error) {
	fail := func(reason, hint string) (*Pattern, error) {
		return nil, &PatternError{Kind: kind, Pattern: clip(text, maxPattern), Reason: reason, Hint: hint}
	}
	switch {
	case text == "":
		return fail("is empty", "leave the list empty to grant nothing")
	case len(text) > maxPattern:
		return fail(fmt.Sprintf("is longer than %d bytes", maxPattern), "")
	}
	if reason := badCharacter(text); reason != "" {
		return fail(reason, "")
	}
	p := &Pattern{kind: kind, text: text}
	var reason, hint string
	switch kind {
	case Filesystem:
		p.rules, reason, hint = parsePath(text)
	case Network:
		p.rules, reason, hint = parseEndpoint(text)
	case Storage:
		p.rules, reason, hint = parseStorage(text)
	case Messaging:
		p.rules, reason, hint = parseAddress(text)
	case Import:
		p.rules, reason, hint = parseImport(text)
	default:
		p.rules, reason, hint = parseNames(text)
	}
	if reason != "" {
		return fail(reason, hint)
	}
	return p, nil
}

// String gives the pattern as it was written.
func (p *Pattern) String() string { return p.text }

// Kind gives the kind that the pattern was prepared for.
func (p *Pattern) Kind() Kind { return p.kind }

// Match says whether resource is well formed and matched by the pattern.
func (p *Pattern) Match(resource string) bool {
	resource, reason := normal(p.kind, resource)
	if reason != "" {
		return false
	}
	for i := range p.rules {
		if p.rules[i].match(resource) {
			return true
		}
	}
	return false
}

// normal gives the form of a resource that rules are matched with, or the reason why it is no resource of its kind.
// It allocates only for a host name in capitals.
func normal(kind Kind, resource string) (normalized, reason string) {
	switch {
	case resource == "":
		return "", "it is empty"
	case len(resource) > maxResource:
		return "", "it is too long"
	}
	switch kind {
	case Filesystem:
		return resource, badPath(resource)
	case Network:
		return normalEndpoint(resource)
	case Messaging:
		return resource, badAddress(resource)
	}
	if reason := badCharacter(resource); reason != "" {
		return "", "it " + reason
	}
	return resource, ""
}

// form is the way in which a rule matches what its prefix leaves open.
type form uint8

const (
	exact     form = iota // the prefix is the whole resource
	star                  // glob matches what follows the prefix
	path                  // segments match what follows the prefix
	subdomain             // the prefix is a suffix, with labels before it
	version               // the prefix is a name, glob the track of its version or ""
	inPackage             // the prefix is a package with its "/", then as version
)

// rule is one way of matching, begun by a literal prefix by which it can be looked up.
type rule struct {
	form     form
	prefix   string
	glob     string
	segments []segment
}

func (r *rule) match(resource string) bool {
	switch r.form {
	case exact:
		return resource == r.prefix
	case star:
		return strings.HasPrefix(resource, r.prefix) && matchStar(r.glob, resource[len(r.prefix):])
	case path:
		return strings.HasPrefix(resource, r.prefix) && matchPath(r.segments, resource[len(r.prefix):])
	case subdomain:
		return len(resource) > len(r.prefix) && strings.HasSuffix(resource, r.prefix)
	default:
		name, v, _ := strings.Cut(resource, "@")
		if r.form == inPackage {
			i := strings.LastIndexByte(name, '/')
			name = name[:i+1]
		}
		return name == r.prefix && (r.glob == "" || versionTrack(v) == r.glob)
	}
}

// starRule makes the rule for a glob of names: what stands before the first wildcard becomes the prefix, cut behind a separator so that it can be looked up.
func starRule(glob string) rule {
	i := strings.IndexByte(glob, '*')
	if i < 0 {
		return rule{form: exact, prefix: glob}
	}
	i = strings.LastIndexAny(glob[:i], separators) + 1
	return rule{form: star, prefix: glob[:i], glob: glob[i:]}
}

// separators part the names of a resource; no "*" goes over one.
const separators = ":/"

// matchStar matches text with a glob whose "*" stands for any run of characters within a name, and whose last "**" stands for one or more characters of any kind.
func matchStar(glob, text string) bool {
	g, t := 0, 0
	backG, backT := -1, 0 // where to go on when what follows the last "*" does not fit
	for {
		switch {
		case glob[g:] == "**":
			return t < len(text)
		case g < len(glob) && glob[g] == '*':
			g++
			backG, backT = g, t
			continue
		case t == len(text):
			return g == len(glob)
		case g < len(glob) && glob[g] == text[t]:
			g++
			t++
			continue
		}
		// An earlier "*" need not be tried: taking more there only leaves less for this one.
		if backG < 0 || text[backT] == ':' || text[backT] == '/' {
			return false
		}
		backT++
		g, t = backG, backT
	}
}

// badCharacter gives the reason why text is no name of anything.
func badCharacter(text string) string {
	var seen byte
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c == 0x7f {
			return "holds a control character"
		}
		seen |= c
	}
	if seen >= utf8.RuneSelf && !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	return ""
}

// clip gives a copy of at most n bytes of text.
func clip(text string, n int) string { return strings.Clone(cut(text, n)) }

// cut gives at most n bytes of text, and of one that is longer a copy.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}
