package wave

import (
	"strings"
	"unicode/utf8"
)

// A token is one lexical element of the text.
type token struct {
	kind tokenKind
	at   int    // byte at which it starts
	text string // as it stands in the text
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenPunct            // one of ( ) [ ] { } : ,
	tokenNumber           // digits and what may follow; -inf too
	tokenLabel            // a label or keyword, with its percent sign
	tokenHandle           // a dollar sign and a name
	tokenChar             // with its quotes
	tokenString           // with its quotes, on one line
	tokenMultiline
	tokenBad // what is no token; the text says what is wrong
)

// keywords are the labels that have a meaning of their own where a case may
// stand.
var keywords = map[string]bool{
	"true": true, "false": true, "inf": true, "nan": true,
	"some": true, "none": true, "ok": true, "err": true,
}

// next reads the token at or after a byte of the text, without whitespace and
// comments before it.
func next(text string, at int) token {
	at = skip(text, at)
	if at == len(text) {
		return token{tokenEnd, at, ""}
	}
	rest := text[at:]
	n, kind := 1, tokenPunct
	switch c := rest[0]; {
	case strings.IndexByte("()[]{}:,", c) >= 0:
	case c == '-' || isDigit(c):
		n, kind = number(rest), tokenNumber
	case c == '%' || isLetter(c):
		n, kind = 1+span(rest[1:], isLabel), tokenLabel
	case c == '$':
		n, kind = 1+span(rest[1:], isLabel), tokenHandle
	case strings.HasPrefix(rest, `"""`):
		kind = tokenMultiline
		end := strings.Index(rest[3:], `"""`)
		if end < 0 {
			return token{tokenBad, at, `a string that is opened by """ and never closed`}
		}
		n = 3 + end + 3
	case c == '\'', c == '"':
		kind = tokenString
		if c == '\'' {
			kind = tokenChar
		}
		if n = quoted(rest); n == 0 {
			return token{tokenBad, at, "a quote that is not closed on its line"}
		}
	default:
		_, n = utf8.DecodeRuneInString(rest)
		return token{tokenBad, at, "the character " + quoteChar(rest[:n])}
	}
	return token{kind, at, rest[:n]}
}

// skip passes over whitespace and comments.
func skip(text string, at int) int {
	for at < len(text) {
		switch {
		case strings.IndexByte(" \t\r\n", text[at]) >= 0:
			at++
		case strings.HasPrefix(text[at:], "//"):
			end := strings.IndexByte(text[at:], '\n')
			if end < 0 {
				return len(text)
			}
			at += end
		default:
			return at
		}
	}
	return at
}

// number is the length of the number that s starts with: a JSON number, or
// -inf. Whether it is one of the type is the parser's question.
func number(s string) int {
	if strings.HasPrefix(s, "-i") { // -inf, and what is nearly so
		return 1 + span(s[1:], isLabel)
	}
	n := span(s, func(c byte) bool { return isDigit(c) || c == '-' })
	if n < len(s) && s[n] == '.' {
		n += 1 + span(s[n+1:], isDigit)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		n++
		if n < len(s) && (s[n] == '+' || s[n] == '-') {
			n++
		}
		n += span(s[n:], isDigit)
	}
	return n + span(s[n:], isLabel) // 12ab is one wrong token, not two
}

// quoted is the length of the quoted text that s starts with, 0 where it does
// not end on its line. A quote that stands for itself is a char of no length
// followed by one: ”' .
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n':
			return 0
		case s[0]:
			return i + 1
		}
	}
	return 0
}

func span(s string, of func(c byte) bool) int {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isLabel(c byte) bool  { return isLetter(c) || isDigit(c) || c == '-' }
