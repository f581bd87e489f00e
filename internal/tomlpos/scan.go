package tomlpos

import (
	"bytes"
	"strconv"
	"strings"
)

// scanner reads places from TOML source. It judges nothing: it agrees with the TOML grammar on every valid text, and on an invalid one up to the first mistake.
type scanner struct {
	src  []byte
	at   int
	root *node

	deep    span // the first place nested deeper than MaxDepth
	unnamed span // the first key that is empty
}

// segment is one part of a dotted key.
type segment struct {
	name  string
	place span
}

func (s *scanner) document() {
	if bytes.HasPrefix(s.src, []byte("\xef\xbb\xbf")) {
		s.at = 3 // byte order mark
	}
	table, base := s.root, 0
	for s.skipBlank(true); s.at < len(s.src); s.skipBlank(true) {
		before := s.at
		if s.peek() == '[' {
			table, base = s.header()
		} else {
			s.assignment(table, base)
		}
		if s.skipBlank(false); s.at == before {
			s.at++ // not TOML: go on behind it
		}
	}
}

// header reads [key] or [[key]] and gives the table that it opens and how deep that lies.
func (s *scanner) header() (table *node, depth int) {
	start := s.at
	s.at++
	isArray := s.peek() == '['
	if isArray {
		s.at++
	}
	path := s.dottedKey(0)
	for s.peek() == ']' {
		s.at++
	}
	whole := span{start, s.at}
	n := s.root
	for i, seg := range path {
		n = n.child(seg)
		if i < len(path)-1 {
			n = n.last()
		}
	}
	if len(path) == 1 {
		n.key = or(n.value, whole)
	}
	n.value = or(n.value, whole)
	if isArray {
		item := &node{key: whole, value: whole}
		n.items = append(n.items, item)
		n = item
	}
	return n, len(path)
}

// assignment reads key = value into table.
func (s *scanner) assignment(table *node, depth int) {
	path := s.dottedKey(depth)
	if len(path) == 0 {
		return
	}
	n := table
	for _, seg := range path {
		n = n.last().child(seg)
	}
	s.skipBlank(false)
	if s.peek() != '=' {
		return
	}
	s.at++
	s.skipBlank(false)
	s.value(n, depth+len(path))
}

func (s *scanner) value(n *node, depth int) {
	start := s.at
	if depth > MaxDepth {
		s.tooDeep(start)
		s.at = len(s.src)
		return
	}
	switch s.peek() {
	case '"', '\'':
		s.quoted()
	case '[':
		s.list(n, depth)
	case '{':
		s.inlineTable(n, depth)
	default:
		for s.at < len(s.src) && !strings.ContainsRune(",]}#\r\n", rune(s.src[s.at])) {
			s.at++
		}
		s.at -= len(s.src[start:s.at]) - len(bytes.TrimRight(s.src[start:s.at], " \t"))
	}
	n.value = or(n.value, span{start, s.at})
}

func (s *scanner) list(n *node, depth int) {
	s.at++
	for {
		s.skipBlank(true)
		switch s.peek() {
		case 0:
			return
		case ']':
			s.at++
			return
		case ',':
			s.at++
		default:
			before := s.at
			item := &node{}
			n.items = append(n.items, item)
			s.value(item, depth+1)
			if s.at == before {
				return
			}
		}
	}
}

func (s *scanner) inlineTable(n *node, depth int) {
	s.at++
	for {
		s.skipBlank(true)
		switch s.peek() {
		case 0:
			return
		case '}':
			s.at++
			return
		case ',':
			s.at++
		default:
			before := s.at
			s.assignment(n, depth)
			if s.at == before {
				return
			}
		}
	}
}

// dottedKey reads a.b."c", which lies below depth tables.
func (s *scanner) dottedKey(depth int) []segment {
	var path []segment
	for {
		s.skipBlank(false)
		start := s.at
		name := ""
		switch c := s.peek(); {
		case c == '"' || c == '\'':
			name = s.quoted()
		default:
			for s.at < len(s.src) && isBare(s.src[s.at]) {
				s.at++
			}
			name = string(s.src[start:s.at])
		}
		if s.at == start {
			return path
		}
		if name == "" {
			s.unnamed = or(s.unnamed, span{start, s.at})
		}
		path = append(path, segment{name, span{start, s.at}})
		if depth+len(path) > MaxDepth {
			s.tooDeep(start)
			s.at = len(s.src)
			return path
		}
		s.skipBlank(false)
		if s.peek() != '.' {
			return path
		}
		s.at++
	}
}

// quoted reads a string of any of the four forms and gives its value; of a multi-line string, which is no key, only the place matters.
func (s *scanner) quoted() string {
	quote := s.src[s.at]
	long := bytes.Repeat([]byte{quote}, 3)
	if bytes.HasPrefix(s.src[s.at:], long) {
		s.at += 3
		s.longString(quote, long)
		return ""
	}
	start := s.at + 1
	for s.at = start; s.at < len(s.src) && s.src[s.at] != quote && s.src[s.at] != '\n'; s.at++ {
		if s.src[s.at] == '\\' && quote == '"' {
			s.at++
		}
	}
	end := min(s.at, len(s.src))
	s.at = end
	if s.peek() == quote {
		s.at++
	}
	if quote == '\'' {
		return string(s.src[start:end])
	}
	return unescape(string(s.src[start:end]))
}

// longString reads up to three closing quotes and the up to two that may stand before them.
func (s *scanner) longString(quote byte, closing []byte) {
	for ; s.at < len(s.src); s.at++ {
		switch {
		case s.src[s.at] == '\\' && quote == '"':
			s.at++
		case bytes.HasPrefix(s.src[s.at:], closing):
			s.at += 3
			for range 2 {
				if s.peek() == quote {
					s.at++
				}
			}
			return
		}
	}
	s.at = len(s.src)
}

// skipBlank skips spaces and, over line ends as well, newlines and comments.
func (s *scanner) skipBlank(lines bool) {
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == ' ' || c == '\t':
			s.at++
		case lines && (c == '\n' || c == '\r'):
			s.at++
		case lines && c == '#':
			if i := bytes.IndexByte(s.src[s.at:], '\n'); i >= 0 {
				s.at += i
			} else {
				s.at = len(s.src)
			}
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

func (s *scanner) tooDeep(at int) {
	s.deep = or(s.deep, span{at, at + 1})
}

// child gives the node of a key, made on its first mention, whose place is kept.
func (n *node) child(seg segment) *node {
	c := n.keys[seg.name]
	if c == nil {
		c = &node{key: seg.place}
		if n.keys == nil {
			n.keys = map[string]*node{}
		}
		n.keys[seg.name] = c
	}
	return c
}

// last gives the table that a key path goes on in: of an array of tables the newest one.
func (n *node) last() *node {
	if len(n.items) > 0 {
		return n.items[len(n.items)-1]
	}
	return n
}

func or(a, b span) span {
	if a.known() {
		return a
	}
	return b
}

func isBare(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// unescape resolves the escapes of a basic string; those that Go does not share are \e and, for characters, \u{8 digits} as \U.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for text != "" {
		if strings.HasPrefix(text, `\e`) {
			b.WriteByte(0x1b)
			text = text[2:]
			continue
		}
		r, _, rest, err := strconv.UnquoteChar(text, '"')
		if err != nil {
			return b.String() + text
		}
		b.WriteRune(r)
		text = rest
	}
	return b.String()
}
