package gate_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A kit is a state folder with a component beside it.
type kit struct {
	t    *testing.T
	dir  string
	warn bytes.Buffer
	m    *manifest.Manifest
	wasm []byte
}

const grants = "[capabilities]\nmessaging.send = [\"orders:*\"]\n"

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{t: t, dir: t.TempDir(), wasm: []byte("\x00asm\x0d\x00\x01\x00")}
	k.manifest("demo:a", grants)
	return k
}

func (k *kit) manifest(name, more string) {
	k.t.Helper()
	dir := k.t.TempDir()
	file := filepath.Join(dir, "x.wasm")
	if err := os.WriteFile(file, k.wasm, 0o600); err != nil {
		k.t.Fatal(err)
	}
	m, err := manifest.Parse("Component.toml", []byte("[component]\nname = \""+name+"\"\nversion = \"1.0.0\"\n"+more))
	if err != nil {
		k.t.Fatal(err)
	}
	m.File = file
	k.m = m
}

func (k *kit) open(dev bool) *gate.Gate {
	k.t.Helper()
	g, err := gate.Open(gate.Config{
		Dir: k.dir, Dev: dev, Poll: time.Millisecond, Warnings: &k.warn,
		Audit: audit.Config{Tick: make(chan time.Time)}, // granted calls are counted until it closes
	})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		if err := g.Close(); err != nil {
			k.t.Error(err)
		}
	})
	return g
}

func (k *kit) admit(g *gate.Gate) (*gate.Pass, error) {
	return g.Admit(k.candidate())
}

func (k *kit) candidate() gate.Candidate {
	all, optional := k.m.Grants(), k.m.Optional()
	return gate.Candidate{Component: k.m.Name, File: k.m.File, Wasm: k.wasm, World: "demo:w/w", Grants: all[:len(all)-len(optional)], Optional: optional}
}

