//go:build !(linux || darwin || freebsd)

package wasi

import (
	"context"
	"net"
	"net/netip"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// A rawSocket is a socket that is to be connected: here package net makes sockets
// in one step, so that TCP sockets cannot be bound, nor listen, nor have options.
type rawSocket struct {
	family family
	stream bool
	udp    *net.UDPConn
	ctx    context.Context // ends with the socket
	cancel context.CancelFunc
}

func newRawSocket(f family, stream bool) (*rawSocket, error) {
	s := &rawSocket{family: f, stream: stream}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

func (s *rawSocket) Close() error {
	s.cancel()
	return nil
}

func (s *rawSocket) network() string {
	name := "udp"
	if s.stream {
		name = "tcp"
	}
	if s.family == network.IPAddressFamilyIPV4 {
		return name + "4"
	}
	return name + "6"
}

func (s *rawSocket) bind(at netip.AddrPort) (err error) {
	if s.stream {
		return network.ErrorCodeNotSupported
	}
	s.udp, err = net.ListenUDP(s.network(), net.UDPAddrFromAddrPort(at))
	return err
}

func (s *rawSocket) listen(int) (*net.TCPListener, error) { return nil, network.ErrorCodeNotSupported }

func (s *rawSocket) connect(to netip.AddrPort) (*net.TCPConn, error) {
	var d net.Dialer
	c, err := d.DialContext(s.ctx, s.network(), to.String())
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

func (s *rawSocket) packets() (*net.UDPConn, error) { return s.udp, nil }

func (s *rawSocket) local() (netip.AddrPort, error) {
	if s.udp == nil {
		return netip.AddrPort{}, network.ErrorCodeInvalidState
	}
	return localOf(s.udp)
}

func localOf(c *net.UDPConn) (netip.AddrPort, error) {
	return c.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

func accept(l *net.TCPListener) (*net.TCPConn, error) { return l.AcceptTCP() }

func getOption(hasDescriptor, family, socketOption) (int, error) {
	return 0, network.ErrorCodeNotSupported
}

func setOption(hasDescriptor, family, socketOption, int) error { return network.ErrorCodeNotSupported }

func setBacklog(*net.TCPListener, int) error { return network.ErrorCodeNotSupported }

func rawDescriptor(*rawSocket) (hasDescriptor, error) { return nil, network.ErrorCodeNotSupported }
