package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/audit"
)

// logFiles are the log's files, in order, with their contents.
func (k *kit) logFiles() (names []string, contents [][]byte) {
	k.t.Helper()
	names, err := filepath.Glob(filepath.Join(k.cfg.Dir, "audit-*.jsonl"))
	if err != nil {
		k.t.Fatal(err)
	}
	slices.Sort(names)
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			k.t.Fatal(err)
		}
		contents = append(contents, b)
	}
	return names, contents
}

func TestKeepFilesAndBytes(t *testing.T) {
	t.Parallel()
	for _, keep := range []audit.Keep{{Files: 3}, {Bytes: 8000}, {Files: 3, Bytes: 100_000}} {
		k := newKit(t)
		k.cfg.FileSize, k.cfg.Keep = 2000, keep
		for range 6 {
			k.fill(20)
		}
		r := k.sound()
		names, contents := k.logFiles()
		total := 0
		for _, b := range contents {
			total += len(b)
		}
		if keep.Files > 0 && len(names) != keep.Files || keep.Bytes > 0 && int64(total) > keep.Bytes || r.Files != len(names) {
			t.Errorf("%s: %d files, %d bytes", keep, len(names), total)
		}
		if r.First == 1 || len(r.Dropped) == 0 || r.Dropped[0].Meta["records"] != fmt.Sprint(r.First-1) || r.Unsigned != 0 {
			t.Errorf("%s: %+v", keep, r)
		}
		if all := k.records(); all[0].Seq != r.First || all[0].Event != audit.Begin || len(all) != int(r.Records) {
			t.Errorf("%s: read from %+v", keep, all[0])
		}
	}
}

func TestKeepAge(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	now := noon
	k.cfg.Now = func() time.Time { return now }
	k.cfg.Keep.Age = 24 * time.Hour
	for range 100 {
		k.fill(1)
		now = now.Add(time.Hour)
	}
	all := k.records()
	if oldest := now.Sub(all[0].Time); oldest < 23*time.Hour || oldest > 30*time.Hour {
		t.Errorf("the oldest record is of %s ago", oldest)
	}
	if r := k.sound(); r.First == 1 || r.Dropped[0].Meta["bound"] != "age" {
		t.Errorf("%+v", r)
	}
	// A log in which nothing happens drops what is too old, too.
	l := k.open()
	now = now.Add(48 * time.Hour)
	k.tick <- now
	k.tick <- now // the first one has been dealt with
	if names, _ := k.logFiles(); len(names) != 1 {
		t.Errorf("%d files", len(names))
	}
	k.close(l)
	k.sound()
}

