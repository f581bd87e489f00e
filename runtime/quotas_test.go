package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// told asks a guest to do something, and holds what came of it to want.
func told(t *testing.T, h *runtime.Host, a actor.Address, command, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := h.Ask(ctx, a, []byte(command))
	if err != nil || string(got) != want {
		t.Errorf("%s: %.40s gives %s, %v; want %s", a, command, got, err, want)
	}
}

// usage is what a component uses of the limit that a key sets.
func usage(t *testing.T, h *runtime.Host, a actor.Address, key string) quota.Usage {
	t.Helper()
	for _, s := range h.Limits(t.Context(), a) {
		if s.Of == key {
			return s.Usage
		}
	}
	t.Fatalf("%s has no limit %s: %v", a, key, h.Limits(t.Context(), a))
	return quota.Usage{}
}

const maySend = "capabilities.messaging = { send = [\"crash:*\"], request = [\"crash:*\"], broadcast = [\"crash:*\"] }\n"

// A component of either world is told that its message is larger than the
// receiver takes, and by how much.
func TestGuestsSendTooMuch(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.NewManualClock(epoch))
	small := start(t, h, "prober", "small", "mailbox.max_message_bytes = 20\n")
	earlier := start(t, h, "prober", "earlier", maySend)
	later := surveyor(t, h, "later", "imports = [\"airssys:core/host-services\", \"airssys:core/host-messaging\"]\nmessaging = { send = [\"crash:*\"], request = [\"crash:*\"], broadcast = [\"crash:*\"] }")
	long := strings.Repeat("x", 21)
	refused := func(from string) string {
		return "invalid-message: send 21 bytes from crash:" + from + " to crash:small: too many bytes of a message: 21, and the limit is 20"
	}
	told(t, h, earlier, "send crash:small "+long, refused("earlier"))
	told(t, h, earlier, "request crash:small "+long+" 1000", refused("earlier"))
	told(t, h, later, "send crash:small "+long, refused("later"))
	told(t, h, later, "request crash:small 1000 "+long, refused("later"))
	told(t, h, later, "broadcast crash:small,crash:earlier "+long, "delivery-failed: 1 of 2 were not reached; the first: "+refused("later"))
	told(t, h, earlier, "send crash:small log info exactly 20", "ok")
	if err := h.Send(t.Context(), small, make([]byte, 21)); !errors.As(err, new(*quota.ExceededError)) || runtime.LimitKey(err) != "mailbox.max_message_bytes" {
		t.Errorf("from outside: %v", err)
	}
	idle(t, h)
	if letters, n := h.DeadLetters(); n != 0 || h.Refused() != 6 {
		t.Errorf("%d refused, dead letters %v", h.Refused(), letters)
	}
	if met := find[actor.LimitMet](rec); len(met) != 6 || met[0].Actor != small || met[0].From != earlier || met[0].Err.Wanted != 21 {
		t.Errorf("told %+v", met)
	}
	if log := rec.logged(); !strings.Contains(log, "exactly 20") {
		t.Errorf("what fits did not arrive:\n%s", log)
	}
}

// An answer that is larger than the asker takes reaches it as an error.
func TestGuestsAnswerTooMuch(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.NewManualClock(epoch))
	start(t, h, "prober", "verbose", "env.LONG = \""+strings.Repeat("l", 100)+"\"\n")
	asker := start(t, h, "prober", "asker", maySend+"mailbox.max_message_bytes = 40\n")
	told(t, h, asker, "request crash:verbose config 1000", "ok: 2")
	told(t, h, asker, "request crash:verbose whoami 1000", "ok: 4")
	idle(t, h)
	for _, want := range []string{"callback 4 -> ok: crash:asker@1.0.0", "callback 2 -> failed: send ", "bytes from crash:verbose to crash:asker: too many bytes of a message: "} {
		if !strings.Contains(rec.logged(), want) {
			t.Errorf("no %q in\n%s", want, rec.logged())
		}
	}
}

