package capability

import "strings"

// matcher finds, among the grants of one kind and action, one that covers a resource.
type matcher struct {
	kind     Kind
	action   string
	entries  []entry
	exact    exacts           // of the entries, those of one resource each
	byPrefix map[string][]int // of the entries, by the literal text that they begin (or, for subdomains, end) with
	longest  int              // bytes of the longest such text
}

// matcherOf gives the matcher of an action, nil when nothing of it is granted. There are a handful at most, faster compared than looked up.
func matcherOf(actions []*matcher, action string) *matcher {
	for _, m := range actions {
		if m.action == action {
			return m
		}
	}
	return nil
}

type entry struct {
	rule
	grant int
}

// fewEntries is how many entries are faster walked than looked up.
const fewEntries = 8

func (m *matcher) index() {
	m.exact = newExacts(m.kind, m.entries)
	if len(m.entries) <= fewEntries || m.kind == Import {
		return
	}
	m.byPrefix = make(map[string][]int, len(m.entries))
	for i := range m.entries {
		prefix := m.entries[i].prefix
		m.byPrefix[prefix] = append(m.byPrefix[prefix], i)
		m.longest = max(m.longest, len(prefix))
	}
}

// covering are the grants that cover resource, the entries in order.
func (m *matcher) covering(resource string) []int {
	var grants []int
	for i := range m.entries {
		if e := &m.entries[i]; e.match(resource) {
			grants = append(grants, e.grant)
		}
	}
	return grants
}

// find gives the token of a grant that covers resource; without one, revoked says whether a revoked grant does.
func (m *matcher) find(tokens []Token, resource string) (token *Token, revoked bool) {
	if m.byPrefix != nil {
		return m.lookUp(tokens, resource)
	}
	for i := range m.entries {
		e := &m.entries[i]
		if e.match(resource) {
			if t := &tokens[e.grant]; !t.Revoked() {
				return t, false
			}
			revoked = true
		}
	}
	return nil, revoked
}

// lookUp tries the resource itself, then each literal start that a rule for it can have, the longest first. It costs as many look-ups as the resource has names, however many grants there are.
func (m *matcher) lookUp(tokens []Token, resource string) (token *Token, revoked bool) {
	for key := resource; ; key = m.shorter(key) {
		if len(key) > m.longest {
			continue
		}
		for _, i := range m.byPrefix[key] {
			e := &m.entries[i]
			if e.match(resource) {
				if t := &tokens[e.grant]; !t.Revoked() {
					return t, false
				}
				revoked = true
			}
		}
		if key == "" {
			return nil, revoked
		}
	}
}

// shorter gives the next shorter text that can begin a rule: for hosts the domain above (".example.com:443" after "api.example.com:443"), else the names before the last one, their separator included.
func (m *matcher) shorter(key string) string {
	if m.kind == Network {
		if i := strings.IndexByte(key[1:], '.'); i >= 0 {
			return key[1+i:]
		}
		return ""
	}
	end := len(key) - 1
	for end > 0 && !isSeparator(rune(key[end-1])) {
		end--
	}
	return key[:end]
}
