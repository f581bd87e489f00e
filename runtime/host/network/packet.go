package network

import (
	"context"
	"net"
	"net/netip"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
)

// listenUDP opens a socket of messages.
func (s *sock) listenUDP(local netip.AddrPort) error {
	c, err := net.ListenUDP(s.network(), net.UDPAddrFromAddrPort(local))
	if err == nil {
		err = s.hold(func() { s.udp = c }, c)
	}
	if err != nil {
		return errorOf(err)
	}
	return s.apply()
}

func (in *instance) sendPacket(ctx context.Context, s *sock, data []byte, to netip.AddrPort) (int, error) {
	n, err := in.await(ctx, s, s.udp.SetWriteDeadline, s.options.WriteTimeout, func() (int, error) {
		return s.udp.WriteToUDPAddrPort(data, to)
	})
	s.sent += uint64(n)
	return n, err
}

// maxKnown is to how many addresses a socket sends that is not bound: from these
// it receives.
const maxKnown = 1024

// SendTo implements socket.Host.
func (in *instance) SendTo(ctx context.Context, number uint64, data []byte, address types.SocketAddress) (types.SendResult, error) {
	var none types.SendResult
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return none, err
	case !s.packets:
		return none, cannot("is a stream: connect it, and send")
	}
	to := read(address)
	if err := peer(s.family, to); err != nil {
		return none, err
	}
	if _, err := in.guard.Connect(asking(ctx), to); err != nil {
		return none, err
	}
	if s.udp == nil {
		if err := s.listenUDP(netip.AddrPort{}); err != nil {
			return none, err
		}
	}
	if !s.bound && !s.known[to] {
		if len(s.known) == maxKnown {
			component.LimitMet(ctx, "addresses that a socket sends to", maxKnown)
			return none, &types.NetworkErrorResourceExhausted{Value: "one socket sends to 1024 addresses: make another"}
		}
		if s.known == nil {
			s.known = map[netip.AddrPort]bool{}
		}
		s.known[to] = true
	}
	n, err := in.sendPacket(ctx, s, data, to)
	return types.SendResult{BytesSent: uint32(n)}, err
}

// ReceiveFrom implements socket.Host.
func (in *instance) ReceiveFrom(ctx context.Context, number uint64, most uint32) (types.ReceiveResult, error) {
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return types.ReceiveResult{}, err
	case !s.packets:
		return types.ReceiveResult{}, cannot("is a stream")
	}
	return in.receivePacket(ctx, s, most)
}

// receivePacket takes a message: of the peer that the socket is connected to, of
// anybody where it is bound, and otherwise of those that it has sent to.
func (in *instance) receivePacket(ctx context.Context, s *sock, most uint32) (types.ReceiveResult, error) {
	if s.udp == nil {
		return types.ReceiveResult{}, cannot("has no address: bind it, or send from it")
	}
	b := make([]byte, min(int(most), in.config.Receive, 1<<16))
	var from netip.AddrPort
	n, err := in.await(ctx, s, s.udp.SetReadDeadline, s.options.ReadTimeout, func() (n int, err error) {
		for {
			if n, from, err = s.udp.ReadFromUDPAddrPort(b); err != nil {
				return n, err
			}
			from = plain(from)
			if s.hears(from) {
				return n, nil
			}
		}
	})
	if err != nil {
		return types.ReceiveResult{}, err
	}
	s.received += uint64(n)
	return types.ReceiveResult{Data: b[:n], BytesReceived: uint32(n), SenderAddress: cm.Some(written(from))}, nil
}

func (s *sock) hears(from netip.AddrPort) bool {
	if s.remote.IsValid() {
		return from == s.remote
	}
	return s.bound || s.known[from]
}
