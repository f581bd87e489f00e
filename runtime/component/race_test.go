//go:build race

package component_test

const raceDetector = true
