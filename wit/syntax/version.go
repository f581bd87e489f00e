package syntax

import (
	"cmp"
	"strings"
)

// scanVersion reads a semantic version from the lexer's place on. Signs in it are
// no tokens of their own: a dot belongs to it only where more of it follows, since
// `use a:b/c@1.0.0.{d}` goes on with a dot as well.
func (l *lexer) scanVersion() (string, Span) {
	for l.pos < len(l.text) && (l.text[l.pos] == ' ' || l.text[l.pos] == '\t') {
		l.pos++
	}
	start := l.pos
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		dot := c == '.' && l.pos+1 < len(l.text) && isVersionChar(l.text[l.pos+1])
		if !dot && c != '+' && !isVersionChar(c) {
			break
		}
		l.pos++
	}
	at := Span{start, l.pos}
	version := l.text[start:l.pos]
	if !ValidVersion(version) {
		l.errs.Add(l.src.Errorf(at, "`%s` is no semantic version", version).WithHint("it has the form 1.2.3, with -pre.release and +build where needed"))
	}
	return version, at
}

func isVersionChar(c byte) bool {
	return c == '-' || '0' <= c && c <= '9' || isASCIILetter(rune(c))
}

// ValidVersion says whether a version is a semantic version in full.
func ValidVersion(v string) bool {
	core, pre, build := splitVersion(v)
	numbers := strings.Split(core, ".")
	if len(numbers) != 3 {
		return false
	}
	for _, n := range numbers {
		if !isNumber(n) || len(n) > 1 && n[0] == '0' {
			return false
		}
	}
	return validParts(pre, true) && validParts(build, false)
}

// splitVersion parts "1.2.3-pre+build"; pre and build keep their sign.
func splitVersion(v string) (core, pre, build string) {
	if i := strings.IndexByte(v, '+'); i >= 0 {
		v, build = v[:i], v[i:]
	}
	if i := strings.IndexByte(v, '-'); i >= 0 {
		v, pre = v[:i], v[i:]
	}
	return v, pre, build
}

// validParts checks what stands behind a sign; numbers in a pre-release have no
// leading zero.
func validParts(s string, pre bool) bool {
	if s == "" {
		return true
	}
	for part := range strings.SplitSeq(s[1:], ".") {
		if part == "" || pre && len(part) > 1 && part[0] == '0' && isNumber(part) {
			return false
		}
		for i := range len(part) {
			if !isVersionChar(part[i]) {
				return false
			}
		}
	}
	return true
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// CompareVersions orders two semantic versions; what they were built of does not
// count.
func CompareVersions(a, b string) int {
	coreA, preA, _ := splitVersion(a)
	coreB, preB, _ := splitVersion(b)
	if c := compareParts(coreA, coreB); c != 0 {
		return c
	}
	switch {
	case preA == preB:
		return 0
	case preA == "":
		return 1
	case preB == "":
		return -1
	}
	return compareParts(preA[1:], preB[1:])
}

// compareParts compares part by part: numbers come before words, in their order.
func compareParts(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, y := as[i], bs[i]
		var c int
		switch xn, yn := isNumber(x), isNumber(y); {
		case xn && yn:
			c = cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
		case xn:
			c = -1
		case yn:
			c = 1
		default:
			c = strings.Compare(x, y)
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}
