package files

import "testing"

func TestSpecial(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"NUL", "nul", "NUL.txt", "con", "COM1", "com9.log", "LPT¹", "CONIN$", "AUX ", "aux .txt",
		"a:stream", "a::$DATA", `a\b`, "a<", `a"`, "a|b", "a?", "a*", "trailing.", "trailing ", "...",
		"PROGRA~1", "A~1.TXT", "abcdef~2.c",
	} {
		if special(name) == "" {
			t.Errorf("%q passes", name)
		}
	}
	for _, name := range []string{
		"a", "NULL", "nul1", "console", "COM", "COM10", "a~", "~1", "~", "a~b", "longer-name~1", "a~1.html", "x.nul", ".hidden", "a b", "ключ",
	} {
		if problem := special(name); problem != "" {
			t.Errorf("%q %s", name, problem)
		}
	}
}
