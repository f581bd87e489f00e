package wasi

import (
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const tellsPeers = true

// tellPeer tells the system whom a socket talks with, so that others are not heard
// and an answer that nobody is there becomes an error; the zero value ends it, which
// is an address of no family [connect(2)], and package unix has no word for that.
func tellPeer(c *net.UDPConn, peer netip.AddrPort) error {
	return control(c, func(fd int) error {
		if peer.IsValid() {
			return unix.Connect(fd, sockaddr(peer))
		}
		nobody := unix.RawSockaddr{Family: unix.AF_UNSPEC}
		if _, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&nobody)), unsafe.Sizeof(nobody)); errno != 0 {
			return errno
		}
		return keepPort(fd, c.LocalAddr().(*net.UDPAddr).AddrPort())
	})
}

// keepPort binds a socket again: one whose port the system chose has lost it with
// its peer.
func keepPort(fd int, bound netip.AddrPort) error {
	sa, err := unix.Getsockname(fd)
	port := 0
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		port = sa.Port
	case *unix.SockaddrInet6:
		port = sa.Port
	}
	if err != nil || port != 0 {
		return err
	}
	return unix.Bind(fd, sockaddr(bound))
}
