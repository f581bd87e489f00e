package runtime_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
)

// A component hears what is published where its manifest listens, and Go code
// beside it.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.RealClock{})
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/ledger/ledger.wasm", filepath.Join(dir, "ledger.wasm"))
	m := write(t, dir, `
component = { name = "books:ledger", version = "1.0.0" }
capabilities.imports = ["airssys:core/host-services"]
subscriptions = [{ topic = "orders.*.paid" }]
`)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	sub, err := h.Subscribe("orders.#", 10)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for topic, want := range map[string]broker.Receipt{"orders.eu.paid": {Delivered: 2}, "orders.eu.sent": {Delivered: 1}, "other": {}} {
		if r, err := h.Publish(topic, []byte("id=1;amount=12.50")); err != nil || r != want {
			t.Errorf("%s: %+v, %v", topic, r, err)
		}
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log := rec.logged(); strings.Count(log, "booked 1: 12.50") != 1 {
		t.Error(log)
	}
	if sent := find[actor.Sent](rec); len(sent) != 1 || sent[0].Topic != "orders.eu.paid" {
		t.Errorf("%+v", sent)
	}
	if n := len(h.Tree().Children); n != 1 || len(sub.C()) != 2 {
		t.Errorf("%d in the tree, %d published", n, len(sub.C()))
	}
}

// feed starts the guest feed under a name, with what it is granted.
func feed(t *testing.T, h *runtime.Host, name, grants string) actor.Address {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/feed/feed.wasm", filepath.Join(dir, "feed.wasm"))
	m := write(t, dir, `
component = { name = "feeds:`+name+`", version = "1.0.0" }
supervision = { backoff = { kind = "immediate" } }
capabilities.imports = ["airssys:core/host-services"]
`+grants)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return actor.Address{Namespace: "feeds", Name: name}
}

func TestComponentsPublishAndListen(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.RealClock{})
	a := feed(t, h, "a", `capabilities.custom.topic.publish = ["orders.*"]`)
	b := feed(t, h, "b", `capabilities.custom.topic.subscribe = ["orders.*"]`)
	for _, step := range []struct {
		to   actor.Address
		say  string
		want []string // added to the log
	}{
		{a, "pub orders.eu one", []string{"a published 0 0"}},
		{b, "sub orders.*", []string{"b subscribed ok"}},
		{b, "sub orders.#", []string{"b subscribed ok"}},
		{a, "pub orders.eu two", []string{"a published 1 0", "b heard two from a"}},
		{a, "pub rates.eu three", []string{"a published permission denied"}},
		{a, "pub orders.*", []string{"a published invalid topic: only patterns contain"}},
		{a, "sub orders.*", []string{"a subscribed permission denied"}},
		{b, "pub orders.eu four", []string{"b published permission denied"}},
		{b, "sub #", []string{"b subscribed permission denied"}},
		{b, "sub orders.#.x", []string{"b subscribed invalid topic: `#` and `>` stand at the end only"}},
		{b, "crash", nil}, // and hears what comes after
		{a, "pub orders.eu five", []string{"a published 1 0", "b heard five from a"}},
		{b, "unsub orders.#", []string{"b unsubscribed yes"}},
		{b, "unsub orders.#", []string{"b unsubscribed no"}},
		{a, "pub orders.eu.x six", []string{"a published 0 0"}},
		{a, "pub orders.eu seven", []string{"a published 1 0", "b heard seven from a"}},
	} {
		before := len(rec.logged())
		if err := h.Send(t.Context(), step.to, []byte(step.say)); err != nil {
			t.Fatal(err)
		}
		if err := h.WaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := rec.logged()[before:]
		if strings.Count(got, "\n") != len(step.want) {
			t.Errorf("%s: %s", step.say, got)
		}
		for _, want := range step.want {
			who, text, _ := strings.Cut(want, " ")
			found := false
			for line := range strings.Lines(got) {
				found = found || strings.Contains(line, text) && strings.Contains(line, "actor=feeds:"+who)
			}
			if !found {
				t.Errorf("%s: no %q in %s", step.say, want, got)
			}
		}
	}
	if info, _ := h.Actor(b); info.Stats.Restarts != 1 || info.Stats.Denied != 2 {
		t.Errorf("%+v", info)
	}
}
