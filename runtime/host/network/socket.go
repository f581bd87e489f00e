package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
	"github.com/airsstack/witgen/runtime/netguard"
)

// CreateSocket implements socket.Host.
func (in *instance) CreateSocket(ctx context.Context, family types.AddressFamily, kind types.SocketType, protocol types.Protocol) (uint64, error) {
	if (kind == types.SocketTypeTCPStream) != (protocol == types.ProtocolTCP) {
		return 0, invalid("a socket of that type has another protocol")
	}
	return in.keep(ctx, &sock{family: family, packets: kind == types.SocketTypeUDPDatagram, options: defaults})
}

// CloseSocket implements socket.Host.
func (in *instance) CloseSocket(ctx context.Context, number uint64) error {
	s, err := in.take(ctx, number)
	if err != nil {
		return err
	}
	in.drop(number)
	if s.pool != nil {
		s.pool.used--
	}
	s.close()
	return nil
}

// network is what Go calls a protocol and a family.
func (s *sock) network() string {
	n := "tcp"
	if s.packets {
		n = "udp"
	}
	if s.family == types.AddressFamilyIPV4 {
		return n + "4"
	}
	return n + "6"
}

// Bind implements socket.Host.
func (in *instance) Bind(ctx context.Context, number uint64, address types.SocketAddress) error {
	s, err := in.take(ctx, number)
	if err != nil {
		return err
	}
	local := read(address)
	if err := fits(s.family, local.Addr()); err != nil {
		return err
	}
	if s.bound || s.tcp != nil || s.udp != nil {
		return cannot("has an address")
	}
	leave, err := in.guard.Serve(asking(ctx), netguard.Bind, local)
	if err != nil {
		return err
	}
	if s.packets {
		if err := s.listenUDP(local); err != nil {
			return err
		}
	}
	s.bound, s.local, s.leave = true, local, append(s.leave, leave...)
	return nil
}

// Listen implements socket.Host.
func (in *instance) Listen(ctx context.Context, number uint64, _ uint32) error {
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return err
	case s.packets || s.listener != nil || s.tcp != nil:
		return cannot("takes no connections, or does already")
	case !s.bound:
		return cannot("is not bound to an address")
	}
	leave, err := in.guard.Serve(asking(ctx), netguard.Listen, s.local)
	if err != nil {
		return err
	}
	l, err := net.ListenTCP(s.network(), net.TCPAddrFromAddrPort(s.local))
	if err == nil {
		err = s.hold(func() { s.listener = l }, l)
	}
	if err != nil {
		return errorOf(err)
	}
	s.leave = append(s.leave, leave...)
	return nil
}

// Accept implements socket.Host.
func (in *instance) Accept(ctx context.Context, number uint64) (uint64, error) {
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return 0, err
	case s.listener == nil:
		return 0, cannot("takes no connections")
	}
	var c *net.TCPConn
	err = s.await(ctx, s.listener.SetDeadline, s.options.ReadTimeout, func() (err error) {
		c, err = s.listener.AcceptTCP()
		return err
	})
	if err != nil {
		return 0, err
	}
	made := &sock{family: s.family, options: s.options, tcp: c, remote: of(c.RemoteAddr()), leave: s.leave, since: time.Now()}
	if err := made.apply(); err != nil {
		made.close()
		return 0, err
	}
	return in.keep(ctx, made)
}

// GetSocketOptions implements socket.Host.
func (in *instance) GetSocketOptions(ctx context.Context, number uint64) (types.SocketOptions, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return types.SocketOptions{}, err
	}
	return s.options, nil
}

// maxBuffer bounds the memory of the host's system that one socket asks for.
const maxBuffer = 16 << 20

// SetSocketOptions implements socket.Host.
func (in *instance) SetSocketOptions(ctx context.Context, number uint64, o types.SocketOptions) error {
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return err
	case o.ReusePort:
		return invalid("addresses are not shared here")
	case o.SendBufferSize > maxBuffer || o.ReceiveBufferSize > maxBuffer:
		return invalid(fmt.Sprintf("a buffer has at most %d bytes", maxBuffer))
	}
	s.options = o
	return s.apply()
}

// Send implements socket.Host.
func (in *instance) Send(ctx context.Context, number uint64, data []byte) (types.SendResult, error) {
	n, err := in.send(ctx, number, data)
	if n > 0 {
		err = nil // what did not go is sent again
	}
	return types.SendResult{BytesSent: uint32(n)}, err
}

// SendAll implements socket.Host.
func (in *instance) SendAll(ctx context.Context, number uint64, data []byte) error {
	_, err := in.send(ctx, number, data)
	return err
}

