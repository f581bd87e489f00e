package capability_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/capability"
)

// points of the guards under test, by name.
const (
	send = iota
	open // carries its own action
	services
	connect
	keyed
	world
)

var points = []capability.Point{
	send:     {Interface: "airssys:core/host-services@1.0.0", Func: "send-message", Kind: capability.Messaging, Action: "send"},
	open:     {Interface: "airssys:ext-filesystem/filesystem@1.0.0", Func: "open", Kind: capability.Filesystem},
	services: {Interface: "airssys:core/host-services@1.0.0", Func: "log", Kind: capability.Import},
	connect:  {Interface: "airssys:ext-network/network@1.0.0", Func: "connect", Kind: capability.Network, Action: "connect"},
	keyed:    {Interface: "demo:kv/store@0.1.0", Func: "[method]bucket.get", Kind: capability.Storage, Action: "read"},
	world:    {Func: "print", Kind: capability.Import},
}

func newGuard(t testing.TB, grants []capability.Grant, opts ...capability.GuardOption) *capability.Guard {
	t.Helper()
	g, err := capability.NewGuard("orders:intake", grants, points, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGuardDecides(t *testing.T) {
	t.Parallel()
	g := newGuard(t, []capability.Grant{
		{Kind: capability.Messaging, Action: "send", Resource: "orders:ledger"},
		{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"},
		{Kind: capability.Filesystem, Action: "write", Resource: "/data/out/*"},
		{Kind: capability.Import, Resource: "airssys:core/host-services"},
		{Kind: capability.Storage, Action: "read", Resource: "component:<id>:*"},
	})
	tests := []struct {
		point            int
		action, resource string
		want             string // the reason of a denial
	}{
		{send, "", "orders:ledger", ""},
		{send, "send", "orders:ledger/2", ""},
		{send, "request", "orders:ledger", "nothing of this kind and action is granted"},
		{send, "", "orders:audit", "no grant covers it"},
		{send, "", "", "it is empty"},
		{open, "read", "/data/a", ""},
		{open, "write", "/data/out/a", ""},
		{open, "write", "/data/a", "no grant covers it"},
		{open, "", "/data/a", "nothing of this kind and action is granted"},
		{open, "Read", "/data/a", "nothing of this kind and action is granted"},
		{open, "read", "/data/../etc/passwd", `it holds "." or ".."`},
		{services, "", "", ""},
		{world, "", "", "no grant covers it"},
		{connect, "", "api.example.com:443", "nothing of this kind and action is granted"},
		{keyed, "", "component:orders:intake:orders", ""},
		{keyed, "", "component:orders:ledger:orders", "no grant covers it"},
		{keyed, "", "component:<id>:orders", "no grant covers it"},
		{99, "", "x", "there is no such capability point"},
		{-1, "", "x", "there is no such capability point"},
	}
	for _, tt := range tests {
		token, denial := g.Check(tt.point, tt.action, tt.resource)
		switch {
		case tt.want == "" && (token == nil || denial != nil || token.Revoked()):
			t.Errorf("%+v: %v, %+v", tt, token, denial)
		case tt.want != "" && (token != nil || denial == nil):
			t.Errorf("%+v: granted", tt)
		case tt.want != "" && denial.Reason != tt.want:
			t.Errorf("%+v: denied because %q", tt, denial.Reason)
		}
	}
	for point, want := range map[int]bool{services: true, world: false, send: false, 99: false, -1: false} {
		if got := g.Allowed(point); got != want {
			t.Errorf("Allowed(%d) = %v", point, got)
		}
	}
}

func TestNothingGranted(t *testing.T) {
	t.Parallel()
	g := newGuard(t, nil)
	for i := range points {
		if g.Allowed(i) {
			t.Errorf("%v is allowed by nothing", points[i])
		}
		if token, denial := g.Check(i, "read", "/data/a"); token != nil || denial == nil {
			t.Errorf("%v is granted by nothing", points[i])
		}
	}
}

func TestNewGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, grant := range []capability.Grant{
		{Kind: capability.Filesystem, Action: "read", Resource: "data"},
		{Kind: capability.Filesystem, Action: "read"},
		{Kind: capability.Storage, Action: "read", Resource: "component:<id>"},
		{},
	} {
		subject := "orders:intake"
		if grant.Kind == capability.Storage {
			subject = "a:*" // would widen the pattern
		}
		_, err := capability.NewGuard(subject, []capability.Grant{grant}, nil)
		if _, ok := errors.AsType[*capability.PatternError](err); !ok {
			t.Errorf("%v: %v", grant, err)
		}
	}
}

func TestDenial(t *testing.T) {
	t.Parallel()
	g := newGuard(t, []capability.Grant{
		{Kind: capability.Messaging, Action: "send", Resource: "orders:secret-ledger"},
		{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"},
	})
	_, d := g.Check(send, "", "orders:audit")
	if got, want := d.Error(), "send-message: messaging send orders:audit is not granted"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := d.Hint(), `in [capabilities] messaging.send, add "orders:audit"`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if diff := cmp.Diff([]capability.Grant{{Kind: capability.Messaging, Action: "send", Resource: "orders:secret-ledger"}}, d.Granted()); diff != "" {
		t.Error(diff)
	}
	_, d = g.Check(open, "read", "/data/../x")
	if d.Hint() != "" {
		t.Errorf("a hint for a path that nothing can grant: %q", d.Hint())
	}
	if d = g.Refuse(open, "file 7", "it is not open"); d.Hint() != "" || d.Reason != "it is not open" || d.Resource != "file 7" || d.Subject != g.Subject() || d.Error() != "open: file 7: it is not open" {
		t.Errorf("a refusal that no grant would change: %+v, hint %q", d, d.Hint())
	}
	_, d = g.Check(open, "read", "/etc/x\n12:00 orders:intake granted")
	if strings.Contains(d.Error(), "\n") {
		t.Errorf("a guest wrote a line of its own: %q", d.Error())
	}
	_, d = g.Check(open, "read", "/"+strings.Repeat("x", 1<<20))
	if len(d.Resource) > 300 || len(d.Error()) > 400 {
		t.Errorf("a denial of %d bytes", len(d.Resource))
	}
}

func TestHookSeesEveryDecision(t *testing.T) {
	t.Parallel()
	var seen []capability.Decision
	g := newGuard(t,
		[]capability.Grant{{Kind: capability.Messaging, Action: "send", Resource: "orders:*"}, {Kind: capability.Import, Resource: "airssys:core/*"}},
		capability.WithHook(func(d capability.Decision) { seen = append(seen, d) }))
	resource := []byte("orders:ledger")
	view := string(resource)
	g.Check(send, "", view)
	g.Check(send, "", "other:ledger")
	g.Allowed(services)
	g.Allowed(world) // told by the check that follows
	g.Check(world, "", "")
	want := []capability.Decision{
		{Subject: "orders:intake", Point: points[send], Action: "send", Resource: "orders:ledger", Granted: true},
		{Subject: "orders:intake", Point: points[send], Action: "send", Resource: "other:ledger", Reason: "no grant covers it"},
		{Subject: "orders:intake", Point: points[services], Resource: "airssys:core/host-services@1.0.0", Granted: true},
		{Subject: "orders:intake", Point: points[world], Resource: "print", Reason: "no grant covers it"},
	}
	if diff := cmp.Diff(want, seen, cmpopts.IgnoreFields(capability.Decision{}, "Time", "Denial")); diff != "" {
		t.Error(diff)
	}
	for _, d := range seen {
		if d.Time.IsZero() {
			t.Error("a decision without a time")
		}
		if d.Granted != (d.Denial == nil) {
			t.Errorf("granted %v with the denial %v", d.Granted, d.Denial)
		}
	}
}

func TestDenialsAndCounts(t *testing.T) {
	t.Parallel()
	var denied []string
	var counts capability.Counts
	opts := []capability.GuardOption{
		capability.WithCounts(&counts),
		capability.WithDenials(func(d capability.Decision) { denied = append(denied, d.Denial.Error()) }),
	}
	grants := []capability.Grant{{Kind: capability.Messaging, Action: "send", Resource: "orders:*"}, {Kind: capability.Import, Resource: "airssys:core/*"}}
	for range 2 { // two instances of one component
		g := newGuard(t, grants, opts...)
		token, _ := g.Check(send, "", "orders:ledger")
		g.Check(send, "", "other:ledger")
		g.Covered(send, "", "orders:ledger", []*capability.Token{token})
		g.Allowed(services)
		g.Allowed(world)
	}
	if len(denied) != 2 {
		t.Errorf("denied: %q", denied)
	}
	got := map[string]uint64{}
	for p, n := range counts.Each {
		got[p.Func] = n
	}
	want := map[string]uint64{"send-message": 4, "open": 0, "log": 2, "connect": 0, "[method]bucket.get": 0, "print": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	other, err := capability.NewGuard("a:b", grants, points[:1], opts...)
	if err != nil {
		t.Fatal(err)
	}
	other.Check(0, "", "orders:ledger")
	for p, n := range counts.Each {
		if n != want[p.Func] {
			t.Errorf("%s counts for a guard of other points", p.Func)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	wide := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"}
	narrow := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/a"}
	imports := capability.Grant{Kind: capability.Import, Resource: "airssys:core/host-services"}
	g := newGuard(t, []capability.Grant{wide, wide, narrow, imports})
	token, _ := g.Check(open, "read", "/data/b")
	own, _ := g.Check(open, "read", "/data/a")
	if token == nil || token.Revoked() || own == nil {
		t.Fatal("not granted")
	}
	if !g.Revoke(wide) || g.Revoke(wide) || g.Revoke(capability.Grant{Kind: "x"}) {
		t.Error("Revoke did not say what it found")
	}
	if !token.Revoked() {
		t.Error("what was opened under the grant goes on")
	}
	if own.Revoked() {
		t.Error("what has a grant of its own went with the other one")
	}
	if again, _ := g.Check(open, "read", "/data/a"); again == nil || again.Revoked() {
		t.Error("the other grant no longer counts")
	}
	if _, d := g.Check(open, "read", "/data/b"); d == nil || d.Reason != "the grant was revoked" {
		t.Errorf("after revoking: %+v", d)
	}
	if !g.Allowed(services) || !g.Revoke(imports) || g.Allowed(services) {
		t.Error("the import outlived its grant")
	}
	if diff := cmp.Diff([]capability.Grant{narrow}, g.Grants()); diff != "" {
		t.Error(diff)
	}
}

// What is remembered of one demand answers for no other, and not beyond its grant.
func TestRecent(t *testing.T) {
	t.Parallel()
	wide := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"}
	g := newGuard(t, []capability.Grant{wide, {Kind: capability.Messaging, Action: "send", Resource: "orders:*"}})
	for range 200 {
		buffer := []byte("/data/a")
		view := unsafe.String(&buffer[0], len(buffer)) // as demands see the guest's memory
		if _, d := g.Check(open, "read", view); d != nil {
			t.Fatal(d)
		}
		copy(buffer, "/etc/aa")
		if _, d := g.Check(open, "read", view); d == nil {
			t.Fatal("the guest changed its memory, and what was remembered with it")
		}
		for _, other := range [][2]string{{"write", "/data/a"}, {"", "/data/a"}, {"read", "/data/../a"}, {"read", "/data"[:3]}} {
			if _, d := g.Check(open, other[0], other[1]); d == nil {
				t.Fatalf("%q is granted", other)
			}
		}
		if _, d := g.Check(send, "", "/data/a"); d == nil {
			t.Fatal("another point's demand is remembered")
		}
	}
	g.Revoke(wide)
	if _, d := g.Check(open, "read", "/data/a"); d == nil || d.Reason != "the grant was revoked" {
		t.Errorf("%+v", d)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	grants := manyGrants(100)
	g := newGuard(t, grants)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 200 {
				g.Check(open, "read", fmt.Sprintf("/tenant-%d/data/x", i%100))
				g.Allowed(services)
				if worker == 0 {
					g.Revoke(grants[i%100])
				}
			}
		})
	}
	wg.Wait()
	if left := len(g.Grants()); left != 0 {
		t.Errorf("%d grants are left", left)
	}
}

// TestIndexAgrees holds the look-up that many grants get to what each grant's pattern says by itself.
func TestIndexAgrees(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		kind               capability.Kind
		point              int
		action             string
		patterns, resource []string // alternatives of each part
	}{
		{capability.Filesystem, open, "read", []string{"/a", "/b", "/*", "/**", "/a*", "/{a,b}"}, []string{"/a", "/b", "/ab", "/c"}},
		{capability.Messaging, send, "send", []string{"a", "b", "*", "a*", ":a", ":b", ":*", ":a*", "/a", "/*"}, []string{"a", "b", ":a", ":b", ":ab", "/a", "/b"}},
		{capability.Storage, keyed, "read", []string{"a:", "*:", "a*:", "b", "*"}, []string{"a:", "b:", "ab:", "a", "b"}},
		{capability.Network, connect, "connect", []string{"*.", "a.", "b.", "c.com:1", "c.com:2", "com.c:1"}, []string{"a.", "b.", "ab.", "c.com:1", "c.com:2", "com.c:1"}},
	}
	for _, k := range kinds {
		r := rand.New(rand.NewPCG(1, 2))
		var grants []capability.Grant
		var patterns []*capability.Pattern
		for range 600 {
			text := pick(r, k.patterns)
			if p, err := capability.ParsePattern(k.kind, text); err == nil {
				patterns = append(patterns, p)
				grants = append(grants, capability.Grant{Kind: k.kind, Action: k.action, Resource: text})
			}
		}
		// Thin the grants out, so that not everything is granted.
		for round := range 20 {
			from := r.IntN(len(grants) - 12)
			g := newGuard(t, grants[from:from+12])
			for range 300 {
				resource := pick(r, k.resource)
				want := false
				for _, p := range patterns[from : from+12] {
					want = want || p.Match(resource)
				}
				if token, _ := g.Check(k.point, k.action, resource); (token != nil) != want {
					t.Fatalf("%s, round %d: %q is granted: %v; by its patterns: %v\n%v", k.kind, round, resource, token != nil, want, grants[from:from+12])
				}
			}
		}
	}
}

func pick(r *rand.Rand, parts []string) string {
	text := ""
	for range 1 + r.IntN(4) {
		text += parts[r.IntN(len(parts))]
	}
	return text
}

func TestNoAllocation(t *testing.T) {
	for _, n := range []int{1, 10, 1000} {
		g := newGuard(t, append(manyGrants(n), otherGrants...))
		last := fmt.Sprintf("/tenant-%d/data/x/y.csv", n-1)
		for name, check := range map[string]func(){
			"subtree":   func() { g.Check(open, "read", last) },
			"glob":      func() { g.Check(open, "write", "/out/x/report-7.csv") },
			"messaging": func() { g.Check(send, "", "orders:ledger") },
			"network":   func() { g.Check(connect, "", "eu.api.example.com:443") },
			"ipv6":      func() { g.Check(connect, "", "[2001:db8::1]:80") },
			"storage":   func() { g.Check(keyed, "", "component:orders:intake:x") },
			"import":    func() { g.Allowed(services) },
		} {
			if allocs := testing.AllocsPerRun(100, check); allocs != 0 {
				t.Errorf("%d grants, %s: %v allocations", n, name, allocs)
			}
		}
	}
}

var otherGrants = []capability.Grant{
	{Kind: capability.Filesystem, Action: "write", Resource: "/out/**/report-[0-9].csv"},
	{Kind: capability.Messaging, Action: "send", Resource: "orders:ledger"},
	{Kind: capability.Network, Action: "connect", Resource: "*.example.com:443"},
	{Kind: capability.Network, Action: "connect", Resource: "[2001:db8::1]:80"},
	{Kind: capability.Storage, Action: "read", Resource: "component:<id>:*"},
	{Kind: capability.Import, Resource: "airssys:core/host-services@1.0.0"},
}

func manyGrants(n int) []capability.Grant {
	grants := make([]capability.Grant, n)
	for i := range grants {
		grants[i] = capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: fmt.Sprintf("/tenant-%d/data/**", i)}
	}
	return grants
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		g := newGuard(b, append(manyGrants(n), otherGrants...))
		path := fmt.Sprintf("/tenant-%d/data/x/y.csv", n-1)
		b.Run(fmt.Sprintf("path/grants=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Check(open, "read", path)
			}
		})
		var sends []capability.Grant
		for i := range n {
			sends = append(sends, capability.Grant{Kind: capability.Messaging, Action: "send", Resource: fmt.Sprintf("orders:ledger-%d", i)})
		}
		m := newGuard(b, sends)
		address := fmt.Sprintf("orders:ledger-%d", n-1)
		b.Run(fmt.Sprintf("address/grants=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Check(send, "", address)
			}
		})
		counting := newGuard(b, sends, capability.WithCounts(new(capability.Counts)))
		b.Run(fmt.Sprintf("counted/grants=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				counting.Check(send, "", address)
			}
		})
		varied := func(name string, g *capability.Guard, point int, action, format string, of int) {
			b.Run(fmt.Sprintf("%s/grants=%d", name, n), func(b *testing.B) {
				all := make([]string, of)
				for i := range all {
					all[i] = fmt.Sprintf(format, i)
				}
				i := 0
				for b.Loop() {
					g.Check(point, action, all[i%of])
					i++
				}
			})
		}
		varied("varied-addresses", m, send, "", "orders:ledger-%d", n)
		varied("varied-paths", g, open, "read", fmt.Sprintf("/tenant-%d/data/x/y-%%d.csv", n-1), 10)
		varied("many-paths", g, open, "read", fmt.Sprintf("/tenant-%d/data/x/y-%%d.csv", n-1), 1000)
		b.Run(fmt.Sprintf("import/grants=%d", n), func(b *testing.B) {
			for b.Loop() {
				g.Allowed(services)
			}
		})
		b.Run(fmt.Sprintf("denied/grants=%d", n), func(b *testing.B) {
			for b.Loop() {
				m.Check(send, "", "orders:audit")
			}
		})
	}
}

