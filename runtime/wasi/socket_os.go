//go:build linux || darwin || freebsd

package wasi

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// A rawSocket is a socket between its making and its listening or being connected,
// which package net does in one step.
type rawSocket struct {
	file *os.File
	kind int
}

func newRawSocket(f family, stream bool) (*rawSocket, error) {
	domain, kind := unix.AF_INET, unix.SOCK_DGRAM
	if f == network.IPAddressFamilyIPV6 {
		domain = unix.AF_INET6
	}
	if stream {
		kind = unix.SOCK_STREAM
	}
	fd, err := unix.Socket(domain, kind, 0)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	err = unix.SetNonblock(fd, true)
	if err == nil && domain == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil && stream {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return &rawSocket{os.NewFile(uintptr(fd), "socket"), kind}, nil
}

func (s *rawSocket) Close() error { return s.file.Close() }

func (s *rawSocket) bind(at netip.AddrPort) error {
	return s.control(func(fd int) error { return unix.Bind(fd, sockaddr(at)) })
}

func (s *rawSocket) listen(backlog int) (*net.TCPListener, error) {
	if err := s.control(func(fd int) error { return unix.Listen(fd, backlog) }); err != nil {
		return nil, err
	}
	l, err := net.FileListener(s.file)
	if err != nil {
		return nil, err
	}
	_ = s.Close()
	return l.(*net.TCPListener), nil
}

// connect waits for the connection, or until the socket is closed.
func (s *rawSocket) connect(to netip.AddrPort) (*net.TCPConn, error) {
	err := s.control(func(fd int) error { return unix.Connect(fd, sockaddr(to)) })
	if errors.Is(err, unix.EINPROGRESS) || errors.Is(err, unix.EINTR) {
		err = s.connected()
	}
	if err != nil {
		return nil, err
	}
	kept := keepAliveOf(s.file)
	c, err := net.FileConn(s.file)
	if err != nil {
		return nil, err
	}
	_ = s.Close() // it may be the guest who was faster
	kept.set(c.(*net.TCPConn))
	return c.(*net.TCPConn), nil
}

// keepAlive are the options that package net changes when it gets a socket.
type keepAlive [4]int

var keepAliveOptions = [...]socketOption{optionKeepAlive, optionKeepIdle, optionKeepInterval, optionKeepCount}

func keepAliveOf(c hasDescriptor) (k keepAlive) {
	for i, o := range keepAliveOptions {
		k[i], _ = getOption(c, network.IPAddressFamilyIPV4, o)
	}
	return k
}

func (k keepAlive) set(c hasDescriptor) {
	for i, o := range keepAliveOptions {
		_ = setOption(c, network.IPAddressFamilyIPV4, o, k[i])
	}
}

// accept takes a connection, which has the listener's options.
func accept(l *net.TCPListener) (*net.TCPConn, error) {
	c, err := l.AcceptTCP()
	if err == nil {
		keepAliveOf(l).set(c)
	}
	return c, err
}

// connected waits until the socket has a peer, or an error.
func (s *rawSocket) connected() error {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	var end error
	err = raw.Write(func(fd uintptr) bool {
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			end = err
		case code != 0:
			end = unix.Errno(code)
		default:
			_, err := unix.Getpeername(int(fd))
			return !errors.Is(err, unix.ENOTCONN)
		}
		return true
	})
	return errors.Join(err, end)
}

func (s *rawSocket) packets() (*net.UDPConn, error) {
	c, err := net.FilePacketConn(s.file)
	if err != nil {
		return nil, err
	}
	_ = s.Close()
	return c.(*net.UDPConn), nil
}

func (s *rawSocket) local() (netip.AddrPort, error) { return localOf(s.file) }

func localOf(c hasDescriptor) (at netip.AddrPort, err error) {
	err = control(c, func(fd int) error {
		sa, err := unix.Getsockname(fd)
		switch sa := sa.(type) {
		case *unix.SockaddrInet4:
			at = netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
		case *unix.SockaddrInet6:
			at = netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
		}
		return err
	})
	return at, err
}

func (s *rawSocket) control(f func(fd int) error) error { return control(s.file, f) }

// control works on what has a descriptor.
func control(c hasDescriptor, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var end error
	err = raw.Control(func(fd uintptr) { end = f(int(fd)) })
	return errors.Join(err, end)
}

func sockaddr(at netip.AddrPort) unix.Sockaddr {
	if at.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	scope, _ := strconv.ParseUint(at.Addr().Zone(), 10, 32)
	return &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16(), ZoneId: uint32(scope)}
}

// place is where the operating system has an option.
func (o socketOption) place(f family) (level, name int) {
	switch o {
	case optionKeepAlive:
		return unix.SOL_SOCKET, unix.SO_KEEPALIVE
	case optionKeepIdle:
		return unix.IPPROTO_TCP, keepIdle
	case optionKeepInterval:
		return unix.IPPROTO_TCP, unix.TCP_KEEPINTVL
	case optionKeepCount:
		return unix.IPPROTO_TCP, unix.TCP_KEEPCNT
	case optionReceiveBuffer:
		return unix.SOL_SOCKET, unix.SO_RCVBUF
	case optionSendBuffer:
		return unix.SOL_SOCKET, unix.SO_SNDBUF
	}
	if f == network.IPAddressFamilyIPV6 {
		return unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS
	}
	return unix.IPPROTO_IP, unix.IP_TTL
}

func getOption(c hasDescriptor, f family, o socketOption) (n int, err error) {
	level, name := o.place(f)
	err = control(c, func(fd int) error {
		n, err = unix.GetsockoptInt(fd, level, name)
		return err
	})
	if runtime.GOOS == "linux" && (o == optionReceiveBuffer || o == optionSendBuffer) {
		n /= 2 // Linux tells what it takes for its own books as well [socket(7)]
	}
	return n, err
}

func setOption(c hasDescriptor, f family, o socketOption, n int) error {
	level, name := o.place(f)
	return control(c, func(fd int) error { return unix.SetsockoptInt(fd, level, name, n) })
}

func setBacklog(l *net.TCPListener, n int) error {
	return control(l, func(fd int) error { return unix.Listen(fd, n) })
}

func rawDescriptor(s *rawSocket) (hasDescriptor, error) {
	if s == nil {
		return nil, network.ErrorCodeInvalidState
	}
	return s.file, nil
}
