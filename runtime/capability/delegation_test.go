package capability_test

import (
	"errors"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
)

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind         capability.Kind
		wide, narrow string
		want         bool
	}{
		{capability.Filesystem, "/data/**", "/data/a", true},
		{capability.Filesystem, "/data/**", "/data/a/*.csv", true},
		{capability.Filesystem, "/data/**", "/data/**", true},
		{capability.Filesystem, "/data/**", "/data/*/x", true},
		{capability.Filesystem, "/data/**", "/dat*/x", false},
		{capability.Filesystem, "/data/**", "/**", false},
		{capability.Filesystem, "/data/**", "/database/**", false},
		{capability.Filesystem, "/data/**", "/{data,etc}/x", false},
		{capability.Filesystem, "/data/*", "/data/a/b", false},
		{capability.Filesystem, "/data/*", "/data/*.csv", false}, // hard to tell in general
		{capability.Filesystem, "/data/*", "../x", false},
		{capability.Network, "*.example.com:443", "api.example.com:443", true},
		{capability.Network, "*.example.com:443", "*.eu.example.com:443", true},
		{capability.Network, "*.example.com:443", "*.badexample.com:443", false},
		{capability.Network, "*.example.com:443", "*.example.com:80", false},
		{capability.Network, "api.example.com:443", "*.example.com:443", false},
		{capability.Storage, "shared:*", "shared:a:*", true},
		{capability.Storage, "shared:*", "other:*", false},
		{capability.Storage, "shared:a", "shared:*", false},
		{capability.Storage, "component:<id>:*", "component:<id>:x", false},
		{capability.Messaging, "orders:*", "orders:led*", true},
		{capability.Messaging, "orders:*", "*:ledger", false},
		{capability.Messaging, "orders:ledger", "orders:*", false},
		{capability.Import, "a:b/*", "a:b/c@1.0.0", true},
		{capability.Import, "a:b/c", "a:b/*", false},
	} {
		wide := capability.Grant{Kind: tt.kind, Action: "x", Resource: tt.wide}
		narrow := capability.Grant{Kind: tt.kind, Action: "x", Resource: tt.narrow}
		if got := wide.Covers(narrow); got != tt.want {
			t.Errorf("%s covers %s: %v", wide, narrow, got)
		}
		narrow.Action = "y"
		if wide.Covers(narrow) {
			t.Errorf("%s covers %s", wide, narrow)
		}
	}
}

// A party is a component with a guard on a leash.
type party struct {
	leash capability.Leash
	held  []capability.Grant
	guard *capability.Guard
}

func newParty(t *testing.T, held ...capability.Grant) *party {
	t.Helper()
	p := &party{held: held}
	p.guard = newGuard(t, held, capability.WithLeash(&p.leash))
	return p
}

func (p *party) may(path string) bool {
	token, denial := p.guard.Check(open, "read", path)
	return denial == nil && !token.Revoked()
}

func read(pattern string) capability.Grant {
	return capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: pattern}
}