func BenchmarkNewGuard(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		grants := append(manyGrants(n), otherGrants...)
		b.Run(fmt.Sprintf("grants=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newGuard(b, grants)
			}
		})
	}
}

// TestPolicy holds the guards of one policy to be guards of their own: what one of
// them loses the others keep, and each has storage of its own.
func TestPolicy(t *testing.T) {
	t.Parallel()
	read := capability.Point{Interface: "demo:shop/files@0.1.0", Func: "read", Kind: capability.Filesystem, Action: "read"}
	store := capability.Point{Interface: "demo:shop/store@0.1.0", Func: "get", Kind: capability.Storage, Action: "read"}
	grants := []capability.Grant{{capability.Filesystem, "read", "/data/**"}, {capability.Storage, "read", "<id>:*"}}
	for _, n := range []int{1, 2} { // with the subject's own address and without
		p, err := capability.NewPolicy(grants[:n], []capability.Point{read, store})
		if err != nil {
			t.Fatal(err)
		}
		if !p.Is(grants[:n]) || p.Is(nil) {
			t.Error("the policy does not know its grants")
		}
		a, errA := p.Guard("shop:a")
		b, errB := p.Guard("shop:b")
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		a.Revoke(grants[0])
		if _, d := a.Check(0, "", "/data/x"); d == nil {
			t.Error("a revoked grant still allows")
		}
		if _, d := b.Check(0, "", "/data/x"); d != nil {
			t.Error(d)
		}
		for _, g := range []*capability.Guard{a, b} {
			if _, d := g.Check(1, "", g.Subject()+":x"); (d == nil) != (n == 2) {
				t.Errorf("%s and its own storage: %v", g.Subject(), d)
			}
			if _, d := g.Check(1, "", "shop:c:x"); d == nil {
				t.Errorf("%s has the storage of another one", g.Subject())
			}
		}
	}
	if _, err := capability.NewPolicy([]capability.Grant{{capability.Filesystem, "read", "data"}}, nil); err == nil {
		t.Error("a bad pattern makes a policy")
	}
}
