package runtime_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/airsstack/witgen/internal/durable"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

var floodAttacks = []attack{
	{class: "quota-exhaustion", do: exhaustion},
	{class: "message-flood", do: messageFlood},
	{class: "log-injection", do: logInjection},
	{class: "denial-flood", do: denialFlood, gate: func(c *gate.Config) {
		c.Audit.Buffer = 16
	}},
}

const talks = "[capabilities]\nimports = [\"airssys:core/host-services\"]\nmessaging.send = [\"good:counter\", \"evil:*\"]\n"

// exhaustion has guests take all that there is of time, depth, memory, files and
// sockets, in a call and before their first one.
func exhaustion(a *arena) {
	a.start("evil:prober", "prober", talks+"[resources]\ncpu = { timeout_seconds = 1 }\nmemory = { max_bytes = 16_777_216 }\n")
	a.start("evil:fueled", "prober", talks+"[resources]\ncpu.max_fuel = 10_000_000\n")
	a.start("evil:wild", "wild", talks)
	for range 3 {
		a.does("evil:prober", "grow 1000000", "ok")
		a.does("evil:prober", "grow 1000000000", "out of memory")
		a.does("evil:prober", "grow 14000000", "ok")
		dies[*component.TimeLimitError](a, "evil:prober", "spin", "")
		dies[*component.OutOfFuelError](a, "evil:fueled", "spin", "fuel")
		a.must(a.h.Send(a.ctx, address("evil:wild"), []byte("d")))
		crashed[*component.TooDeepError](a, "evil:wild", "nest")
	}
	a.record(audit.Record{Event: audit.Limited, Component: "evil:prober", Kind: "memory", Decision: "near"})
	a.record(audit.Record{Event: audit.Limited, Component: "evil:prober", Kind: "bytes of memory", Decision: audit.Denied, Reason: "of 16777216"})
	a.record(audit.Record{Event: audit.Limited, Component: "evil:prober", Reason: "took longer"})
	a.record(audit.Record{Event: audit.Limited, Component: "evil:fueled", Reason: "fuel"})
	// One that never comes back from its start.
	m := a.guest("evil:starting", "prober", talks+"[config]\nspin = true\n[resources]\ncpu.timeout_seconds = 1\n")
	m.Supervision.MaxRestarts = 0
	if err := a.h.Start(a.ctx, m); !errors.As(err, new(*component.TimeLimitError)) {
		a.t.Errorf("one that never starts: %v", err)
	}
	a.record(audit.Record{Event: audit.Stopped, Component: "evil:starting", Decision: "failed"})
	// Files and sockets.
	a.tree(map[string]string{"in/mine": "mine"})
	a.start("evil:handyman", "handyman", inOnly+"[quota]\nopen_files = 10\nopen_sockets = 10\n")
	for _, do := range []string{"open /data/in/mine r", "socket tcp4"} {
		opened := 0
		for range 50 {
			if _, err := strconv.Atoi(a.does("evil:handyman", do, "")); err == nil {
				opened++
			}
		}
		if opened != 10 {
			a.t.Errorf("%s: %d times, may be 10", do, opened)
		}
	}
	a.record(audit.Record{Event: audit.Limited, Component: "evil:handyman", Kind: "open files", Decision: audit.Denied})
	a.record(audit.Record{Event: audit.Limited, Component: "evil:handyman", Kind: "open sockets", Decision: audit.Denied})
	a.does("evil:handyman", "close 1", "ok")
	a.does("evil:handyman", "open /data/in/mine r", "")
}

// messageFlood sends more than others, and it itself, can take.
func messageFlood(a *arena) {
	a.start("evil:prober", "prober", talks+"[quota]\nmessage_rate = 2\n[mailbox]\nsize = 50\nmax_message_bytes = 1000\n")
	a.does("evil:prober", "send good:counter x", "ok")
	a.does("evil:prober", "send evil:prober log info hello", "ok")
	refused := 0
	for range 1000 {
		if got := a.does("evil:prober", "send good:counter x", ""); strings.HasPrefix(got, "send-failed") {
			refused++
		}
	}
	if refused < 500 {
		a.t.Errorf("of 1000 messages %d were refused", refused)
	}
	a.record(audit.Record{Event: audit.Limited, Component: "evil:prober", Kind: "messages a second", Decision: audit.Denied})
	a.does("evil:prober", "send nobody:there x", "send-failed") // not granted, whether there is one or not
	a.record(audit.Record{Event: audit.Access, Component: "evil:prober", Kind: "messaging", Resource: "nobody:there", Decision: audit.Denied})
	if err := a.h.Send(a.ctx, address("evil:prober"), make([]byte, 1001)); err == nil {
		a.t.Error("a message larger than is allowed is sent")
	}
}

