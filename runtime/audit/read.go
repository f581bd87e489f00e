package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// A Filter says which records are wanted. An empty field wants all.
type Filter struct {
	Since, Until time.Time
	Event        Event
	Component    string
	Decision     string
	Text         string // anywhere in the texts of the record, whatever its case
}

// Match says whether a record is wanted.
func (f *Filter) Match(r *Record) bool {
	return (f.Since.IsZero() || !r.Time.Before(f.Since)) && (f.Until.IsZero() || r.Time.Before(f.Until)) &&
		(f.Event == "" || r.Event == f.Event) && (f.Component == "" || r.Component == f.Component) &&
		(f.Decision == "" || r.Decision == f.Decision) && (f.Text == "" || f.found(r))
}

func (f *Filter) found(r *Record) bool {
	texts := []string{r.Component, r.Actor, r.Interface, r.Function, r.Kind, r.Action, r.Resource, r.Reason, r.SHA256}
	for _, v := range r.Meta {
		texts = append(texts, v)
	}
	return strings.Contains(strings.ToLower(strings.Join(texts, "\n")), strings.ToLower(f.Text))
}

// A Reader reads a log while it is written, each record once.
type Reader struct {
	dir  string
	tail tail
}

// NewReader reads the log in a folder from its first file.
func NewReader(dir string) *Reader { return &Reader{dir: dir} }

// Read gives the records that are new since the last time. It checks the chain but no signatures; an error is a [*BrokenError] where it is broken, and
// [fs.ErrNotExist] where there is no log.
//
// What was dropped before it was read is passed over; that it is gone stands in a record [Dropped].
func (r *Reader) Read(each func(*Record)) error {
	var err error
	for range attempts {
		if err = r.read(each); !errors.Is(err, errDroppedMeanwhile) {
			break
		}
	}
	return err
}

// attempts is how often a log is read from the start of what is kept when files are dropped meanwhile.
const attempts = 10

var errDroppedMeanwhile = errors.New("files of the log were dropped while it was read; read it again")

// dropped makes an error of a file that is gone since it was listed one that is worth another attempt.
func dropped(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(errDroppedMeanwhile, err)
	}
	return err
}

func (r *Reader) read(each func(*Record)) error {
	all, err := files(r.dir)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: %w: there is no audit log", r.dir, fs.ErrNotExist)
	}
	if r.tail.file < all[0] {
		if err := r.tail.start(r.dir, all[0]); err != nil {
			return dropped(err)
		}
	}
	for _, n := range all {
		switch {
		case n < r.tail.file:
			continue
		case n > r.tail.file && n != r.tail.file+1:
			return &BrokenError{fileName(r.dir, r.tail.file+1), 0, "the file is missing"}
		case n > r.tail.file:
			r.tail.file, r.tail.size, r.tail.lines = n, 0, 0
		}
		if err := r.tail.read(r.dir, func(rec *Record, _ chain) error { each(rec); return nil }); err != nil {
			return dropped(err)
		}
	}
	return missing(r.dir, all[0], r.tail.told)
}
