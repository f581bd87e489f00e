package netguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/netguard"
)

// A zone answers for names, one list of addresses after the other.
type zone struct {
	mu      sync.Mutex
	answers map[string][]string
	ttl     time.Duration
	asked   []string
}

func (z *zone) Lookup(_ context.Context, name string) ([]netip.Addr, time.Duration, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, name)
	all := z.answers[name]
	if len(all) == 0 {
		return nil, 0, &netguard.NotFoundError{Name: name}
	}
	if len(all) > 1 {
		z.answers[name] = all[1:]
	}
	var addrs []netip.Addr
	for text := range strings.FieldsSeq(all[0]) {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs, z.ttl, nil
}

// A tenant is an instance with grants, "connect a.example:443", and a clock.
type tenant struct {
	*netguard.Guard
	guard  *capability.Guard
	now    time.Time
	denied []string
}

func newTenant(t *testing.T, z *zone, grants ...string) *tenant {
	t.Helper()
	var list []capability.Grant
	for _, g := range grants {
		list = append(list, grantOf(g))
	}
	n := &tenant{now: time.Unix(1000, 0)}
	var err error
	n.guard, err = capability.NewGuard("test", list, []capability.Point{{Kind: capability.Network, Action: netguard.Connect}})
	if err != nil {
		t.Fatal(err)
	}
	n.Guard = netguard.New(netguard.Config{Resolver: z, Now: func() time.Time { return n.now }})
	return n
}

func grantOf(text string) capability.Grant {
	action, resource, _ := strings.Cut(text, " ")
	return capability.Grant{Kind: capability.Network, Action: action, Resource: resource}
}

func (n *tenant) ask(action, resource string) (*capability.Token, error) {
	token, denial := n.guard.Check(0, action, resource)
	if denial != nil {
		n.denied = append(n.denied, action+" "+resource)
		return nil, denial
	}
	return token, nil
}

// resolve gives the addresses as text, or "denied ACTION RESOURCE".
func (n *tenant) resolve(name string) string {
	l, err := n.Name(n.ask, n.guard.Grants(), name)
	return n.outcome(l, err)
}

func (n *tenant) outcome(l *netguard.Lookup, err error) string {
	var addrs []netip.Addr
	if err == nil {
		addrs, err = l.Addresses(context.Background(), n.ask)
	}
	if denial, ok := errors.AsType[*capability.Denial](err); ok {
		return "denied " + denial.Action + " " + denial.Resource
	}
	if err != nil {
		return err.Error()
	}
	var texts []string
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, " ")
}

func (n *tenant) connects(to string) bool {
	_, err := n.Connect(n.ask, netip.MustParseAddrPort(to))
	return err == nil
}

