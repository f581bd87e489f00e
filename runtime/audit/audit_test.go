package audit_test

import (
	"bytes"
	"context"
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
	"unicode"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A kit is a log in a folder of the test's, with a clock that stands and ticks on demand.
type kit struct {
	t    testing.TB
	cfg  audit.Config
	tick chan time.Time
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func newKit(t testing.TB) *kit {
	t.Helper()
	key, err := signature.Generate()
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, tick: make(chan time.Time)}
	dir := t.TempDir()
	k.cfg = audit.Config{
		Dir: filepath.Join(dir, "log"), Head: filepath.Join(dir, "head"), Key: key,
		Now: func() time.Time { return noon }, Tick: k.tick,
	}
	return k
}

func (k *kit) open() *audit.Log {
	k.t.Helper()
	l, err := audit.Open(k.cfg)
	if err != nil {
		k.t.Fatal(err)
	}
	return l
}

// fill writes n records and closes the log.
func (k *kit) fill(n int) {
	k.t.Helper()
	l := k.open()
	for i := range n {
		if !l.Append(audit.Record{Event: audit.Started, Component: fmt.Sprintf("demo:c%d", i)}) {
			k.t.Fatal("a record was not taken")
		}
	}
	k.close(l)
}

func (k *kit) close(l *audit.Log) {
	k.t.Helper()
	if err := l.Close(); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) verify() (*audit.Report, error) {
	return audit.Verify(k.cfg.Dir, k.cfg.Head, k.cfg.Key.Public())
}

func (k *kit) sound() *audit.Report {
	k.t.Helper()
	r, err := k.verify()
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

func (k *kit) records() []audit.Record {
	k.t.Helper()
	var all []audit.Record
	if err := audit.NewReader(k.cfg.Dir).Read(func(r *audit.Record) { all = append(all, *r) }); err != nil {
		k.t.Fatal(err)
	}
	return all
}

func (k *kit) file(n int) string { return filepath.Join(k.cfg.Dir, fmt.Sprintf("audit-%06d.jsonl", n)) }

func (k *kit) change(file string, change func([]byte) []byte) {
	k.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		k.t.Fatal(err)
	}
	if err := os.WriteFile(file, change(b), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.fill(3)
	k.fill(2)
	r := k.sound()
	if r.Files != 1 || r.Records != 1+2*4+5 || r.Unsigned != 0 || len(r.Gaps) != 0 || r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	var events []string
	for i, rec := range k.records() {
		events = append(events, string(rec.Event))
		if rec.Seq != uint64(i+1) || !rec.Time.Equal(noon) {
			t.Errorf("record %d: %+v", i+1, rec)
		}
	}
	want := "begin open checkpoint start start start close checkpoint open checkpoint start start close checkpoint"
	if got := strings.Join(events, " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FileSize = 2000
	for range 3 {
		k.fill(20)
	}
	r := k.sound()
	if r.Files < 5 || r.Unsigned != 0 {
		t.Errorf("%+v", r)
	}
	for i := 1; i <= r.Files; i++ {
		if info, err := os.Stat(k.file(i)); err != nil || info.Size() > 4000 {
			t.Errorf("file %d: %v, %v", i, info, err)
		}
	}
	if err := os.Remove(k.file(2)); err != nil {
		t.Fatal(err)
	}
	wantBroken(t, k, "the file is missing")
}

func wantBroken(t *testing.T, k *kit, want string) {
	t.Helper()
	_, err := k.verify()
	if _, ok := errors.AsType[*audit.BrokenError](err); !ok || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// Whatever is done to a log shows.
func TestTampering(t *testing.T) {
	t.Parallel()
	cut := func(from, to int) func([]byte) []byte {
		return func(b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			return bytes.Join(append(lines[:from:from], lines[to:]...), nil)
		}
	}
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"an edit", func(b []byte) []byte { return bytes.Replace(b, []byte("demo:c4"), []byte("demo:c5"), 1) }, "the chain is broken"},
		{"an edit of a chain", func(b []byte) []byte { return bytes.Replace(b, []byte(`chain":"`), []byte(`chain":"0`), 1) }, "no chain"},
		{"a line less", cut(5, 6), "the chain is broken"},
		{"the first line less", cut(0, 1), "the chain is broken"},
		{"two lines changed over", func(b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			lines[5], lines[6] = lines[6], lines[5]
			return bytes.Join(lines, nil)
		}, "the chain is broken"},
		{"a line of another's", func(b []byte) []byte { return append(b, "{\"seq\":99}\n"...) }, "no chain"},
		{"a line twice", func(b []byte) []byte {
			return append(b, bytes.SplitAfter(b, []byte("\n"))[len(bytes.Split(b, []byte("\n")))-2]...)
		}, "the chain is broken"},
		{"the end cut off", func(b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			return bytes.Join(lines[:len(lines)-4], nil)
		}, "cut off"},
		{"the end of the last line cut off", func(b []byte) []byte { return b[:len(b)-1] }, "cut off"},
		{"all cut off", func([]byte) []byte { return nil }, "cut off"},
	} {
		k := newKit(t)
		k.fill(10)
		k.change(k.file(1), tt.change)
		_, err := k.verify()
		if _, ok := errors.AsType[*audit.BrokenError](err); !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if l, err := audit.Open(k.cfg); err == nil {
			t.Errorf("%s: the log goes on", tt.name)
			k.close(l)
		}
	}
}

// A log that somebody else wrote anew, with a key of his own or none, shows, also when he writes the head anew.
func TestRecomputed(t *testing.T) {
	t.Parallel()
	k, evil := newKit(t), newKit(t)
	k.fill(5)
	evil.fill(3)
	for _, name := range []string{k.cfg.Dir, k.cfg.Head} {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(evil.cfg.Dir, k.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(evil.cfg.Head, k.cfg.Head); err != nil {
		t.Fatal(err)
	}
	wantBroken(t, k, "a key that is not the log's")
	k.change(k.file(1), func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte(evil.cfg.Key.Public().String()), []byte(k.cfg.Key.Public().String()))
	})
	wantBroken(t, k, "the chain is broken")
}

// An earlier state of the same log, all of it, does not have the head.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.fill(3)
	before, err := os.ReadFile(k.file(1))
	if err != nil {
		t.Fatal(err)
	}
	k.fill(3)
	k.change(k.file(1), func([]byte) []byte { return before })
	wantBroken(t, k, "cut off")
}

// What a guest says cannot end a line, whatever it is.
func TestInjection(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.open()
	evil := "x\",\"decision\":\"granted\"}\n{\"seq\":1,\"event\":\"close\"}\r\n\x00\x1b[2J\x7f\u0085\u009b31m\u202e\U000e0001\u2028\u2029\xff\xfe" + strings.Repeat("A", 100_000)
	r := l.Recorder(audit.Subject{Component: "demo:evil\n"})
	g := guard(t, nil, r.Guard()...)
	for i := range 3 {
		g.Check(i, evil, evil)
	}
	if err := l.Commit(t.Context(), audit.Record{Event: audit.Crashed, Reason: evil, Meta: map[string]string{evil: evil}}); err != nil {
		t.Fatal(err)
	}
	k.close(l)
	k.sound()
	b, err := os.ReadFile(k.file(1))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	if len(lines) != 3+3+1+2 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		var r audit.Record
		if err := json.Unmarshal(line, &r); err != nil || bytes.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("%v: %.200q", err, line)
		}
		if r.Event == audit.Crashed && !strings.Contains(r.Reason, "\x7f\u0085\u009b31m\u202e\U000e0001\u2028") {
			t.Errorf("what is escaped is read as %.100q", r.Reason)
		}
		if r.Event == audit.Access && (r.Decision != audit.Denied || len(line) > 3000) {
			t.Errorf("%d bytes: %.200q", len(line), line)
		}
	}
}

