package syntax

import (
	"strings"
	"testing"
)

func lex(text string) ([]token, ErrorList) {
	var errs ErrorList
	l := newLexer(NewSource("l.wit", text), &errs)
	var out []token
	for {
		t := l.next()
		if t.kind == tokEOF {
			return out, errs
		}
		out = append(out, t)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"a: func(b: u8) -> c;", "an identifier|`:`|keyword `func`|`(`|an identifier|`:`|keyword `u8`|`)`|`->`|an identifier|`;`"},
		{"%func Async X-y", "an identifier|an identifier|an identifier"},
		{"a/b@1 . * + - =", "an identifier|`/`|an identifier|`@`|a number|`.`|`*`|`+`|`-`|`=`"},
		{"// c\n/* d /* e */ f */ _ <>{},", "`_`|`<`|`>`|`{`|`}`|`,`"},
		{`"a\"b" "\u{1f600}"`, "a string in quotes|a string in quotes"},
		{"a// the end", "an identifier"},
		{"->-", "`->`|`-`"},
	} {
		tokens, errs := lex(c.text)
		var kinds []string
		for _, tok := range tokens {
			kinds = append(kinds, tok.kind.String())
		}
		if got := strings.Join(kinds, "|"); got != c.want {
			t.Errorf("%q is %s, want %s", c.text, got, c.want)
		}
		if c.text != "%func Async X-y" && len(errs) > 0 {
			t.Errorf("%q: %v", c.text, errs)
		}
	}
}

func TestStringsAreDecoded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"plain"`: "plain", `"a\tb\n\r\"\'\\"`: "a\tb\n\r\"'\\", `"\e2\98\83"`: "☃", `"\u{1F_600}"`: "😀",
	} {
		var errs ErrorList
		src := NewSource("s.wit", text)
		if got := stringValue(src, Span{0, len(text)}, &errs); got != want || len(errs) > 0 {
			t.Errorf("%s is %q %v, want %q", text, got, errs, want)
		}
	}
	for _, text := range []string{`"\q"`, `"\u{110000}"`, `"\u{d800}"`, `"\u"`, `"\4"`, `"\ff"`, `"\u{}"`} {
		var errs ErrorList
		stringValue(NewSource("s.wit", text), Span{0, len(text)}, &errs)
		if len(errs) != 1 {
			t.Errorf("%s: %d mistakes", text, len(errs))
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"1.2.3", "0.0.0", "1.0.0-rc.1", "1.0.0-0a.x-y", "1.0.0+build.01", "1.0.0-a+b"} {
		if !ValidVersion(v) {
			t.Errorf("%s is refused", v)
		}
	}
	for _, v := range []string{"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3-a..b", "a.b.c", "1.2.-3"} {
		if ValidVersion(v) {
			t.Errorf("%s is taken", v)
		}
	}
	order := []string{"0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0", "1.0.10", "1.2.0", "10.0.0"}
	for i := range order {
		for j := range order {
			if got := CompareVersions(order[i], order[j]); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s against %s: %d", order[i], order[j], got)
			}
		}
	}
}

// TestPlacesAreCharacters counts columns where bytes are not characters, also far
// down a long line.
func TestPlacesAreCharacters(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("ä", 500) + "x"
	src := NewSource("p.wit", "a\n"+line+"\nz")
	if got := src.Pos(2 + 1000); got.Line != 2 || got.Col != 501 {
		t.Errorf("x is at %v", got)
	}
	if got := src.Pos(len(src.Text)); got.Line != 3 || got.Col != 2 {
		t.Errorf("the end is at %v", got)
	}
}

// FuzzLexer reads anything: tokens stand one behind the other and cover the source.
func FuzzLexer(f *testing.F) {
	for _, text := range []string{"a: func();", "/* /* */", `"\u{`, "%", "é\xff", "1.2.3-", "--a-B"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens, _ := lex(text)
		end := 0
		for _, tok := range tokens {
			if tok.Start < end || tok.End <= tok.Start || tok.End > len(text) || tok.prev != end {
				t.Fatalf("token %v behind %d of %d bytes", tok, end, len(text))
			}
			end = tok.End
		}
	})
}
