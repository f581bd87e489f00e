package actor

import (
	"math"
	"time"
)

// Restart is when a supervisor restarts an actor whose instance has ended, in OTP's words.
type Restart uint8

// The restart policies.
const (
	Permanent Restart = iota // always
	Transient                // after a crash, not after an end by itself
	Temporary                // never
)

func (r Restart) String() string { return name(r, "permanent", "transient", "temporary") }

func (r Restart) allows(crashed bool) bool {
	return r == Permanent || r == Transient && crashed
}

// An Intensity bounds restarts: the actor fails at the end of an instance that would need more than Max of them within the last
// Within. The zero value is the default, 3 within a minute; a Max of 0 with a Within is a single life.
type Intensity struct {
	Max    int
	Within time.Duration
}

var defaultIntensity = Intensity{Max: 3, Within: time.Minute}

// check gives what is wrong with it in the Spec of an address.
func (i Intensity) check(of Address) error {
	switch {
	case i.Max < 0:
		return &SpecError{of, "Intensity.Max", "is negative"}
	case i.Within <= 0:
		return &SpecError{of, "Intensity.Within", "must be positive"}
	}
	return nil
}

// A Backoff is how long a supervisor waits before it restarts. The zero value is exponential from 100 ms by 1.5 up to 30 s.
type Backoff struct {
	Kind       BackoffKind
	Base       time.Duration // the first wait; 0 is 100 ms
	Multiplier float64       // of Exponential; 0 is 1.5
	Max        time.Duration // the longest wait; 0 is 30 s
	Jitter     bool          // takes a random part of up to half away, so that what crashed together does not start together
}

func (b Backoff) complete() Backoff {
	orElse(&b.Base, 100*time.Millisecond)
	orElse(&b.Multiplier, 1.5)
	orElse(&b.Max, 30*time.Second)
	return b
}

// check gives what is wrong with it in the Spec of an address.
func (b Backoff) check(of Address) error {
	switch {
	case b.Kind > Immediate:
		return &SpecError{of, "Backoff.Kind", "is not a kind of back-off"}
	case b.Base < 0:
		return &SpecError{of, "Backoff.Base", "is negative"}
	case !(b.Multiplier >= 1):
		return &SpecError{of, "Backoff.Multiplier", "must be at least 1"}
	case b.Max < b.Base:
		return &SpecError{of, "Backoff.Max", "is less than Backoff.Base"}
	}
	return nil
}

// BackoffKind is how waits grow with the number of restarts within the intensity's window.
type BackoffKind uint8

// The kinds of back-off. The n-th restart, from 1, waits for:
const (
	Exponential BackoffKind = iota // Base × Multiplierⁿ⁻¹
	Linear                         // Base × n
	Immediate                      // nothing
)

func (k BackoffKind) String() string { return name(k, "exponential", "linear", "immediate") }

// delay gives the wait before the n-th restart, from 1. random is from [0, 1).
func (b Backoff) delay(n int, random func() float64) time.Duration {
	var d float64
	switch b.Kind {
	case Immediate:
		return 0
	case Linear:
		d = float64(b.Base) * float64(n)
	default:
		d = float64(b.Base) * math.Pow(b.Multiplier, float64(n-1))
	}
	d = min(d, float64(b.Max)) // before it becomes an integer, which it may not fit
	if b.Jitter {
		d -= d / 2 * random()
	}
	return time.Duration(d)
}
