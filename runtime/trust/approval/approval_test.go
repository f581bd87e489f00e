package approval_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
)

var (
	unknown = trust.Verdict{Level: trust.Unknown, Reason: []string{"no source is trusted"}}
	trusted = trust.Verdict{Level: trust.Trusted, Source: &trust.Hash{SHA256: strings.Repeat("0", 64)}}
	dev     = trust.Verdict{Level: trust.DevMode, Reason: []string{"no source is trusted"}}
)

func ask(component string, hash byte, grants ...string) approval.Ask {
	a := approval.Ask{Component: component, SHA256: strings.Repeat(string(hash), 64), World: "airssys:core/airssys-component"}
	for _, g := range grants {
		a.Grants = append(a.Grants, capability.Grant{Kind: capability.Messaging, Action: "send", Resource: g})
	}
	return a
}

func newStore(t testing.TB) (*approval.Store, *[]string) {
	t.Helper()
	var steps []string
	var mu sync.Mutex
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	return approval.New(approval.Config{
		Path: filepath.Join(t.TempDir(), "state", "approvals.db"),
		Wait: time.Minute, // a disk may be slow
		Now:  func() time.Time { at = at.Add(time.Second); return at },
		Before: func(r *approval.Request, s approval.Step) error {
			mu.Lock()
			defer mu.Unlock()
			steps = append(steps, fmt.Sprintf("%s>%s by %s: %s", s.From, s.To, s.By, s.Reason))
			return nil
		},
	}), &steps
}

func decide(t testing.TB, s *approval.Store, a approval.Ask, v trust.Verdict, want approval.State) *approval.Request {
	t.Helper()
	r, err := s.Decide(a, v)
	no, refused := errors.AsType[*approval.NotApprovedError](err)
	if err != nil && !refused {
		t.Fatal(err)
	}
	if r.State != want || refused == want.MayRun() || refused && no.Request != r {
		t.Errorf("%s, %v; want %s", r.State, err, want)
	}
	return r
}