// What waits for a component that does not come to it presses back.
func TestGuestsFillAMailbox(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	h, rec := newHost(t, clock)
	slow := start(t, h, "prober", "slow", "mailbox.max_bytes = 100\n")
	sender := start(t, h, "prober", "sender", maySend)
	if err := h.Send(t.Context(), slow, []byte("sleep 1000")); err != nil {
		t.Fatal(err)
	}
	if err := clock.BlockUntil(t.Context(), 1); err != nil { // it sleeps
		t.Fatal(err)
	}
	text := "log info " + strings.Repeat("y", 31)
	told(t, h, sender, "send crash:slow "+text, "ok")
	told(t, h, sender, "send crash:slow "+text, "ok")
	if u := usage(t, h, slow, "mailbox.max_bytes"); u != (quota.Usage{Used: 80, Limit: 100}) {
		t.Errorf("used %v", u)
	}
	told(t, h, sender, "send crash:slow "+text, "send-failed: the mailbox of crash:slow is full")
	told(t, h, sender, "send crash:slow "+strings.Repeat("z", 101), "invalid-message: send 101 bytes from crash:sender to crash:slow: too many bytes of a message: 101, and the limit is 100")
	told(t, h, sender, "send crash:slow log info eleven", "ok")
	if near := find[runtime.LimitNear](rec); len(near) != 1 || near[0].Actor != slow || near[0].Status != (quota.Status{Of: actor.LimitMailboxBytes, Usage: quota.Usage{Used: 95, Limit: 100}}) {
		t.Errorf("near: %+v", near)
	}
	// Who may wait waits for room.
	sent := make(chan error)
	go func() { sent <- h.Send(t.Context(), slow, []byte(text)) }()
	if err := clock.BlockUntil(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second) // it wakes
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	idle(t, h)
	if n := strings.Count(rec.logged(), strings.Repeat("y", 31)); n < 3 || usage(t, h, slow, "mailbox.max_bytes").Used != 0 {
		t.Errorf("%d arrived; %v are left\n%s", n, usage(t, h, slow, "mailbox.max_bytes"), rec.logged())
	}
	if letters, n := h.DeadLetters(); n != 1 || letters[0].Reason != actor.MailboxFull || letters[0].From != sender {
		t.Errorf("dead letters %+v", letters)
	}
	if met := find[actor.LimitMet](rec); len(met) != 2 || runtime.LimitKey(met[0].Err) != "mailbox.max_bytes" {
		t.Errorf("met %+v", met)
	}
}

// A component sends as often as its manifest lets it, by whatever way, and a crash
// gives it no more.
func TestGuestsSendTooOften(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	h, rec := newHost(t, clock)
	sink := start(t, h, "prober", "sink", "")
	sender := start(t, h, "prober", "sender", maySend+"quota.message_rate = 4\n")
	later := surveyor(t, h, "later", "imports = [\"airssys:core/host-services\", \"airssys:core/host-messaging\"]\nmessaging = { send = [\"crash:*\"], broadcast = [\"crash:*\"] }\n[quota]\nmessage_rate = 2")
	const over = "too many messages a second: 1 more than 4 of 4 (100%); try again in 250ms"
	refused := "send-failed: send 8 bytes from crash:sender to crash:sink: " + over
	for range 3 {
		told(t, h, sender, "send crash:sink log info", "ok")
	}
	told(t, h, sender, "request crash:sink whoami 1000", "ok: 5")
	told(t, h, sender, "send crash:sink log info", refused)
	told(t, h, sender, "request crash:sink log info 1000", refused)
	told(t, h, later, "broadcast crash:sink,crash:sink,crash:sink hello",
		"delivery-failed: 1 of 3 were not reached; the first: delivery-failed: send 5 bytes from crash:later to crash:sink: too many messages a second: 1 more than 2 of 2 (100%); try again in 500ms")
	idle(t, h) // the answer is there: an instance that has ended gets none
	if err := h.Send(t.Context(), sender, []byte("trap")); err != nil {
		t.Fatal(err)
	}
	<-rec.restarts
	clock.Advance(100 * time.Millisecond)
	idle(t, h)
	told(t, h, sender, "send crash:sink log info", strings.Replace(refused, "250ms", "150ms", 1))
	clock.Advance(150 * time.Millisecond)
	told(t, h, sender, "send crash:sink log info", "ok")
	if u := usage(t, h, sender, "quota.message_rate"); u != (quota.Usage{Used: 4, Limit: 4}) {
		t.Errorf("used %v", u)
	}
	idle(t, h)

	// The books.
	var sum actor.Stats
	for _, a := range h.Actors() {
		sum.Handled += a.Stats.Handled
		sum.DeadLetters += a.Stats.DeadLetters
		sum.Answers += a.Stats.Answers
	}
	asked := uint64(9 + 1)                      // by Ask; the trap
	tried, refusals := uint64(8+3), h.Refused() // by guests
	if sum.Handled+sum.DeadLetters+refusals != asked+tried+sum.Answers || refusals != 4 || sum.Answers != 1 {
		t.Errorf("%+v, %d refused, of %d + %d", sum, refusals, asked, tried)
	}
	if near := find[runtime.LimitNear](rec); len(near) != 2 || near[0].Actor != sender || near[0].Of != actor.LimitRate {
		t.Errorf("near: %+v", near)
	}
	if met := find[actor.LimitMet](rec); len(met) != 2 || met[0].Actor != sender || met[0].To != sink || runtime.LimitKey(met[0].Err) != "quota.message_rate" {
		t.Errorf("met: %+v", met) // of each flood the first
	}
}

