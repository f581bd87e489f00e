package capability

import "strings"

// Covers says whether everything that narrow allows is allowed by g. It errs on the safe side: of two patterns of which it is hard to tell, it says no.
// Resources that name their component's own address, "<id>", are covered by equal ones only.
func (g Grant) Covers(narrow Grant) bool {
	if g.Kind != narrow.Kind || g.Action != narrow.Action {
		return false
	}
	wide, err := ParsePattern(g.Kind, g.Resource)
	if err != nil {
		return false
	}
	if _, err := ParsePattern(g.Kind, narrow.Resource); err != nil {
		return false
	}
	switch {
	case g.Resource == narrow.Resource:
		return true
	case g.own() || narrow.own():
		return false
	case !strings.ContainsAny(narrow.Resource, "*?[{"):
		return wide.Match(narrow.Resource)
	}
	switch g.Kind {
	case Filesystem:
		return coversPath(g.Resource, narrow.Resource)
	case Network:
		domain, ok := strings.CutPrefix(g.Resource, "*")
		below, isPattern := strings.CutPrefix(narrow.Resource, "*")
		return ok && isPattern && strings.HasSuffix(strings.ToLower(below), strings.ToLower(domain))
	case Storage:
		// A last "*" stands for one name or more.
		names, ok := strings.CutSuffix(g.Resource, ":*")
		return ok && !strings.Contains(names, "*") && strings.HasPrefix(narrow.Resource, names+":")
	case Messaging:
		space, ok := strings.CutSuffix(g.Resource, ":*")
		return ok && !strings.Contains(space, "*") && strings.HasPrefix(narrow.Resource, space+":")
	}
	return false
}

// coversPath says whether a pattern that ends in "/**", and is literal before, holds all that another one matches.
func coversPath(wide, narrow string) bool {
	dir, ok := strings.CutSuffix(wide, "/**")
	if !ok || strings.ContainsAny(dir, "*?[{") {
		return false
	}
	literal := narrow[:strings.IndexAny(narrow, "*?[{")]
	literal = literal[:strings.LastIndexByte(literal, '/')+1] // whole segments
	return strings.HasPrefix(literal, dir+"/")
}
