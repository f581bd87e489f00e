package validate

import "fmt"

// Class tells which kind of rule a component breaks.
type Class uint8

// The classes of errors.
const (
	// ClassMalformed is what does not even have the form of a component: a core
	// module or a value whose bytes cannot be read.
	ClassMalformed Class = iota + 1
	// ClassIndex is an index outside of its index space, or a count of enclosing
	// scopes that there are not.
	ClassIndex
	// ClassType is an item of another type than the place asks for.
	ClassType
	// ClassMissing is an import, argument or export that is not there.
	ClassMissing
	// ClassName is a name that breaks the grammar of names, or that its type does
	// not fit.
	ClassName
	// ClassUnique is a name that occurs twice, also in two spellings that mean the
	// same.
	ClassUnique
	// ClassResource is a resource type that is another one, or that is used where
	// its definition does not reach.
	ClassResource
	// ClassABI is a canonical definition with options or a core signature that the
	// canonical ABI does not allow.
	ClassABI
	// ClassVisibility is an import or export that speaks of a type which is not
	// imported or exported itself.
	ClassVisibility
	// ClassValue is a component-level value that is not used exactly once, or whose
	// bytes are none of its type.
	ClassValue
	// ClassLimit is something too large or too deep.
	ClassLimit
	// ClassUnsupported is a core feature that the engine does not run, or a
	// definition that is in no specification.
	ClassUnsupported
)

var classNames = [...]string{
	"", "malformed", "index", "type", "missing", "name", "unique", "resource", "abi", "visibility", "value", "limit", "unsupported",
}

// String is the class in one word.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Error tells why a component is not valid.
type Error struct {
	Class Class
	// Offset is the byte of the file at which the definition starts that breaks
	// the rule.
	Offset int
	// Section names the section that the definition stands in, as "canon".
	Section string
	// Name is the import, export, argument, field or option that it is about, ""
	// where there is none.
	Name string
	// Expected and Found are what the place asks for and what stands there, where
	// two things do not fit; else "".
	Expected, Found string
	// Msg says what is wrong, without place, Expected and Found.
	Msg string
	// Cause is the error of the core module's decoder, if that refused it.
	Cause error
}

// Error gives place and reason in one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s section at byte %#x: %s", e.Section, e.Offset, e.Msg)
	if e.Expected != "" {
		s += fmt.Sprintf(": expected %s, found %s", e.Expected, e.Found)
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// named sets what an error is about.
func (e *Error) named(name string) *Error {
	e.Name = name
	return e
}

// bailout carries an error from where it is found up to Component, so that the
// rules read as rules.
type bailout struct{ err *Error }

// fault makes an error at the definition that is being looked at.
func (v *validator) fault(class Class, format string, args ...any) *Error {
	return &Error{Class: class, Offset: v.offset, Section: v.section, Msg: fmt.Sprintf(format, args...)}
}

// fail ends the validation.
func (v *validator) fail(class Class, format string, args ...any) {
	panic(bailout{v.fault(class, format, args...)})
}

// failNamed ends the validation for a name's sake.
func (v *validator) failNamed(class Class, name, format string, args ...any) {
	panic(bailout{v.fault(class, format, args...).named(name)})
}
