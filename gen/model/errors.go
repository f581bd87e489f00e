package model

import (
	"fmt"

	"github.com/airsstack/witgen/wit"
)

// An UnsupportedError names a part of a world that bindings cannot express yet.
type UnsupportedError struct {
	Pos wit.Pos
	// Where is the place in the world: "demo:kv/store@0.1.0, function put, parameter v".
	Where string
	// What is the part of the language, in the plural: "resources".
	What string
	// Hint says what to do about it; it may be empty.
	Hint string
}

// Error gives the place, the part and the hint.
func (e *UnsupportedError) Error() string {
	s := fmt.Sprintf("%s: %s are not supported yet", e.Where, e.What)
	if e.Pos.IsValid() {
		s = e.Pos.String() + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}
