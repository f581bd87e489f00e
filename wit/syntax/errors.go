package syntax

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Error is one mistake in a WIT source.
type Error struct {
	// Pos is where. Without a line the file or folder Pos.File is meant as a whole.
	Pos Pos
	// Len is how many characters from Pos on are meant, on one line.
	Len int
	// Msg says what is wrong: "type `moeny` is not defined".
	Msg string
	// Hint says what to do about it: "did you mean `money`, declared at
	// shop.wit:3:10?"; "" where there is nothing to say.
	Hint string
	// Source is the line that holds the mistake; "" where Pos is unknown.
	Source string
}

// longestLine is the length from which a source line is not shown: it would
// flood a terminal.
const longestLine = 500

// Error gives the place, the mistake, the line with the place underlined, and the
// hint.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Pos.IsValid():
		b.WriteString(e.Pos.String() + ": ")
	case e.Pos.File != "":
		b.WriteString(e.Pos.File + ": ")
	}
	b.WriteString(e.Msg)
	if !e.Pos.IsValid() || len(e.Source) > longestLine || strings.TrimSpace(e.Source) == "" {
		if e.Hint != "" {
			b.WriteString("; " + e.Hint)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "\n%5d | %s\n      | %s%s", e.Pos.Line, e.Source, indentTo(e.Source, e.Pos.Col), strings.Repeat("^", max(e.Len, 1)))
	if e.Hint != "" {
		b.WriteString(" " + e.Hint)
	}
	return b.String()
}

// WithHint adds what to do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
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

// maxErrors is how many mistakes are collected: what comes after so many is
// mostly more of the same.
const maxErrors = 50

// An ErrorList is the mistakes that one pass found, in the order of their places.
type ErrorList []*Error

// Error gives them one after the other.
func (l ErrorList) Error() string {
	parts := make([]string, len(l))
	for i, e := range l {
		parts[i] = e.Error()
	}
	if l.Full() {
		parts = append(parts, fmt.Sprintf("these are the first %d mistakes; there may be more", maxErrors))
	}
	return strings.Join(parts, "\n")
}

// Unwrap gives each, for errors.As.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// Full says whether no more are collected, so that looking for hints is in vain.
func (l ErrorList) Full() bool { return len(l) >= maxErrors }

// Add adds a mistake, unless there are too many already or the same place has
// one.
func (l *ErrorList) Add(e *Error) {
	if l.Full() {
		return
	}
	for _, other := range *l {
		if other.Pos == e.Pos && (e.Pos.IsValid() || other.Msg == e.Msg) {
			return
		}
	}
	*l = append(*l, e)
}

// Err is the list in order, the only mistake of a list of one, or nil.
func (l ErrorList) Err() error {
	switch len(l) {
	case 0:
		return nil
	case 1:
		return l[0]
	}
	slices.SortStableFunc(l, func(a, b *Error) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), a.Pos.Line-b.Pos.Line, a.Pos.Col-b.Pos.Col)
	})
	return l
}