var points = []capability.Point{
	{Interface: "airssys:core/host-services@1.0.0", Func: "send-message", Kind: capability.Messaging, Action: "send"},
	{Interface: "airssys:ext-filesystem/filesystem@1.0.0", Func: "open", Kind: capability.Filesystem},
	{Interface: "airssys:core/host-services@1.0.0", Func: "log", Kind: capability.Import},
}

func guard(t testing.TB, grants []capability.Grant, opts ...capability.GuardOption) *capability.Guard {
	t.Helper()
	g, err := capability.NewGuard("demo:a", grants, points, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var grants = []capability.Grant{
	{Kind: capability.Messaging, Action: "send", Resource: "orders:*"}, {Kind: capability.Import, Resource: "airssys:core/*"},
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	l := k.open()
	r := l.Recorder(audit.Subject{Component: "demo:a", Trust: "trusted", SHA256: "ab"})
	g := guard(t, grants, r.Guard()...)
	for range 1000 {
		g.Allowed(2)
		g.Check(0, "", "orders:ledger")
	}
	g.Check(0, "", "other:ledger")
	k.tick <- noon
	k.tick <- noon // the first one has been written
	g.Allowed(2)
	r.Close()
	every := l.Recorder(audit.Subject{Component: "demo:b", Every: true})
	g = guard(t, grants, every.Guard()...)
	g.Check(0, "", "orders:ledger")
	g.Check(0, "", "other:ledger")
	k.close(l)
	k.sound()
	var got []string
	for _, rec := range k.records() {
		if rec.Event == audit.Access {
			got = append(got, fmt.Sprint(rec.Component, " ", rec.Trust, rec.SHA256, " ", rec.Function, " ", rec.Kind, " ", rec.Action, " ", rec.Resource, " ", rec.Decision, " ", rec.Count, " ", rec.Reason))
		}
	}
	want := []string{
		"demo:a trustedab send-message messaging send other:ledger denied 0 no grant covers it",
		"demo:a trustedab send-message messaging send  granted 1000 ",
		"demo:a trustedab log import   granted 1000 ",
		"demo:a trustedab log import   granted 1 ",
		"demo:b  send-message messaging send orders:ledger granted 0 ",
		"demo:b  send-message messaging send other:ledger denied 0 no grant covers it",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A log says what becomes of records for which its buffer has no room.
func TestOverflowIsOnRecord(t *testing.T) {
	t.Parallel()
	for overflow, block := range map[string]bool{"count": false, "block": true} {
		k := newKit(t)
		k.cfg.Buffer, k.cfg.Block = 10, block
		k.close(k.open())
		i := slices.IndexFunc(k.records(), func(r audit.Record) bool { return r.Event == audit.Opened })
		if i < 0 || k.records()[i].Meta["overflow"] != overflow || k.records()[i].Meta["buffer"] != "10" {
			t.Errorf("%s: %+v", overflow, k.records())
		}
	}
}

// A flood of denials is bounded: what does not fit is counted.
func TestFull(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.Buffer = 10
	l := k.open()
	g := guard(t, nil, l.Recorder(audit.Subject{Component: "demo:a"}).Guard()...)
	const calls = 50_000
	for range calls {
		g.Check(0, "", "other:ledger")
	}
	k.close(l)
	r := k.sound()
	denied := uint64(0)
	for _, rec := range k.records() {
		if rec.Decision == audit.Denied {
			denied++
		}
	}
	if denied+r.Lost != calls || denied == 0 {
		t.Errorf("%d records and %d lost, of %d", denied, r.Lost, calls)
	}
}

func TestBlock(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.Buffer, k.cfg.Block = 10, true
	l := k.open()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				l.Append(audit.Record{Event: audit.Started})
			}
		})
	}
	wg.Wait()
	k.close(l)
	if r := k.sound(); r.Lost != 0 || r.Records != 4000+5 {
		t.Errorf("%+v", r)
	}
	if l.Append(audit.Record{Event: audit.Started}) {
		t.Error("a closed log takes records")
	}
	if err := l.Commit(context.Background(), audit.Record{Event: audit.Approval}); !errors.Is(err, audit.ErrClosed) {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// Several logs of one folder, as several processes have them, write one chain.
func TestSeveralWriters(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FileSize = 5000
	var wg sync.WaitGroup
	const each = 50
	for i := range 4 {
		wg.Go(func() {
			l, err := audit.Open(k.cfg)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range each {
				if err := l.Commit(t.Context(), audit.Record{Event: audit.Approval, Component: fmt.Sprintf("demo:c%d-%d", i, n)}); err != nil {
					t.Error(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	k.sound()
	seen := map[string]bool{}
	for _, r := range k.records() {
		if r.Event == audit.Approval {
			seen[r.Component] = true
		}
	}
	if len(seen) != 4*each {
		t.Errorf("%d of %d", len(seen), 4*each)
	}
	if r := k.sound(); len(r.Gaps) != 0 {
		t.Errorf("%+v", r)
	}
}

// What a process leaves that ended without closing the log is a gap, once, and the log goes on.
func TestGap(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.fill(1)
	mark := filepath.Join(k.cfg.Dir, "session-dead")
	for range 2 {
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		k.change(k.file(1), func(b []byte) []byte { return append(b, `{"seq":99,"time":"2026`...) }) // a line that was not written to its end
		k.fill(1)
		if _, err := os.Stat(mark); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the mark stays: %v", err)
		}
	}
	k.fill(1)
	if r := k.sound(); len(r.Gaps) != 2 || r.Gaps[0].Meta["session"] != "dead" || r.Gaps[0].Meta["unsigned"] != "0" {
		t.Errorf("%+v", r)
	}
	left, err := filepath.Glob(filepath.Join(k.cfg.Dir, "session-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// The head is not taken from another log, and a log without its files is not begun anew beside it.
func TestHead(t *testing.T) {
	t.Parallel()
	k, other := newKit(t), newKit(t)
	k.fill(1)
	other.fill(1)
	k.cfg.Head = other.cfg.Head
	if _, err := audit.Open(k.cfg); err == nil || !strings.Contains(err.Error(), "another log") {
		t.Error(err)
	}
	wantBroken(t, k, "computed anew")
	if _, err := audit.Verify(filepath.Join(t.TempDir(), "none"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestCannotWrite(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var failures int
	k.cfg.OnError = func(error) { failures++ }
	l := k.open()
	if err := os.RemoveAll(k.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	if err := l.Commit(t.Context(), audit.Record{Event: audit.Approval}); err == nil {
		t.Error("written into nothing")
	}
	if err := l.Close(); err == nil || failures == 0 {
		t.Errorf("%v, %d failures told", err, failures)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.cfg.FileSize = 1500
	l := k.open()
	r := audit.NewReader(k.cfg.Dir)
	var got []string
	for i := range 20 {
		name := fmt.Sprintf("demo:c%d", i)
		if err := l.Commit(t.Context(), audit.Record{Event: audit.Started, Component: name}); err != nil {
			t.Fatal(err)
		}
		err := r.Read(func(rec *audit.Record) {
			if (&audit.Filter{Event: audit.Started, Text: "DEMO"}).Match(rec) {
				got = append(got, rec.Component)
			}
		})
		if err != nil || len(got) != i+1 || got[i] != name {
			t.Fatalf("%v, %v", got, err)
		}
	}
	k.close(l)
}

func BenchmarkRecorder(b *testing.B) {
	for _, every := range []bool{false, true} {
		k := newKit(b)
		k.cfg.Tick = nil
		l := k.open()
		g := guard(b, grants, l.Recorder(audit.Subject{Component: "demo:a", Every: every}).Guard()...)
		b.Run(fmt.Sprintf("every=%v", every), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Check(0, "", "orders:ledger")
			}
		})
		k.close(l)
	}
}
