package capability_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
)

// TestGuardIsItsPatterns holds what guards find by name and remember to what the patterns of their grants say by themselves: for demands that come again
// and again, of several functions, while grants are taken back one after another.
func TestGuardIsItsPatterns(t *testing.T) {
	t.Parallel()
	type demand struct {
		point            int
		action, resource string
	}
	kinds := []struct {
		kind                         capability.Kind
		point                        int
		actions, patterns, resources []string
	}{
		{
			capability.Filesystem, open,
			[]string{"read", "write"},
			[]string{"/a", "/b", "/a/b", "/a/**", "/*", "/a/[b]", "/{a,b}/c", "/a/b/c", "/", "/**"},
			[]string{"/a", "/b", "/a/b", "/a/b/c", "/b/c", "/", "/a/", "a", "", "/a/../b", "/A"},
		},
		{
			capability.Messaging, send,
			[]string{"", "send"},
			[]string{"a:b", "a:b/1", "a:c", "a:*", "*:b", "b:b"},
			[]string{"a:b", "a:b/1", "a:b/2", "a:c", "b:b", "b:c", "a:*", "a", ":b", "a:b/"},
		},
		{
			capability.Network, connect,
			[]string{"", "connect"},
			[]string{"a.example:443", "b.example:443", "*.example.com:443", "[2001:db8::1]:80", "10.0.0.1:80"},
			[]string{"a.example:443", "A.EXAMPLE:443", "b.example:443", "b.example:80", "x.example.com:443", "[2001:DB8::1]:80", "10.0.0.1:80", "example"},
		},
		{
			capability.Storage, keyed,
			[]string{"", "read", "write"},
			[]string{"a:b", "a:*", "b", "<id>:x"},
			[]string{"a:b", "a:c:d", "b", "orders:intake:x", "c", "a::b"},
		},
	}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		k := kinds[seed%uint64(len(kinds))]
		var grants []capability.Grant
		for range 1 + r.IntN(25) {
			if action := k.actions[r.IntN(len(k.actions))]; action != "" {
				grants = append(grants, capability.Grant{Kind: k.kind, Action: action, Resource: k.patterns[r.IntN(len(k.patterns))]})
			}
		}
		g := newGuard(t, grants)
		revoked := map[capability.Grant]bool{}
		plain := func(d demand) bool {
			if d.action == "" {
				d.action = points[d.point].Action
			}
			for _, grant := range grants {
				if !revoked[grant] && grant.Action == d.action && pattern(t, grant).Match(d.resource) {
					return true
				}
			}
			return false
		}
		for step := range 400 {
			d := demand{k.point, k.actions[r.IntN(len(k.actions))], k.resources[r.IntN(len(k.resources))]}
			token, denial := g.Check(d.point, d.action, d.resource)
			if want := plain(d); (token != nil) != want || (denial == nil) != want || want && token.Revoked() {
				t.Fatalf("seed %d, step %d: %+v is granted: %v, by its patterns: %v\n%v\nwithout %v", seed, step, d, token != nil, want, grants, revoked)
			}
			if len(grants) > 0 && r.IntN(40) == 0 {
				grant := grants[r.IntN(len(grants))]
				g.Revoke(grant)
				revoked[grant] = true
			}
		}
	}
}

// pattern is the pattern of a grant of the component that newGuard is for.
func pattern(t *testing.T, g capability.Grant) *capability.Pattern {
	t.Helper()
	if g.Resource == "<id>:x" {
		g.Resource = "orders:intake:x"
	}
	p, err := capability.ParsePattern(g.Kind, g.Resource)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What is taken back is so for the next check, whoever else checks at the time.
func TestRevokedAtOnce(t *testing.T) {
	t.Parallel()
	const n = 64
	var grants []capability.Grant
	for i := range n {
		grants = append(grants, capability.Grant{Kind: capability.Messaging, Action: "send", Resource: fmt.Sprintf("orders:ledger-%d", i)},
			capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: fmt.Sprintf("/data/%d/**", i)})
	}
	g := newGuard(t, grants)
	ask := func(i int) (a, b *capability.Token) {
		a, _ = g.Check(send, "", fmt.Sprintf("orders:ledger-%d", i))
		b, _ = g.Check(open, "read", fmt.Sprintf("/data/%d/x", i))
		return a, b
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					ask(i % n)
				}
			}
		})
	}
	for i := range n {
		if a, b := ask(i); a == nil || b == nil {
			t.Errorf("%d is not granted", i)
		}
		g.Revoke(grants[2*i])
		g.Revoke(grants[2*i+1])
		if a, b := ask(i); a != nil || b != nil {
			t.Errorf("%d is still granted", i)
		}
	}
	close(done)
	wg.Wait()
}
