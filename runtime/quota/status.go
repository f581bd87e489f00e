package quota

import (
	"encoding/json"
	"fmt"
	"time"
)

// A Status is what is used of one limit of many.
type Status struct {
	// Of names what is limited: "bytes in the mailbox".
	Of string
	Usage
}

func (s Status) String() string { return s.Of + ": " + s.Usage.String() }

// MarshalJSON writes an object with of, used, limit, available and percentage;
// the last three only where there is a limit.
func (s Status) MarshalJSON() ([]byte, error) {
	type unlimited struct {
		Of   string `json:"of"`
		Used uint64 `json:"used"`
	}
	u := unlimited{s.Of, s.Used}
	if s.Limit == 0 {
		return json.Marshal(u)
	}
	return json.Marshal(struct {
		unlimited
		Limit      uint64  `json:"limit"`
		Available  uint64  `json:"available"`
		Percentage float64 `json:"percentage"`
	}{u, s.Limit, s.Available(), s.Percentage()})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Status) UnmarshalJSON(b []byte) error {
	var v struct {
		Of          string
		Used, Limit uint64
	}
	err := json.Unmarshal(b, &v)
	*s = Status{v.Of, Usage{v.Used, v.Limit}}
	return err
}

// An ExceededError says that something was refused because it would have been
// more than a limit.
type ExceededError struct {
	// Of names what is limited, as in Status.
	Of string
	// Wanted is how much was asked for.
	Wanted uint64
	// Usage is what was used already, and what may be. Used is 0 of a limit that
	// each is held to by itself, such as the size of a message.
	Usage Usage
	// Retry is when there is going to be room, from now; 0 where nobody knows.
	Retry time.Duration
	// Again says that something was refused before, and that not much less was
	// used since: who keeps records need not keep this one.
	Again bool
}

func (e *ExceededError) Error() string {
	text := fmt.Sprintf("too many %s: %d more than %v", e.Of, e.Wanted, e.Usage)
	if e.Usage.Used == 0 {
		text = fmt.Sprintf("too many %s: %d, and the limit is %d", e.Of, e.Wanted, e.Usage.Limit)
	}
	if e.Retry > 0 {
		text += "; try again in " + e.Retry.String()
	}
	return text
}

// A CeilingError says that a limit is to be higher than the host allows.
type CeilingError struct {
	// Of names the limit, as in Status.
	Of           string
	Wanted, Most uint64
}

func (e *CeilingError) Error() string {
	return fmt.Sprintf("the limit %s is to be %d, and the host allows %d at most", e.Of, e.Wanted, e.Most)
}
