// Package shared stands for bindings that were generated before.
package shared

// Point is a point.
type Point struct{ X, Y uint32 }

// Color is a color.
type Color uint8
