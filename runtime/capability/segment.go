package capability

import (
	"strings"
	"unicode/utf8"
)

// matchSegment matches one segment of a path with a glob that validSegment accepted: "*" for any run of characters, "?" for one, a [class] for one of it.
func matchSegment(glob, name string) bool {
	backGlob, backName := "", "" // where to go on when what follows the last "*" does not fit
	for {
		if rest, ok := strings.CutPrefix(glob, "*"); ok {
			glob, backGlob, backName = rest, rest, name
			if glob == "" {
				return true
			}
			continue
		}
		if name == "" {
			return glob == ""
		}
		if glob != "" {
			r, size := utf8.DecodeRuneInString(name)
			if ok, rest := matchOne(glob, r); ok {
				glob, name = rest, name[size:]
				continue
			}
		}
		// An earlier "*" need not be tried: taking more there only leaves less for this one.
		if backGlob == "" {
			return false
		}
		_, size := utf8.DecodeRuneInString(backName)
		backName = backName[size:]
		glob, name = backGlob, backName
	}
}

// matchOne matches r with the first part of a glob, which is no "*", and gives what follows.
func matchOne(glob string, r rune) (ok bool, rest string) {
	switch glob[0] {
	case '?':
		return true, glob[1:]
	case '[':
		return matchClass(glob, r)
	}
	g, size := utf8.DecodeRuneInString(glob)
	return g == r, glob[size:]
}

// matchClass matches r with the [class] that glob begins with.
func matchClass(glob string, r rune) (ok bool, rest string) {
	rest, negated := cutNegation(glob[1:])
	for rest[0] != ']' {
		lo, hi, next := cutRange(rest)
		ok = ok || lo <= r && r <= hi
		rest = next
	}
	return ok != negated, rest[1:]
}

// validSegment says whether every class of a glob is closed, holds something, and has its ranges the right way round.
func validSegment(glob string) bool {
	for {
		i := strings.IndexByte(glob, '[')
		if i < 0 {
			return true
		}
		glob, _ = cutNegation(glob[i+1:])
		if glob == "" || glob[0] == ']' {
			return false
		}
		for glob != "" && glob[0] != ']' {
			lo, hi, rest := cutRange(glob)
			if lo > hi {
				return false
			}
			glob = rest
		}
		if glob == "" {
			return false
		}
		glob = glob[1:]
	}
}

func cutNegation(class string) (rest string, negated bool) {
	if class != "" && (class[0] == '!' || class[0] == '^') {
		return class[1:], true
	}
	return class, false
}

// cutRange reads one character or a range from a class. A "-" that begins or ends the class is itself.
func cutRange(class string) (lo, hi rune, rest string) {
	lo, size := utf8.DecodeRuneInString(class)
	rest = class[size:]
	if len(rest) < 2 || rest[0] != '-' || rest[1] == ']' {
		return lo, lo, rest
	}
	hi, size = utf8.DecodeRuneInString(rest[1:])
	return lo, hi, rest[1+size:]
}
