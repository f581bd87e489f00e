// Package geo holds types that a person wrote.
package geo

import "fmt"

// Place is a point.
type Place struct{ X, Y uint32 }

func (p *Place) Error() string { return fmt.Sprintf("no way to %d, %d", p.X, p.Y) }

// Level is how high.
type Level int

// Perms is what may be done.
type Perms uint
