package approval

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust"
)

// Config says how a store works.
type Config struct {
	// Path is the store's file, made when something is first written.
	Path string
	// Before is called for each step before it takes effect, such as to put it on record; the step is not made where it fails. It must not use the
	// store. Default nothing.
	Before func(*Request, Step) error
	// ReadOnly refuses every step, with ErrReadOnly.
	ReadOnly bool
	// Now is the time; default time.Now.
	Now func() time.Time
	// Wait is how long to wait for other processes that use the store. Default 10 s.
	Wait time.Duration
}

// A Store holds requests. Its methods may be called from any goroutine, and by any number of processes. It holds nothing open between calls.
type Store struct{ cfg Config }

// New gives the store of a file.
func New(cfg Config) *Store {
	if cfg.Before == nil {
		cfg.Before = func(*Request, Step) error { return nil }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Wait = cmp.Or(cfg.Wait, 10*time.Second)
	return &Store{cfg}
}

// The store's buckets.
var (
	requests = []byte("requests") // ID → Request
	approved = []byte("approved") // address → ID of what it was last approved for
	origins  = []byte("origins")  // hash → trust.Origin
)

// witgen is who makes the steps that follow from the configuration.
const witgen = "witgen"

// ErrReadOnly says that a store is for looking at only.
var ErrReadOnly = errors.New("the approvals were opened for looking at only")

// ErrBusy says that another process uses the store and did not finish in time.
var ErrBusy = errors.New("the approvals are in use by another process")

// A NotFoundError says that there is no request of that ID, or several.
type NotFoundError struct {
	ID    string
	Match int // how many requests have an ID that begins so, or are of the component of that address
}

func (e *NotFoundError) Error() string {
	if e.Match > 1 && strings.Contains(e.ID, ":") {
		return fmt.Sprintf("%d requests of %s could be meant; write the start of an ID, as in witgen approvals list", e.Match, e.ID)
	}
	if e.Match > 1 {
		return fmt.Sprintf("%d requests have an ID that begins with %q; write more of it", e.Match, e.ID)
	}
	return fmt.Sprintf("there is no request %q; witgen approvals list shows those that there are", e.ID)
}

// Decide says what becomes of a component that wants to start: by what its source is worth, and by what was decided about the same before. Where nothing
// was, it is asked for. The error is a [*NotApprovedError] where it may not run.
func (s *Store) Decide(ask Ask, v trust.Verdict) (*Request, error) {
	r, err := s.settled(ask, v)
	if err == nil && r == nil {
		r, err = s.ask(ask, v)
	}
	if err != nil {
		return nil, err
	}
	if !r.State.MayRun() {
		return r, &NotApprovedError{r, v.Reason}
	}
	return r, nil
}

// settled gives the request where asking again changes nothing, which is the usual case and writes nothing; nil otherwise.
func (s *Store) settled(ask Ask, v trust.Verdict) (r *Request, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		if r, err = load(tx, ask.ID()); r == nil {
			return err
		}
		to, _ := outcome(r.State, v)
		last := string(tx.Bucket(approved).Get([]byte(ask.Component))) == r.ID
		if to != r.State || !slices.Contains(r.Askers, ask.Component) || counts(r.State) && !last {
			r = nil
		}
		return nil
	}, nil)
	return r, err
}

// counts says whether a state is an approval that a later request is compared with.
func counts(s State) bool { return s.MayRun() && s != Bypassed }

