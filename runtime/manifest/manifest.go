package manifest

import (
	"slices"
	"time"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/capability"
)

// FileName is what a manifest is called in the folder of its component.
const FileName = "Component.toml"

// Manifest is one component's manifest, checked and with its defaults filled in.
type Manifest struct {
	Path        string // of the manifest, as it was given to Load or Parse
	Name        string // the component's address, "namespace:name"
	Version     string // a semantic version
	Description string
	Authors     []string
	License     string // an SPDX expression, as it is written
	World       string // "airssys:core/airssys-component"; "" leaves it to the component's exports
	Source      *Source
	File        string // path of the component: below the manifest's folder after Load, as written after Parse

	Supervision Supervision
	Mailbox     Mailbox
	// Subscriptions are the topics that the component listens to, as patterns.
	Subscriptions []string
	Limits        Limits
	MemoryNeeded  uint64 // bytes of linear memory that the component is not started without
	Quotas        Quotas
	Audit         AuditLevel

	Config []byte            // the [config] table as JSON, nil without one
	Env    map[string]string // nil without an [env] table

	grants   []capability.Grant
	paths    [][]any // of the grants in the file
	required int     // how many grants are not optional; they come first

	dialect *dialect
	src     []byte
}

// Source is where the component comes from: a Git repository or a place on the machine. It is what the manifest says, which nobody has checked; nil where
// it says nothing.
type Source struct {
	Git    string // the repository's URL, "" for a place
	Branch string // "" for any
	Commit string // 40 hex digits, "" for any
	Path   string // an absolute path with "/", "" for a repository
}

// Grants gives what the manifest allows its component to use, imports first, then kind by kind; the order does not depend on the order in the file.
// What is optional is among them, at the end.
func (m *Manifest) Grants() []capability.Grant { return slices.Clone(m.grants) }

// Optional gives those of the grants that the component can do without: a host that withholds some of them starts it all the same.
func (m *Manifest) Optional() []capability.Grant { return slices.Clone(m.grants[m.required:]) }

// Supervision says what happens when the component's actor ends.
type Supervision struct {
	Restart         Restart
	Group           string        // the supervisor that the component shares with others: "books", or "shop.books" for one within another; "" for none
	Strategy        Strategy      // of the group
	MaxRestarts     int           // within Within; one more and the actor has failed. In a group those of all its components together
	Within          time.Duration // the window in which restarts are counted
	Backoff         Backoff
	Health          Health
	StartupTimeout  time.Duration
	ShutdownTimeout time.Duration
	KeepState       bool // what the host's program keeps for the component outlives its instance
}

// Restart says after which ends an actor is started again, in the words of Erlang/OTP.
type Restart string

// The restart policies.
const (
	Permanent Restart = "permanent" // always
	Transient Restart = "transient" // after a crash, not after a normal end
	Temporary Restart = "temporary" // never
)

// Strategy is who of a group is restarted when one of its components is.
type Strategy string

// The strategies, in the words of Erlang/OTP.
const (
	OneForOne  Strategy = "one_for_one"  // that one
	OneForAll  Strategy = "one_for_all"  // all of the group
	RestForOne Strategy = "rest_for_one" // that one, and those that started after it
)

// Health is how the component is asked whether it is well.
type Health struct {
	Interval time.Duration // between checks; 0 for none
	Timeout  time.Duration // of one check
	Failures int           // in a row, that restart the component
}

// Backoff is the pause before each restart.
type Backoff struct {
	Kind       BackoffKind
	Base       time.Duration // the first pause
	Multiplier float64       // of exponential: each pause is this many times the last
	Max        time.Duration // the longest pause
	Jitter     bool          // the pause is drawn at random up to its length, so that many do not restart at once
}

// BackoffKind is how pauses grow from one restart to the next.
type BackoffKind string

// The kinds of back-off.
const (
	Exponential BackoffKind = "exponential" // base × multiplier^(attempt-1)
	Linear      BackoffKind = "linear"      // base × attempt
	Immediate   BackoffKind = "immediate"   // no pause
)

// Mailbox bounds what waits for the component.
type Mailbox struct {
	Size            int           // messages
	DeliveryTimeout time.Duration // how long a sender waits at a full mailbox
	MaxMessageBytes uint64        // of one message; 0 leaves it to the host
	MaxBytes        uint64        // of all that wait; 0 leaves it to the host
}

// AuditLevel says which decisions get a record of their own in the audit log.
type AuditLevel string

// The levels.
const (
	AuditDenied AuditLevel = "denied" // those that were a no; the others are counted
	AuditEvery  AuditLevel = "every"  // all
)

// Error is one mistake in a manifest, with its place.
type Error = tomlpos.Error

// Errors are the mistakes of one manifest in the order of their places.
type Errors = tomlpos.Errors

func defaults() Manifest {
	return Manifest{
		Supervision: Supervision{
			Restart:     Permanent,
			Strategy:    OneForOne,
			MaxRestarts: 3,
			Within:      60 * time.Second,
			Backoff: Backoff{
				Kind:       Exponential,
				Base:       100 * time.Millisecond,
				Multiplier: 1.5,
				Max:        30 * time.Second,
			},
			Health:          Health{Interval: 5 * time.Second, Timeout: time.Second, Failures: 3},
			StartupTimeout:  10 * time.Second,
			ShutdownTimeout: 5 * time.Second,
		},
		Mailbox: Mailbox{Size: 1000, DeliveryTimeout: 5 * time.Second},
		Audit:   AuditDenied,
	}
}
