package control

import (
	"encoding/json"
	"sync"
	"time"
)

// A Record is one line of a run's journal.
type Record struct {
	Seq   uint64          `json:"seq"` // counts from 1, given by the journal
	Time  time.Time       `json:"time"`
	Event string          `json:"event"`
	Actor string          `json:"actor"`           // an address; "" for what comes from outside
	Text  string          `json:"text,omitempty"`  // for people, may have several lines; "" if it is nothing to them
	Facts json.RawMessage `json:"facts,omitempty"` // an object for machines; nil if it is nothing to them
	Tone  Tone            `json:"tone,omitempty"`
}

// Tone is how a record is to be read.
type Tone string

// The tones; the zero value is that of the everyday.
const (
	Good    Tone = "good"
	Warning Tone = "warning"
	Bad     Tone = "bad"
)

// A Journal keeps the latest records of a run: at most 10,000, and 8 MiB of them. Its methods may be called from any goroutine.
// The zero Journal is empty and ready.
type Journal struct {
	mu      sync.Mutex
	records []Record
	bytes   int
	last    uint64        // the number of the latest
	news    chan struct{} // closed when there is another; nil while nobody waits
}

const (
	mostRecords = 10_000
	mostBytes   = 8 << 20
)

func (r *Record) size() int { return 200 + len(r.Event) + len(r.Actor) + len(r.Text) + len(r.Facts) }

// Add keeps a record, whose Seq it sets.
func (j *Journal) Add(r Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	r.Seq = j.last
	j.records = append(j.records, r)
	j.bytes += r.size()
	for len(j.records) > mostRecords || j.bytes > mostBytes && len(j.records) > 1 {
		j.bytes -= j.records[0].size()
		j.records[0] = Record{} // append moves on, and keeps what lies before
		j.records = j.records[1:]
	}
	if j.news != nil {
		close(j.news)
		j.news = nil
	}
}

// after gives the records behind number seq, at most n of them, and how many of them are not kept any more; if there are none, what
// is closed when there is one.
func (j *Journal) after(seq uint64, n int) (records []Record, missed uint64, news <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq >= j.last {
		if j.news == nil {
			j.news = make(chan struct{})
		}
		return nil, 0, j.news
	}
	first := j.first()
	if seq < first {
		seq, missed = first, first-seq
	}
	rest := j.records[seq-first:]
	return append([]Record(nil), rest[:min(n, len(rest))]...), missed, nil
}

// first is the number before that of the oldest record.
func (j *Journal) first() uint64 { return j.last - uint64(len(j.records)) }

// lastOf gives the number behind which the latest n records stand that fit.
func (j *Journal) lastOf(n int, fits func(*Record) bool) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.records) - 1; i >= 0; i-- {
		if !fits(&j.records[i]) {
			continue
		}
		if n--; n < 0 {
			return j.records[i].Seq
		}
	}
	return j.first()
}
