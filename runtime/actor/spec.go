package actor

import (
	"cmp"
	"fmt"
	"time"
)

// A Spec describes an actor to [System.Spawn]. Address and Factory are required; each other zero value stands for its default.
// A negative timeout means that there is none.
type Spec struct {
	Address Address
	Factory Factory

	Supervisor Address   // default the root, which is one-for-one
	Restart    Restart   // default Permanent
	Intensity  Intensity // of its own restarts, right below the root; default 3 within a minute. Another supervisor has one for all
	Backoff    Backoff   // default exponential from 100 ms by 1.5 up to 30 s

	Health HealthCheck // default none

	// State makes what host functions keep for the actor, see [System.State], before each instance; KeepState has one made before
	// the first only, so that it survives restarts. What the state needs freed is for a [System.Monitor] to free.
	State     func() any
	KeepState bool

	MailboxSize     int           // messages that may wait, default 1,000; the one being handled does not count
	DeliveryTimeout time.Duration // how long System.Send waits for room in the mailbox, default 5 s

	StartTimeout  time.Duration // for the factory and Start together, default 10 s
	StopTimeout   time.Duration // for the mailbox to drain and Stop together, and again for Close; default 5 s
	HandleTimeout time.Duration // for one Handle, default none; an instance that is cut short by it has crashed

	SendRate        int // messages that it may send in a second, default any number; see [System.Spend]
	MailboxBytes    int // of payloads that may wait in its mailbox, default any number; those of a message in hand do not count
	MaxMessageBytes int // of the payload of one message to it, default any number, at most MailboxBytes
}

// Defaults of a Spec.
const (
	DefaultMailboxSize     = 1000
	DefaultDeliveryTimeout = 5 * time.Second
	DefaultStartTimeout    = 10 * time.Second
	DefaultStopTimeout     = 5 * time.Second
	DefaultHealthTimeout   = time.Second
	DefaultHealthFailures  = 3
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
	orElse(&s.Intensity, defaultIntensity)
	s.Backoff = s.Backoff.complete()
	orElse(&s.Health.Timeout, DefaultHealthTimeout)
	orElse(&s.Health.Failures, DefaultHealthFailures)
	orElse(&s.MailboxSize, DefaultMailboxSize)
	orElse(&s.DeliveryTimeout, DefaultDeliveryTimeout)
	orElse(&s.StartTimeout, DefaultStartTimeout)
	orElse(&s.StopTimeout, DefaultStopTimeout)
	if s.MailboxBytes > 0 && (s.MaxMessageBytes == 0 || s.MaxMessageBytes > s.MailboxBytes) {
		s.MaxMessageBytes = s.MailboxBytes
	}
	for _, rule := range []struct {
		broken  bool
		field   string
		problem string
	}{
		{s.Factory == nil, "Factory", "is nil: give the function that makes the actor's instances"},
		{s.Restart > Temporary, "Restart", "is not a restart policy"},
		{s.MailboxSize < 0, "MailboxSize", "is negative"},
		{s.MailboxBytes < 0, "MailboxBytes", "is negative"},
		{s.MaxMessageBytes < 0, "MaxMessageBytes", "is negative"},
		{s.SendRate < 0, "SendRate", "is negative"},
		{s.Health.Interval < 0, "Health.Interval", "is negative"},
		{s.Health.Failures < 0, "Health.Failures", "is negative"},
	} {
		if rule.broken {
			return s, &SpecError{s.Address, rule.field, rule.problem}
		}
	}
	return s, cmp.Or(s.Intensity.check(s.Address), s.Backoff.check(s.Address))
}

func orElse[T comparable](v *T, fallback T) {
	if *v == *new(T) {
		*v = fallback
	}
}
