package wave

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes are the characters after a backslash that stand for one character.
var escapes = map[byte]rune{'\'': '\'', '"': '"', '\\': '\\', 't': '\t', 'n': '\n', 'r': '\r'}

// unescape reads the chars of s, which stands at a byte of the text.
func (p *parser) unescape(s string, at int) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		r, n := p.escape(s[i:], at+i)
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// escape reads the escape sequence that s starts with and gives its length.
func (p *parser) escape(s string, at int) (rune, int) {
	if len(s) > 1 {
		if r, ok := escapes[s[1]]; ok {
			return r, 2
		}
	}
	hex, ok := strings.CutPrefix(s, `\u{`)
	if !ok {
		p.fail(at, `an escape that is none: there are \' \" \\ \t \n \r and \u{2603}`)
	}
	hex, _, ok = strings.Cut(hex, "}")
	const most = 6
	v, err := strconv.ParseUint(hex, 16, 32)
	switch {
	case !ok || hex == "" || len(hex) > most || err != nil:
		p.fail(at, `\u takes one to six hexadecimal digits in braces: \u{2603}`)
	case !utf8.ValidRune(rune(v)):
		p.fail(at, `\u{%s} is no Unicode scalar value`, hex)
	}
	return rune(v), len(`\u{`) + len(hex) + len("}")
}

// multiline reads a string between triple quotes: lines of which each loses the
// spaces that stand before the closing quotes.
func (p *parser) multiline(t token) string {
	const quotes = `"""`
	body := t.text[len(quotes) : len(t.text)-len(quotes)]
	inner, ok := strings.CutPrefix(strings.TrimPrefix(body, "\r"), "\n")
	if !ok {
		p.fail(t.at+len(quotes), `expected a line break after the opening """`)
	}
	lines := strings.Split(inner, "\n")
	indent := lines[len(lines)-1]
	if strings.Trim(indent, " ") != "" {
		p.fail(t.at+len(t.text)-len(quotes), `expected the closing """ on a line of its own, after nothing but spaces`)
	}
	return p.dedent(lines[:len(lines)-1], indent, t.at+len(t.text)-len(quotes)-len(inner))
}

func (p *parser) dedent(lines []string, indent string, at int) string {
	var out []string
	for _, line := range lines {
		text := strings.TrimSuffix(line, "\r")
		rest, ok := strings.CutPrefix(text, indent)
		switch {
		case ok:
		case text == "":
			rest = ""
		default:
			p.fail(at, `expected at least %d spaces, as before the closing """`, len(indent))
		}
		out = append(out, p.unescape(rest, at+len(text)-len(rest)))
		at += len(line) + len("\n")
	}
	return strings.Join(out, "\n")
}

// writeChar writes a char between quotes of that kind. What a terminal would
// not show, or would act upon, is escaped.
func writeChar(b *strings.Builder, r rune, quote rune) {
	switch {
	case r == '\t':
		b.WriteString(`\t`)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\\' || r == quote:
		b.WriteByte('\\')
		b.WriteRune(r)
	case unicode.IsPrint(r):
		b.WriteRune(r)
	default:
		b.WriteString(`\u{` + strconv.FormatInt(int64(r), 16) + "}")
	}
}

// quoteChar shows a character in a message.
func quoteChar(s string) string {
	var b strings.Builder
	for _, r := range s {
		writeChar(&b, r, '\'')
	}
	return "'" + b.String() + "'"
}
