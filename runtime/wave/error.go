package wave

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Error says where a text is not a value of its type.
type Error struct {
	// Text is the whole text.
	Text string
	// Line and Column are where it goes wrong, both from 1; the column counts
	// characters.
	Line, Column int
	// Msg is what stands there and what was expected.
	Msg string
}

// Error gives the place and what was expected there, in one line.
func (e *Error) Error() string {
	if strings.Contains(e.Text, "\n") {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Msg)
}

// Caret is the line with a mark below the place, two lines.
func (e *Error) Caret() string {
	lines := strings.Split(e.Text, "\n")
	line := strings.TrimSuffix(lines[e.Line-1], "\r")
	var pad strings.Builder
	for i, r := range []rune(line) {
		switch {
		case i >= e.Column-1:
			return line + "\n" + pad.String() + "^"
		case r == '\t':
			pad.WriteByte('\t')
		default:
			pad.WriteByte(' ')
		}
	}
	return line + "\n" + pad.String() + "^"
}

// errorAt makes an error of the place at a byte of the text.
func errorAt(text string, at int, format string, args ...any) *Error {
	before := text[:at]
	line := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Text:   text,
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[line:]) + 1,
		Msg:    fmt.Sprintf(format, args...),
	}
}
