package runtime_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// gated makes a host behind the gate of a folder. The gate is closed when the test ends.
func gated(t *testing.T, dir string, dev bool, observe func(actor.Event)) (*runtime.Host, *gate.Gate) {
	t.Helper()
	g, err := gate.Open(gate.Config{
		Dir: dir, Dev: dev, Poll: time.Millisecond,
		Audit: audit.Config{Tick: make(chan time.Time)}, // granted calls are written when what was admitted ends
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := runtime.New(t.Context(), runtime.Config{Component: config(), Log: slog.New(slog.DiscardHandler), Gate: g, Observe: observe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(h.Stop(context.Background()), g.Close()); err != nil {
			t.Error(err)
		}
	})
	return h, g
}

func approve(t *testing.T, g *gate.Gate, err error) *approval.Request {
	t.Helper()
	no, ok := errors.AsType[*approval.NotApprovedError](err)
	if !ok {
		t.Fatal(err)
	}
	if _, err := g.Approvals().Review(no.Request.ID, "ada", ""); err != nil {
		t.Fatal(err)
	}
	r, err := g.Approvals().Approve(no.Request.ID, "ada", "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// One component of a stranger runs when it was approved, and all that it did is on record.
func TestGate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	crashed := make(chan struct{}, 10)
	h, g := gated(t, dir, false, func(e actor.Event) {
		if _, ok := e.(actor.Crashed); ok {
			crashed <- struct{}{}
		}
	})
	wasmDir := t.TempDir()
	copyFile(t, "../testdata/guests/ledger/ledger.wasm", filepath.Join(wasmDir, "ledger.wasm"))
	m := write(t, wasmDir, "[component]\nname = \"orders:ledger\"\nversion = \"1.0.0\"\n[capabilities]\nimports = [\"airssys:core/host-services\"]\n[supervision]\nrestart = \"temporary\"\n[resources.cpu]\nmax_fuel = 100_000\n")
	err := h.Start(t.Context(), m)
	if start, ok := errors.AsType[*runtime.StartError](err); !ok || start.Manifest != m || len(h.Actors()) != 0 {
		t.Fatalf("it starts unasked: %v", err)
	}
	r := approve(t, g, err)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	if err := h.Send(t.Context(), ledger, []byte("id=1;amount=12.50")); err != nil {
		t.Fatal(err)
	}
	if err := h.Send(t.Context(), ledger, []byte("id=9;amount=none")); err != nil {
		t.Fatal(err)
	}
	<-crashed
	if err := errors.Join(h.WaitIdle(t.Context()), h.Stop(t.Context()), g.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Verify(dir); err != nil {
		t.Error(err)
	}
	var story []string
	err = audit.NewReader(gate.LogDir(dir)).Read(func(rec *audit.Record) {
		if rec.Component != "orders:ledger" {
			return
		}
		if rec.SHA256 != r.SHA256 {
			t.Errorf("of another component: %+v", rec)
		}
		story = append(story, strings.TrimSpace(string(rec.Event)+" "+rec.Decision+" "+rec.Function))
	})
	want := "approval pending, start denied, approval reviewing, approval approved, start granted, crash  handle-message, stop failed, access granted log"
	if got := strings.Join(story, ", "); err != nil || got != want {
		t.Errorf("%s\nwant %s; %v", got, want, err)
	}
}

// A component whose bytes changed after they were approved does not start.
func TestGateIsOfTheBytes(t *testing.T) {
	t.Parallel()
	h, g := gated(t, t.TempDir(), false, nil)
	m := manifestAt(t, "../testdata/guests/ledger")
	approve(t, g, h.Start(t.Context(), m))
	dir := t.TempDir()
	b, err := os.ReadFile(m.File)
	if err != nil {
		t.Fatal(err)
	}
	changed := *m
	changed.File = filepath.Join(dir, "ledger.wasm")
	writeFile(t, changed.File, append(b, 0, 2, 1, 'x'))
	if err := h.Start(t.Context(), &changed); err == nil {
		t.Error("other bytes run under the same approval")
	}
	if err := h.Start(t.Context(), m); err != nil {
		t.Error(err)
	}
}

// A denial stops what runs.
func TestGateDeniesWhatRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stopped := make(chan struct{}, 10)
	h, g := gated(t, dir, true, func(e actor.Event) {
		if _, ok := e.(actor.Stopped); ok {
			stopped <- struct{}{}
		}
	})
	if err := h.Start(t.Context(), manifestAt(t, "../testdata/guests/ledger")); err != nil {
		t.Fatal(err)
	}
	all, err := g.Approvals().List()
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if _, err := g.Approvals().Deny(all[0].ID, "ada", "no"); err != nil {
		t.Fatal(err)
	}
	<-stopped
}

// A grant taken back is gone for the running component, and the others stay.
func TestRevoke(t *testing.T) {
	t.Parallel()
	crashed := make(chan error, 10)
	h, _ := gated(t, t.TempDir(), true, func(e actor.Event) {
		if c, ok := e.(actor.Crashed); ok {
			crashed <- c.Err
		}
	})
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	if err := h.Start(t.Context(), manifestAt(t, "../testdata/guests/ledger")); err != nil {
		t.Fatal(err)
	}
	grant := capability.Grant{Kind: capability.Import, Resource: "airssys:core/host-services"}
	if held, err := h.Revoke(ledger, grant, "ada", "enough"); err != nil || !held {
		t.Fatal(held, err)
	}
	if err := h.Send(t.Context(), ledger, []byte("id=1;amount=12.50")); err != nil {
		t.Fatal(err)
	}
	err := <-crashed // of its log call, which has no error to answer with
	if denial, ok := errors.AsType[*capability.Denial](err); !ok || denial.Reason == "" {
		t.Error(err)
	}
	if _, err := h.Revoke(actor.Address{Namespace: "a", Name: "b"}, grant, "", ""); !errors.Is(err, actor.ErrNotFound) {
		t.Error(err)
	}
}

// A component that may do nothing may do what another one hands on to it, and no more.
func TestDelegate(t *testing.T) {
	t.Parallel()
	h, _ := gated(t, t.TempDir(), true, nil)
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/ledger/ledger.wasm", filepath.Join(dir, "ledger.wasm"))
	poor := write(t, dir, "[component]\nname = \"orders:poor\"\nversion = \"1.0.0\"\n[supervision]\nrestart = \"temporary\"\n")
	if err := h.Start(t.Context(), manifestAt(t, "../testdata/guests/ledger"), poor); err != nil {
		t.Fatal(err)
	}
	ledger, other := actor.Address{Namespace: "orders", Name: "ledger"}, actor.Address{Namespace: "orders", Name: "poor"}
	grant := capability.Grant{Kind: capability.Import, Resource: "airssys:core/host-services"}
	for _, more := range []capability.Grant{{Kind: capability.Import, Resource: "airssys:core/*"}, {Kind: capability.Filesystem, Action: "read", Resource: "/data/x"}} {
		if _, err := h.Delegate(ledger, other, 0, more); !is[*capability.DelegationError](err) {
			t.Errorf("%s: %v", more, err)
		}
	}
	if _, err := h.Delegate(ledger, other, 0, grant); err != nil {
		t.Fatal(err)
	}
	if err := h.Send(t.Context(), other, []byte("id=1;amount=12.50")); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, _ := h.Actor(other); info.Stats != (actor.Stats{Handled: 1}) {
		t.Errorf("%+v", info)
	}
	if held, err := h.Revoke(ledger, grant, "ada", ""); err != nil || !held {
		t.Fatal(held, err)
	}
	if err := h.Send(t.Context(), other, []byte("id=2;amount=12.50")); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, _ := h.Actor(other); info.Stats.Crashes != 1 {
		t.Errorf("it goes on: %+v", info)
	}
}

func is[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

// A guest that floods the host with demands that nobody granted, and writes lines of a log into them, leaves a log that is sound, and says how many there were.
func TestHostileGuest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, g := gated(t, dir, true, nil)
	wasmDir := t.TempDir()
	copyFile(t, "../testdata/guests/prober/prober.wasm", filepath.Join(wasmDir, "prober.wasm"))
	m := write(t, wasmDir, "[component]\nname = \"evil:prober\"\nversion = \"1.0.0\"\n[capabilities]\nimports = [\"airssys:core/host-services\"]\n[audit]\nlevel = \"every\"\n")
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	prober := actor.Address{Namespace: "evil", Name: "prober"}
	const flood = 2000
	for i := range flood {
		target := "other:x"
		if i%10 == 0 {
			target = "other:\"}\n{\"seq\":1,\"event\":\"close\"}\r\n\x1b[2J\u2028"
		}
		if err := h.Send(t.Context(), prober, []byte("send "+target+" hello")); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(h.WaitIdle(t.Context()), h.Stop(t.Context()), g.Close()); err != nil {
		t.Fatal(err)
	}
	report, err := gate.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	var denied, granted uint64
	err = audit.NewReader(gate.LogDir(dir)).Read(func(r *audit.Record) {
		switch {
		case r.Event != audit.Access:
		case r.Component != "evil:prober" || r.Trust != "dev-mode":
			t.Errorf("%+v", r)
		case r.Decision == audit.Denied:
			denied++
		default:
			granted++ // it logs what came of each, and that it stops
		}
	})
	if err != nil || denied+granted+report.Lost != 2*flood+1 || denied == 0 {
		t.Errorf("%d denied and %d granted on record, %d lost; %v", denied, granted, report.Lost, err)
	}
	b, err := os.ReadFile(filepath.Join(gate.LogDir(dir), "audit-000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(string(b), func(r rune) bool { return r < ' ' && r != '\n' || r == '\u2028' }); i >= 0 {
		t.Errorf("what the guest said is in the log as it is: %q", b[max(0, i-100):i+20])
	}
}

// An update that asks for more is held back until it is approved, and the old version goes on meanwhile, with what it had.
func TestUpdateIsHeldBack(t *testing.T) {
	t.Parallel()
	h, g := gated(t, t.TempDir(), false, nil)
	dir := t.TempDir()
	copyFile(t, "../examples/orders/ledger/ledger.wasm", filepath.Join(dir, "ledger.wasm"))
	text := "[component]\nname = \"orders:ledger\"\nversion = \"1.0.0\"\n[capabilities]\nimports = [\"airssys:core/host-services\"]\n"
	m := write(t, dir, text)
	approve(t, g, h.Start(t.Context(), m))
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	more := write(t, dir, text+"filesystem.read = [\"/data/**\"]\n")
	err := h.Reload(t.Context(), more)
	no, ok := errors.AsType[*approval.NotApprovedError](err)
	if !ok {
		t.Fatalf("it is updated unasked: %v", err)
	}
	_, before, err := g.Approvals().Get(no.Request.ID)
	if err != nil || before == nil {
		t.Fatal(before, err)
	}
	if added, gone := no.Request.Difference(before); len(added) != 1 || added[0].Resource != "/data/**" || len(gone) != 0 {
		t.Errorf("+%v -%v", added, gone)
	}
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	works := func() {
		t.Helper()
		if err := h.Send(t.Context(), ledger, []byte("id=1;amount=12.50")); err != nil {
			t.Fatal(err)
		}
		if err := h.WaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if info, _ := h.Actor(ledger); info.Stats.Crashes != 0 || info.State != actor.StateReady {
			t.Errorf("%+v", info)
		}
	}
	works()
	approve(t, g, h.Reload(t.Context(), more))
	if err := h.Reload(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	works()
	// Taking back what was added reaches the version that runs now.
	held, err := h.Revoke(ledger, capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"}, "ada", "")
	if err != nil || !held {
		t.Error(held, err)
	}
	works()
}

// What is approved and no component all the same is on record as refused.
func TestGateRecordsWhatDoesNotLoad(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	h, g := gated(t, state, true, nil)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "x.wasm"), []byte("\x00asm\x0d\x00\x01\x00\xff"))
	if err := h.Start(t.Context(), write(t, dir, "[component]\nname = \"a:b\"\nversion = \"1.0.0\"\n")); err == nil {
		t.Fatal("it starts")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	var refused []audit.Record
	err := audit.NewReader(gate.LogDir(state)).Read(func(r *audit.Record) {
		if r.Event == audit.Started {
			refused = append(refused, *r)
		}
	})
	if err != nil || len(refused) != 1 || refused[0].Decision != audit.Denied || !strings.Contains(refused[0].Reason, "byte 0x8") {
		t.Errorf("%+v, %v", refused, err)
	}
}

// A component whose manifest is gone has no pass any more, and starts again as any other does.
func TestRemoveIsOnRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, g := gated(t, dir, true, nil)
	m := manifestAt(t, "../testdata/guests/ledger")
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	if was, err := h.Remove(t.Context(), ledger); err != nil || was != m || len(h.Actors()) != 0 {
		t.Fatal(was, err)
	}
	if _, err := h.Revoke(ledger, m.Grants()[0], "ada", ""); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("it has a pass: %v", err)
	}
	if was, err := h.Remove(t.Context(), ledger); was != nil || err != nil {
		t.Errorf("removed twice: %v, %v", was, err)
	}
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.Stop(t.Context()), g.Close()); err != nil {
		t.Fatal(err)
	}
	starts, stops := 0, 0
	err := audit.NewReader(gate.LogDir(dir)).Read(func(r *audit.Record) {
		switch r.Event {
		case audit.Started:
			starts++
		case audit.Stopped:
			stops++
		}
	})
	if err != nil || starts != 2 || stops != 2 {
		t.Errorf("%d starts and %d stops on record, %v", starts, stops, err)
	}
}
