package approval

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
)

// State is where a request is.
type State string

// The states.
const (
	Pending      State = "pending"
	Reviewing    State = "reviewing"
	Approved     State = "approved"
	Denied       State = "denied"
	AutoApproved State = "auto-approved"
	Bypassed     State = "bypassed"
)

// MayRun says whether a component in that state may start.
func (s State) MayRun() bool { return s == Approved || s == AutoApproved || s == Bypassed }

// Open says whether somebody has to decide yet.
func (s State) Open() bool { return s == Pending || s == Reviewing }

// next are the steps that there are. Those to auto-approved, bypassed and pending are made by asking, the others by people.
var next = map[State][]State{
	"":           {Pending, AutoApproved, Bypassed},
	Pending:      {Reviewing, AutoApproved, Bypassed},
	Reviewing:    {Approved, Denied, AutoApproved, Bypassed},
	Approved:     {Reviewing, Denied},
	Denied:       {Reviewing},
	AutoApproved: {Reviewing, Denied, Pending, Bypassed},
	Bypassed:     {Reviewing, Denied, Pending, AutoApproved},
}

// An Ask is what a component wants to run with.
type Ask struct {
	Component string             // its address
	SHA256    string             // of the component's file, in hex
	World     string             // that it is of
	Signer    string             // whose trusted signature it carries, "" for none
	Grants    []capability.Grant // what its manifest asks for, in any order
	Optional  []capability.Grant // what it asks for besides, and can do without
}

// ID is what the ask is known by, whoever asks: 64 hex digits.
func (a *Ask) ID() string {
	h := sha256.New()
	write := func(texts ...string) {
		for _, s := range texts {
			// With its length before it no two lists of texts are the same bytes.
			h.Write(binary.AppendUvarint(nil, uint64(len(s))))
			h.Write([]byte(s))
		}
	}
	write("witgen approval", a.SHA256, a.World, a.Signer)
	write(texts(a.Grants)...)
	if len(a.Optional) > 0 {
		write("optional") // no grant has this text
		write(texts(a.Optional)...)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// texts are the grants as a set: each once, in order.
func texts(grants []capability.Grant) []string {
	var out []string
	for _, g := range grants {
		out = append(out, strings.Join([]string{string(g.Kind), g.Action, g.Resource}, "\x00"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A Request is an ask with what became of it.
type Request struct {
	ID     string             `json:"id"`
	State  State              `json:"state"`
	SHA256 string             `json:"sha256"`
	World  string             `json:"world,omitempty"`
	Signer string             `json:"signer,omitempty"`
	Grants []capability.Grant `json:"grants"`
	// Optional is what is asked for besides, and Withheld what of it was not approved.
	Optional []capability.Grant `json:"optional,omitempty"`
	Withheld []capability.Grant `json:"withheld,omitempty"`
	Askers   []string           `json:"askers"` // addresses of the components that ask for it
	History  []Step             `json:"history"`
	// Before is the request that was last approved for the first of the askers when it asked; "" for none.
	Before string `json:"before,omitempty"`
}

// A Step is one change of a request's state.
type Step struct {
	Time   time.Time `json:"time"`
	From   State     `json:"from,omitempty"` // "" when it was asked for
	To     State     `json:"to"`
	By     string    `json:"by"` // a person, or "witgen" for what follows from the configuration
	Reason string    `json:"reason,omitempty"`
}

// Last is the latest step.
func (r *Request) Last() Step { return r.History[len(r.History)-1] }

// Allowed is what the request may run with, where it may: all that was asked for but what was withheld.
func (r *Request) Allowed() []capability.Grant { return minus(r.wanted(), r.Withheld) }

func (r *Request) wanted() []capability.Grant { return append(slices.Clone(r.Grants), r.Optional...) }

// sameWithout says whether r is of what an ask is of, but for what is optional.
func (r *Request) sameWithout(a *Ask) bool {
	return r.SHA256 == a.SHA256 && r.World == a.World && r.Signer == a.Signer && slices.Equal(texts(r.Grants), texts(a.Grants))
}

// Short is the start of the ID that people use.
func (r *Request) Short() string { return r.ID[:12] }

// Difference says what r asks for beyond what before was approved for, and what it does without. A nil before was approved for nothing.
func (r *Request) Difference(before *Request) (more, less []capability.Grant) {
	var old []capability.Grant
	if before != nil {
		old = before.Allowed()
	}
	return minus(r.wanted(), old), minus(old, r.wanted())
}

// minus are the grants of a that are not in b, each once.
func minus(a, b []capability.Grant) []capability.Grant {
	var out []capability.Grant
	for _, g := range a {
		if !slices.Contains(b, g) && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// An OptionalError says that something was to be withheld that is not optional.
type OptionalError struct {
	Request *Request
	Grant   capability.Grant
}

func (e *OptionalError) Error() string {
	return fmt.Sprintf("%s cannot be approved without %q, which is not optional in it; witgen approvals show %s", e.Request.Short(), e.Grant, e.Request.Short())
}

// A NotApprovedError says that a component may not run, and what has to happen first.
type NotApprovedError struct {
	Request *Request
	Trust   []string // why it is not trusted, a sentence each
}

func (e *NotApprovedError) Error() string {
	r := e.Request
	if r.State == Denied {
		last := r.Last()
		return fmt.Sprintf("it was denied by %s%s; to look at it again: witgen approvals review %s", last.By, because(last.Reason), r.Short())
	}
	return fmt.Sprintf("it is not approved%s; look at what it asks for with `witgen approvals show %s`, then approve or deny it", because(strings.Join(e.Trust, ", ")), r.Short())
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// A StepError says that a request cannot go from one state to another.
type StepError struct {
	Request  *Request
	From, To State
}

func (e *StepError) Error() string {
	help := ""
	if e.From == Pending {
		help = fmt.Sprintf("; review it first: witgen approvals review %s", e.Request.Short())
	}
	if e.From == e.To {
		return fmt.Sprintf("%s is %s already", e.Request.Short(), e.From)
	}
	return fmt.Sprintf("%s is %s and cannot become %s%s", e.Request.Short(), e.From, e.To, help)
}
