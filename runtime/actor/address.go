package actor

import (
	"fmt"
	"strings"
	"unicode"
)

// An Address names an actor. Instance is empty where there is only one of a name. The zero Address stands for a sender outside
// of the system, such as the Go program around it.
type Address struct {
	Namespace string
	Name      string
	Instance  string
}

// An AddressError says why a text or an Address does not name an actor.
type AddressError struct {
	Text    string
	Problem string
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("actor address %q: %s; write it as namespace:name or namespace:name/instance", e.Text, e.Problem)
}

// Parse reads the form that [Address.String] writes. The error is an [*AddressError].
func Parse(text string) (Address, error) {
	namespace, rest, ok := strings.Cut(text, ":")
	if !ok {
		return Address{}, &AddressError{text, "it has no `:`"}
	}
	name, instance, ok := strings.Cut(rest, "/")
	if ok && instance == "" {
		return Address{}, &AddressError{text, "the instance after `/` is empty"}
	}
	a := Address{namespace, name, instance}
	if err := a.check(); err != nil {
		return Address{}, err
	}
	return a, nil
}

// String gives namespace:name, with /instance where there is one, and "" for the zero Address.
func (a Address) String() string {
	switch {
	case a == Address{}:
		return ""
	case a.Instance == "":
		return a.Namespace + ":" + a.Name
	default:
		return a.Namespace + ":" + a.Name + "/" + a.Instance
	}
}

// IsZero tells whether a is the zero Address.
func (a Address) IsZero() bool { return a == Address{} }

func (a Address) check() error {
	for _, part := range []struct{ what, text string }{
		{"namespace", a.Namespace}, {"name", a.Name}, {"instance", a.Instance},
	} {
		if part.text == "" && part.what != "instance" {
			return &AddressError{a.String(), "the " + part.what + " is empty"}
		}
		if plain(part.text) {
			continue
		}
		if i := strings.IndexFunc(part.text, reserved); i >= 0 {
			r := []rune(part.text[i:])[0]
			return &AddressError{a.String(), fmt.Sprintf("the %s contains %q", part.what, r)}
		}
	}
	return nil
}

// plain tells of the usual address, quicker than reserved does, that nothing in it is.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c-'a' < 26, c-'A' < 26, c-'0' < 10, c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// reserved holds what separates the parts of an address, and what patterns over addresses are made of: an address that looks
// like a pattern could be granted by accident.
func reserved(r rune) bool {
	return strings.ContainsRune(":/*?[]{}", r) || unicode.IsSpace(r) || !unicode.IsPrint(r)
}
