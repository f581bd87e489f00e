package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A Record is one line of the log. Only Event must be given to [Log.Append] and [Log.Commit], which fill in Seq and, where it is zero, Time.
type Record struct {
	Seq       uint64            `json:"seq"`
	Time      time.Time         `json:"time"`
	Event     Event             `json:"event"`
	Component string            `json:"component,omitempty"` // the address of the component it is about
	Actor     string            `json:"actor,omitempty"`     // the person who did it
	Interface string            `json:"interface,omitempty"` // of the function called
	Function  string            `json:"function,omitempty"`
	Kind      string            `json:"kind,omitempty"` // of resource
	Action    string            `json:"action,omitempty"`
	Resource  string            `json:"resource,omitempty"`
	Decision  string            `json:"decision,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Count     uint64            `json:"count,omitempty"` // how many calls, or records, it stands for; 0 for one
	Trust     string            `json:"trust,omitempty"` // level of the component
	SHA256    string            `json:"sha256,omitempty"`
	Meta      map[string]string `json:"meta,omitempty"`
}

// An Event is what a record is about.
type Event string

// The events.
const (
	Access    Event = "access"   // a call of an import, granted or denied
	Approval  Event = "approval" // a step of an approval
	Trust     Event = "trust"    // a change of whom the host trusts, or how a component was judged
	DevMode   Event = "dev-mode" // a component that nobody approved, run all the same
	Started   Event = "start"    // of a component
	Stopped   Event = "stop"
	Crashed   Event = "crash"
	Restarted Event = "restart"
	Limited   Event = "limit"    // a limit that was hit, or is near
	Revoked   Event = "revoke"   // of a grant, while the component runs
	Delegated Event = "delegate" // of grants to another component; it may have been refused, where more was asked for than is held

	Begin      Event = "begin"      // of a file
	Opened     Event = "open"       // by a process
	Closed     Event = "close"      // by a process, in good order
	Checkpoint Event = "checkpoint" // a signature of the chain so far
	Gap        Event = "gap"        // a process died and may have lost records
	Lost       Event = "lost"       // records that found the buffer full
	Dropped    Event = "drop"       // the oldest files, of which no more are kept
)

// What a decision can be.
const (
	Granted = "granted"
	Denied  = "denied"
)

// line writes the record without its chain: a JSON object that is still open. JSON escapes line feeds and the other control characters of ASCII, and text
// that is no UTF-8 is made so, so that nothing a guest says ends a line or begins another. What else cannot be printed is escaped besides: terminals take
// some of it for commands, or write the rest of the line backwards.
func (r *Record) line() ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	b = b[:len(b)-1]
	if !bytes.ContainsFunc(b, hidden) {
		return b, nil
	}
	plain := make([]byte, 0, len(b)+64)
	for _, c := range string(b) {
		switch {
		case !hidden(c):
			plain = utf8.AppendRune(plain, c)
		case c < 1<<16:
			plain = fmt.Appendf(plain, `\u%04x`, c)
		default:
			high, low := utf16.EncodeRune(c)
			plain = fmt.Appendf(plain, `\u%04x\u%04x`, high, low)
		}
	}
	return plain, nil
}

func hidden(c rune) bool { return c >= 0x7f && !unicode.IsPrint(c) }
