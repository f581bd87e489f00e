package wasi

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// maxSockets is how many sockets and lookups one instance may have, where its
// Config says nothing.
const maxSockets = 256

// sockets is the network of one instance.
type sockets struct {
	guard     *netguard.Guard
	own       quota.Counter
	shared    *quota.Counter
	bandwidth *quota.Throttle
}

func newSockets(c *Config) *sockets {
	s := &sockets{
		guard: netguard.New(netguard.Config{Resolver: c.Resolver}), own: quota.Counter{Limit: uint64(c.Sockets)},
		shared: c.OpenSockets, bandwidth: c.Bandwidth,
	}
	if s.shared == nil {
		s.shared = &quota.Counter{}
		s.own.Limit = cmp.Or(s.own.Limit, maxSockets)
	}
	return s
}

// take makes room for one socket more, for the import that ctx was given to; give
// gives it back.
func (s *sockets) take(ctx context.Context) error {
	for _, c := range []*quota.Counter{&s.own, s.shared} {
		if !c.Take(1) {
			if c == s.shared {
				s.own.Give(1)
			}
			full(ctx, "sockets of an instance", c)
			return network.ErrorCodeNewSocketLimit
		}
	}
	return nil
}

// full puts on record that there is no more of something, where the counter does not
// tell so itself.
func full(ctx context.Context, of string, c *quota.Counter) {
	if c.Met == nil {
		component.LimitMet(ctx, of, int(c.Limit))
	}
}

func (s *sockets) give() {
	s.own.Give(1)
	s.shared.Give(1)
}

// InstanceNetwork gives what allows nothing by itself: endpoints are asked for.
func (s *sockets) InstanceNetwork(context.Context) (network.Network, error) { return theNetwork{}, nil }

type theNetwork struct{}

func (theNetwork) Drop(context.Context) {}

// asking asks about the import in progress.
func asking(ctx context.Context) netguard.Ask {
	return func(action, resource string) (*capability.Token, error) {
		return component.AskToken(ctx, action, resource)
	}
}

// family is what kind of addresses a socket has.
type family = network.IPAddressFamily

func familyOf(a netip.Addr) family {
	if a.Is4() {
		return network.IPAddressFamilyIPV4
	}
	return network.IPAddressFamilyIPV6
}

// endpoint reads an address of the guest's, which must be of the socket's family.
// IPv4 addresses in IPv6's clothes are refused [wasi:sockets, start-connect].
func endpoint(in network.IPSocketAddress, f family) (netip.AddrPort, error) {
	var out netip.AddrPort
	switch in := in.(type) {
	case *network.IPSocketAddressIPV4:
		a := in.Value.Address
		out = netip.AddrPortFrom(netip.AddrFrom4([4]byte{a.F0, a.F1, a.F2, a.F3}), in.Value.Port)
	case *network.IPSocketAddressIPV6:
		v := in.Value.Address
		var b [16]byte
		for i, n := range []uint16{v.F0, v.F1, v.F2, v.F3, v.F4, v.F5, v.F6, v.F7} {
			b[2*i], b[2*i+1] = byte(n>>8), byte(n)
		}
		a := netip.AddrFrom16(b)
		if in.Value.ScopeID != 0 {
			a = a.WithZone(strconv.FormatUint(uint64(in.Value.ScopeID), 10))
		}
		out = netip.AddrPortFrom(a, in.Value.Port)
	}
	if familyOf(out.Addr()) != f || out.Addr().Is4In6() {
		return out, network.ErrorCodeInvalidArgument
	}
	return out, nil
}

// remote reads an address that can be sent to.
func remote(in network.IPSocketAddress, f family) (netip.AddrPort, error) {
	to, err := endpoint(in, f)
	if err == nil && (to.Port() == 0 || to.Addr().IsUnspecified() || to.Addr().IsMulticast()) {
		err = network.ErrorCodeInvalidArgument
	}
	return to, err
}

func socketAddress(at netip.AddrPort) network.IPSocketAddress {
	a := at.Addr().Unmap()
	if a.Is4() {
		return &network.IPSocketAddressIPV4{Value: network.IPV4SocketAddress{Port: at.Port(), Address: four(a)}}
	}
	scope, _ := strconv.ParseUint(a.Zone(), 10, 32)
	return &network.IPSocketAddressIPV6{Value: network.IPV6SocketAddress{Port: at.Port(), Address: eight(a), ScopeID: uint32(scope)}}
}

func ipAddress(a netip.Addr) network.IPAddress {
	if a.Is4() {
		return &network.IPAddressIPV4{Value: four(a)}
	}
	return &network.IPAddressIPV6{Value: eight(a)}
}

func four(a netip.Addr) network.IPV4Address {
	b := a.As4()
	return network.IPV4Address{F0: b[0], F1: b[1], F2: b[2], F3: b[3]}
}

func eight(a netip.Addr) network.IPV6Address {
	b := a.As16()
	n := func(i int) uint16 { return uint16(b[2*i])<<8 | uint16(b[2*i+1]) }
	return network.IPV6Address{F0: n(0), F1: n(1), F2: n(2), F3: n(3), F4: n(4), F5: n(5), F6: n(6), F7: n(7)}
}

// socketError is what the operating system says in WASI's words. What has been
// denied, or is one of WASI's already, stays.
func socketError(err error) error {
	if err == nil {
		return nil
	}
	if code, ok := errors.AsType[network.ErrorCode](err); ok {
		return code
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		if code, ok := socketCodes[errno]; ok {
			return code
		}
		return network.ErrorCodeUnknown
	}
	switch _, denied := errors.AsType[*capability.Denial](err); {
	case denied:
		return err
	case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrClosed):
		return network.ErrorCodeConnectionAborted
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return network.ErrorCodeTimeout
	}
	return network.ErrorCodeUnknown
}

var socketCodes = map[syscall.Errno]network.ErrorCode{
	syscall.EACCES: network.ErrorCodeAccessDenied, syscall.EPERM: network.ErrorCodeAccessDenied,
	syscall.EOPNOTSUPP: network.ErrorCodeNotSupported, syscall.EAFNOSUPPORT: network.ErrorCodeNotSupported, syscall.EPROTONOSUPPORT: network.ErrorCodeNotSupported,
	syscall.EINVAL: network.ErrorCodeInvalidArgument, syscall.ENOMEM: network.ErrorCodeOutOfMemory, syscall.ENOBUFS: network.ErrorCodeOutOfMemory,
	syscall.ETIMEDOUT: network.ErrorCodeTimeout, syscall.EALREADY: network.ErrorCodeConcurrencyConflict, syscall.EAGAIN: network.ErrorCodeWouldBlock,
	syscall.EMFILE: network.ErrorCodeNewSocketLimit, syscall.ENFILE: network.ErrorCodeNewSocketLimit,
	syscall.EADDRNOTAVAIL: network.ErrorCodeAddressNotBindable, syscall.EADDRINUSE: network.ErrorCodeAddressInUse,
	syscall.EHOSTUNREACH: network.ErrorCodeRemoteUnreachable, syscall.ENETUNREACH: network.ErrorCodeRemoteUnreachable,
	syscall.ENETDOWN: network.ErrorCodeRemoteUnreachable, syscall.ECONNREFUSED: network.ErrorCodeConnectionRefused,
	syscall.ECONNRESET: network.ErrorCodeConnectionReset, syscall.EPIPE: network.ErrorCodeConnectionReset, syscall.ECONNABORTED: network.ErrorCodeConnectionAborted,
	syscall.EMSGSIZE: network.ErrorCodeDatagramTooLarge, syscall.ENOTCONN: network.ErrorCodeInvalidState,
}
