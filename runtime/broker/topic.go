package broker

import (
	"fmt"
	"strings"
	"unicode"
)

// Bounds of topics and patterns.
const (
	MaxBytes    = 255
	MaxSegments = 32
)

// A TopicError says why a text is not a topic, or not a pattern of topics.
type TopicError struct {
	Text    string
	Pattern bool
	Problem string
}

func (e *TopicError) Error() string {
	what := "topic"
	if e.Pattern {
		what = "pattern of topics"
	}
	return fmt.Sprintf("%s %q: %s; write segments with dots between them, as in orders.eu.paid", what, e.Text, e.Problem)
}

// CheckTopic tells whether something can be published under text. The error is a [*TopicError].
func CheckTopic(text string) error { return check(text, false) }

// CheckPattern tells whether text can be subscribed to. The error is a [*TopicError].
func CheckPattern(text string) error { return check(text, true) }

func check(text string, pattern bool) error {
	fail := func(problem string) error {
		if len(text) > MaxBytes {
			text = text[:MaxBytes]
		}
		return &TopicError{text, pattern, problem}
	}
	if len(text) > MaxBytes {
		return fail(fmt.Sprintf("it has %d bytes, and may have %d", len(text), MaxBytes))
	}
	if n := strings.Count(text, ".") + 1; n > MaxSegments {
		return fail(fmt.Sprintf("it has %d segments, and may have %d", n, MaxSegments))
	}
	rest, more := text, true
	for more {
		var segment string
		segment, rest, more = strings.Cut(rest, ".")
		wild := strings.ContainsAny(segment, "*#>")
		switch {
		case segment == "":
			return fail("a segment is empty")
		case strings.IndexFunc(segment, unprintable) >= 0:
			return fail("it contains a space or what cannot be printed")
		case wild && !pattern:
			return fail("only patterns contain `*`, `#` and `>`")
		case wild && len(segment) > 1:
			return fail("`*`, `#` and `>` stand for whole segments")
		case more && (segment == "#" || segment == ">"):
			return fail("`#` and `>` stand at the end only")
		}
	}
	return nil
}

func unprintable(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar
}

// A trie finds the subscriptions whose patterns match a topic.
type trie struct {
	here, rest, more subscribers // end here; end in # or in > below here
	below            map[string]*trie
}

type subscribers map[subscriber]bool

// at gives the set that a pattern's subscribers are in, making the way there.
func (t *trie) at(pattern string) *subscribers {
	for more := true; more; {
		var segment string
		segment, pattern, more = strings.Cut(pattern, ".")
		switch segment {
		case "#":
			return &t.rest
		case ">":
			return &t.more
		}
		next := t.below[segment]
		if next == nil {
			next = new(trie)
			if t.below == nil {
				t.below = map[string]*trie{}
			}
			t.below[segment] = next
		}
		t = next
	}
	return &t.here
}

// remove takes s out of a pattern's subscribers, and the way there as far as it leads to nobody else. It tells whether t does.
func (t *trie) remove(pattern string, s subscriber) (unused bool) {
	segment, rest, more := strings.Cut(pattern, ".")
	switch next := t.below[segment]; {
	case segment == "#":
		delete(t.rest, s)
	case segment == ">":
		delete(t.more, s)
	case next == nil:
	case more && next.remove(rest, s):
		delete(t.below, segment)
	case !more:
		if delete(next.here, s); next.unused() {
			delete(t.below, segment)
		}
	}
	return t.unused()
}

func (t *trie) unused() bool { return len(t.here)+len(t.rest)+len(t.more)+len(t.below) == 0 }

// match adds who listens to the topic to found.
func (t *trie) match(topic string, found subscribers) {
	found.add(t.rest)
	found.add(t.more)
	segment, rest, more := strings.Cut(topic, ".")
	for _, name := range []string{segment, "*"} {
		switch next := t.below[name]; {
		case next == nil:
		case more:
			next.match(rest, found)
		default:
			found.add(next.here)
			found.add(next.rest)
		}
	}
}

func (s subscribers) add(others subscribers) {
	for o := range others {
		s[o] = true
	}
}
