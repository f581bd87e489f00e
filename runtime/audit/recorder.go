package audit

import (
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
)

// A Subject is a component whose calls are recorded.
type Subject struct {
	Component string // its address
	Trust     string // level
	SHA256    string // of the component
	// Every has each granted call be a record of its own. Without, granted calls are counted and written each second.
	Every bool
}

// A Recorder records what one component's guards decide. Its methods may be called from any goroutine.
type Recorder struct {
	log     *Log
	subject Subject
	counts  capability.Counts
	told    []uint64 // of counts, in the records so far; of the writing goroutine

	mu   sync.Mutex
	uses map[use]uint64 // apart from counts, since they were last written
}

// A use is what is counted of an apart.
type use struct {
	of     *apart
	point  capability.Point
	action string
}

// apart records some of what a component is granted with more beside it.
type apart struct {
	*Recorder
	meta map[string]string
}

// Apart is for what the component is granted for another reason than the rest, such as a delegation: its records, each or counted as the others are, hold meta,
// which is not changed any more.
func (r *Recorder) Apart(meta map[string]string) capability.Recorder { return &apart{r, meta} }

// Granted implements capability.Recorder.
func (a *apart) Granted(point *capability.Point, action, resource string) {
	if a.subject.Every {
		a.granted(point, action, resource, a.meta)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	u := use{a, *point, action}
	if _, counted := a.uses[u]; !counted {
		if a.uses == nil {
			a.uses = map[use]uint64{}
		}
		u.action = strings.Clone(action)
	}
	a.uses[u]++
}

// Recorder begins to record a component. Close it when the component ends.
func (l *Log) Recorder(s Subject) *Recorder {
	r := &Recorder{log: l, subject: s}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watched[r] = true
	return r
}

// Close writes the counts for the last time.
func (r *Recorder) Close() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if r.log.closing || !r.log.watched[r] {
		return
	}
	delete(r.log.watched, r)
	r.log.pending.add(entry{last: r})
	r.log.poke()
}

// Guard gives the options for the guards of the component's instances.
func (r *Recorder) Guard() []capability.GuardOption {
	if r.subject.Every {
		return []capability.GuardOption{capability.WithRecorder(r), capability.WithDenials(r.denied)}
	}
	return []capability.GuardOption{capability.WithCounts(&r.counts), capability.WithDenials(r.denied)}
}

// Granted hands a call that was granted to the writer; see [capability.Recorder]. Nothing is allocated where there is room.
func (r *Recorder) Granted(point *capability.Point, action, resource string) {
	r.granted(point, action, resource, nil)
}

func (r *Recorder) granted(point *capability.Point, action, resource string, meta map[string]string) {
	l := r.log
	now := l.clock()
	l.mu.Lock()
	if l.claim() {
		l.pending.decision(entry{of: r, nanos: now, point: point, granted: true, meta: meta}, action, resource)
	}
	l.mu.Unlock()
}

func (r *Recorder) denied(d capability.Decision) {
	l := r.log
	l.mu.Lock()
	if l.claim() {
		l.pending.decision(entry{of: r, nanos: d.Time.UnixNano(), point: &d.Denial.Point, reason: d.Reason}, d.Action, d.Resource)
	}
	l.mu.Unlock()
}

// counted gives a record for each point that granted something since it was last asked.
func (r *Recorder) counted() []Record {
	var records []Record
	i := 0
	for point, n := range r.counts.Each {
		if i == len(r.told) {
			r.told = append(r.told, 0)
		}
		if n > r.told[i] {
			rec := r.access(point, point.Action, "")
			rec.Decision, rec.Count = Granted, n-r.told[i]
			records = append(records, rec)
			r.told[i] = n
		}
		i++
	}
	r.mu.Lock()
	uses := r.uses
	r.uses = nil
	r.mu.Unlock()
	for u, n := range uses {
		rec := r.access(u.point, u.action, "")
		rec.Decision, rec.Count, rec.Meta = Granted, n, u.of.meta
		records = append(records, rec)
	}
	return records
}

func (r *Recorder) access(p capability.Point, action, resource string) Record {
	return Record{
		Event: Access, Component: r.subject.Component, Trust: r.subject.Trust, SHA256: r.subject.SHA256,
		Interface: p.Interface, Function: p.Func, Kind: string(p.Kind), Action: action, Resource: resource,
	}
}

// A batch is what waits to be written. The texts of decisions stand in one piece of memory, so that taking one in allocates nothing.
type batch struct {
	entries []entry
	text    []byte
}

// An entry is one of: a record, with who waits for it; a decision; the last counts of a recorder.
type entry struct {
	record  *Record
	written chan<- error

	of                     *Recorder
	point                  *capability.Point
	reason                 string
	nanos                  int64 // since 1970
	from, action, resource int32 // places in the batch's text: where the action starts, where it ends, where the resource ends
	granted                bool
	meta                   map[string]string

	last *Recorder
}

func (b *batch) add(e entry) { b.entries = append(b.entries, e) }

func (b *batch) decision(e entry, action, resource string) {
	e.from = int32(len(b.text))
	b.text = append(b.text, action...)
	e.action = int32(len(b.text))
	b.text = append(b.text, resource...)
	e.resource = int32(len(b.text))
	b.entries = append(b.entries, e)
}

// records are those that an entry stands for.
func (e *entry) records(b *batch) []Record {
	switch {
	case e.record != nil:
		return []Record{*e.record}
	case e.last != nil:
		return e.last.counted()
	}
	r := e.of.access(*e.point, string(b.text[e.from:e.action]), string(b.text[e.action:e.resource]))
	r.Time, r.Decision, r.Reason = time.Unix(0, e.nanos), Denied, e.reason
	if e.granted {
		r.Decision, r.Meta = Granted, e.meta
	}
	return []Record{r}
}

// finish tells those who wait and makes the batch empty.
func (b *batch) finish(err error) {
	for i := range b.entries {
		if w := b.entries[i].written; w != nil {
			w <- err
		}
	}
	clear(b.entries)
	b.entries, b.text = b.entries[:0], b.text[:0]
}