func must(t testing.TB) func(*approval.Request, error) {
	return func(_ *approval.Request, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	s, steps := newStore(t)
	r := decide(t, s, ask("demo:a", 'a', "x:y"), unknown, approval.Pending)
	_, err := s.Approve(r.Short(), "ada", "")
	if e, ok := errors.AsType[*approval.StepError](err); !ok || e.From != approval.Pending || !strings.Contains(err.Error(), "review it first") {
		t.Errorf("approved unseen: %v", err)
	}
	must(t)(s.Review(r.Short(), "ada", ""))
	decide(t, s, ask("demo:a", 'a', "x:y"), unknown, approval.Reviewing)
	must(t)(s.Approve(r.ID, "ada", "read it"))
	decide(t, s, ask("demo:a", 'a', "x:y"), unknown, approval.Approved)
	must(t)(s.Deny(r.Short(), "bob", "it phones home"))
	_, err = s.Decide(ask("demo:a", 'a', "x:y"), unknown)
	if err == nil || !strings.Contains(err.Error(), "denied by bob (it phones home)") {
		t.Error(err)
	}
	// A denial wins over a source that became trusted, and over dev mode.
	decide(t, s, ask("demo:a", 'a', "x:y"), trusted, approval.Denied)
	decide(t, s, ask("demo:a", 'a', "x:y"), dev, approval.Denied)
	if _, err := s.Approve(r.Short(), "ada", ""); err == nil {
		t.Error("approved without being looked at again")
	}
	must(t)(s.Review(r.Short(), "ada", "they fixed it"))
	must(t)(s.Deny(r.Short(), "ada", "not so"))
	if _, err := s.Deny(r.Short(), "ada", ""); err == nil || !strings.Contains(err.Error(), "is denied already") {
		t.Error(err)
	}
	want := []string{
		">pending by witgen: no source is trusted", "pending>reviewing by ada: ", "reviewing>approved by ada: read it",
		"approved>denied by bob: it phones home", "denied>reviewing by ada: they fixed it", "reviewing>denied by ada: not so",
	}
	if diff := cmp.Diff(want, *steps); diff != "" {
		t.Error(diff)
	}
	got, _, err := s.Get(r.Short())
	if err != nil || len(got.History) != len(want) || got.Last().By != "ada" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestSteps holds every step to the table in the package's doc.
func TestSteps(t *testing.T) {
	t.Parallel()
	reach := map[approval.State]func(*testing.T, *approval.Store) *approval.Request{}
	a := ask("demo:a", 'a')
	reach[approval.Pending] = func(t *testing.T, s *approval.Store) *approval.Request {
		return decide(t, s, a, unknown, approval.Pending)
	}
	reach[approval.AutoApproved] = func(t *testing.T, s *approval.Store) *approval.Request {
		return decide(t, s, a, trusted, approval.AutoApproved)
	}
	reach[approval.Bypassed] = func(t *testing.T, s *approval.Store) *approval.Request {
		return decide(t, s, a, dev, approval.Bypassed)
	}
	reach[approval.Reviewing] = func(t *testing.T, s *approval.Store) *approval.Request {
		r := decide(t, s, a, unknown, approval.Pending)
		must(t)(s.Review(r.ID, "ada", ""))
		return r
	}
	for to, step := range map[approval.State]func(*approval.Store, string) error{
		approval.Approved: func(s *approval.Store, id string) error { _, err := s.Approve(id, "ada", ""); return err },
		approval.Denied:   func(s *approval.Store, id string) error { _, err := s.Deny(id, "ada", ""); return err },
	} {
		reach[to] = func(t *testing.T, s *approval.Store) *approval.Request {
			r := reach[approval.Reviewing](t, s)
			if err := step(s, r.ID); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	type row struct {
		review, approve, deny   bool
		unknown, trusted, inDev approval.State
	}
	const (
		p, v, ok, no, auto, by = approval.Pending, approval.Reviewing, approval.Approved, approval.Denied, approval.AutoApproved, approval.Bypassed
	)
	for from, want := range map[approval.State]row{
		p:    {true, false, false, p, auto, by},
		v:    {false, true, true, v, auto, by},
		ok:   {true, false, true, ok, ok, ok},
		no:   {true, false, false, no, no, no},
		auto: {true, false, true, p, auto, by},
		by:   {true, false, true, p, auto, by},
	} {
		for name, step := range map[string]func(*approval.Store, string) error{
			"review":  func(s *approval.Store, id string) error { _, err := s.Review(id, "x", ""); return err },
			"approve": func(s *approval.Store, id string) error { _, err := s.Approve(id, "x", ""); return err },
			"deny":    func(s *approval.Store, id string) error { _, err := s.Deny(id, "x", ""); return err },
		} {
			s, _ := newStore(t)
			r := reach[from](t, s)
			err := step(s, r.ID)
			may := map[string]bool{"review": want.review, "approve": want.approve, "deny": want.deny}[name]
			if _, isStep := errors.AsType[*approval.StepError](err); (err == nil) != may || !may && !isStep {
				t.Errorf("%s in %s: %v", name, from, err)
			}
		}
		for _, asked := range []struct {
			v    trust.Verdict
			want approval.State
		}{{unknown, want.unknown}, {trusted, want.trusted}, {dev, want.inDev}} {
			s, _ := newStore(t)
			reach[from](t, s)
			decide(t, s, a, asked.v, asked.want)
		}
	}
}

// A decision stands for the same bytes, capabilities, world and signer, and nothing else.
func TestContentAddressed(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	first := ask("demo:a", 'a', "x:y", "x:z")
	r := decide(t, s, first, unknown, approval.Pending)
	must(t)(s.Review(r.ID, "ada", ""))
	must(t)(s.Approve(r.ID, "ada", ""))
	decide(t, s, ask("demo:a", 'a', "x:z", "x:y", "x:y"), unknown, approval.Approved) // the same set
	other := decide(t, s, ask("demo:b", 'a', "x:y", "x:z"), unknown, approval.Approved)
	if other.ID != r.ID || len(other.Askers) != 2 {
		t.Errorf("asked twice for the same: %+v", other)
	}
	changed := map[string]approval.Ask{
		"more":    ask("demo:a", 'a', "x:y", "x:z", "x:*"),
		"less":    ask("demo:a", 'a', "x:y"),
		"another": ask("demo:a", 'a', "x:y", "x:zz"),
		"bytes":   ask("demo:a", 'b', "x:y", "x:z"),
		"nothing": ask("demo:a", 'a'),
	}
	world, signer := first, first
	world.World, signer.Signer = "demo:other/world", "eve"
	changed["world"], changed["signer"] = world, signer
	for name, a := range changed {
		if got := decide(t, s, a, unknown, approval.Pending); got.ID == r.ID || got.Before != r.ID {
			t.Errorf("%s: %s before %q", name, got.ID, got.Before)
		}
	}
	more, before, err := s.Get(new(changed["more"]).ID())
	if err != nil || before == nil || before.ID != r.ID {
		t.Fatalf("%v, %v", before, err)
	}
	plus, minus := more.Difference(before)
	if len(plus) != 1 || plus[0].Resource != "x:*" || len(minus) != 0 {
		t.Errorf("+%v -%v", plus, minus)
	}
	if plus, minus := before.Difference(nil); len(plus) != 2 || len(minus) != 0 {
		t.Errorf("+%v -%v", plus, minus)
	}
	all, err := s.List()
	if err != nil || len(all) != 1+len(changed) || all[0].State != approval.Pending || all[len(all)-1].ID != r.ID {
		t.Errorf("%d requests, %v", len(all), err)
	}
}

// Asking again for what is decided writes nothing.
func TestSettled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	s := approval.New(approval.Config{Path: path})
	for _, v := range []trust.Verdict{unknown, dev, trusted} {
		first, _ := s.Decide(ask("demo:a", 'a'), v)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := s.Decide(ask("demo:a", 'a'), v)
		after, err := os.ReadFile(path)
		if err != nil || again.State != first.State || len(again.History) != len(first.History) || !bytes.Equal(before, after) {
			t.Errorf("%s: it is written again: %v", first.State, err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	if _, _, err := s.Get("ab"); err == nil {
		t.Error("found in no store")
	}
	if all, err := s.List(); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	for i := range 20 {
		decide(t, s, ask("demo:a", byte('a'+i)), unknown, approval.Pending)
	}
	for _, id := range []string{"", "xyz", strings.Repeat("0", 65)} {
		_, _, err := s.Get(id)
		if e, ok := errors.AsType[*approval.NotFoundError](err); !ok || e.Match != 0 {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, _, err := s.Get("demo:a"); err == nil || !strings.Contains(err.Error(), "20 requests of demo:a could be meant") {
		t.Error(err)
	}
	b := decide(t, s, ask("demo:b", 'z'), unknown, approval.Pending)
	if got, _, err := s.Get("demo:b"); err != nil || got.ID != b.ID {
		t.Error(err)
	}
	must(t)(s.Review("demo:b", "ada", ""))
	must(t)(s.Approve("demo:b", "ada", ""))
	must(t)(s.Deny("demo:b", "ada", ""))
	if _, _, err := s.Get("demo:c"); err == nil {
		t.Error("found for nobody")
	}
	ambiguous := 0
	for _, c := range "0123456789abcdef" {
		if _, _, err := s.Get(string(c)); err != nil && strings.Contains(err.Error(), "write more of it") {
			ambiguous++
		}
	}
	if ambiguous == 0 {
		t.Error("of twenty no two begin alike")
	}
}

// Who denies a component by its name means what it runs by, whatever else waits for somebody; and where that may be several, no one is guessed.
func TestDenyByName(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	waits := decide(t, s, ask("demo:a", 'a'), unknown, approval.Pending)
	runs := decide(t, s, ask("demo:a", 'b'), trusted, approval.AutoApproved)
	if r, err := s.Deny("demo:a", "ada", ""); err != nil || r.ID != runs.ID {
		t.Errorf("denied %+v, %v", r, err)
	}
	if _, err := s.Deny("demo:a", "ada", ""); err == nil {
		t.Error("denied what nobody has looked at")
	}
	decide(t, s, ask("demo:a", 'c'), trusted, approval.AutoApproved)
	decide(t, s, ask("demo:a", 'd'), trusted, approval.AutoApproved)
	_, err := s.Deny("demo:a", "ada", "")
	if e, ok := errors.AsType[*approval.NotFoundError](err); !ok || e.Match != 2 || !strings.Contains(err.Error(), "2 requests of demo:a could be meant") {
		t.Error(err)
	}
	must(t)(s.Review(waits.ID, "ada", ""))
	if r, err := s.Deny("demo:a", "ada", ""); err != nil || r.ID != waits.ID {
		t.Errorf("denied %+v, %v", r, err)
	}
}

// What cannot be put on record does not happen.
func TestBeforeFails(t *testing.T) {
	t.Parallel()
	no := errors.New("the disk is full")
	fail := false
	s := approval.New(approval.Config{Path: filepath.Join(t.TempDir(), "a.db"), Before: func(*approval.Request, approval.Step) error {
		if fail {
			return no
		}
		return nil
	}})
	r := decide(t, s, ask("demo:a", 'a'), unknown, approval.Pending)
	must(t)(s.Review(r.ID, "ada", ""))
	fail = true
	if _, err := s.Approve(r.ID, "ada", ""); !errors.Is(err, no) {
		t.Error(err)
	}
	if got, _, err := s.Get(r.ID); err != nil || got.State != approval.Reviewing || len(got.History) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Many ask for and decide the same at once: each step is made once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	s, steps := newStore(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r, err := s.Decide(ask(fmt.Sprintf("demo:c%d", i), 'a'), unknown)
			if _, ok := errors.AsType[*approval.NotApprovedError](err); !ok {
				t.Error(err)
				return
			}
			if _, err := s.Review(r.ID, "ada", ""); err != nil && !strings.Contains(err.Error(), "already") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := s.List()
	if err != nil || len(all) != 1 || len(all[0].Askers) != 8 || len(all[0].History) != 2 || len(*steps) != 2 {
		t.Errorf("%+v, %v, %v", all, *steps, err)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	hash := strings.Repeat("0", 64)
	if o, err := s.Origin(hash); o != nil || err != nil {
		t.Error(o, err)
	}
	want := &trust.Origin{URL: "https://github.com/acme/tool", Branch: "main", Commit: strings.Repeat("1", 40)}
	if err := s.RecordOrigin(hash, want); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Origin(hash); err != nil || *o != *want {
		t.Error(o, err)
	}
	for _, bad := range []trust.Origin{{}, {URL: want.URL}, {URL: want.URL, Commit: "abc"}, {URL: want.URL, Branch: "a b", Commit: want.Commit}, {URL: "ftp://x/y", Commit: want.Commit}} {
		if err := s.RecordOrigin(hash, &bad); err == nil {
			t.Errorf("%+v is recorded", bad)
		}
	}
}