// approve approves a request, without some of what is optional.
func (k *kit) approve(g *gate.Gate, r *approval.Request, without ...capability.Grant) {
	k.t.Helper()
	if _, err := g.Approvals().Review(r.ID, "ada", ""); err != nil {
		k.t.Fatal(err)
	}
	if _, err := g.Approvals().Approve(r.ID, "ada", "fine", without...); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) records(event audit.Event) []audit.Record {
	k.t.Helper()
	var found []audit.Record
	err := audit.NewReader(gate.LogDir(k.dir)).Read(func(r *audit.Record) {
		if r.Event == event {
			found = append(found, *r)
		}
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return found
}

func (k *kit) guard(p *gate.Pass) *capability.Guard {
	k.t.Helper()
	g, err := capability.NewGuard(k.m.Name, p.Grants, []capability.Point{{Func: "send-message", Kind: capability.Messaging, Action: "send"}}, p.Guard()...)
	if err != nil {
		k.t.Fatal(err)
	}
	return g
}

func TestApproveAndRun(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	g := k.open(false)
	_, err := k.admit(g)
	no, ok := errors.AsType[*approval.NotApprovedError](err)
	if !ok || no.Request.State != approval.Pending {
		t.Fatal(err)
	}
	k.approve(g, no.Request)
	p, err := k.admit(g)
	if err != nil || p.Level != trust.Unknown || p.Request.State != approval.Approved {
		t.Fatalf("%+v, %v", p, err)
	}
	guard := k.guard(p)
	guard.Check(0, "", "orders:ledger")
	guard.Check(0, "", "other:ledger")
	p.Close()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := gate.Verify(k.dir); err != nil || r.Unsigned != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := k.records(audit.Approval); len(got) != 3 || got[2].Actor != "ada" || got[2].Decision != "approved" || got[0].Meta["grants"] != "messaging send orders:*" {
		t.Errorf("%+v", got)
	}
	if got := k.records(audit.Started); len(got) != 1 || got[0].Decision != audit.Denied || got[0].SHA256 != p.Request.SHA256 {
		t.Errorf("%+v", got)
	}
	if got := k.records(audit.Access); len(got) != 2 || got[0].Resource != "other:ledger" || got[0].Trust != "unknown" || got[1].Count != 1 {
		t.Errorf("%+v", got)
	}
	// More capabilities are asked for anew.
	k.manifest("demo:a", strings.Replace(grants, "orders:*", "*:*", 1))
	_, err = k.admit(k.open(false))
	if no, ok := errors.AsType[*approval.NotApprovedError](err); !ok || no.Request.Before != p.Request.ID {
		t.Error(err)
	}
}

const mail, post = "mail:out", "post:out"

func send(to string) capability.Grant {
	return capability.Grant{Kind: capability.Messaging, Action: "send", Resource: to}
}

// What is optional does not keep a component from starting: it runs without what is withheld, and with what was approved before while nobody has
// decided about more.
func TestOptional(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	g := k.open(false)
	may := func(p *gate.Pass) string {
		guard, out := k.guard(p), ""
		for _, to := range []string{"orders:ledger", mail, post} {
			if _, denial := guard.Check(0, "", to); denial == nil {
				out += to + " "
			}
		}
		return strings.TrimSpace(out)
	}
	admit := func() *gate.Pass {
		t.Helper()
		p, err := k.admit(g)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	refused := func() *approval.Request {
		t.Helper()
		_, err := k.admit(g)
		no, ok := errors.AsType[*approval.NotApprovedError](err)
		if !ok {
			t.Fatal(err)
		}
		return no.Request
	}
	// Not before what it cannot do without is approved.
	k.manifest("demo:a", grants+"optional.messaging.send = [\""+mail+"\"]\n")
	r := refused()
	if _, err := g.Approvals().Review(r.ID, "ada", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Approvals().Approve(r.ID, "ada", "", send("orders:*")); !isError[*approval.OptionalError](err) {
		t.Errorf("approved without what it does not start without: %v", err)
	}
	if _, err := g.Approvals().Approve(r.ID, "ada", "no mail", send(mail)); err != nil {
		t.Fatal(err)
	}
	p := admit()
	if got := may(p); got != "orders:ledger" || len(p.Withheld) != 1 {
		t.Errorf("may %s, withheld %v", got, p.Withheld)
	}
	// Nor does it hand on what is withheld.
	if _, err := p.Delegate(admit(), nil, send(mail)); !isError[*capability.DelegationError](err) {
		t.Errorf("handed on what is withheld: %v", err)
	}
	// More that is optional is asked for, and does not hold it up.
	k.manifest("demo:a", grants+"optional.messaging.send = [\""+mail+"\", \""+post+"\"]\n")
	p = admit()
	if got := may(p); got != "orders:ledger" || len(p.Withheld) != 2 || p.Request.ID != r.ID {
		t.Errorf("may %s, withheld %v", got, p.Withheld)
	}
	asked, _, err := g.Approvals().Get("demo:a")
	if err != nil || asked.State != approval.Pending || asked.Before != r.ID {
		t.Fatal(asked, err)
	}
	k.approve(g, asked, send(mail))
	if got := may(admit()); got != "orders:ledger "+post {
		t.Errorf("may %s", got)
	}
	// More that is not optional does.
	k.manifest("demo:a", strings.Replace(grants, "orders:*", "*:*", 1)+"optional.messaging.send = [\""+mail+"\"]\n")
	refused()
	if got := k.records(audit.Approval); len(got) < 3 || got[2].Meta["withheld"] != "messaging send "+mail {
		t.Errorf("%+v", got)
	}
}

// A decision about what is optional reaches the component that runs: what is withheld now is taken back, and a denial of what waits stops it.
func TestOptionalWhileItRuns(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	g := k.open(false)
	k.manifest("demo:a", grants+"optional.messaging.send = [\""+mail+"\"]\n")
	_, err := k.admit(g)
	no, ok := errors.AsType[*approval.NotApprovedError](err)
	if !ok {
		t.Fatal(err)
	}
	k.approve(g, no.Request)
	k.manifest("demo:a", grants+"optional.messaging.send = [\""+mail+"\", \""+post+"\"]\n")
	withdrawn := make(chan *approval.Request, 1)
	c := k.candidate()
	c.Withdraw = func(r *approval.Request) { withdrawn <- r }
	p, err := g.Admit(c)
	if err != nil || p.Request.ID != no.Request.ID {
		t.Fatal(p, err)
	}
	guard := k.guard(p)
	if _, denial := guard.Check(0, "", mail); denial != nil {
		t.Fatal(denial)
	}
	asked, _, err := g.Approvals().Get("demo:a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Approvals().Review(asked.ID, "ada", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Approvals().Deny(asked.ID, "ada", "no"); err != nil {
		t.Fatal(err)
	}
	if r := <-withdrawn; r.ID != asked.ID {
		t.Errorf("%+v", r)
	}
	if _, denial := guard.Check(0, "", mail); denial == nil {
		t.Error("it goes on")
	}
}

func isError[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func TestTrusted(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	hash := (&trust.Component{Wasm: k.wasm}).Hash()
	g := k.open(false)
	if err := g.EditTrust(func(c *trust.Config) error { c.Sources = append(c.Sources, &trust.Hash{SHA256: hash}); return nil }); err != nil {
		t.Fatal(err)
	}
	p, err := k.admit(k.open(false))
	if err != nil || p.Level != trust.Trusted || p.Request.State != approval.AutoApproved {
		t.Fatalf("%+v, %v", p, err)
	}
	changes := k.records(audit.Trust)
	if len(changes) != 3 || changes[1].Meta["added"] != "sha256 "+hash || changes[2].SHA256 != changes[1].SHA256 {
		t.Errorf("%+v", changes)
	}
}

func TestDevMode(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, err := k.admit(k.open(true))
	if err != nil || p.Level != trust.DevMode {
		t.Fatalf("%+v, %v", p, err)
	}
	if w := k.warn.String(); strings.Count(w, "WARNING: dev mode: ") != 2 || !strings.Contains(w, "demo:a runs and nobody approved it") {
		t.Errorf("warned %q", w)
	}
	if r := k.records(audit.DevMode); len(r) != 1 || r[0].Component != "demo:a" {
		t.Errorf("%+v", r)
	}
	if _, err := k.admit(k.open(false)); err == nil {
		t.Error("dev mode outlives itself")
	}
	if err := os.WriteFile(filepath.Join(k.dir, gate.TrustFile), []byte("[trust]\nforbid_dev_mode = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Open(gate.Config{Dir: k.dir, Dev: true}); !errors.Is(err, trust.ErrDevModeForbidden) {
		t.Error(err)
	}
}

// A denial by another process reaches the component that runs: what it holds is taken back, what it has opened too.
func TestDeniedWhileItRuns(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	hash := (&trust.Component{Wasm: k.wasm}).Hash()
	if err := os.WriteFile(filepath.Join(k.dir, gate.TrustFile), []byte("[[trust.sources]]\ntype = \"hash\"\nsha256 = \""+hash+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := k.open(false)
	withdrawn := make(chan *approval.Request, 1)
	c := k.candidate()
	c.Withdraw = func(r *approval.Request) { withdrawn <- r }
	p, err := g.Admit(c)
	if err != nil {
		t.Fatal(err)
	}
	guard := k.guard(p)
	token, denial := guard.Check(0, "", "orders:ledger")
	if denial != nil {
		t.Fatal(denial)
	}
	if _, err := k.open(false).Approvals().Deny(p.Request.ID, "ada", "it phones home"); err != nil {
		t.Fatal(err)
	}
	if r := <-withdrawn; r.State != approval.Denied || r.Last().By != "ada" {
		t.Errorf("%+v", r)
	}
	if _, denial := guard.Check(0, "", "orders:ledger"); denial == nil || !token.Revoked() {
		t.Error("it goes on")
	}
	if _, denial := k.guard(p).Check(0, "", "orders:ledger"); denial == nil {
		t.Error("its next instance goes on")
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	g := k.open(true)
	p, err := k.admit(g)
	if err != nil {
		t.Fatal(err)
	}
	guard := k.guard(p)
	grant := k.m.Grants()[0]
	if held, err := p.Revoke(grant, "ada", "enough"); err != nil || !held {
		t.Error(held, err)
	}
	if _, denial := guard.Check(0, "", "orders:ledger"); denial == nil {
		t.Error("it goes on")
	}
	if r := k.records(audit.Revoked); len(r) != 1 || r[0].Actor != "ada" || r[0].Resource != "orders:*" {
		t.Errorf("%+v", r)
	}
}

// What cannot be put on record does not take effect.
func TestNoRecordNoEffect(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	g, err := gate.Open(gate.Config{Dir: k.dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.admit(g); !errors.Is(err, audit.ErrClosed) {
		t.Error(err)
	}
	if all, err := g.Approvals().List(); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	if err := g.EditTrust(func(c *trust.Config) error { c.DevMode = true; return nil }); !errors.Is(err, audit.ErrClosed) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(k.dir, gate.TrustFile)); err == nil {
		t.Error("the trust file was changed")
	}
	if err := os.Remove(filepath.Join(k.dir, "audit.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Open(gate.Config{Dir: k.dir}); err == nil || !strings.Contains(err.Error(), "its key") {
		t.Errorf("another key for the same log: %v", err)
	}
}