func TestResolve(t *testing.T) {
	t.Parallel()
	z := func() *zone {
		return &zone{ttl: time.Minute, answers: map[string][]string{
			"a.example": {"93.184.216.34 2606:2800::1"}, "db.example": {"10.0.0.5"}, "mixed.example": {"10.0.0.5 93.184.216.34"},
			"meta.example": {"169.254.169.254"}, "mapped.example": {"::ffff:127.0.0.1"}, "localhost": {"93.184.216.34"},
		}}
	}
	tests := []struct{ grants, name, want string }{
		{"connect a.example:443", "a.example", "93.184.216.34 2606:2800::1"},
		{"connect a.example:443", "A.Example.", "93.184.216.34 2606:2800::1"},
		{"connect *.b.example:443", "b.example", "denied connect b.example:*"},
		{"", "a.example", "denied connect a.example:*"},
		{"connect b.example:443", "a.example", "denied connect a.example:*"},
		{"bind a.example:443", "a.example", "denied connect a.example:*"},
		{"connect a.example:443", "xa.example", "denied connect xa.example:*"},
		{"connect db.example:5432", "db.example", "denied private db.example:5432"},
		{"connect db.example:5432,private db.example:80", "db.example", "denied private db.example:5432"},
		{"connect db.example:5432,private db.example:5432", "db.example", "10.0.0.5"},
		{"connect mixed.example:80", "mixed.example", "93.184.216.34"},
		{"connect meta.example:80", "meta.example", "denied private meta.example:80"},
		{"connect mapped.example:80", "mapped.example", "denied private mapped.example:80"},
		{"connect localhost:80", "localhost", "127.0.0.1 ::1"},
		{"connect 10.1.2.3:80", "10.1.2.3", "10.1.2.3"},
		{"connect [fd00::1]:80", "fd00::1", "fd00::1"},
		{"", "10.1.2.3", "denied connect 10.1.2.3:*"},
		{"connect gone.example:80", "gone.example", "gone.example stands for no address"},
		{"", "a b", `"a b" is not the name of a host`},
		{"", "", `"" is not the name of a host`},
		{"", "*.example.com", `"*.example.com" is not the name of a host`},
		{"", "a.example:443", `"a.example:443" is not the name of a host`},
		{"", "0x7f.1", `"0x7f.1" is not the name of a host`},
		{"", strings.Repeat("a.", 200), `is not the name of a host`},
	}
	for _, test := range tests {
		var grants []string
		if test.grants != "" {
			grants = strings.Split(test.grants, ",")
		}
		if got := newTenant(t, z(), grants...).resolve(test.name); !strings.Contains(got, test.want) {
			t.Errorf("with %q, %s stands for %q, want %q", test.grants, test.name, got, test.want)
		}
	}
}

func TestConnect(t *testing.T) {
	t.Parallel()
	z := &zone{ttl: time.Minute, answers: map[string][]string{"a.example": {"93.184.216.34"}, "db.example": {"10.0.0.5"}}}
	n := newTenant(t, z, "connect a.example:443", "connect db.example:5432", "private db.example:5432", "connect 10.9.9.9:80", "connect [fd00::1]:80")
	if n.connects("93.184.216.34:443") {
		t.Error("an address was connected to that no name was looked up for")
	}
	for _, name := range []string{"a.example", "db.example"} {
		n.resolve(name)
	}
	for to, want := range map[string]bool{
		"93.184.216.34:443": true, "[::ffff:93.184.216.34]:443": true, "93.184.216.34:80": false, "93.184.216.35:443": false,
		"10.0.0.5:5432": true, "10.0.0.5:443": false, "93.184.216.34:5432": false,
		"10.9.9.9:80": true, "10.9.9.9:81": false, "[fd00::1]:80": true, "[fd00::2]:80": false, "127.0.0.1:443": false,
	} {
		if got := n.connects(to); got != want {
			t.Errorf("connecting to %s: %v, want %v", to, got, want)
		}
	}
	if !n.Stands("A.example", netip.MustParseAddrPort("93.184.216.34:443")) || n.Stands("b.example", netip.MustParseAddrPort("93.184.216.34:443")) {
		t.Error("who proves to be a.example may be believed, and nobody else")
	}
	other := newTenant(t, z, "connect a.example:443")
	if other.connects("93.184.216.34:443") {
		t.Error("one instance's pin served another")
	}
}

