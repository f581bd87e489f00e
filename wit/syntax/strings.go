package syntax

import (
	"strings"
	"unicode/utf8"
)

// scanString reads a string in quotes, whose opening quote is read. It may not go
// over a line's end.
func (l *lexer) scanString(start int) kind {
	for l.pos < len(l.text) {
		switch l.text[l.pos] {
		case '\n':
			l.errorf(start, l.pos, "this string has no end")
			return tokBad
		case '"':
			l.pos++
			return tokString
		case '\\':
			l.pos++
			if l.pos < len(l.text) && l.text[l.pos] != '\n' {
				l.pos++
			}
		default:
			l.pos++
		}
	}
	l.errorf(start, l.pos, "this string has no end")
	return tokBad
}

// stringValue is what a string in quotes stands for: a name of the WebAssembly
// text format [WIT.md, String Literals].
func stringValue(src *Source, at Span, errs *ErrorList) string {
	text := src.Text[at.Start+1 : at.End-1]
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			i++
			continue
		}
		n, ok := unescape(&b, text[i:])
		if !ok {
			from := at.Start + 1 + i
			errs.Add(src.Errorf(Span{from, from + n}, "`%s` stands for no character", text[i:i+n]).
				WithHint("there are \\t \\n \\r \\\" \\' \\\\, \\hh with two and \\u{h…} with up to six hexadecimal digits"))
		}
		i += n
	}
	if s := b.String(); utf8.ValidString(s) {
		return s
	}
	errs.Add(src.Errorf(at, "this string is not UTF-8"))
	return ""
}

var escapes = map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', '"': '"', '\'': '\'', '\\': '\\'}

// unescape writes what the escape at the start of text stands for and says how
// long the escape is.
func unescape(b *strings.Builder, text string) (n int, ok bool) {
	if c, found := escapes[text[1]]; found {
		b.WriteByte(c)
		return 2, true
	}
	if text[1] != 'u' {
		if len(text) < 3 || hexDigit(text[1]) < 0 || hexDigit(text[2]) < 0 {
			return min(2, len(text)), false
		}
		b.WriteByte(byte(hexDigit(text[1])<<4 | hexDigit(text[2])))
		return 3, true
	}
	end := strings.IndexByte(text, '}')
	if end < 4 || text[2] != '{' {
		return 2, false
	}
	r := 0
	for _, c := range []byte(strings.ReplaceAll(text[3:end], "_", "")) {
		d := hexDigit(c)
		if r = r<<4 + d; d < 0 || r > utf8.MaxRune {
			return end + 1, false
		}
	}
	if !utf8.ValidRune(rune(r)) {
		return end + 1, false
	}
	b.WriteRune(rune(r))
	return end + 1, true
}

// hexDigit is the value of a hexadecimal digit; -1 for anything else.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