func TestDelegate(t *testing.T) {
	t.Parallel()
	a, b, c := newParty(t, read("/data/**"), read("/logs/**")), newParty(t), newParty(t)
	if _, err := a.leash.Delegate("demo:a", a.held, capability.Receiver{Name: "demo:b", Leash: &b.leash}, read("/data/pub/**")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.leash.Delegate("demo:b", b.held, capability.Receiver{Name: "demo:c", Leash: &c.leash}, read("/data/pub/x")); err != nil {
		t.Fatal(err)
	}
	if !b.may("/data/pub/y") || b.may("/data/secret") || !c.may("/data/pub/x") || c.may("/data/pub/y") {
		t.Error("not the part that was handed on")
	}
	opened, _ := c.guard.Check(open, "read", "/data/pub/x")
	// Never more than one holds: neither wider, nor another action, nor what was only another's.
	for _, more := range []capability.Grant{
		read("/data/**"), read("/**"), read("/logs/x"), {Kind: capability.Filesystem, Action: "write", Resource: "/data/pub/x"}, read("relative"),
	} {
		_, err := b.leash.Delegate("demo:b", b.held, capability.Receiver{Name: "demo:c", Leash: &c.leash}, read("/data/pub/z"), more)
		_, isDelegation := errors.AsType[*capability.DelegationError](err)
		_, isPattern := errors.AsType[*capability.PatternError](err)
		if !isDelegation && !isPattern {
			t.Errorf("%s: %v", more, err)
		}
		if c.may("/data/pub/z") {
			t.Errorf("%s: a part of what was refused as a whole", more)
		}
	}
	// Instances to come have it too.
	later := newGuard(t, nil, capability.WithLeash(&c.leash))
	if _, denial := later.Check(open, "read", "/data/pub/x"); denial != nil {
		t.Error(denial)
	}
	// What the giver loses, all lose that had it from it.
	a.leash.Revoke(read("/data/**"))
	if b.may("/data/pub/y") || c.may("/data/pub/x") || !opened.Revoked() || !a.may("/logs/x") {
		t.Error("what was handed on outlives the grant that it came from")
	}
	if _, err := a.leash.Delegate("demo:a", a.held, capability.Receiver{Name: "demo:b", Leash: &b.leash}, read("/data/pub/**")); err == nil {
		t.Error("handed on what was lost")
	}
	if _, denial := newGuard(t, nil, capability.WithLeash(&c.leash)).Check(open, "read", "/data/pub/x"); denial == nil {
		t.Error("the next instance has it back")
	}
}

// What is taken from the receiver for good stays so; what it only lost with its giver can be handed on again, and its own grants stay.
func TestDelegateAgain(t *testing.T) {
	t.Parallel()
	a, b, own := newParty(t, read("/data/**")), newParty(t), newParty(t, read("/data/x"))
	give := func(from, to *party) {
		t.Helper()
		if _, err := from.leash.Delegate("demo:a", from.held, capability.Receiver{Name: "demo:to", Leash: &to.leash}, read("/data/x")); err != nil {
			t.Fatal(err)
		}
	}
	give(a, own)
	give(a, b)
	a.leash.Revoke(read("/data/**"))
	if b.may("/data/x") || !own.may("/data/x") {
		t.Error("lost too little or too much")
	}
	give(newParty(t, read("/data/**")), b)
	if !b.may("/data/x") {
		t.Error("handed on again in vain")
	}
	b.leash.Revoke(read("/data/x"))
	give(newParty(t, read("/data/**")), b)
	if b.may("/data/x") {
		t.Error("handed on what was revoked for good")
	}
}

func TestDelegateInARing(t *testing.T) {
	t.Parallel()
	a, b := newParty(t, read("/data/**")), newParty(t)
	hand := func(from, to *party, held []capability.Grant) {
		t.Helper()
		if _, err := from.leash.Delegate("demo:from", held, capability.Receiver{Name: "demo:to", Leash: &to.leash}, read("/data/x")); err != nil {
			t.Fatal(err)
		}
	}
	hand(a, b, a.held)
	hand(b, a, b.held)
	hand(a, b, nil)
	a.leash.RevokeAll()
	if a.may("/data/x") || b.may("/data/x") {
		t.Error("they keep one another's grants alive")
	}
}

// The giver's own storage is that, whoever has it.
func TestDelegateOwnStorage(t *testing.T) {
	t.Parallel()
	own := capability.Grant{Kind: capability.Storage, Action: "read", Resource: "component:<id>:*"}
	a, b := newParty(t, own), newParty(t)
	if _, err := a.leash.Delegate("orders:a", a.held, capability.Receiver{Name: "orders:b", Leash: &b.leash}, own); err != nil {
		t.Fatal(err)
	}
	if _, denial := b.guard.Check(keyed, "", "component:orders:a:x"); denial != nil {
		t.Error(denial)
	}
	if _, denial := b.guard.Check(keyed, "", "component:orders:intake:x"); denial == nil { // the subject of all guards here
		t.Error("it has storage of its own now")
	}
}

// Each delegation is one of its own: to take one back leaves what the receiver has of others, and takes what was handed on of it.
func TestDelegationsAreEachTheirOwn(t *testing.T) {
	t.Parallel()
	a, b, c, d := newParty(t, read("/data/**")), newParty(t, read("/data/x")), newParty(t), newParty(t)
	hand := func(from, to *party, grants ...capability.Grant) *capability.Delegation {
		t.Helper()
		given, err := from.leash.Delegate("demo:from", from.held, capability.Receiver{Name: "demo:to", Leash: &to.leash}, grants...)
		if err != nil {
			t.Fatal(err)
		}
		return given
	}
	first, second := hand(a, c, read("/data/x"), read("/data/y")), hand(b, c, read("/data/x"))
	on := hand(c, d, read("/data/y"))
	opened, _ := c.guard.Check(open, "read", "/data/y")
	if got := first.Grants(); len(got) != 2 || got[0] != read("/data/x") || first.From != "demo:from" || first.To != "demo:to" {
		t.Errorf("it is %+v, of %v", first, got)
	}
	if !first.Revoke() || first.Revoke() || first.Grants() != nil {
		t.Error("it is taken back once")
	}
	if !c.may("/data/x") || c.may("/data/y") || !opened.Revoked() || d.may("/data/y") || on.Grants() != nil {
		t.Error("too much was taken back, or too little")
	}
	later := newGuard(t, nil, capability.WithLeash(&c.leash))
	if _, denial := later.Check(open, "read", "/data/x"); denial != nil {
		t.Error(denial)
	}
	if !second.Revoke() || c.may("/data/x") {
		t.Error("the other one stays")
	}
	if again := hand(a, c, read("/data/y")); !c.may("/data/y") || !again.Revoke() {
		t.Error("not handed on again")
	}
}

// What is done by a delegation is told apart from what is done by grants of one's own, which go first.
func TestDelegationIsUsed(t *testing.T) {
	t.Parallel()
	a, b := newParty(t, read("/data/**")), newParty(t, read("/data/own"))
	uses := tally{}
	if _, err := a.leash.Delegate("demo:a", a.held, capability.Receiver{Name: "demo:b", Leash: &b.leash, Used: uses}, read("/data/**")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/data/own": 0, "/data/x": 2} {
		token, denial := b.guard.Check(open, "read", path)
		if denial != nil {
			t.Fatal(denial)
		}
		if denial := b.guard.Covered(open, "read", path, []*capability.Token{token}); denial != nil || uses[path] != want {
			t.Errorf("%s: %v, used %d times", path, denial, uses[path])
		}
	}
}

// tally counts what it is told, by resource.
type tally map[string]int

func (c tally) Granted(_ *capability.Point, _, resource string) { c[resource]++ }
