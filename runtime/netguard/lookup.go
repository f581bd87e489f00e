package netguard

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
)

// A Lookup is the leave to look up a name, and to connect to what it stands for.
type Lookup struct {
	g         *Guard
	name      string
	literal   netip.Addr // where the host is an address
	endpoints []endpoint
	leave     Leave
}

// Host asks for one endpoint, whose host is a name or an address.
func (g *Guard) Host(ask Ask, host string, port uint16) (*Lookup, error) {
	l, err := g.lookup(host)
	if err != nil {
		return nil, err
	}
	return l, l.allow(ask, endpoint{l.name, port})
}

// Name asks for whatever is granted of a host, at any port: the ports come from grants, which are the instance's. It is denied where
// nothing is.
func (g *Guard) Name(ask Ask, grants []capability.Grant, host string) (*Lookup, error) {
	l, err := g.lookup(host)
	if err != nil {
		return nil, err
	}
	for _, port := range ports(grants, l.name) {
		if err := l.allow(ask, endpoint{l.name, port}); err != nil {
			return nil, err
		}
	}
	if len(l.endpoints) == 0 {
		if _, err = ask(Connect, l.name+":*"); err == nil {
			err = fmt.Errorf("netguard: %s was granted at every port, and a grant is for one", l.name)
		}
	}
	return l, err
}

func (g *Guard) lookup(host string) (*Lookup, error) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		a = normal(netip.AddrPortFrom(a, 0)).Addr()
		return &Lookup{g: g, name: strings.TrimSuffix(netip.AddrPortFrom(a, 0).String(), ":0"), literal: a}, nil
	}
	name, err := hostName(host)
	return &Lookup{g: g, name: name}, err
}

func (l *Lookup) allow(ask Ask, e endpoint) error {
	token, err := ask(Connect, e.String())
	if err == nil {
		l.endpoints, l.leave = append(l.endpoints, e), append(l.leave, token)
	}
	return err
}

// Leave gives the grants that the lookup has asked for so far.
func (l *Lookup) Leave() Leave { return slices.Clone(l.leave) }

// Addresses looks the name up, where what it stood for before is over, and gives the addresses that may be connected to. It blocks, and
// may be called on another goroutine than the one that asked, with an ask that may, by one at a time. Where all addresses are refused, the error
// is the *capability.Denial.
func (l *Lookup) Addresses(ctx context.Context, ask Ask) ([]netip.Addr, error) {
	if l.literal.IsValid() {
		return []netip.Addr{l.literal}, nil
	}
	a, err := l.answer(ctx)
	if err != nil {
		return nil, err
	}
	public, all := only(a.addrs, Public), a.addrs
	allowed := map[netip.Addr]bool{}
	var refused error
	for _, e := range l.endpoints {
		may := all
		if len(public) < len(all) && l.name != localhost {
			token, err := ask(Private, e.String())
			if err != nil {
				may, refused = public, err
			} else {
				l.leave = append(l.leave, token)
			}
		}
		if err := l.g.pin(e, may, a.expires); err != nil {
			return nil, err
		}
		for _, addr := range may {
			allowed[addr] = true
		}
	}
	out := only(all, func(a netip.Addr) bool { return allowed[a] })
	if len(out) == 0 {
		return nil, refused
	}
	return out, nil
}

// answer is what the name stands for.
func (l *Lookup) answer(ctx context.Context) (answer, error) {
	if l.name == localhost {
		return l.g.keep(l.name, []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, maxTTL)
	}
	if a, ok := l.g.known(l.name); ok {
		return a, nil
	}
	select {
	case l.g.slots <- struct{}{}:
		defer func() { <-l.g.slots }()
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
	addrs, ttl, err := l.g.config.Resolver.Lookup(ctx, l.name)
	if err != nil {
		return answer{}, err
	}
	addrs = distinct(addrs)
	if len(addrs) == 0 {
		return answer{}, &NotFoundError{Name: l.name}
	}
	return l.g.keep(l.name, addrs, min(max(ttl, minTTL), maxTTL))
}

// Bounds of an answer: one that is over at once could never be connected to.
const (
	minTTL       = 5 * time.Second
	maxTTL       = time.Hour
	maxAddresses = 64
)

// distinct gives the addresses once each, in their one form, without zones, which mean nothing in an answer.
func distinct(in []netip.Addr) []netip.Addr {
	seen := map[netip.Addr]bool{}
	var out []netip.Addr
	for _, a := range in {
		a = a.Unmap().WithZone("")
		if a.IsValid() && !seen[a] && len(out) < maxAddresses {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

func only(in []netip.Addr, keep func(netip.Addr) bool) []netip.Addr {
	var out []netip.Addr
	for _, a := range in {
		if keep(a) {
			out = append(out, a)
		}
	}
	return out
}

// ports are those at which a host may be connected to.
func ports(grants []capability.Grant, host string) []uint16 {
	var ports []uint16
	seen := map[uint16]bool{0: true}
	for _, g := range grants {
		if g.Kind != capability.Network || g.Action != Connect {
			continue
		}
		i := strings.LastIndexByte(g.Resource, ':')
		n, err := strconv.ParseUint(g.Resource[i+1:], 10, 16)
		if err != nil || seen[uint16(n)] {
			continue
		}
		p, err := capability.ParsePattern(capability.Network, g.Resource)
		if err == nil && p.Match(host+g.Resource[i:]) {
			seen[uint16(n)] = true
			ports = append(ports, uint16(n))
		}
	}
	return ports
}
