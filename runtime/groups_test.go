package runtime_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

// ledgers are manifests of the ledger under other names, with what each says
// of its supervision.
func ledgers(t *testing.T, supervision map[string]string) []*manifest.Manifest {
	t.Helper()
	wasm, err := filepath.Abs("../testdata/guests/ledger/ledger.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var all []*manifest.Manifest
	for name, says := range supervision {
		dir := t.TempDir()
		copyFile(t, wasm, filepath.Join(dir, "ledger.wasm"))
		all = append(all, write(t, dir, `
component = { name = "books:`+name+`", version = "1.0.0", file = "ledger.wasm" }
capabilities.imports = ["airssys:core/host-services"]
[supervision]
`+says))
	}
	return all
}

func TestGroup(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	h, rec := newHost(t, clock)
	group := "group = \"shop.books\"\nstrategy = \"one_for_all\"\nmax_restarts = 1"
	if err := h.Start(t.Context(), ledgers(t, map[string]string{"a": group, "b": group, "alone": ""})...); err != nil {
		t.Fatal(err)
	}
	address := func(name string) actor.Address { return actor.Address{Namespace: "books", Name: name} }
	stats := func(name string) actor.Stats {
		info, _ := h.Actor(address(name))
		return info.Stats
	}
	crash := func() {
		t.Helper()
		if err := h.Send(t.Context(), address("a"), []byte("id=9;amount=none")); err != nil {
			t.Fatal(err)
		}
		rec.pass(t, clock)
		if err := h.WaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	crash()
	if a, b, alone := stats("a"), stats("b"), stats("alone"); a.Restarts != 1 || b.Restarts != 1 || b.Crashes != 0 || alone.Restarts != 0 {
		t.Errorf("a %+v, b %+v, alone %+v", a, b, alone)
	}
	crash() // once too often for the group: the group above restarts it
	if down := find[actor.Crashed](rec); down[len(down)-1].Actor != address("shop.books") {
		t.Errorf("%+v", down)
	}
	if b := stats("b"); b.Restarts != 2 {
		t.Errorf("b %+v", b)
	}
}

func TestGroupThatDisagrees(t *testing.T) {
	t.Parallel()
	for key, says := range map[string][2]string{
		"strategy":     {"strategy = \"one_for_all\"", "strategy = \"rest_for_one\""},
		"max_restarts": {"", "max_restarts = 9"},
		"within":       {"within = \"1m\"", "within = \"2m\""},
	} {
		h, _ := newHost(t, actor.RealClock{})
		err := h.Start(t.Context(), ledgers(t, map[string]string{"a": "group = \"g\"\n" + says[0], "b": "group = \"g\"\n" + says[1]})...)
		if e, ok := errors.AsType[*runtime.GroupError](err); !ok || e.Key != key || !strings.Contains(err.Error(), "must say the same") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestGroupWithTheNameOfAComponent(t *testing.T) {
	t.Parallel()
	h, _ := newHost(t, actor.RealClock{})
	if err := h.Start(t.Context(), ledgers(t, map[string]string{"a": ""})...); err != nil {
		t.Fatal(err)
	}
	err := h.Start(t.Context(), ledgers(t, map[string]string{"b": "group = \"a\""})...)
	if err == nil || !strings.Contains(err.Error(), "is the name of a component") {
		t.Error(err)
	}
}
