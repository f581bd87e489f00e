package delegation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
)

// Max is how many grants one component may have handed on at a time, and how many may have been handed on to one.
const Max = 1000

// What one delegation may be.
const (
	MaxGrants     = 64
	MaxGrantBytes = 1024 // of kind, action and resource together
)

// ErrTooMany says that a component has handed on as much as it may, or has been handed on as much.
var ErrTooMany = errors.New("delegation: there are as many grants handed on by the component, or to the other one, as there may be")

// A SizeError says that there is too much in one delegation.
type SizeError struct {
	Of       string // "grants", or "bytes of a grant"
	Got, Max int
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("delegation: %d %s, and at most %d may be in one", e.Got, e.Of, e.Max)
}

// checkSize holds what is handed on to what there may be in one.
func checkSize(grants []capability.Grant) error {
	if len(grants) > MaxGrants {
		return &SizeError{"grants", len(grants), MaxGrants}
	}
	for _, g := range grants {
		if n := len(g.Kind) + len(g.Action) + len(g.Resource); n > MaxGrantBytes {
			return &SizeError{"bytes of a grant", n, MaxGrantBytes}
		}
	}
	return nil
}

// An Entry is one delegation.
type Entry struct {
	ID       uint64
	From, To actor.Address
	Grants   []capability.Grant // what is left of it
	Ends     time.Time          // zero for never
}

// A Config says what a Book works with.
type Config struct {
	Clock actor.Clock
	// Hand does what a delegation is: see capability.Leash.Delegate. The entry is as
	// it is going to be. An error of one who does not run is actor.ErrNotFound.
	Hand func(Entry) (*capability.Delegation, error)
	// Ended is told of a delegation that is over by itself, and why; nil for nobody.
	// It is called when nothing is left of it.
	Ended func(e Entry, why string)
}

// A Book keeps the delegations of a host. It may be used by many goroutines.
type Book struct {
	config Config
	mu     sync.Mutex
	last   uint64
	open   map[uint64]*delegated
}

// delegated is a delegation in the book.
type delegated struct {
	Entry
	given *capability.Delegation
	timer actor.Timer // nil of one without end
}

// New makes a book without delegations.
func New(c Config) *Book { return &Book{config: c, open: map[uint64]*delegated{}} }

// Delegate hands grants on, for a time or, where that is 0, until they are revoked,
// and gives the number of the delegation. The error is ErrTooMany, a *SizeError, or Hand's.
func (b *Book) Delegate(from, to actor.Address, lasts time.Duration, grants ...capability.Grant) (uint64, error) {
	if err := checkSize(grants); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if given, received := b.count(from, to); max(given, received)+len(grants) > Max {
		return 0, ErrTooMany
	}
	d := &delegated{Entry: Entry{ID: b.last + 1, From: from, To: to, Grants: grants}}
	if lasts > 0 {
		d.Ends = b.config.Clock.Now().Add(lasts)
	}
	given, err := b.config.Hand(d.Entry)
	if err != nil {
		return 0, err
	}
	b.last, d.given = d.ID, given
	b.open[d.ID] = d
	if lasts > 0 {
		d.timer = b.config.Clock.AfterFunc(lasts, func() { b.end(d.ID, "its time is over") })
	}
	return d.ID, nil
}

// Revoke takes a delegation of a component back, and says whether there was anything
// left of it.
func (b *Book) Revoke(from actor.Address, id uint64) bool {
	b.mu.Lock()
	d := b.open[id]
	b.mu.Unlock()
	return d != nil && d.From == from && b.end(id, "it was taken back")
}

// giver is who has handed on a delegation that has not ended.
func (b *Book) giver(id uint64) (from actor.Address, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.open[id]; d != nil {
		return d.From, true
	}
	return from, false
}

// End ends all that a component has handed on, and that was handed on to it.
func (b *Book) End(a actor.Address) {
	b.mu.Lock()
	var ids []uint64
	for id, d := range b.open {
		if d.From == a || d.To == a {
			ids = append(ids, id)
		}
	}
	b.mu.Unlock()
	slices.Sort(ids)
	for _, id := range ids {
		b.end(id, a.String()+" has ended")
	}
}

// Close ends all there is.
func (b *Book) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.open {
		b.forget(id).given.Revoke()
	}
}

// Of are the delegations of a component that are not over, in the order in which
// they were made.
func (b *Book) Of(from actor.Address) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of(from)
}

// of is Of with mu held. It forgets those of which nothing is left, since the giver
// lost what they came from.
func (b *Book) of(from actor.Address) (all []Entry) {
	for id, d := range b.open {
		if d.From != from {
			continue
		}
		e := d.Entry
		if e.Grants = d.given.Grants(); len(e.Grants) == 0 {
			b.forget(id)
			continue
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(x, y Entry) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// count is how many grants one component has handed on, and how many another one was handed. With mu held. It forgets as of does.
func (b *Book) count(from, to actor.Address) (given, received int) {
	for id, d := range b.open {
		if d.From != from && d.To != to {
			continue
		}
		n := len(d.given.Grants())
		if n == 0 {
			b.forget(id)
		}
		if d.From == from {
			given += n
		}
		if d.To == to {
			received += n
		}
	}
	return given, received
}

// forget takes a delegation out of the book. With mu held.
func (b *Book) forget(id uint64) *delegated {
	d := b.open[id]
	if d != nil && d.timer != nil {
		d.timer.Stop()
	}
	delete(b.open, id)
	return d
}

// end ends a delegation, if it is there.
func (b *Book) end(id uint64, why string) bool {
	b.mu.Lock()
	d := b.forget(id)
	b.mu.Unlock()
	if d == nil || !d.given.Revoke() {
		return false
	}
	if b.config.Ended != nil {
		b.config.Ended(d.Entry, why)
	}
	return true
}