// ask notes who asks, and makes the step that follows.
func (s *Store) ask(ask Ask, v trust.Verdict) (r *Request, err error) {
	err = s.update(func(tx *bbolt.Tx) error {
		if r, err = load(tx, ask.ID()); err != nil {
			return err
		}
		if r == nil {
			r = &Request{ID: ask.ID(), SHA256: ask.SHA256, World: ask.World, Signer: ask.Signer, Grants: ask.Grants, Optional: ask.Optional}
			r.Before = string(tx.Bucket(approved).Get([]byte(ask.Component)))
		}
		to, reason := outcome(r.State, v)
		known := slices.Contains(r.Askers, ask.Component)
		if !known {
			r.Askers = append(r.Askers, ask.Component)
		}
		switch {
		case to != r.State:
			err = s.step(tx, r, to, witgen, reason)
		case !known:
			err = save(tx, r)
		}
		if err == nil && counts(r.State) {
			err = tx.Bucket(approved).Put([]byte(ask.Component), []byte(r.ID))
		}
		return err
	})
	return r, err
}

// outcome is the state of a request that is asked for, and why it changes.
func outcome(was State, v trust.Verdict) (State, string) {
	switch {
	case was == Denied, was == Approved:
		return was, ""
	case v.Level == trust.Trusted:
		return AutoApproved, "from " + v.Source.String()
	case v.Level == trust.DevMode:
		return Bypassed, "dev mode"
	case was == Reviewing:
		return was, ""
	}
	return Pending, strings.Join(v.Reason, ", ")
}

// Review has somebody look at a request; whatever was decided about it does not count until it is decided again.
func (s *Store) Review(id, by, reason string) (*Request, error) {
	return s.decide(id, Reviewing, by, reason, nil)
}

// Approve lets what a request asks for run, without some of what is optional in it; the error is an [*OptionalError] where that is not. It must be
// under review.
func (s *Store) Approve(id, by, reason string, without ...capability.Grant) (*Request, error) {
	return s.decide(id, Approved, by, reason, without)
}

// Deny keeps what a request asks for from running. It must be under review, or may run; what runs already has to be stopped. The address of a component
// stands for the one under review, or else the one by which it may run, whatever else waits.
func (s *Store) Deny(id, by, reason string) (*Request, error) {
	return s.decide(id, Denied, by, reason, nil)
}

