package wit

import (
	"fmt"
	"strings"
)

// A SyntaxError says what is wrong with a WIT source: its grammar, or a name in
// it that means nothing.
type SyntaxError struct {
	// Pos is where; the zero Pos where the whole source is meant.
	Pos Pos
	Msg string
	// Source is the line that holds the mistake; "" where Pos is unknown.
	Source string
	// Len is how many characters of it are meant.
	Len int
}

// Error gives the place, the mistake, and the line with the place underlined.
func (e *SyntaxError) Error() string {
	if !e.Pos.IsValid() {
		return e.Msg
	}
	s := fmt.Sprintf("%s: %s", e.Pos, e.Msg)
	if strings.TrimSpace(e.Source) == "" {
		return s
	}
	return s + fmt.Sprintf("\n%5d | %s\n      | %s%s", e.Pos.Line, e.Source, indentTo(e.Source, e.Pos.Col), strings.Repeat("^", max(e.Len, 1)))
}

// indentTo gives the blanks below the first col-1 characters of line; a tab
// stays one, whatever it is worth.
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

// An UnsupportedError names a part of WIT that is not read yet, and where it
// stands.
type UnsupportedError struct {
	Pos Pos
	// Where names the item: "demo:shop/files@0.2.0, function read, parameter v".
	// It may be empty where Pos is known.
	Where string
	// What names the part of the language, in the plural: "async functions".
	What string
}

// Error names both.
func (e *UnsupportedError) Error() string {
	s := e.What + " are not supported yet"
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	if e.Pos.IsValid() {
		s = e.Pos.String() + ": " + s
	}
	return s
}
