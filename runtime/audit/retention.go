package audit

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/airsstack/witgen/internal/durable"
)

// Keep bounds what is kept of a log, in whole files, of which the oldest go first; the one in use stays. A field that is zero is no bound. That files go is a
// record of its own, [Dropped], which is on the disk and signed before the first of them is removed.
type Keep struct {
	// Files is how many there may be, the one in use among them.
	Files int `json:"files,omitempty"`
	// Bytes is how many they may have together. A file then has a quarter of that at most.
	Bytes int64 `json:"bytes,omitempty"`
	// Age is how old records may become. A file then is in use for a tenth of that, so that some are kept that much longer.
	Age time.Duration `json:"age,omitempty"`
}

// fileAge is how long a file is in use; 0 for as long as it has room.
func (k *Keep) fileAge() time.Duration { return k.Age / 10 }

// keeps sets what is kept, in files of a size that fits it.
func (w *writer) keeps(k Keep, fileSize int64) {
	w.keep, w.max = k, fileSize
	if k.Bytes > 0 {
		w.max = max(min(fileSize, k.Bytes/4), 1)
	}
}

// Keep says how much of the log is kept from now on. It takes effect with the next records, soon and on another goroutine.
func (l *Log) Keep(k Keep) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep = &k
	l.poke()
}

// due says whether it is time to look for files that are too old.
func (w *writer) due() bool {
	return w.keep.Age > 0 && w.now().Sub(w.looked) >= max(w.keep.Age/100, time.Second)
}

// full says whether the next record belongs in another file.
func (w *writer) full() bool {
	age := w.keep.fileAge()
	return w.size >= w.max || age > 0 && w.size > 0 && w.now().Sub(w.began) > age
}

// retire drops the files that are too many, and removes what a process that died had dropped and not removed yet.
func (w *writer) retire() error {
	w.looked, w.rotated = w.now(), false
	if err := w.flush(); err != nil {
		return err
	}
	all, err := files(w.dir)
	if err != nil || len(all) == 0 {
		return err
	}
	first, bound, err := w.excess(all[0])
	if err != nil {
		return err
	}
	if first > max(w.told, 1) {
		begin, err := firstRecord(w.dir, first)
		if err != nil {
			return err
		}
		gone := Record{Event: Dropped, Reason: "no more is kept of this log than was said", Meta: map[string]string{
			"first": strconv.Itoa(first), "records": strconv.FormatUint(begin.Seq-1, 10), "before": begin.Time.UTC().Format(time.RFC3339Nano), "bound": bound,
		}}
		if err := w.put(&gone); err != nil {
			return err
		}
	}
	if w.told != w.first { // it may be another's, who died before it was signed
		if err := w.sign(); err != nil {
			return err
		}
	}
	w.remove(all)
	return nil
}

// excess is the first file that is to be kept, and the bound for which those before it are not.
func (w *writer) excess(oldest int) (first int, bound string, err error) {
	first = max(w.told, oldest)
	drop := func(by string) { first, bound = first+1, by }
	for w.keep.Files > 0 && w.file-first+1 > w.keep.Files {
		drop("files")
	}
	if w.keep.Bytes > 0 {
		sizes, total := map[int]int64{}, int64(0)
		for n := first; n <= w.file; n++ {
			info, err := os.Stat(fileName(w.dir, n))
			if err != nil {
				return 0, "", err
			}
			sizes[n] = info.Size()
			total += sizes[n]
		}
		for first < w.file && total+w.max > w.keep.Bytes { // with room for the one in use
			total -= sizes[first]
			drop("bytes")
		}
	}
	for w.keep.Age > 0 && first < w.file {
		next, err := firstRecord(w.dir, first+1)
		if err != nil {
			return 0, "", err
		}
		if w.now().Sub(next.Time) <= w.keep.Age { // all before it are older than it
			break
		}
		drop("age")
	}
	return first, bound, nil
}

// remove takes away the files that are on record as dropped. What cannot be removed now is tried again.
func (w *writer) remove(all []int) {
	var errs []error
	for _, n := range all {
		if n < w.first {
			errs = append(errs, os.Remove(fileName(w.dir, n)))
		}
	}
	if len(errs) > 0 {
		errs = append(errs, durable.SyncDir(w.dir))
	}
	w.leftover = errors.Join(errs...)
}

// firstRecord reads the record that a file begins with. It says what stands before it, and is believed only once the chain that follows is signed.
func firstRecord(dir string, n int) (*Record, error) {
	f, err := os.Open(fileName(dir, n))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r Record
	line, err := readLine(bufio.NewReader(f))
	if i := len(line) - chainLen; err != nil || i <= 0 || json.Unmarshal(append(line[:i:i], '}'), &r) != nil || r.Event != Begin || r.Seq == 0 {
		return nil, &BrokenError{fileName(dir, n), 1, "the file does not begin as it should"}
	}
	return &r, nil
}

// start puts the tail at the start of a file.
func (t *tail) start(dir string, n int) error {
	*t = tail{file: n}
	if n == 1 {
		return nil
	}
	r, err := firstRecord(dir, n)
	if err != nil {
		return err
	}
	before, err := hex.DecodeString(r.Meta["after"])
	if err != nil || len(before) != len(t.chain) {
		return &BrokenError{fileName(dir, n), 1, "the file does not say what stands before it"}
	}
	t.chain, t.seq, t.log = chain(before), r.Seq-1, r.Meta["log"]
	return nil
}

// note keeps what a record says of the log itself.
func (t *tail) note(r *Record) {
	switch r.Event {
	case Begin:
		t.began = r.Time
		t.tell(r)
	case Dropped:
		t.tell(r)
	case Checkpoint:
		t.first = t.told
	}
}

func (t *tail) tell(r *Record) {
	if n, err := strconv.Atoi(r.Meta["first"]); err == nil && n > t.told {
		t.told = n
	}
}

// missing is the error for a log that begins with a file before which others are missing that it did not drop.
func missing(dir string, oldest, first int) error {
	if oldest > max(first, 1) {
		return &BrokenError{fileName(dir, oldest-1), 0, "the file is missing, and the log does not say that it was dropped"}
	}
	return nil
}

// String says what is kept, for people.
func (k Keep) String() string {
	text := ""
	add := func(is bool, format string, value any) {
		if is && text != "" {
			text += ", "
		}
		if is {
			text += fmt.Sprintf(format, value)
		}
	}
	add(k.Files > 0, "%d files", k.Files)
	add(k.Bytes > 0, "%d bytes", k.Bytes)
	add(k.Age > 0, "%s", k.Age)
	if text == "" {
		return "everything"
	}
	return text
}