// A component whose manifest says nothing sends a thousand at once in a loop, and
// of all that are refused then there is one event.
func TestAGuestFloods(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.NewManualClock(epoch))
	start(t, h, "ledger", "ledger", "")
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/intake/intake.wasm", filepath.Join(dir, "intake.wasm"))
	var orders strings.Builder
	const all = 3000
	for i := range all {
		fmt.Fprintf(&orders, "  { id = %d, item = \"tea\", amount = \"1.00\" },\n", i)
	}
	m := write(t, dir, `component = { name = "crash:intake", version = "1.0.0" }
capabilities = { imports = ["airssys:core/host-services"], messaging.send = ["crash:ledger"] }
[config]
ledger = "crash:ledger"
orders = [
`+orders.String()+"]\n")
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	idle(t, h)
	ledger, _ := h.Actor(actor.Address{Namespace: "crash", Name: "ledger"})
	if ledger.Stats != (actor.Stats{Handled: 1000}) || h.Refused() != all-1000 {
		t.Errorf("%+v, %d refused", ledger.Stats, h.Refused())
	}
	if n := strings.Count(rec.logged(), "too many messages a second"); n != all-1000 {
		t.Errorf("the component was told %d times", n)
	}
	if near, met := find[runtime.LimitNear](rec), find[actor.LimitMet](rec); len(near) != 1 || len(met) != 1 {
		t.Errorf("%d near, %d met", len(near), len(met))
	}
}

// A publication counts once, and one that is too many goes to nobody.
func TestGuestsPublishTooOften(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	h, rec := newHost(t, clock)
	a := feed(t, h, "a", "capabilities.custom.topic.publish = [\"orders.*\"]\nquota.message_rate = 2\n")
	listen := "subscriptions = [{ topic = \"orders.#\" }]\n"
	feed(t, h, "b", listen)
	feed(t, h, "c", listen+"mailbox.max_message_bytes = 3\n")
	for i, want := range []string{"published 2 0", "published 1 1", "published unavailable"} {
		if err := h.Send(t.Context(), a, []byte("pub orders.eu "+[]string{"one", "two and more", "six"}[i])); err != nil {
			t.Fatal(err)
		}
		idle(t, h)
		if !strings.Contains(rec.logged(), want) {
			t.Errorf("no %s:\n%s", want, rec.logged())
		}
	}
	if strings.Contains(rec.logged(), "heard six") || h.Refused() != 2 {
		t.Errorf("%d refused\n%s", h.Refused(), rec.logged())
	}
}

// surveyor starts the guest of the later world.
func surveyor(t *testing.T, h *runtime.Host, name, capabilities string) actor.Address {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/surveyor/surveyor.wasm", filepath.Join(dir, "surveyor.wasm"))
	m := write(t, dir, "component = { name = \"crash:"+name+"\", version = \"1.0.0\" }\nsupervision.health.interval = \"0s\"\n[capabilities]\n"+capabilities+"\n")
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return actor.Address{Namespace: "crash", Name: name}
}

