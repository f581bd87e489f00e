package wasi

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/udp"
)

// boundUDP is a UDP socket that is bound to an address, as start-bind leaves it.
func boundUDP(t *testing.T, at string) *udpSocket {
	t.Helper()
	s := newSockets(&Config{})
	made, err := s.CreateUDPSocket(t.Context(), network.IPAddressFamilyIPV4)
	if err != nil {
		t.Fatal(err)
	}
	u := made.(*udpSocket)
	t.Cleanup(func() { u.Drop(context.Background()) })
	if err := u.raw.bind(netip.MustParseAddrPort(at)); err != nil {
		t.Fatal(err)
	}
	if u.conn, err = u.raw.packets(); err != nil {
		t.Fatal(err)
	}
	u.raw = nil
	return u
}

// A listener is somebody else's socket.
func listener(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func streamsTo(t *testing.T, u *udpSocket, peer cm.Option[network.IPSocketAddress]) udp.IncomingDatagramStream {
	t.Helper()
	out, err := u.Stream(t.Context(), peer)
	if err != nil {
		t.Fatal(err)
	}
	return out.F0
}

func localAddress(t *testing.T, u *udpSocket) netip.AddrPort {
	t.Helper()
	a, err := u.LocalAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at, err := endpoint(a, network.IPAddressFamilyIPV4)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// receive waits for something.
func receive(t *testing.T, in udp.IncomingDatagramStream) (string, error) {
	t.Helper()
	for {
		got, err := in.Receive(t.Context(), 1)
		if err != nil || len(got) > 0 {
			if err != nil {
				return "", err
			}
			return string(got[0].Data), nil
		}
		p, err := in.Subscribe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Block(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUDPPeer tells the system of a peer with the first datagram, of another one,
// and that there is none any more.
func TestUDPPeer(t *testing.T) {
	t.Parallel()
	u := boundUDP(t, "0.0.0.0:0")
	port := localAddress(t, u).Port()
	mine := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	first, firstAt := listener(t)
	second, secondAt := listener(t)
	told := func(by *net.UDPConn, what string) {
		t.Helper()
		if _, err := by.WriteToUDPAddrPort([]byte(what), mine); err != nil {
			t.Fatal(err)
		}
	}
	heard := func(in udp.IncomingDatagramStream, want string) {
		t.Helper()
		if got, err := receive(t, in); err != nil || got != want {
			t.Errorf("it received %q, %v, want %q", got, err, want)
		}
	}
	peers := []struct {
		at     netip.AddrPort
		is     *net.UDPConn
		others *net.UDPConn
	}{{firstAt, first, second}, {secondAt, second, first}}
	for _, p := range peers {
		in := streamsTo(t, u, cm.Some(socketAddress(p.at)))
		if got := localAddress(t, u); got.Addr().IsLoopback() {
			t.Errorf("it is at %v before anything was allowed to be sent", got)
		}
		if err := u.write([]byte("hello"), p.at); err != nil {
			t.Fatal(err)
		}
		if got := localAddress(t, u); got != mine {
			t.Errorf("with a peer it is at %v, want %v", got, mine)
		}
		told(p.others, "other")
		told(p.is, "peer")
		heard(in, "peer")
		if err := u.write(nil, p.at); err != nil {
			t.Errorf("an empty datagram was not sent: %v", err)
		}
		b := make([]byte, 16)
		for _, want := range []string{"hello", ""} {
			if n, from, err := p.is.ReadFromUDPAddrPort(b); err != nil || string(b[:n]) != want || from != mine {
				t.Errorf("the peer received %q from %v, %v, want %q", b[:n], from, err, want)
			}
		}
	}
	in := streamsTo(t, u, cm.None[network.IPSocketAddress]())
	if got := localAddress(t, u); got != netip.AddrPortFrom(netip.IPv4Unspecified(), port) {
		t.Errorf("without a peer it is at %v", got)
	}
	told(first, "one")
	heard(in, "one")
	told(second, "two")
	heard(in, "two")
}

// TestUDPRefused hears once that nobody is there, and then whoever comes.
func TestUDPRefused(t *testing.T) {
	t.Parallel()
	u := boundUDP(t, "127.0.0.1:0")
	mine := localAddress(t, u)
	gone, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 77, 0, 1)}) // which nobody else binds
	if err != nil {
		t.Fatal(err)
	}
	to := gone.LocalAddr().(*net.UDPAddr).AddrPort()
	_ = gone.Close()
	in := streamsTo(t, u, cm.Some(socketAddress(to)))
	if err := u.write([]byte("hello"), to); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(t, in); err != network.ErrorCodeConnectionRefused {
		t.Errorf("it received %v", err)
	}
	again, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.WriteToUDPAddrPort([]byte("here"), mine); err != nil {
		t.Fatal(err)
	}
	if got, err := receive(t, in); err != nil || got != "here" {
		t.Errorf("it received %q, %v", got, err)
	}
}