// decide makes a person's step. The id is as that of Get.
func (s *Store) decide(id string, to State, by, reason string, without []capability.Grant) (r *Request, err error) {
	err = s.update(func(tx *bbolt.Tx) error {
		if r, err = find(tx, id, to); err != nil {
			return err
		}
		for _, g := range without {
			if !slices.Contains(r.Optional, g) {
				return &OptionalError{r, g}
			}
		}
		if err := s.step(tx, r, to, by, reason, without...); err != nil {
			return err
		}
		if to != Approved {
			return nil
		}
		for _, asker := range r.Askers {
			if err := tx.Bucket(approved).Put([]byte(asker), []byte(r.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

// step moves a request on and saves it. Only an approval is without something.
func (s *Store) step(tx *bbolt.Tx, r *Request, to State, by, reason string, without ...capability.Grant) error {
	if !slices.Contains(next[r.State], to) {
		return &StepError{r, r.State, to}
	}
	step := Step{s.cfg.Now().UTC(), r.State, to, by, reason}
	r.State, r.Withheld = to, without
	r.History = append(r.History, step)
	if err := s.cfg.Before(r, step); err != nil {
		return err
	}
	return save(tx, r)
}

// Without gives the request that was last approved for the same as an ask but for what is optional: it stands while nobody has decided about the ask
// itself. It is nil where there is none.
func (s *Store) Without(ask Ask) (found *Request, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(requests).ForEach(func(_, value []byte) error {
			r, err := read(value)
			if err == nil && r.State == Approved && r.sameWithout(&ask) && (found == nil || r.Last().Time.After(found.Last().Time)) {
				found = r
			}
			return err
		})
	}, nil)
	return found, err
}

// Get gives a request by its ID, the start of one, or the address of a component that asked for it; and what was approved before it, nil if nothing was. The error is a [*NotFoundError].
func (s *Store) Get(id string) (r, before *Request, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		if r, err = find(tx, id, ""); err != nil || r.Before == "" || r.Before == r.ID {
			return err
		}
		before, err = load(tx, r.Before)
		return err
	}, &NotFoundError{ID: id})
	return r, before, err
}

// List gives all requests, those that wait for somebody first, and of these the oldest.
func (s *Store) List() ([]*Request, error) {
	var all []*Request
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(requests).ForEach(func(_, value []byte) error {
			r, err := read(value)
			all = append(all, r)
			return err
		})
	}, nil)
	slices.SortFunc(all, func(a, b *Request) int {
		if a.State.Open() != b.State.Open() {
			if a.State.Open() {
				return -1
			}
			return 1
		}
		return cmp.Or(a.History[0].Time.Compare(b.History[0].Time), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// RecordOrigin records where a component, by its hash, was fetched from. Whoever fetches it does so; it must never be what the component says of itself.
func (s *Store) RecordOrigin(sha256 string, o *trust.Origin) error {
	if err := o.Check(); err != nil {
		return err
	}
	value, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error { return tx.Bucket(origins).Put([]byte(sha256), value) })
}

// Origin gives what was recorded of a component; nil if nothing was.
func (s *Store) Origin(sha256 string) (*trust.Origin, error) {
	var o *trust.Origin
	err := s.view(func(tx *bbolt.Tx) error {
		if value := tx.Bucket(origins).Get([]byte(sha256)); value != nil {
			return json.Unmarshal(value, &o)
		}
		return nil
	}, nil)
	return o, err
}

func save(tx *bbolt.Tx, r *Request) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.Bucket(requests).Put([]byte(r.ID), value)
}

// load gives nil where there is no such request.
func load(tx *bbolt.Tx, id string) (*Request, error) {
	value := tx.Bucket(requests).Get([]byte(id))
	if value == nil {
		return nil, nil
	}
	return read(value)
}

func read(value []byte) (*Request, error) {
	var r Request
	if err := json.Unmarshal(value, &r); err != nil {
		return nil, fmt.Errorf("approvals: a request cannot be read: %w", err)
	}
	if len(r.ID) != 64 || len(r.History) == 0 {
		return nil, errors.New("approvals: a request cannot be read: it has no ID or no history")
	}
	return &r, nil
}

// find gives the one request whose ID begins so, or the one of the component with that address: where it is to be denied, as [Store.Deny] says, and the open one, or
// else the one that was last decided.
func find(tx *bbolt.Tx, id string, to State) (*Request, error) {
	if strings.Contains(id, ":") {
		return ofComponent(tx, id, to)
	}
	var found *Request
	match := 0
	c := tx.Bucket(requests).Cursor()
	for key, value := c.Seek([]byte(id)); key != nil && strings.HasPrefix(string(key), id) && id != ""; key, value = c.Next() {
		r, err := read(value)
		if err != nil {
			return nil, err
		}
		found = r
		match++
	}
	if match != 1 {
		return nil, &NotFoundError{id, match}
	}
	return found, nil
}

func ofComponent(tx *bbolt.Tx, address string, to State) (*Request, error) {
	var open, under, runs []*Request
	var last *Request
	err := tx.Bucket(requests).ForEach(func(_, value []byte) error {
		r, err := read(value)
		if err != nil || !slices.Contains(r.Askers, address) {
			return err
		}
		if r.State.Open() {
			open = append(open, r)
		}
		switch {
		case to != Denied:
		case r.State == Reviewing:
			under = append(under, r)
		case r.State.MayRun():
			runs = append(runs, r)
		}
		if last == nil || r.Last().Time.After(last.Last().Time) {
			last = r
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(under) == 1:
		return under[0], nil
	case len(under) > 1:
		return nil, &NotFoundError{address, len(under)}
	case len(runs) == 1:
		return runs[0], nil
	case len(runs) > 1:
		return nil, &NotFoundError{address, len(runs)}
	case len(open) == 1:
		return open[0], nil
	case len(open) > 1 || last == nil:
		return nil, &NotFoundError{address, len(open)}
	}
	return last, nil
}
