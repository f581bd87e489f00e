package tomlpos

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a source text. The zero Pos means that no place is known.
type Pos struct {
	Line int // from 1
	Col  int // from 1, in characters
	Len  int // in characters, within the line; 0 when only the start is known
}

// Error is one mistake in a file.
type Error struct {
	File string
	Line int // from 1
	Col  int // from 1, in characters
	Len  int // in characters, within the line
	Msg  string
	Hint string // what to do about it; may be empty

	source string // the line that holds the mistake
}

// NewError gives the mistake msg at pos of src; hint says what to do and may be empty.
func NewError(file string, src []byte, pos Pos, msg, hint string) *Error {
	if pos.Line < 1 {
		pos = Pos{Line: 1, Col: 1}
	}
	return &Error{
		File: file, Line: pos.Line, Col: max(pos.Col, 1), Len: pos.Len,
		Msg: msg, Hint: hint, source: sourceLine(src, pos.Line),
	}
}

// Error gives the place, the mistake, the line with the place underlined, and the hint.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
	if strings.TrimSpace(e.source) == "" {
		if e.Hint != "" {
			b.WriteString("; " + e.Hint)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "\n%5d | %s\n      | %s%s", e.Line, e.source, indentTo(e.source, e.Col), strings.Repeat("^", max(e.Len, 1)))
	if e.Hint != "" {
		b.WriteString(" " + e.Hint)
	}
	return b.String()
}

// Errors holds the mistakes of one file in the order of their places.
type Errors []*Error

// Error gives a single mistake in full, and several as a list of one line each.
func (es Errors) Error() string {
	switch len(es) {
	case 0:
		return "no errors"
	case 1:
		return es[0].Error()
	}
	places := make([]string, len(es))
	width := 0
	for i, e := range es {
		places[i] = fmt.Sprintf("%d:%d", e.Line, e.Col)
		width = max(width, len(places[i]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d errors", es[0].File, len(es))
	for i, e := range es {
		fmt.Fprintf(&b, "\n  %-*s  %s", width, places[i], e.Msg)
		if e.Hint != "" {
			b.WriteString("; " + e.Hint)
		}
	}
	return b.String()
}

// Unwrap gives each mistake to [errors.Is] and [errors.As].
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

// sourceLine gives line n (from 1) of src as it can be printed: control characters other than tabs, which could rewrite a terminal, become spaces.
func sourceLine(src []byte, n int) string {
	for ; n > 1; n-- {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return ""
		}
		src = src[i+1:]
	}
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		src = src[:i]
	}
	src = bytes.TrimSuffix(src, []byte("\r"))
	return strings.Map(func(r rune) rune {
		if r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(src), "?"))
}

// indentTo gives the blanks that stand below the first col-1 characters of line; tabs stay tabs, so that the caret stands right whatever a tab is worth.
func indentTo(line string, col int) string {
	var b strings.Builder
	for _, r := range line {
		if col--; col < 1 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// posAt gives the place of the bytes from start to end of src, cut at the end of the first line.
func posAt(src []byte, start, end int) Pos {
	start = min(max(start, 0), len(src))
	end = min(max(end, start), len(src))
	line := 1 + bytes.Count(src[:start], []byte("\n"))
	lineStart := 1 + bytes.LastIndexByte(src[:start], '\n')
	text := src[start:end]
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		text = bytes.TrimSuffix(text[:i], []byte("\r"))
	}
	return Pos{Line: line, Col: 1 + utf8.RuneCount(src[lineStart:start]), Len: utf8.RuneCount(text)}
}