func (in *instance) send(ctx context.Context, number uint64, data []byte) (int, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return 0, err
	}
	if s.packets {
		if !s.remote.IsValid() {
			return 0, cannot("is not connected")
		}
		return in.sendPacket(ctx, s, data, s.remote)
	}
	c, err := s.stream()
	if err != nil {
		return 0, err
	}
	if s.tls != nil && s.options.NonBlocking { // a record that is cut short ends the connection
		s.options.NonBlocking = false
		defer func() { s.options.NonBlocking = true }()
	}
	total := 0
	for {
		now := data
		if in.bandwidth != nil {
			now = data[:min(len(data), piece)]
		}
		n, err := in.await(ctx, s, c.SetWriteDeadline, s.options.WriteTimeout, func() (int, error) { return c.Write(now) })
		s.sent += uint64(n)
		total += n
		if data = data[n:]; err != nil || len(data) == 0 {
			return total, err
		}
	}
}

// Receive implements socket.Host.
func (in *instance) Receive(ctx context.Context, number uint64, most uint32) (types.ReceiveResult, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return types.ReceiveResult{}, err
	}
	if s.packets {
		return in.receivePacket(ctx, s, most)
	}
	b := make([]byte, min(int(most), in.config.Receive))
	n, err := in.receive(ctx, s, b)
	return types.ReceiveResult{Data: b[:n], BytesReceived: uint32(n)}, err
}

// receive reads from a stream; nothing is its end.
func (in *instance) receive(ctx context.Context, s *sock, b []byte) (int, error) {
	c, err := s.stream()
	if err != nil || len(b) == 0 {
		return 0, err
	}
	n, err := in.await(ctx, s, c.SetReadDeadline, s.options.ReadTimeout, func() (int, error) {
		n, err := c.Read(b)
		if n > 0 || errors.Is(err, io.EOF) {
			err = nil
		}
		return n, err
	})
	s.received += uint64(n)
	return n, err
}

// ReceiveAll implements socket.Host.
func (in *instance) ReceiveAll(ctx context.Context, number uint64, most uint32) (types.ReceiveResult, error) {
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return types.ReceiveResult{}, err
	case s.packets:
		return types.ReceiveResult{}, cannot("is no stream")
	}
	limit := min(int(most), in.config.Total)
	var all []byte
	b := make([]byte, 32<<10)
	for {
		n, err := in.receive(ctx, s, b)
		switch {
		case err != nil:
			return types.ReceiveResult{}, err
		case n == 0:
			return types.ReceiveResult{Data: all, BytesReceived: uint32(len(all))}, nil
		case len(all)+n > limit:
			if limit == in.config.Total {
				component.LimitMet(ctx, "bytes of one receive-all", limit)
			}
			return types.ReceiveResult{}, &types.NetworkErrorResourceExhausted{Value: fmt.Sprintf("the peer sends more than %d bytes", limit)}
		}
		all = append(all, b[:n]...)
	}
}

// GetLocalAddress implements socket.Host.
func (in *instance) GetLocalAddress(ctx context.Context, number uint64) (types.SocketAddress, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return types.SocketAddress{}, err
	}
	local := s.here()
	if !local.IsValid() {
		return types.SocketAddress{}, cannot("has no address")
	}
	return written(local), nil
}

// here is this side's address, as far as there is one.
func (s *sock) here() netip.AddrPort {
	switch {
	case s.listener != nil:
		return of(s.listener.Addr())
	case s.tcp != nil:
		return of(s.tcp.LocalAddr())
	case s.udp != nil:
		return of(s.udp.LocalAddr())
	}
	return s.local
}

// GetRemoteAddress implements socket.Host.
func (in *instance) GetRemoteAddress(ctx context.Context, number uint64) (types.SocketAddress, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return types.SocketAddress{}, err
	}
	if !s.remote.IsValid() {
		return types.SocketAddress{}, cannot("is not connected")
	}
	return written(s.remote), nil
}

// Shutdown implements socket.Host.
func (in *instance) Shutdown(ctx context.Context, number uint64, how string) error {
	s, err := in.take(ctx, number)
	if err != nil {
		return err
	}
	if s.tcp == nil {
		return cannot("is not connected")
	}
	var errs []error
	switch how {
	case "read":
		errs = append(errs, s.tcp.CloseRead())
	case "both":
		errs = append(errs, s.tcp.CloseRead())
		fallthrough
	case "write":
		if s.tls != nil {
			errs = append(errs, s.tls.CloseWrite())
		}
		errs = append(errs, s.tcp.CloseWrite())
		s.closing = true
	default:
		return invalid("the directions are read, write and both")
	}
	return errorOf(errors.Join(errs...))
}