// What no manifest says is the host's, and what is above its ceiling is an error
// with a place.
func TestQuotasOfTheHost(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	limitsOf := func(h *runtime.Host, a actor.Address) string {
		return fmt.Sprint(usage(t, h, a, "mailbox.max_message_bytes").Limit, usage(t, h, a, "mailbox.max_bytes").Limit, usage(t, h, a, "quota.message_rate").Limit)
	}
	h, _ := newHost(t, clock)
	if got := limitsOf(h, start(t, h, "prober", "usual", "")); got != "1048576 67108864 1000" {
		t.Errorf("by default %s", got)
	}
	h, _ = newHostWith(t, clock, func(c *runtime.Config) {
		c.Quotas = runtime.Quotas{MessageBytes: 1000, MailboxBytes: 20_000, MessageRate: 10}
		c.QuotaCeiling = runtime.Quotas{MailboxBytes: 10_000, MessageRate: 20}
	})
	if got := limitsOf(h, start(t, h, "prober", "silent", "")); got != "1000 10000 10" {
		t.Errorf("of the host %s", got)
	}
	if got := limitsOf(h, start(t, h, "prober", "asks", "mailbox = { max_bytes = \"5KB\", max_message_bytes = \"2KB\" }\nquota.message_rate = 20\n")); got != "2000 5000 20" {
		t.Errorf("asked for %s", got)
	}
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/prober/prober.wasm", filepath.Join(dir, "prober.wasm"))
	m := write(t, dir, "component = { name = \"crash:greedy\", version = \"1.0.0\" }\nmailbox = { max_message_bytes = \"17MiB\", max_bytes = \"18MiB\" }\n[quota]\nmessage_rate = 21\n")
	err := h.Start(t.Context(), m)
	ceiling, ok := errors.AsType[*quota.CeilingError](err)
	if !ok || !errors.As(err, new(*manifest.Error)) || *ceiling != (quota.CeilingError{Of: "mailbox.max_message_bytes", Wanted: 17 << 20, Most: 16 << 20}) {
		t.Fatalf("got %v", err)
	}
	want := "" +
		m.Path + ":2:33: `mailbox.max_message_bytes` is 17825792, and this host allows 16777216 at most\n" +
		m.Path + ":2:54: `mailbox.max_bytes` is 18874368, and this host allows 10000 at most\n" +
		m.Path + ":4:16: `quota.message_rate` is 21, and this host allows 20 at most\n"
	for line := range strings.Lines(want) {
		if !strings.Contains(err.Error()+"\n", strings.TrimSuffix(line, "\n")) {
			t.Errorf("no %s in\n%v", line, err)
		}
	}
}

// A limit that is near, and one that was met, are on record: of a flood the first.
func TestQuotasOnRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := gate.Open(gate.Config{Dir: dir, Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	h, _ := newHostWith(t, actor.NewManualClock(epoch), func(c *runtime.Config) { c.Gate = g })
	sink := start(t, h, "prober", "sink", "mailbox.max_message_bytes = 20\n")
	sender := start(t, h, "prober", "sender", maySend+"quota.message_rate = 1\n")
	told(t, h, sender, "send crash:sink log info", "ok")
	for range 3 {
		told(t, h, sender, "send crash:sink log info",
			"send-failed: send 8 bytes from crash:sender to crash:sink: too many messages a second: 1 more than 1 of 1 (100%); try again in 1s")
	}
	if err := h.Send(t.Context(), sink, make([]byte, 21)); err == nil {
		t.Error("not refused")
	}
	if err := errors.Join(h.WaitIdle(t.Context()), h.Stop(t.Context()), g.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Verify(dir); err != nil {
		t.Error(err)
	}
	story := map[string]int{}
	err = audit.NewReader(gate.LogDir(dir)).Read(func(rec *audit.Record) {
		if rec.Event == audit.Limited {
			story[rec.Component+" "+rec.Decision+" "+rec.Kind]++
		}
	})
	want := map[string]int{"crash:sender near messages a second": 1, "crash:sender denied messages a second": 1, "crash:sink denied bytes of a message": 1}
	if err != nil || !maps.Equal(story, want) {
		t.Errorf("%v, %v", story, err)
	}
}
