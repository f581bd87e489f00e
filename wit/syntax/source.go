package syntax

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a WIT source. The zero Pos means that no place is known.
type Pos struct {
	File string
	Line int // from 1
	Col  int // in characters, from 1
}

// IsValid says whether a place is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String writes the place as file:line:col, or "-" where none is known.
func (p Pos) String() string {
	if !p.IsValid() {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// A Span is a part of a source, as byte offsets: from Start up to, and without,
// End.
type Span struct{ Start, End int }

// to is the span from the start of s to the end of other.
func (s Span) to(other Span) Span { return Span{s.Start, max(s.End, other.End)} }

// A Source is the text of one file.
type Source struct {
	// Name is what the file is called in messages.
	Name string
	Text string
	// lines are the offsets at which lines begin.
	lines []int
	// chars are how many characters begin before each block of the text; nil where
	// each byte is one. Without it places on a very long line would take time in
	// the square of its length.
	chars []int
}

// block is how many bytes of text have an entry in chars.
const block = 128

// NewSource makes a source of a file's text.
func NewSource(name, text string) *Source {
	s := &Source{Name: name, Text: text, lines: []int{0}}
	ascii := true
	for i := range len(text) {
		ascii = ascii && text[i] < utf8.RuneSelf
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	if ascii {
		return s
	}
	n := 0
	for i := range len(text) {
		if i%block == 0 {
			s.chars = append(s.chars, n)
		}
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return s
}

// charsBefore counts the characters that begin before offset.
func (s *Source) charsBefore(offset int) int {
	if s.chars == nil {
		return offset
	}
	from := min(offset/block, len(s.chars)-1)
	n := s.chars[from]
	for i := from * block; i < offset; i++ {
		if utf8.RuneStart(s.Text[i]) {
			n++
		}
	}
	return n
}

// Pos is the place of a byte offset: what ends a line stands at its end, however many
// characters that are.
func (s *Source) Pos(offset int) Pos {
	line := s.lineAt(offset)
	start := s.lines[line]
	offset = min(offset, start+len(s.Line(line+1)))
	return Pos{File: s.Name, Line: line + 1, Col: s.charsBefore(offset) - s.charsBefore(start) + 1}
}

// Line is the text of line n, from 1, without its end.
func (s *Source) Line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.Text)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	return strings.TrimRight(s.Text[s.lines[n-1]:end], "\r\n")
}

// lineAt is the line of an offset, from 0.
func (s *Source) lineAt(offset int) int {
	return sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset }) - 1
}

// firstOnLine says whether nothing but blanks stands before offset on its line.
func (s *Source) firstOnLine(offset int) bool {
	for i := offset - 1; i >= 0 && s.Text[i] != '\n'; i-- {
		if s.Text[i] != ' ' && s.Text[i] != '\t' && s.Text[i] != '\r' {
			return false
		}
	}
	return true
}

// Errorf makes an error of a part of the source.
func (s *Source) Errorf(at Span, format string, args ...any) *Error {
	e := &Error{Pos: s.Pos(at.Start), Msg: fmt.Sprintf(format, args...)}
	e.Source = s.Line(e.Pos.Line)
	// What goes over several lines is underlined on the first.
	end := min(at.End, s.lines[e.Pos.Line-1]+len(e.Source))
	e.Len = 1
	if end > at.Start {
		e.Len = max(s.charsBefore(end)-s.charsBefore(at.Start), 1)
	}
	return e
}
