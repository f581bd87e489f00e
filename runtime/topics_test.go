package runtime_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
)

// A component hears what is published where its manifest listens, and Go code
// beside it.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.RealClock{})
	dir := t.TempDir()
	copyFile(t, "../examples/orders/ledger/ledger.wasm", filepath.Join(dir, "ledger.wasm"))
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