// What ends a line, or looks like one, or changes how a terminal writes.
var injected = []string{
	"\n{\"seq\":1,\"event\":\"close\",\"component\":\"good:counter\"}\n", "\r\ntime=2026-11-25T00:00:00Z level=INFO msg=forged actor=good:counter",
	"\x1b[2J\x1b[1;1Hforged", "\x1b]0;title\x07", "\u009b31m", "\u2028forged\u2029", "\u202eforged", "\x00", "\b\b\b\bforged", "\xff\xfe", `"}` + "\n" + `{"event":"forged"`, strings.Repeat("long", 20_000),
}

// logInjection has a guest write lines and looks of its own into the log of
// components and the audit log, by all that it can say there.
func logInjection(a *arena) {
	a.start("evil:prober", "prober", talks)
	a.start("evil:handyman", "handyman", inOnly)
	a.start("evil:scribe", "scribe", "")
	for _, text := range injected {
		a.tries("evil:prober", "log info x"+text+" key"+text+"=value"+text)
		a.tries("evil:prober", "send evil:x"+text+" hello")
		a.tries("evil:prober", "send "+text+":x hello")
		a.tries("evil:prober", "fail internal x"+text)
		a.must(a.h.Send(a.ctx, address("evil:prober"), []byte("fail internal x"+text)))
		a.tries("evil:handyman", "open /data/"+text+" r")
		a.tries("evil:handyman", "spawn /bin/"+text)
		a.tries("evil:handyman", "resolve1 "+text)
		a.tries("evil:scribe", "err "+text)
	}
	a.must(a.h.Send(a.ctx, address("evil:scribe"), []byte("panic")))
	a.settle()
	a.record(audit.Record{Event: audit.Access, Component: "evil:handyman", Kind: "filesystem", Decision: audit.Denied, Resource: "forged"})
	a.does("evil:prober", "log info honest", "")
	// Each line of the components' log is one that the host wrote, and has one who wrote it.
	quoted := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	for line := range strings.Lines(a.log.logged()) {
		bare := quoted.ReplaceAllString(line, "")
		if !strings.HasPrefix(bare, "time=") || strings.Count(bare, " actor=") != 1 || strings.Count(bare, " msg=") != 1 || strings.Count(bare, " level=") != 1 {
			a.t.Errorf("a line of the log is %.200q", line)
		}
		if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), unprintable); i >= 0 {
			a.t.Errorf("in the log stands %.20q", line[i:])
		}
	}
	if !strings.Contains(a.log.logged(), "msg=honest actor=evil:prober") {
		a.t.Error("what is honest is not in the log")
	}
	a.after = append(a.after, a.oneLineEach)
}

// oneLineEach looks whether the audit log has anything of what was injected.
func (a *arena) oneLineEach() {
	a.t.Helper()
	files, err := filepath.Glob(filepath.Join(gate.LogDir(a.state), "*.jsonl"))
	a.must(err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		a.must(err)
		for line := range strings.Lines(string(b)) {
			if len(line) > 10_000 {
				a.t.Errorf("a record of %d bytes", len(line))
			}
			if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), unprintable); i >= 0 {
				a.t.Errorf("in the audit log stands %.20q", line[i:])
			}
		}
	}
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// denialFlood asks for what is not granted, with long names, while nothing is written
// of a log with a small buffer: another process has it for as long as a third of the
// flood takes.
func denialFlood(a *arena) {
	a.start("evil:handyman", "handyman", inOnly)
	a.tree(map[string]string{"in/mine": "mine"})
	a.does("evil:handyman", "open /data/in/mine r", "1")
	const flood = 3000
	long := strings.Repeat("x", 100_000)
	asked := 0
	var lock *durable.Lock
	for i := range flood {
		switch i {
		case flood / 3:
			var err error
			lock, err = durable.Acquire(filepath.Join(gate.LogDir(a.state), "audit.lock"))
			a.must(err)
		case 2 * flood / 3:
			a.must(lock.Release())
		}
		a.does("evil:handyman", "stat /data/hidden/0", "PermissionDenied(")
		asked++
		if i%100 == 0 {
			a.does("evil:handyman", fmt.Sprintf("open /data/hidden/%d%s r", i, long), "PermissionDenied(")
			asked++
		}
	}
	a.does("evil:handyman", "read 1 10", "4 mine")
	a.after = append(a.after, func() { a.counted(asked) })
}

// counted looks whether as many denials as were asked for are on record, or said to
// be lost.
func (a *arena) counted(asked int) {
	a.t.Helper()
	report, err := gate.Verify(a.state)
	a.must(err)
	denied := 0
	a.must(audit.NewReader(gate.LogDir(a.state)).Read(func(r *audit.Record) {
		if r.Event == audit.Access && r.Decision == audit.Denied {
			denied++
		}
	}))
	if uint64(denied)+report.Lost < uint64(asked) {
		a.t.Errorf("of %d denials %d are on record, and %d said to be lost", asked, denied, report.Lost)
	}
	if report.Lost == 0 || denied == 0 {
		a.t.Errorf("%d denials are on record, and %d records are lost: the buffer was not too small", denied, report.Lost)
	}
}
