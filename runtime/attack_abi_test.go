package runtime_test

import (
	"strconv"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/component"
)

var abiAttacks = []attack{
	{class: "handle-forging", do: forgedHandles},
	{class: "borrow-escape", do: keptBorrow},
	{class: "allocator-lies", do: allocatorLies},
	{class: "huge-lengths", do: hugeLengths},
	{class: "re-entrance", do: reentrance},
}

// What outlaw is granted: all that it needs to break rules with. What ends it is
// none of these.
const outlaw = `
[capabilities]
imports = ["airssys:core/host-services", "wasi:clocks/*", "wasi:io/*", "wasi:cli/*"]
messaging = { send = ["evil:outlaw"], request = ["evil:outlaw"] }
[resources]
cpu = { timeout_seconds = 5 }
memory = { max_bytes = 8_388_608 }
[env]
NAME = "value"
OTHER = "other value"
`

func (a *arena) outlaw() {
	a.t.Helper()
	a.start("evil:outlaw", "outlaw", outlaw)
}

// forgedHandles has a guest use handles that were never given, are of another type
// or another instance, or are gone.
func forgedHandles(a *arena) {
	a.outlaw()
	a.start("good:outlaw", "outlaw", outlaw)
	fresh := func() (stream, timer string) {
		a.t.Helper()
		stream, timer = a.does("evil:outlaw", "stream", ""), a.does("evil:outlaw", "timer", "")
		a.does("evil:outlaw", "write "+stream, "1")
		a.does("evil:outlaw", "ready "+timer, "1")
		return stream, timer
	}
	stream := a.does("good:outlaw", "stream", "") // the other instance has one, and this one none
	dies[*abi.Trap](a, "evil:outlaw", "write "+stream, "handle")
	for _, h := range []string{"0", "77", "1000000", "2147483648", "4294967295"} {
		for _, do := range []string{"write ", "ready ", "drop ", "droptimer "} {
			dies[*abi.Trap](a, "evil:outlaw", do+h, "handle")
		}
	}
	stream, _ = fresh()
	dies[*abi.Trap](a, "evil:outlaw", "ready "+stream, "handle")
	_, timer := fresh()
	dies[*abi.Trap](a, "evil:outlaw", "write "+timer, "handle")
	stream, _ = fresh()
	dies[*abi.Trap](a, "evil:outlaw", "droptimer "+stream, "handle")
	stream, _ = fresh()
	a.does("evil:outlaw", "drop "+stream, "0")
	dies[*abi.Trap](a, "evil:outlaw", "drop "+stream, "handle")
	_, timer = fresh()
	a.does("evil:outlaw", "droptimer "+timer, "0")
	dies[*abi.Trap](a, "evil:outlaw", "ready "+timer, "handle")
	_, timer = fresh()
	a.does("evil:outlaw", "poll "+timer+" 1", "1")
	dies[*abi.Trap](a, "evil:outlaw", "poll "+timer+" 2", "") // what lies behind the first is no handle
	a.does("good:outlaw", "write "+stream, "1")
}

// keptBorrow has a component keep what it was lent for a call.
func keptBorrow(a *arena) {
	a.start("evil:lender", "lender", "[capabilities]\nimports = [\"airssys:core/host-services\", \"wasi:clocks/*\", \"wasi:io/*\"]\n")
	a.does("evil:lender", "lend", "1")
	dies[*abi.Trap](a, "evil:lender", "keep", "borrow")
	a.does("evil:lender", "lend", "1")
	dies[*abi.Trap](a, "evil:lender", "again", "handle")
	a.does("evil:lender", "lend", "1")
}

// allocatorLies has an allocator give memory that is none: where a result is
// written, where the arguments of a call are, and of those of a batch of messages.
func allocatorLies(a *arena) {
	a.outlaw()
	a.does("evil:outlaw", "env fair", "2")
	// The same memory for all: what the host wrote there is the guest's own muddle.
	a.does("evil:outlaw", "env overlap", "2")
	for _, lie := range []struct{ how, why string }{
		{"odd", "align"}, {"far", "bounds"}, {"trap", "unreachable"}, {"call", "leave"},
	} {
		dies[*component.Trap](a, "evil:outlaw", "env "+lie.how, lie.why)
		if lie.how == "odd" { // what it is asked is bytes, which may be anywhere
			continue
		}
		a.does("evil:outlaw", "lie "+lie.how, "0")
		dies[*component.Trap](a, "evil:outlaw", "handled", lie.why)
		a.does("evil:outlaw", "queue 50 "+lie.how, "50")
		crashed[*component.Trap](a, "evil:outlaw", lie.why)
		a.settle()
		if got, err := strconv.Atoi(a.does("evil:outlaw", "handled", "")); err != nil || got == 0 || got > 50 {
			a.t.Errorf("after the allocator lied (%s) %d messages of 50 were handled", lie.how, got)
		}
	}
	dies[*component.TimeLimitError](a, "evil:outlaw", "env spin", "")
	a.record(audit.Record{Event: audit.Limited, Component: "evil:outlaw"})
	a.does("evil:outlaw", "lie overlap", "0")
	_, _ = a.h.Ask(a.ctx, address("evil:outlaw"), []byte("what it hears is its own affair"))
}

// settle waits until nobody has anything to do.
func (a *arena) settle() {
	a.t.Helper()
	a.must(a.h.WaitIdle(a.ctx))
}

// hugeLengths has a guest say of texts, lists and messages that they are longer
// than its memory, or so long that their size in bytes wraps around.
func hugeLengths(a *arena) {
	a.outlaw()
	for _, do := range []string{"log", "facts", "send", "answer"} {
		a.does("evil:outlaw", do+" 16", "")
		for _, n := range []string{"4294967295", "2147483648", "268435456", "268435457", "16777216", "8388608"} {
			dies[*abi.Trap](a, "evil:outlaw", do+" "+n, " bytes")
		}
	}
	timer := a.does("evil:outlaw", "timer", "")
	a.does("evil:outlaw", "poll "+timer+" 1", "1")
	dies[*abi.Trap](a, "evil:outlaw", "poll "+timer+" 1073741824", "too long")
	dies[*abi.Trap](a, "evil:outlaw", "poll 1 1073741825", "too long")
}

// reentrance has a guest call out where it may not, and have itself called while
// it is in a call.
func reentrance(a *arena) {
	a.outlaw()
	a.does("evil:outlaw", "env fair", "2")
	dies[*component.Trap](a, "evil:outlaw", "env call", "leave")
	a.does("evil:outlaw", "lie call", "0")
	dies[*component.Trap](a, "evil:outlaw", "handled", "leave")
	dies[*component.Trap](a, "evil:outlaw", "post", "leave")
	a.does("evil:outlaw", "ask", "1") // never entered twice, though it asked itself
	a.settle()
	a.does("evil:outlaw", "handled", "1000") // and called back when it had returned
}
