package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A lexer makes tokens of a source, one at a time. What it cannot read it reports
// and skips.
type lexer struct {
	src  *Source
	text string
	pos  int
	errs *ErrorList
}

func newLexer(src *Source, errs *ErrorList) *lexer {
	l := &lexer{src: src, text: src.Text, errs: errs}
	l.checkCharacters()
	return l
}

func (l *lexer) errorf(start, end int, format string, args ...any) *Error {
	e := l.src.Errorf(Span{start, end}, format, args...)
	l.errs.Add(e)
	return e
}

// next is the next token; at the end of the source it is tokEOF, again and again.
func (l *lexer) next() token {
	prev := l.pos
	l.skipBlank()
	t := token{Span: Span{l.pos, l.pos}, prev: prev}
	if l.pos == len(l.text) {
		return t
	}
	t.kind = l.scan()
	t.End = l.pos
	return t
}

// signs are the tokens of one byte.
var signs = [128]kind{
	'=': tokEquals, ',': tokComma, ':': tokColon, ';': tokSemicolon, '(': tokLeftParen, ')': tokRightParen,
	'{': tokLeftBrace, '}': tokRightBrace, '<': tokLess, '>': tokGreater, '*': tokStar, '/': tokSlash,
	'.': tokDot, '@': tokAt, '+': tokPlus,
}

func (l *lexer) scan() kind {
	start := l.pos
	r, size := utf8.DecodeRuneInString(l.text[start:])
	l.pos += size
	switch {
	case r < 128 && signs[r] != 0:
		return signs[r]
	case r == '-':
		if strings.HasPrefix(l.text[l.pos:], ">") {
			l.pos++
			return tokArrow
		}
		return tokMinus
	case '0' <= r && r <= '9':
		for l.pos < len(l.text) && '0' <= l.text[l.pos] && l.text[l.pos] <= '9' {
			l.pos++
		}
		return tokInteger
	case r == '"':
		return l.scanString(start)
	case r == '%', isWordStart(r):
		return l.scanWord(start)
	case r == utf8.RuneError && size <= 1:
		return tokBad // reported by checkCharacters
	}
	l.errorf(start, l.pos, "unexpected character %q", r)
	return tokBad
}

// scanWord reads a keyword or an identifier. What looks like a word is taken as
// one, so that a wrong letter in it is one mistake.
func (l *lexer) scanWord(start int) kind {
	for l.pos < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.pos:])
		if !isWordStart(r) && r != '-' && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			break
		}
		l.pos += size
	}
	word := l.text[start:l.pos]
	if k := keywords[word]; k != 0 {
		return k
	}
	name := strings.TrimPrefix(word, "%")
	if msg := checkIdent(name); msg != "" {
		e := l.errorf(start, l.pos, "`%s` is no identifier: %s", word, msg)
		if fixed := kebab(name); fixed != name && checkIdent(fixed) == "" {
			e.Hint = "did you mean `" + fixed + "`?"
		}
	}
	return tokIdent
}

func isWordStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// skipBlank skips white space and comments.
func (l *lexer) skipBlank() {
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.pos++
		case strings.HasPrefix(l.text[l.pos:], "//"):
			l.pos = lineEnd(l.text, l.pos)
		case strings.HasPrefix(l.text[l.pos:], "/*"):
			end, ok := blockEnd(l.text, l.pos)
			if !ok {
				l.errorf(l.pos, l.pos+2, "this comment has no end").Hint = "every `/*` needs its `*/`"
			}
			l.pos = end
		default:
			return
		}
	}
}

func lineEnd(text string, pos int) int {
	if n := strings.IndexByte(text[pos:], '\n'); n >= 0 {
		return pos + n
	}
	return len(text)
}

// blockEnd is where a block comment ends that begins at pos. Such comments nest.
func blockEnd(text string, pos int) (end int, ok bool) {
	depth := 0
	for i := pos; i+1 < len(text); {
		switch text[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				return i, true
			}
		default:
			i++
		}
	}
	return len(text), false
}

// checkCharacters refuses the characters that no WIT may hold, in comments either
// [WIT.md, Lexical structure].
func (l *lexer) checkCharacters() {
	for i := 0; i < len(l.text); {
		c := l.text[i]
		if c < utf8.RuneSelf {
			if (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f {
				l.errorf(i, i+1, "the control character %U is not allowed in WIT", rune(c))
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(l.text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			l.errorf(i, i+1, "this is not UTF-8: byte %#x", c)
		case isForbidden(r):
			l.errorf(i, i+size, "the character %U is not allowed in WIT", r)
		}
		i += size
	}
}

// Allowed says whether WIT may hold a character that is not ASCII.
func Allowed(r rune) bool { return !isForbidden(r) }

// isForbidden tells control characters, those that turn the direction of text, so
// that it seems to say something else, and those that Unicode deprecates.
func isForbidden(r rune) bool {
	switch r {
	case 0x149, 0x673, 0xf77, 0xf79, 0x17a3, 0x17a4, 0x17b4, 0x17b5:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || unicode.IsControl(r)
}
