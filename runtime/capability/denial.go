package capability

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxRecorded bounds the bytes of a resource that are kept of a decision.
const maxRecorded = 256

// Denial says that a demand was refused. As an error it says what was asked and nothing of what is granted, so a guest may be shown it;
// [Denial.Reason], [Denial.Granted] and [Denial.Hint] are for the host's eyes.
type Denial struct {
	Subject  string // who asked
	Point    Point
	Action   string
	Resource string // cut when it is very long
	Reason   string // why
	Final    bool   // no grant would change it: it is one of Guard.Refuse's

	guard *Guard // nil in a denial that no guard made
}

// Error says what was asked: "send-message: messaging send orders:audit is not granted". Of what
// no grant would change it says the reason.
func (d *Denial) Error() string {
	if d.Final {
		return fmt.Sprintf("%s: %s: %s", d.Point.Func, d.quoted(), d.Reason)
	}
	return fmt.Sprintf("%s: %s is not granted", d.Point.Func, d.asked())
}

// Granted gives what the component holds of the kind that it asked for.
func (d *Denial) Granted() []Grant {
	if d.guard == nil {
		return nil
	}
	return slices.DeleteFunc(d.guard.Grants(), func(g Grant) bool { return g.Kind != d.Point.Kind })
}

// Hint says what would allow the demand: `in [capabilities] messaging.send, add "orders:audit"`. It is empty when nothing would, since the resource is malformed,
// or the denial is one of Refuse's.
func (d *Denial) Hint() string {
	if d.Final {
		return ""
	}
	literal := Literal(d.Point.Kind, d.Resource)
	if literal == "" || strings.HasSuffix(d.Resource, "…") {
		return ""
	}
	return fmt.Sprintf("in [capabilities] %s, add %q", Key(d.Point.Kind, d.Action), literal)
}

// Literal writes a resource of a kind as a pattern that matches it and nothing else; "" for a malformed one, which no pattern matches.
func Literal(kind Kind, resource string) string {
	if _, reason := normal(kind, resource); reason != "" {
		return ""
	}
	if kind != Filesystem {
		return resource
	}
	var b strings.Builder
	for _, r := range resource {
		if strings.ContainsRune("*?[{}", r) {
			fmt.Fprintf(&b, "[%c]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Key is where in [capabilities] a manifest grants an action on a kind: "messaging.send", "imports".
func Key(kind Kind, action string) string {
	switch kind {
	case Import:
		return "imports"
	case Filesystem, Network, Storage, Process, Messaging:
		return string(kind) + "." + action
	}
	return "custom." + string(kind) + "." + action
}

// asked writes the demand so that nothing in it can pass for another line of a log.
func (d *Denial) asked() string {
	return describe(d.Point.Kind, d.Action, d.quoted())
}

// quoted is the resource as one word of a line, whatever is in it.
func (d *Denial) quoted() string {
	if quoted := strconv.Quote(d.Resource); len(quoted) != len(d.Resource)+2 {
		return quoted
	}
	return d.Resource
}
