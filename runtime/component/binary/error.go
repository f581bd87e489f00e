package binary

import "fmt"

// Error tells why a file could not be read as a component, and where.
type Error struct {
	// Offset is the byte of the file at which reading failed.
	Offset int
	// Section is the name of the section that holds that byte, "type" or "core
	// module", and "" where the file does not start like a component.
	Section string
	// Msg says what is wrong and, where there is a remedy, what to do.
	Msg string
}

// Error gives the place and the message in one line.
func (e *Error) Error() string {
	if e.Section == "" {
		return fmt.Sprintf("not a component: byte %#x: %s", e.Offset, e.Msg)
	}
	return fmt.Sprintf("%s section at byte %#x: %s", e.Section, e.Offset, e.Msg)
}
