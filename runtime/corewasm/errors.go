package corewasm

import "fmt"

// Error says why a binary is refused.
type Error struct {
	// Offset is the byte of the module at which the fault lies.
	Offset int
	// Section names the section that was read, as "code"; "" is the header.
	Section string
	// Feature names the language feature that is not run here, as "relaxed
	// SIMD". It is empty where the binary is malformed.
	Feature string
	// Msg says what is wrong.
	Msg string
}

func (e *Error) Error() string {
	where := "core module"
	if e.Section != "" {
		where = e.Section + " section"
	}
	if e.Feature != "" {
		return fmt.Sprintf("%s at byte %#x: %s: %s is not supported", where, e.Offset, e.Msg, e.Feature)
	}
	return fmt.Sprintf("%s at byte %#x: %s", where, e.Offset, e.Msg)
}
