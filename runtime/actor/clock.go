package actor

import "time"

// A Clock tells the time and calls back later. Everything in a [System] that waits for time to pass waits on its clock.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, after d, on a goroutine of the clock's.
	AfterFunc(d time.Duration, f func()) Timer
}

// A Timer is a call that a [Clock] will make.
type Timer interface {
	// Stop takes the call back and tells whether it was in time to do so.
	Stop() bool
}

// RealClock is the clock of the machine.
type RealClock struct{}

// Now is time.Now.
func (RealClock) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (RealClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
