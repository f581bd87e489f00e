package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/quota"
)

// MaxPayload is how long a message or a request may be, in bytes.
const MaxPayload = 16 << 20

// A Run is what is known of a running host.
type Run struct {
	Name    string    `json:"name"`
	PID     int       `json:"pid"`
	Paths   []string  `json:"paths"` // what it runs, absolute
	Started time.Time `json:"started"`
	Metrics string    `json:"metrics,omitempty"` // where they are served, a URL
}

// An Actor is what is known of one of a run's actors at one moment.
type Actor struct {
	Address     string  `json:"actor"`
	State       string  `json:"state"`
	Health      string  `json:"health"`
	Reason      string  `json:"reason,omitempty"` // why it failed
	Queued      int     `json:"queued"`           // messages that wait
	UptimeMS    float64 `json:"uptime_ms"`        // of its instance; 0 when it has none
	Handled     uint64  `json:"handled"`
	Rejected    uint64  `json:"rejected"`
	Denied      uint64  `json:"denied"`
	Crashes     uint64  `json:"crashes"`
	Restarts    uint64  `json:"restarts"`
	DeadLetters uint64  `json:"dead_letters"`
	// Limits are those of the actor and of its instance, by the keys of a manifest.
	Limits []quota.Status `json:"limits"`
}

func describe(i actor.Info) Actor {
	a := Actor{
		Address: i.Address.String(), State: i.State.String(), Health: i.Health.String(), Queued: i.Queued,
		UptimeMS: float64(i.Uptime) / float64(time.Millisecond),
		Handled:  i.Stats.Handled, Rejected: i.Stats.Rejected, Denied: i.Stats.Denied,
		Crashes: i.Stats.Crashes, Restarts: i.Stats.Restarts, DeadLetters: i.Stats.DeadLetters,
	}
	if i.Reason != nil {
		a.Reason = i.Reason.Error()
	}
	return a
}

// A Change is what a reload did with one component.
type Change struct {
	Path    string `json:"path"`            // of the manifest
	Actor   string `json:"actor,omitempty"` // "" where the manifest cannot be read
	Outcome string `json:"outcome"`         // "reloaded", "started", "failed"
	Error   string `json:"error,omitempty"` // of "failed": the version before goes on
}

// An Error is what a run refused, and why. errors.Is finds actor.ErrNotFound, ErrNotRunning and ErrMailboxFull in it, [ErrUnsupported]
// and context.DeadlineExceeded.
type Error struct {
	Code    string `json:"code"` // "not-found", "not-running", "mailbox-full", "timeout", "unsupported", "bad-request" or "failed"
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Is finds the error that the code stands for.
func (e *Error) Is(target error) bool {
	for _, k := range kinds {
		if k.code == e.Code && k.err == target {
			return true
		}
	}
	return false
}

// ErrUnsupported says that a run was not made to do that.
var ErrUnsupported = errors.New("this run does not offer that")

// errBadRequest marks what the client did wrong.
var errBadRequest = errors.New("bad request")

// kinds are the errors that keep their meaning on the way, the first that fits.
var kinds = []struct {
	err    error
	code   string
	status int
}{
	{actor.ErrNotFound, "not-found", http.StatusNotFound},
	{actor.ErrNotRunning, "not-running", http.StatusConflict},
	{actor.ErrMailboxFull, "mailbox-full", http.StatusTooManyRequests},
	{actor.ErrRequestTimeout, "timeout", http.StatusGatewayTimeout},
	{context.DeadlineExceeded, "timeout", http.StatusGatewayTimeout},
	{ErrUnsupported, "unsupported", http.StatusNotImplemented},
	{errBadRequest, "bad-request", http.StatusBadRequest},
}

func writeError(w http.ResponseWriter, err error) {
	e, status := &Error{"failed", err.Error()}, http.StatusUnprocessableEntity
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			e.Code, status = k.code, k.status
			break
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(e) // who does not read it has gone
}

// readError is the error of an answer.
func readError(r *http.Response) error {
	e := &Error{}
	if err := json.NewDecoder(r.Body).Decode(e); err != nil || e.Message == "" {
		return fmt.Errorf("the run answers with %s, which is none of its answers", r.Status)
	}
	return e
}
