package capability

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// segment is one part of a path pattern.
type segment struct {
	many bool   // "**": any number of segments
	any  bool   // "*": one segment, whatever it is
	glob bool   // text holds wildcards
	text string // otherwise
}

// parsePath prepares a path pattern. Braces are expanded first, so that each rule is a walk of segments; wildcards are matched within one segment only,
// so that neither a "*" nor a class such as [!a] can take a "/" (in common glob packages a class can).
func parsePath(text string) (rules []rule, reason, hint string) {
	if strings.Contains(text, `\`) {
		return nil, "holds a backslash", `write paths with "/" and a wildcard character as [*]`
	}
	if !strings.HasPrefix(text, "/") {
		return nil, "is not an absolute path", fmt.Sprintf("write %q", "/"+strings.TrimPrefix(text, "./"))
	}
	expanded, ok := expandBraces(text)
	if !ok {
		return nil, "has braces that do not match", ""
	}
	if len(expanded) > maxExpanded {
		return nil, fmt.Sprintf("stands for more than %d patterns", maxExpanded), "write some of them out"
	}
	for _, alternative := range expanded {
		r, reason, hint := pathRules(alternative)
		if reason != "" {
			return nil, reason, hint
		}
		rules = append(rules, r...)
	}
	return rules, "", ""
}

// pathRules prepares a pattern without braces.
func pathRules(text string) (rules []rule, reason, hint string) {
	if text == "/" {
		return []rule{{form: exact, prefix: "/"}}, "", ""
	}
	var segments []segment
	prefix := "/"
	for part := range strings.SplitSeq(text[1:], "/") {
		s := segment{text: part}
		switch {
		case part == "":
			return nil, "has an empty segment", "leave out the doubled or last \"/\""
		case part == "." || part == "..":
			return nil, fmt.Sprintf("holds %q", part), "write the path that is meant"
		case part == "**":
			if n := len(segments); n > 0 && segments[n-1].many {
				continue
			}
			s.many = true
		case strings.Contains(part, "**"):
			return nil, "has ** within a segment", "** stands for whole segments, as in /data/**/*.csv"
		case part == "*":
			s.any = true
		case !validSegment(part):
			return nil, "has an unclosed, empty or reversed [class]", ""
		default:
			s.glob = strings.ContainsAny(part, "*?[")
		}
		if literal := !s.many && !s.any && !s.glob; literal && len(segments) == 0 {
			prefix += part + "/"
			continue
		}
		segments = append(segments, s)
	}
	switch {
	case len(segments) == 0:
		return []rule{{form: exact, prefix: strings.TrimSuffix(prefix, "/")}}, "", ""
	case len(segments) == 1 && segments[0].many:
		root := rule{form: exact, prefix: "/"}
		if prefix != "/" {
			root.prefix = strings.TrimSuffix(prefix, "/")
		}
		return []rule{root, {form: star, prefix: prefix, glob: "**"}}, "", ""
	}
	return []rule{{form: path, prefix: prefix, segments: segments}}, "", ""
}

// matchPath walks rest, a path without its leading "/", along the segments of a pattern.
func matchPath(pattern []segment, rest string) bool {
	i := 0
	back, backRest := -1, "" // the last "**", and what it has left over so far
	for rest != "" {
		head, tail, _ := strings.Cut(rest, "/")
		switch {
		case i < len(pattern) && pattern[i].many:
			back, backRest = i, rest
			i++
		case i < len(pattern) && pattern[i].match(head):
			i++
			rest = tail
		case back >= 0:
			_, backRest, _ = strings.Cut(backRest, "/")
			i, rest = back+1, backRest
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i].many {
		i++
	}
	return i == len(pattern)
}

func (s *segment) match(name string) bool {
	switch {
	case s.any:
		return true
	case s.glob:
		return matchSegment(s.text, name)
	default:
		return s.text == name
	}
}

// badPath gives the reason why a path that a guest asks for is none that can be granted. It goes over the path once: it stands before every file operation.
func badPath(p string) string {
	if p[0] != '/' {
		return "it is not an absolute path"
	}
	if p == "/" {
		return ""
	}
	var seen byte
	start := 1
	for i := 1; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '/':
			if reason := badSegment(p[start:i]); reason != "" {
				return reason
			}
			start = i + 1
		case c < ' ' || c == 0x7f || c == '\\':
			return "it holds a control character or a backslash"
		}
		seen |= c
	}
	if seen >= utf8.RuneSelf && !utf8.ValidString(p) {
		return "it is not valid UTF-8"
	}
	return badSegment(p[start:])
}

func badSegment(s string) string {
	switch {
	case s == "":
		return "it has an empty segment"
	case s[0] == '.' && (len(s) == 1 || s == ".."):
		return `it holds "." or ".."`
	}
	return ""
}

// expandBraces gives the patterns without braces that text stands for, at most one more than maxExpanded of them; ok is false when braces do not match.
func expandBraces(text string) (expanded []string, ok bool) {
	open, alternatives, end, ok := cutBraces(text)
	if !ok || open < 0 {
		return []string{text}, ok
	}
	tails, ok := expandBraces(text[end:])
	if !ok {
		return nil, false
	}
	for _, alternative := range alternatives {
		heads, ok := expandBraces(alternative)
		if !ok {
			return nil, false
		}
		for _, head := range heads {
			for _, tail := range tails {
				if len(expanded) > maxExpanded {
					return expanded, true
				}
				expanded = append(expanded, text[:open]+head+tail)
			}
		}
	}
	return expanded, true
}

// cutBraces finds the first {…} of text outside a class: where it opens, its alternatives, and what is behind it. open is -1 without one.
func cutBraces(text string) (open int, alternatives []string, end int, ok bool) {
	open = -1
	depth, start, class := 0, 0, false
	for i := range len(text) {
		c := text[i]
		switch {
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '{':
			if depth++; depth == 1 {
				open, start = i, i+1
			}
		case c == '}' && depth == 0:
			return 0, nil, 0, false
		case c == ',' && depth == 1:
			alternatives = append(alternatives, text[start:i])
			start = i + 1
		case c == '}':
			if depth--; depth == 0 {
				return open, append(alternatives, text[start:i]), i + 1, true
			}
		}
	}
	return open, nil, 0, depth == 0
}
