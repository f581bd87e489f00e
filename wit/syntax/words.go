package syntax

import (
	"strings"
	"unicode"
)

// checkIdent says what is wrong with an identifier; "" for nothing. It is made of
// words with dashes between; a word is all lower or all upper case, and only those
// after the first may begin with a digit [Explainer.md, Import and Export Names].
func checkIdent(name string) string {
	if name == "" {
		return "it is empty"
	}
	for i, word := range strings.Split(name, "-") {
		if word == "" {
			return "there must be letters or digits between, before and after its dashes"
		}
		if i == 0 && !isASCIILetter(rune(word[0])) {
			return "it must begin with a letter from a to z"
		}
		lower, upper := false, false
		for _, r := range word {
			switch {
			case 'a' <= r && r <= 'z':
				lower = true
			case 'A' <= r && r <= 'Z':
				upper = true
			case '0' <= r && r <= '9':
			default:
				return "it may hold letters from a to z, digits and dashes only"
			}
		}
		if lower && upper {
			return "each of its words must be all in lower or all in upper case"
		}
	}
	return ""
}

func isASCIILetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// kebab is a name as WIT would have it: "fooBar_baz" is "foo-bar-baz".
func kebab(name string) string {
	var b strings.Builder
	var last rune
	for _, r := range name {
		switch {
		case r == '_':
			b.WriteByte('-')
		case unicode.IsUpper(r) && (unicode.IsLower(last) || unicode.IsDigit(last)):
			b.WriteByte('-')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		last = r
	}
	return strings.Trim(b.String(), "-")
}

// docsBefore is the text of the comments that stand before a token: what they say
// of it. A line comment of two slashes counts as well, as it does elsewhere in the
// field, unless it stands behind the token before, on the same line.
func docsBefore(src *Source, t token) string {
	gap := src.Text[t.prev:t.Start]
	if strings.IndexByte(gap, '/') < 0 {
		return ""
	}
	var lines []string
	for i := 0; i < len(gap); {
		switch {
		case strings.HasPrefix(gap[i:], "//"):
			end := lineEnd(gap, i)
			text := gap[i:end]
			i = end
			trailing := t.prev > 0 && strings.IndexByte(gap[:i], '\n') < 0
			if !trailing || strings.HasPrefix(text, "///") {
				lines = append(lines, strings.TrimLeft(text, "/"))
			}
		case strings.HasPrefix(gap[i:], "/*"):
			end, _ := blockEnd(gap, i)
			text := strings.TrimSuffix(gap[i:end], "*/")
			text = strings.TrimPrefix(strings.TrimPrefix(text, "/*"), "*")
			lines = append(lines, strings.Split(text, "\n")...)
			i = end
		default:
			i++
		}
	}
	return joinDocs(lines)
}

// joinDocs takes away the blanks that all lines begin with, and those at their
// ends, and the empty lines around.
func joinDocs(lines []string) string {
	indent := -1
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
		if lines[i] != "" {
			if n := len(lines[i]) - len(strings.TrimLeft(lines[i], " \t")); indent < 0 || n < indent {
				indent = n
			}
		}
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = line[indent:]
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