// A process that dies between the record that files are dropped and their removal loses nothing: the log verifies, and the next one removes them.
func TestDropCutShort(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FileSize = 2000
	for range 4 {
		k.fill(20)
	}
	names, contents := k.logFiles()
	before := k.sound()
	k.cfg.Keep.Files = 2
	k.fill(0)
	if r := k.sound(); r.First == 1 {
		t.Fatalf("%+v", r)
	}
	left, _ := k.logFiles()
	k.cfg.FileSize = 1 << 20 // no more are begun
	gone := slices.Index(names, left[0])
	for from := range gone { // the oldest go first
		for i := from; i < gone; i++ {
			if err := os.WriteFile(names[i], contents[i], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := k.sound()
		if from == 0 && r.First != 1 || r.Records < before.Records/9 {
			t.Errorf("from file %d: %+v", from+1, r)
		}
		all := k.records()
		if all[0].Seq != r.First {
			t.Errorf("read from record %d", all[0].Seq)
		}
		k.fill(0)
		k.sound()
		if now, _ := k.logFiles(); len(now) != len(left) {
			t.Errorf("from file %d: %d files, not %d", from+1, len(now), len(left))
		}
	}
	drops := 0
	for _, r := range k.records() {
		if r.Event == audit.Dropped {
			drops++
		}
	}
	if drops != 1 {
		t.Errorf("dropped %d times", drops)
	}
}

// Who takes away what the log did not drop is found out, also when he writes that it was, or has an old head.
func TestDroppedByOthers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FileSize = 2000
	for range 4 {
		k.fill(20)
	}
	old, err := os.ReadFile(k.cfg.Head)
	if err != nil {
		t.Fatal(err)
	}
	k.cfg.Keep.Files = 4
	k.fill(20)
	names, _ := k.logFiles()
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	wantBroken(t, k, "the log does not say that it was dropped")
	if err := audit.NewReader(k.cfg.Dir).Read(func(*audit.Record) {}); !isBroken(err) {
		t.Errorf("it is read: %v", err)
	}
	// A record that nobody signed is worth nothing: whoever can write the folder can chain it.
	names, _ = k.logFiles()
	last := names[len(names)-1]
	k.change(last, func(b []byte) []byte {
		lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
		end := lines[len(lines)-1]
		before, err := hex.DecodeString(string(end[len(end)-2-64 : len(end)-2]))
		if err != nil {
			t.Fatal(err)
		}
		var r audit.Record
		if err := json.Unmarshal(end, &r); err != nil {
			t.Fatal(err)
		}
		forged := fmt.Appendf(nil, `{"seq":%d,"time":"2026-11-24T12:00:00Z","event":"drop","meta":{"first":"9"}`, r.Seq+1)
		sum := sha256.Sum256(append(before, forged...))
		return append(b, fmt.Appendf(forged, ",\"chain\":\"%x\"}\n", sum)...)
	})
	wantBroken(t, k, "the log does not say that it was dropped")
	k2 := newKit(t)
	k2.cfg.Key = k.cfg.Key
	k2.cfg.FileSize, k2.cfg.Keep.Files = 2000, 2
	for range 8 {
		k2.fill(20)
	}
	k2.change(k2.cfg.Head, func([]byte) []byte { return old })
	if _, err := k2.verify(); !isBroken(err) {
		t.Error(err)
	}
}

func isBroken(err error) bool {
	_, ok := errors.AsType[*audit.BrokenError](err)
	return ok
}

// Several processes drop files of one log, and read it meanwhile.
func TestSeveralDrop(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FileSize, k.cfg.Keep.Files = 3000, 3
	k.fill(1)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			l, err := audit.Open(k.cfg)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range 60 {
				if err := l.Commit(context.Background(), audit.Record{Event: audit.Approval, Component: fmt.Sprintf("demo:c%d-%d", i, n)}); err != nil {
					t.Error(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	r, last := audit.NewReader(k.cfg.Dir), uint64(0)
	for range 50 {
		err := r.Read(func(rec *audit.Record) {
			if rec.Seq <= last {
				t.Errorf("record %d after %d", rec.Seq, last)
			}
			last = rec.Seq
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	wg.Wait()
	if r := k.sound(); r.Files > 4 || len(r.Gaps) != 0 {
		t.Errorf("%+v", r)
	}
}

// A mutator makes changes to the files of a log as its script says.
type mutator struct{ script []byte }

func (m *mutator) next(below int) int {
	if below <= 0 {
		return 0
	}
	n := 0
	for range 2 {
		n <<= 8
		if len(m.script) > 0 {
			n |= int(m.script[0])
			m.script = m.script[1:]
		}
	}
	return n % below
}

// change makes one change.
func (m *mutator) change(files [][]byte) [][]byte {
	i, j := m.next(len(files)), m.next(len(files))
	b := files[i]
	lines := bytes.SplitAfter(b, []byte("\n"))
	x, y := m.next(len(lines)), m.next(len(lines))
	switch m.next(9) {
	case 0: // one byte
		if len(b) > 0 {
			b = slices.Clone(b)
			b[m.next(len(b))] ^= byte(1 + m.next(255))
			files[i] = b
		}
	case 1: // two lines change places
		lines[x], lines[y] = lines[y], lines[x]
		files[i] = bytes.Join(lines, nil)
	case 2: // some lines less
		x, y = min(x, y), max(x, y)
		files[i] = bytes.Join(slices.Concat(lines[:x], lines[y:]), nil)
	case 3: // a line twice
		files[i] = bytes.Join(slices.Insert(lines, y, lines[x]), nil)
	case 4: // the end less
		files[i] = b[:m.next(len(b)+1)]
	case 5: // a file less
		files = slices.Delete(files, i, i+1)
	case 6: // two files change places
		files[i], files[j] = files[j], files[i]
	case 7: // a line from another file
		other := bytes.SplitAfter(files[j], []byte("\n"))
		files[i] = bytes.Join(slices.Insert(lines, x, other[m.next(len(other))]), nil)
	case 8: // a text for another of the same length
		texts := []string{"demo:c1", "demo:c2", `"granted"`, `"denied" `, `"first":"2"`, `"first":"3"`, `"seq":1`, `"seq":2`}
		from := m.next(len(texts))
		files[i] = bytes.Replace(b, []byte(texts[from]), []byte(texts[from^1]), 1)
	}
	return files
}

// FuzzVerify changes a real log of several files, of which some were dropped. With its head kept apart, a log that was changed never verifies; and who
// reads it without the keys is given nothing that was not written.
func FuzzVerify(f *testing.F) {
	k := newKit(f)
	k.cfg.FileSize, k.cfg.Keep.Files = 1500, 4
	for range 5 {
		k.fill(6)
	}
	_, sound := k.logFiles()
	whole := bytes.Join(sound, nil)
	if r := k.sound(); r.First == 1 || r.Files != 4 {
		f.Fatalf("%+v", r)
	}
	first := int(k.sound().Dropped[0].Seq) // it stands in what is kept
	if first == 0 || !bytes.Contains(whole, []byte(`"event":"drop"`)) {
		f.Fatal("nothing was dropped")
	}
	names, _ := k.logFiles()
	for op := range byte(9) {
		f.Add([]byte{0, 1, 0, 2, 0, 1, 0, 3, 0, op, 0, 40, 0, 1})
		f.Add([]byte{0, 0, 0, 3, 0, 2, 0, 4, 0, op, 0, 7, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, op})
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, script []byte) {
		m := &mutator{script}
		changed := slices.Clone(sound)
		for range 4 {
			if len(m.script) > 0 && len(changed) > 0 {
				changed = m.change(changed)
			}
		}
		for i, name := range names {
			name = filepath.Join(dir, filepath.Base(name))
			if i >= len(changed) {
				if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(name, changed[i], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		now := bytes.Join(changed, nil)
		same := slices.EqualFunc(sound, changed, bytes.Equal)
		r, err := audit.Verify(dir, k.cfg.Head, k.cfg.Key.Public())
		if err == nil && !same && !(r.Torn && bytes.HasPrefix(now, whole)) {
			t.Fatal("a log that was changed verifies")
		}
		if err != nil && same {
			t.Fatal(err)
		}
		var read []string
		_ = audit.NewReader(dir).Read(func(r *audit.Record) {
			if (&audit.Filter{Text: "demo:"}).Match(r) {
				read = append(read, r.Component)
			}
			if !bytes.Contains(whole, fmt.Appendf(nil, `{"seq":%d,"time":"%s","event":"%s"`, r.Seq, r.Time.Format(time.RFC3339Nano), r.Event)) {
				t.Errorf("record %d was not written so: %+v", r.Seq, r)
			}
		})
		for _, name := range read {
			if !strings.HasPrefix(name, "demo:c") {
				t.Errorf("it read %q", name)
			}
		}
	})
}