// TestRebinding has a name's owner answer with an address of the host's network
// when he is asked again.
func TestRebinding(t *testing.T) {
	t.Parallel()
	z := &zone{ttl: time.Minute, answers: map[string][]string{"evil.example": {"93.184.216.34", "169.254.169.254", "93.184.216.99"}}}
	n := newTenant(t, z, "connect evil.example:80")
	for range 3 { // while it is good, the first answer stands
		if got := n.resolve("evil.example"); got != "93.184.216.34" {
			t.Fatalf("it stands for %s", got)
		}
	}
	if n.connects("169.254.169.254:80") {
		t.Error("connected to what was never looked up")
	}
	n.now = n.now.Add(time.Minute)
	if n.connects("93.184.216.34:80") {
		t.Error("connected to an address whose time was over")
	}
	if got := n.resolve("evil.example"); got != "denied private evil.example:80" {
		t.Errorf("the second answer led to %s", got)
	}
	if n.connects("169.254.169.254:80") {
		t.Error("connected to the host's own network")
	}
	n.now = n.now.Add(time.Minute)
	if got := n.resolve("evil.example"); got != "93.184.216.99" || !n.connects("93.184.216.99:80") || n.connects("93.184.216.34:80") {
		t.Errorf("the third answer led to %s", got)
	}
	if want := []string{"evil.example", "evil.example", "evil.example"}; !cmp.Equal(z.asked, want) {
		t.Errorf("asked for %v, want %v", z.asked, want)
	}
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	z := &zone{ttl: time.Minute, answers: map[string][]string{"db.example": {"10.0.0.5"}}}
	n := newTenant(t, z, "connect db.example:80", "private db.example:80")
	n.resolve("db.example")
	to := netip.MustParseAddrPort("10.0.0.5:80")
	leave, err := n.Connect(n.ask, to)
	if err != nil || leave.Revoked() {
		t.Fatalf("it ended with %v, revoked %v", err, leave.Revoked())
	}
	n.guard.Revoke(grantOf("private db.example:80"))
	if !leave.Revoked() || n.connects("10.0.0.5:80") {
		t.Error("a revoked grant still allows")
	}
}

// TestBounds looks up more than is kept.
func TestBounds(t *testing.T) {
	t.Parallel()
	z := &zone{ttl: time.Minute, answers: map[string][]string{}}
	n := newTenant(t, z, "connect *.many.example:80")
	last := ""
	for i := range 1100 {
		name := fmt.Sprintf("h%d.many.example", i)
		z.answers[name] = []string{"93.184.216.34"}
		last = n.resolve(name)
	}
	if last != netguard.ErrTooMany.Error() {
		t.Errorf("the last one stands for %q", last)
	}
	n.now = n.now.Add(2 * time.Minute)
	if got := n.resolve("h1099.many.example"); got != "93.184.216.34" {
		t.Errorf("when the others are over it stands for %q", got)
	}
}

// TestServe asks for addresses of the host's.
func TestServe(t *testing.T) {
	t.Parallel()
	n := newTenant(t, &zone{}, "bind 127.0.0.1:0", "listen 127.0.0.1:8080")
	for text, want := range map[string]bool{
		"bind 127.0.0.1:0": true, "bind 127.0.0.1:8080": false, "listen 127.0.0.1:8080": true, "listen [::ffff:127.0.0.1]:8080": true, "bind 0.0.0.0:0": false,
	} {
		action, at, _ := strings.Cut(text, " ")
		if _, err := n.Serve(n.ask, action, netip.MustParseAddrPort(at)); (err == nil) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	public := []string{"1.1.1.1", "93.184.216.34", "100.63.255.255", "172.15.0.1", "172.32.0.1", "2606:2800::1", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"}
	private := []string{
		"0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "224.0.0.1", "255.255.255.255",
		"::", "::1", "fc00::1", "fd12::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "::127.0.0.1", "fe80::1%eth0",
	}
	for _, text := range slices.Concat(public, private) {
		if got, want := netguard.Public(netip.MustParseAddr(text)), slices.Contains(public, text); got != want {
			t.Errorf("%s is public: %v, want %v", text, got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, name := range []string{"a.example", "", "127.0.0.1", "[::1]", "a..b", "*.example.com", "ä.example", "localhost"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		z := &zone{ttl: time.Minute, answers: map[string][]string{}}
		n := newTenant(t, z, "connect granted.example:80")
		n.resolve(name)
		for _, asked := range z.asked {
			if asked != "granted.example" {
				t.Errorf("%q made the host look up %q", name, asked)
			}
		}
	})
}
