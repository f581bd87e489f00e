package actor

import (
	"fmt"
	"time"
)

// A Spec describes an actor to [System.Spawn]. Address and Factory are required; each other zero value stands for its default.
// A negative timeout means that there is none.
type Spec struct {
	Address Address
	Factory Factory

	Restart   Restart   // default Permanent
	Intensity Intensity // default 3 within a minute
	Backoff   Backoff   // default exponential from 100 ms by 1.5 up to 30 s

	MailboxSize     int           // messages that may wait, default 1,000; the one being handled does not count
	DeliveryTimeout time.Duration // how long System.Send waits for room in the mailbox, default 5 s

	StartTimeout  time.Duration // for the factory and Start together, default 10 s
	StopTimeout   time.Duration // for the mailbox to drain and Stop together, and again for Close; default 5 s
	HandleTimeout time.Duration // for one Handle, default none; an instance that is cut short by it has crashed
}

// Defaults of a Spec.
const (
	DefaultMailboxSize     = 1000
	DefaultDeliveryTimeout = 5 * time.Second
	DefaultStartTimeout    = 10 * time.Second
	DefaultStopTimeout     = 5 * time.Second
)

// A SpecError says which field of a [Spec] is wrong.
type SpecError struct {
	Address Address
	Field   string
	Problem string
}

func (e *SpecError) Error() string {
	return fmt.Sprintf("actor %s: Spec.%s %s", e.Address, e.Field, e.Problem)
}

// complete checks s and fills in defaults.
func (s Spec) complete() (Spec, error) {
	if err := s.Address.check(); err != nil {
		return s, err
	}
	orElse(&s.Intensity, Intensity{Max: 3, Within: time.Minute})
	orElse(&s.Backoff.Base, 100*time.Millisecond)
	orElse(&s.Backoff.Multiplier, 1.5)
	orElse(&s.Backoff.Max, 30*time.Second)
	orElse(&s.MailboxSize, DefaultMailboxSize)
	orElse(&s.DeliveryTimeout, DefaultDeliveryTimeout)
	orElse(&s.StartTimeout, DefaultStartTimeout)
	orElse(&s.StopTimeout, DefaultStopTimeout)
	for _, rule := range []struct {
		broken  bool
		field   string
		problem string
	}{
		{s.Factory == nil, "Factory", "is nil: give the function that makes the actor's instances"},
		{s.Restart > Temporary, "Restart", "is not a restart policy"},
		{s.Intensity.Max < 0, "Intensity.Max", "is negative"},
		{s.Intensity.Within <= 0, "Intensity.Within", "must be positive"},
		{s.Backoff.Kind > Immediate, "Backoff.Kind", "is not a kind of back-off"},
		{s.Backoff.Base < 0, "Backoff.Base", "is negative"},
		{!(s.Backoff.Multiplier >= 1), "Backoff.Multiplier", "must be at least 1"},
		{s.Backoff.Max < s.Backoff.Base, "Backoff.Max", "is less than Backoff.Base"},
		{s.MailboxSize < 0, "MailboxSize", "is negative"},
	} {
		if rule.broken {
			return s, &SpecError{s.Address, rule.field, rule.problem}
		}
	}
	return s, nil
}

func orElse[T comparable](v *T, fallback T) {
	if *v == *new(T) {
		*v = fallback
	}
}
