package netguard

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
)

// The actions of kind network.
const (
	Connect = "connect" // to send to an endpoint, and to look up its name
	Private = "private" // to do so where the name leads to addresses that are not public
	Bind    = "bind"    // to take an address of the host's
	Listen  = "listen"  // to take connections there
)

// An Ask asks a guard for an action on a resource of kind network, as component.AskToken does: the error is a
// *capability.Denial.
type Ask func(action, resource string) (*capability.Token, error)

// Config is what a [Guard] is made of. Its zero value looks up names as the host does.
type Config struct {
	// Resolver looks up names; nil is the host's.
	Resolver Resolver
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// A Guard keeps what names stand for, for one instance.
type Guard struct {
	config Config
	slots  chan struct{} // one for each lookup under way

	mu      sync.Mutex
	answers map[string]answer
	pins    map[netip.AddrPort][]pin
	pinned  int
}

// An answer is what a name stands for, for a while.
type answer struct {
	addrs   []netip.Addr
	expires time.Time
}

// A pin is the name for which an address at a port was found.
type pin struct {
	endpoint
	expires time.Time
}

// An endpoint is a name at a port.
type endpoint struct {
	name string
	port uint16
}

func (e endpoint) String() string { return e.name + ":" + strconv.Itoa(int(e.port)) }

// Bounds of what one instance can make the host keep and do.
const (
	maxLookups = 16   // at once
	maxAnswers = 1024 // names
	maxPins    = 8192
)

// ErrTooMany is the error of an instance that looks up more names than are kept for it at once.
var ErrTooMany = errors.New("netguard: too many names at once: the host keeps the addresses of 1024 until their time to live is over")

// New makes the guard of one instance.
func New(c Config) *Guard {
	if c.Resolver == nil {
		c.Resolver = System
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Guard{config: c, slots: make(chan struct{}, maxLookups), answers: map[string]answer{}, pins: map[netip.AddrPort][]pin{}}
}

// A Leave is the grants under which something was opened. It may be used by many goroutines.
type Leave []*capability.Token

// Revoked says whether one of them was taken back.
func (l Leave) Revoked() bool { return slices.ContainsFunc(l, (*capability.Token).Revoked) }

// Connect asks whether an address may be sent to: on the strength of a name that it was found for, or of the address itself.
func (g *Guard) Connect(ask Ask, to netip.AddrPort) (Leave, error) {
	to = normal(to)
	for _, e := range g.names(to) {
		if leave, err := reach(ask, e, Public(to.Addr())); err == nil {
			return leave, nil
		}
	}
	token, err := ask(Connect, to.String())
	return Leave{token}, err
}

// reach asks for a name that leads to public addresses, or to others.
func reach(ask Ask, e endpoint, public bool) (Leave, error) {
	token, err := ask(Connect, e.String())
	if err != nil || public || e.name == localhost {
		return Leave{token}, err
	}
	private, err := ask(Private, e.String())
	return Leave{token, private}, err
}

// localhost is this machine, whatever a resolver says [RFC 6761 6.3].
const localhost = "localhost"

// Serve asks for [Bind] or [Listen] at an address of the host's. Port 0 stands for one that the system chooses, and is granted as
// such.
func (g *Guard) Serve(ask Ask, action string, at netip.AddrPort) (Leave, error) {
	token, err := ask(action, normal(at).String())
	return Leave{token}, err
}

// Stands says whether name was found to stand for an address, and still does: who proves to be name there may be believed.
func (g *Guard) Stands(name string, at netip.AddrPort) bool {
	name, err := hostName(name)
	return err == nil && slices.ContainsFunc(g.names(normal(at)), func(e endpoint) bool { return e.name == name })
}

// names are those under which an address was found and still stands.
func (g *Guard) names(at netip.AddrPort) []endpoint {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.config.Now()
	var found []endpoint
	for _, p := range g.pins[at] {
		if now.Before(p.expires) {
			found = append(found, p.endpoint)
		}
	}
	return found
}

// pin keeps what an endpoint was found to stand for.
func (g *Guard) pin(e endpoint, addrs []netip.Addr, expires time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pinned+len(addrs) > maxPins {
		g.sweep()
	}
	if g.pinned+len(addrs) > maxPins {
		return ErrTooMany
	}
	for _, a := range addrs {
		at := netip.AddrPortFrom(a, e.port)
		pins := slices.DeleteFunc(g.pins[at], func(p pin) bool { return p.endpoint == e })
		g.pinned += len(pins) + 1 - len(g.pins[at])
		g.pins[at] = append(pins, pin{e, expires})
	}
	return nil
}

// known gives what a name stands for at the moment.
func (g *Guard) known(name string) (answer, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.answers[name]
	return a, ok && g.config.Now().Before(a.expires)
}

// keep remembers what a name stands for, unless somebody else was faster.
func (g *Guard) keep(name string, addrs []netip.Addr, ttl time.Duration) (answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.config.Now()
	if a, ok := g.answers[name]; ok && now.Before(a.expires) {
		return a, nil
	}
	if len(g.answers) >= maxAnswers {
		g.sweep()
	}
	if len(g.answers) >= maxAnswers {
		return answer{}, ErrTooMany
	}
	a := answer{addrs, now.Add(ttl)}
	g.answers[name] = a
	return a, nil
}

// sweep forgets what is over.
func (g *Guard) sweep() {
	now := g.config.Now()
	for name, a := range g.answers {
		if !now.Before(a.expires) {
			delete(g.answers, name)
		}
	}
	g.pinned = 0
	for at, pins := range g.pins {
		pins = slices.DeleteFunc(pins, func(p pin) bool { return !now.Before(p.expires) })
		if g.pins[at] = pins; len(pins) == 0 {
			delete(g.pins, at)
		}
		g.pinned += len(pins)
	}
}

// normal is the form of an address that grants are about: an IPv4 address in IPv6's clothes is an IPv4 address, and of which of the
// host's networks it is one is the host's matter.
func normal(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}

// hostName gives the one form of a host's name, in small letters and without the dot at its end.
func hostName(name string) (string, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if !wellFormed(name) {
		return "", &NameError{Name: name}
	}
	return name, nil
}

// A NameError is for a text that is no name of a host.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return strconv.Quote(e.Name) + " is not the name of a host: write labels of letters, digits and -, joined by dots"
}

// wellFormed leaves it to patterns what a host is.
func wellFormed(name string) bool {
	p, err := capability.ParsePattern(capability.Network, name+":1")
	return err == nil && !strings.HasPrefix(name, "*") && p.Match(name+":1")
}
