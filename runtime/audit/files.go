package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The files of a log are audit-000001.jsonl and so on; records are added to the last one.
const (
	filePrefix = "audit-"
	fileSuffix = ".jsonl"
)

// maxLine bounds what is read of one line; no record comes near it.
const maxLine = 1 << 20

func fileName(dir string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("%s%06d%s", filePrefix, n, fileSuffix))
}

// files gives the numbers of the log's files, in order.
func files(dir string) ([]int, error) {
	names, err := filepath.Glob(filepath.Join(dir, filePrefix+"*"+fileSuffix))
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, name := range names {
		digits := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), filePrefix), fileSuffix)
		if n, err := strconv.Atoi(digits); err == nil && n > 0 && fileName(dir, n) == name {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// A BrokenError says where a log is not what was written.
type BrokenError struct {
	File   string
	Line   int // from 1; 0 for the file as a whole
	Reason string
}

func (e *BrokenError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// A tail is how far a log has been read.
type tail struct {
	log   string // its number, of its first record
	file  int    // 0 before the first one
	size  int64  // of that file, in whole lines
	lines int    // in that file
	seq   uint64
	chain chain

	began time.Time // that file
	told  int       // the first file that is kept, as the log says
	first int       // the same, as far as it is signed
}

// read goes through what follows the tail in its file. It stops before a last line that is not whole.
func (t *tail) read(dir string, each func(*Record, chain) error) error {
	name := fileName(dir, t.file)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(t.size, io.SeekStart); err != nil {
		return err
	}
	broken := func(reason string) error { return &BrokenError{name, t.lines + 1, reason} }
	for r := bufio.NewReaderSize(f, 64<<10); ; {
		line, err := readLine(r)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong):
			return broken(err.Error())
		case err != nil:
			return err
		}
		rec, c, err := unseal(line, t.chain)
		if err != nil {
			return broken(err.Error())
		}
		if err := t.follow(&rec); err != nil {
			return broken(err.Error())
		}
		if err := each(&rec, c); err != nil {
			return broken(err.Error())
		}
		t.chain, t.seq = c, rec.Seq
		t.note(&rec)
		t.size += int64(len(line)) + 1
		t.lines++
	}
}

// follow checks that the record is the next one.
func (t *tail) follow(r *Record) error {
	switch {
	case r.Seq != t.seq+1:
		return fmt.Errorf("record %d follows record %d", r.Seq, t.seq)
	case t.size == 0 && (r.Event != Begin || r.Meta["file"] != strconv.Itoa(t.file)):
		return fmt.Errorf("file %d does not begin as it should", t.file)
	case t.seq == 0:
		t.log = r.Meta["log"]
	case r.Event == Begin && r.Meta["log"] != t.log:
		return errors.New("it belongs to another log")
	}
	return nil
}

var errLong = fmt.Errorf("a line is longer than %d bytes", maxLine)

// readLine reads a line without its line feed; io.EOF for one that has none.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if err == nil && line == nil {
			return part[:len(part)-1], nil
		}
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, errLong
		case err == nil:
			return line[:len(line)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
