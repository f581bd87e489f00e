package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/airsstack/witgen/runtime/trust/signature"
)

// A Report is what [Verify] found of a log that is as it was written.
type Report struct {
	Log         string    `json:"log"` // its number
	Files       int       `json:"files"`
	Records     uint64    `json:"records"`
	From, To    time.Time `json:"-"`
	Checkpoints int       `json:"checkpoints"`
	// Unsigned is how many records follow the last checkpoint: they rest on the chain alone.
	Unsigned uint64 `json:"unsigned"`
	// Lost is how many records found the buffer full, by the log's own account.
	Lost uint64 `json:"lost"`
	// First is the number of the first record that is kept, and Dropped the log's own account, the latest first, of those before it.
	First   uint64   `json:"first"`
	Dropped []Record `json:"dropped,omitempty"`
	// Torn says that the last line was not written to its end, as a crash leaves it; the next to open the log takes it away.
	Torn bool `json:"torn,omitempty"`
	// Gaps are the processes that died without closing the log.
	Gaps []Record `json:"gaps,omitempty"`
}

// Verify reads a whole log: every chain, every checkpoint by one of the keys, and the head, a file's name. An error is a [*BrokenError] where the log
// is not what was written; the report is of what stands before that place. head may be "" where none was kept: a cut end does not show then.
//
// Of a log that keeps no more than [Keep] says, what is kept is verified: the signatures cover what its first record says of those before it, and
// that these were dropped must stand in it, signed.
func Verify(dir, head string, keys ...signature.PublicKey) (r *Report, err error) {
	for range attempts {
		if r, err = verify(dir, head, keys); !errors.Is(err, errDroppedMeanwhile) {
			break
		}
	}
	return r, err
}

func verify(dir, head string, keys []signature.PublicKey) (*Report, error) {
	v := &verifier{report: &Report{}, keys: keys}
	var h *Head
	if head != "" {
		var err error
		if h, err = ReadHead(head); err != nil {
			return v.report, fmt.Errorf("the log's head: %w", err)
		}
		v.head = h
	}
	all, err := files(dir)
	if err != nil {
		return v.report, err
	}
	if len(all) == 0 {
		return v.report, fmt.Errorf("%s: %w: there is no audit log", dir, fs.ErrNotExist)
	}
	if err := v.tail.start(dir, all[0]); err != nil {
		return v.report, dropped(err)
	}
	v.report.First = v.tail.seq + 1
	for i, n := range all {
		if n != all[0]+i {
			return v.report, &BrokenError{fileName(dir, all[0]+i), 0, "the file is missing"}
		}
		v.tail.file, v.tail.size, v.tail.lines = n, 0, 0
		if err := v.tail.read(dir, v.record); err != nil {
			return v.report, dropped(err)
		}
		info, err := os.Stat(fileName(dir, n))
		if err != nil {
			return v.report, dropped(err)
		}
		v.report.Torn = info.Size() != v.tail.size
		if v.report.Torn && i != len(all)-1 {
			return v.report, &BrokenError{fileName(dir, n), v.tail.lines + 1, "the line is not whole"}
		}
		v.report.Files++
	}
	if err := missing(dir, all[0], v.tail.first); err != nil {
		return v.report, err
	}
	v.report.Unsigned = v.tail.seq - max(v.signed, v.report.First-1)
	if h != nil && h.Seq < v.report.First && h.Log == v.tail.log {
		return v.report, &BrokenError{head, 0, fmt.Sprintf("the head is record %d, and the log begins with record %d by now: verify it with a later head", h.Seq, v.report.First)}
	}
	if h != nil && !v.reached {
		return v.report, &BrokenError{head, 0, fmt.Sprintf("the head is record %d, and the log does not hold it so: it was cut off or computed anew", h.Seq)}
	}
	return v.report, nil
}

type verifier struct {
	report  *Report
	keys    []signature.PublicKey
	tail    tail
	head    *Head
	signed  uint64 // the last checkpoint
	reached bool   // the head
}

// record looks at one record, before the tail moves past it.
func (v *verifier) record(r *Record, c chain) error {
	v.report.Log = v.tail.log
	v.report.Records++
	if v.report.From.IsZero() {
		v.report.From = r.Time
	}
	v.report.To = r.Time
	switch r.Event {
	case Checkpoint:
		if r.Meta["of"] != fmt.Sprint(v.tail.seq) {
			return errors.New("the checkpoint is of another place")
		}
		if err := verifySig(v.keys, r.Meta["key"], r.Meta["sig"], signed(v.tail.log, v.tail.seq, v.tail.chain)); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		v.signed = r.Seq
		v.report.Checkpoints++
	case Dropped:
		v.report.Dropped = append([]Record{*r}, v.report.Dropped...)
	case Lost:
		v.report.Lost += r.Count
	case Gap:
		v.report.Gaps = append(v.report.Gaps, *r)
	}
	if h := v.head; h != nil && h.Seq == r.Seq {
		if h.Log != v.tail.log || h.Chain != c.String() {
			return errors.New("the head says otherwise of this record: the log was computed anew")
		}
		if err := verifySig(v.keys, h.Key, h.Sig, signed(h.Log, h.Seq, c)); err != nil {
			return fmt.Errorf("the head: %w", err)
		}
		v.reached = true
	}
	return nil
}

// ReadHead reads the head of a log.
func ReadHead(file string) (*Head, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var h Head
	if err := json.Unmarshal(b, &h); err != nil {
		return nil, fmt.Errorf("%s: this is no head of an audit log: %w", filepath.ToSlash(file), err)
	}
	return &h, nil
}
