package files

import (
	"fmt"
	"runtime"
	"strings"
)

// A NameError says why a name is not used: the operating system would read it as
// something else.
type NameError struct{ Name, Problem string }

func (e *NameError) Error() string { return fmt.Sprintf("the name %q %s", e.Name, e.Problem) }

// CheckName refuses, with a *NameError, a name that the operating system reads
// specially: on Windows devices (NUL), streams (file:stream), names that end in a
// dot or a space, which it leaves out, and what looks like the short form of
// another name (PROGRA~1). Elsewhere a name is a name.
func CheckName(name string) error {
	if runtime.GOOS != "windows" {
		return nil
	}
	if problem := special(name); problem != "" {
		return &NameError{name, problem}
	}
	return nil
}

// special says how Windows reads a name that it reads specially.
func special(name string) string {
	switch {
	case strings.ContainsAny(name, `:\<>"|?*`):
		return "holds a character that Windows reads specially"
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "ends in a dot or a space, which Windows leaves out"
	case short(name):
		return "looks like the short form of another name"
	}
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	if devices[base] {
		return "is a device's"
	}
	return ""
}

var devices = func() map[string]bool {
	all := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"} {
		all["COM"+n], all["LPT"+n] = true, true
	}
	return all
}()

// short tells whether a name has the form of an 8.3 alias: a ~ and digits at the
// end of at most eight characters, before an extension of at most three.
func short(name string) bool {
	base, extension, _ := strings.Cut(name, ".")
	i := strings.LastIndexByte(base, '~')
	if i < 1 || len(base) > 8 || len(extension) > 3 || i == len(base)-1 {
		return false
	}
	return strings.Trim(base[i+1:], "0123456789") == ""
}
