package capability_test

import (
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
)

func TestLeash(t *testing.T) {
	t.Parallel()
	var leash capability.Leash
	read := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"}
	say := capability.Grant{Kind: capability.Messaging, Action: "send", Resource: "orders:*"}
	grants := []capability.Grant{read, say}
	a, b := newGuard(t, grants, capability.WithLeash(&leash)), newGuard(t, grants, capability.WithLeash(&leash))
	free := newGuard(t, grants, capability.WithLeash(nil))
	token, _ := a.Check(open, "read", "/data/x")
	if !leash.Revoke(read) || leash.Revoke(read) || leash.Revoke(capability.Grant{Kind: "x"}) {
		t.Error("Revoke did not say what it found")
	}
	if !token.Revoked() {
		t.Error("what was opened goes on")
	}
	if d := a.Covered(open, "read", "/data/x", []*capability.Token{token}); d == nil || d.Reason != "the grant was revoked" {
		t.Errorf("%+v", d)
	}
	later := newGuard(t, grants, capability.WithLeash(&leash)) // after a restart
	for i, g := range []*capability.Guard{a, b, later} {
		if _, d := g.Check(open, "read", "/data/x"); d == nil {
			t.Errorf("guard %d still allows", i)
		}
		if _, d := g.Check(send, "", "orders:x"); d != nil {
			t.Errorf("guard %d lost more: %v", i, d)
		}
	}
	leash.RevokeAll()
	last := newGuard(t, grants, capability.WithLeash(&leash))
	for i, g := range []*capability.Guard{a, b, later, last} {
		if _, d := g.Check(send, "", "orders:x"); d == nil || len(g.Grants()) != 0 {
			t.Errorf("guard %d still allows", i)
		}
	}
	if _, d := free.Check(send, "", "orders:x"); d != nil {
		t.Error("a guard without a leash lost a grant")
	}
}
