package network

import (
	"net"
	"net/netip"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
)

// read reads an address.
func read(a types.SocketAddress) netip.AddrPort { return netip.AddrPortFrom(readIP(a.Address), a.Port) }

func readIP(a types.Address) netip.Addr {
	switch a := a.(type) {
	case *types.AddressIPV4:
		return netip.AddrFrom4([4]byte{a.Value.F0, a.Value.F1, a.Value.F2, a.Value.F3})
	case *types.AddressIPV6:
		var b [16]byte
		v := a.Value
		for i, group := range []uint16{v.F0, v.F1, v.F2, v.F3, v.F4, v.F5, v.F6, v.F7} {
			b[2*i], b[2*i+1] = byte(group>>8), byte(group)
		}
		return netip.AddrFrom16(b)
	}
	return netip.Addr{}
}

// written writes an address.
func written(a netip.AddrPort) types.SocketAddress {
	return types.SocketAddress{Address: writtenIP(a.Addr()), Port: a.Port()}
}

func writtenIP(a netip.Addr) types.Address {
	a = a.Unmap()
	if !a.IsValid() {
		a = netip.IPv4Unspecified()
	}
	if a.Is4() {
		b := a.As4()
		return &types.AddressIPV4{Value: types.IPV4Address{F0: b[0], F1: b[1], F2: b[2], F3: b[3]}}
	}
	b := a.As16()
	group := func(i int) uint16 { return uint16(b[2*i])<<8 | uint16(b[2*i+1]) }
	return &types.AddressIPV6{Value: cm.Tuple8[uint16, uint16, uint16, uint16, uint16, uint16, uint16, uint16]{
		F0: group(0), F1: group(1), F2: group(2), F3: group(3), F4: group(4), F5: group(5), F6: group(6), F7: group(7),
	}}
}

// of is a Go address.
func of(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return plain(a.AddrPort())
	case *net.UDPAddr:
		return plain(a.AddrPort())
	}
	return netip.AddrPort{}
}

// plain takes the clothes of IPv6 and the host's zone from an address.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// fits holds an address to a family, of which one in IPv6's clothes is not.
func fits(family types.AddressFamily, a netip.Addr) error {
	want := "an IPv6 address"
	ok := a.Is6() && !a.Is4In6()
	if family == types.AddressFamilyIPV4 {
		want, ok = "an IPv4 address", a.Is4()
	}
	if !ok {
		return &types.NetworkErrorInvalidAddress{Value: a.String() + " is not " + want}
	}
	return nil
}

// peer holds an address to one that can be sent to.
func peer(family types.AddressFamily, a netip.AddrPort) error {
	switch {
	case a.Port() == 0:
		return &types.NetworkErrorInvalidPort{Value: "nobody is at port 0"}
	case a.Addr().IsUnspecified():
		return &types.NetworkErrorInvalidAddress{Value: a.Addr().String() + " is nobody's address"}
	}
	return fits(family, a.Addr())
}
