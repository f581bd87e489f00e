package host_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/host/network"
	"github.com/airsstack/witgen/runtime/netguard"
)

// names stand for addresses, for a minute.
type names map[string]string

func (n names) Lookup(_ context.Context, name string) ([]netip.Addr, time.Duration, error) {
	if n[name] == "" {
		return nil, 0, &netguard.NotFoundError{Name: name}
	}
	var addrs []netip.Addr
	for a := range strings.SplitSeq(n[name], " ") {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, time.Minute, nil
}

// reaching are grants of the network, each as "action endpoint".
func reaching(words ...string) []capability.Grant {
	var grants []capability.Grant
	for _, w := range words {
		action, endpoint, _ := strings.Cut(w, " ")
		grants = append(grants, capability.Grant{Kind: capability.Network, Action: action, Resource: endpoint})
	}
	return grants
}

// A peer takes connections and echoes what comes, until the test ends.
type peer struct {
	net.Listener
	address string
	port    string

	mu    sync.Mutex
	conns []net.Conn
	taken chan struct{} // one for each connection
}

func newPeer(t *testing.T, serve func(net.Conn)) *peer {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{Listener: l, address: l.Addr().String(), taken: make(chan struct{}, 100)}
	_, p.port, _ = net.SplitHostPort(p.address)
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, c)
			p.mu.Unlock()
			p.taken <- struct{}{}
			served.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		served.Wait()
	})
	return p
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

func TestNetworkStream(t *testing.T) {
	t.Parallel()
	p := newPeer(t, echo)
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{Sockets: 3}), reaching("connect "+p.address)...))
	s.does("demo:a",
		"mixed -> InvalidArgument(…",
		"socket tcp4 -> 1",
		"connected 1 -> false",
		"remote 1 -> ProtocolError(…",
		"local 1 -> ProtocolError(…",
		"send 1 x -> ProtocolError(\"the socket is not connected\")",
		"info 1 -> ProtocolError(…",
		"connect 1 "+p.address+" -> ok",
		"connect 1 "+p.address+" -> ProtocolError(…",
		"connected 1 -> true",
		"remote 1 -> "+p.address,
		"local 1 -> 127.0.0.1:…",
		"send 1 hello -> 5",
		"receive 1 3 -> 3 hel",
		"receive 1 100 -> 2 lo",
		"receive 1 0 -> 0 ",
		"flood 1 3000 -> ok",
		"set 1 non-blocking 1 -> ok",
		"set 1 non-blocking 0 -> ok",
		"set 1 reuse-port 1 -> InvalidArgument(…",
		"set 1 send-buffer 100000000 -> InvalidArgument(…",
		"set 1 receive-buffer 65536 -> ok",
		"alive 1 10 -> ok",
		"shutdown 1 sideways -> InvalidArgument(…",
		"shutdown 1 write -> ok",
		"receiveall 1 100 -> ResourceExhausted(…",
		"info 1 -> 127.0.0.1:…",
		"stats 1 -> sent=3005 received=3005 age-ms=…",
		"receivefrom 1 1 -> ProtocolError(…",
		"sendto 1 "+p.address+" x -> ProtocolError(…",
		"tlsinfo 1 -> ProtocolError(…",
		"end 1 -> ok",
		"end 1 -> InvalidArgument(…",
		"send 1 x -> InvalidArgument(…",
		"socket tcp4 -> 2", "socket udp6 -> 3", "socket tcp6 -> 4", "socket tcp4 -> ResourceExhausted(…",
	)
	if got := s.do("demo:a", "info 2"); !strings.HasPrefix(got, "ProtocolError(") {
		t.Error(got)
	}
}

func TestNetworkReceiveAll(t *testing.T) {
	t.Parallel()
	p := newPeer(t, func(c net.Conn) {
		_, _ = c.Write([]byte(strings.Repeat("x", 100_000)))
		_ = c.Close()
	})
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{}), reaching("connect "+p.address)...))
	s.does("demo:a", "socket tcp4 -> 1", "connect 1 "+p.address+" -> ok", "receiveall 1 1000000 -> 100000 …", "receive 1 10 -> 0 ")
}

// What waits ends with its limit, and answers at once where it should.
func TestNetworkLimits(t *testing.T) {
	t.Parallel()
	silent := newPeer(t, func(net.Conn) {})
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{}), reaching("connect "+silent.address, "bind 127.0.0.1:0", "listen 127.0.0.1:0")...))
	s.does("demo:a",
		"socket tcp4 -> 1", "connect 1 "+silent.address+" -> ok",
		"set 1 read-timeout 20 -> ok", "receive 1 1 -> ConnectionTimeout(…",
		"set 1 non-blocking 1 -> ok", "receive 1 1 -> WouldBlock(…",
		"connected 1 -> true",
		"socket tcp4 -> 2", "bind 2 127.0.0.1:0 -> ok", "listen 2 5 -> ok", "set 2 read-timeout 20 -> ok", "accept 2 -> ConnectionTimeout(…",
		"set 2 non-blocking 1 -> ok", "accept 2 -> WouldBlock(…",
	)
	// A peer that does not read: what does not fit is not sent.
	s.does("demo:a", "set 1 non-blocking 0 -> ok", "set 1 write-timeout 50 -> ok", "flood 1 50000000 -> ConnectionTimeout(…")
}

func TestNetworkServes(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{}), reaching("bind 127.0.0.1:0", "listen 127.0.0.1:0")...))
	s.does("demo:a", "socket tcp4 -> 1", "listen 1 5 -> ProtocolError(…", "bind 1 127.0.0.1:0 -> ok", "bind 1 127.0.0.1:0 -> ProtocolError(…", "listen 1 5 -> ok", "connect 1 127.0.0.1:1 -> ProtocolError(…")
	c, err := net.Dial("tcp4", s.do("demo:a", "local 1"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.does("demo:a", "accept 1 -> 2", "remote 2 -> "+c.LocalAddr().String(), "send 2 hello -> 5", "info 1 -> ProtocolError(…")
	b := make([]byte, 5)
	if _, err := io.ReadFull(c, b); string(b) != "hello" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	// When the instance ends, so do its sockets.
	s.tell("demo:a", "trap")
	s.settle()
	if _, err := c.Read(b); err == nil {
		t.Error("the connection of an instance that has ended goes on")
	}
}

func TestNetworkPackets(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	stranger, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	at := pc.LocalAddr().String()
	s.start("demo:a", handy(network.New(network.Config{}), reaching("connect "+at, "bind 127.0.0.1:0")...))
	s.does("demo:a", "socket udp4 -> 1", "receive 1 1 -> ProtocolError(…", "send 1 x -> ProtocolError(…", "sendto 1 "+at+" ping -> 4",
		"sendto 1 "+stranger.LocalAddr().String()+" x -> PermissionDenied(…", "listen 1 1 -> ProtocolError(…")
	b := make([]byte, 10)
	n, from, err := pc.ReadFrom(b)
	if err != nil || string(b[:n]) != "ping" {
		t.Fatalf("%q, %v", b[:n], err)
	}
	_, port, _ := net.SplitHostPort(from.String())
	to, _ := net.ResolveUDPAddr("udp4", "127.0.0.1:"+port)
	_, err1 := stranger.WriteTo([]byte("psst"), to)
	_, err2 := pc.WriteTo([]byte("pong"), to)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	s.does("demo:a", "receivefrom 1 10 -> 4 from "+at+": pong", // and nothing of a stranger
		"connect 1 "+at+" -> ok", "send 1 again -> 5",
		"socket udp4 -> 2", "bind 2 127.0.0.1:0 -> ok")
	bound, _ := net.ResolveUDPAddr("udp4", s.do("demo:a", "local 2"))
	if _, err := stranger.WriteTo([]byte("hello"), bound); err != nil {
		t.Fatal(err)
	}
	s.does("demo:a", "receive 2 3 -> 3 from "+stranger.LocalAddr().String()+": hel") // it is bound for that
}

// Names are looked up only if they are granted, and stand for what was found.
func TestNetworkNames(t *testing.T) {
	t.Parallel()
	p, other := newPeer(t, echo), newPeer(t, echo)
	book := names{"private.example": "127.0.0.1", "public.example": "127.0.0.1", "other.example": "127.0.0.1", "mixed.example": "192.0.2.1 127.0.0.1"}
	book["public.example"] = "8.8.4.4 127.0.0.1" // one that was rebound
	s := newSystem(t)
	e := network.New(network.Config{Resolver: book, Now: func() time.Time { return time.Unix(0, 0) }, Reverse: func(_ context.Context, a string) ([]string, error) { return []string{"name.of." + a + "."}, nil }})
	s.start("demo:a", handy(e, reaching("connect private.example:"+p.port, "private private.example:"+p.port, "connect public.example:443", "connect gone.example:80", "connect 192.0.2.7:80")...))
	s.does("demo:a",
		"socket tcp4 -> 1",
		"connect 1 "+p.address+" -> PermissionDenied(…", // the name was not looked up
		"resolve other.example -> PermissionDenied(…",
		"resolve gone.example -> DnsResolutionFailed(…",
		"resolve -bad- -> InvalidHostname(…",
		"resolve public.example -> public.example 60 8.8.4.4", // nothing private, which is not granted
		"resolve1 private.example -> 127.0.0.1",
		"connect 1 "+other.address+" -> PermissionDenied(…", // another port
		"connect 1 "+p.address+" -> ok",
		"connected 1 -> true",
		"reverse 192.0.2.7 -> name.of.192.0.2.7",
		"reverse 192.0.2.8 -> PermissionDenied(…",
		"reverse nonsense -> InvalidAddress(…",
	)
	for _, step := range []string{"connect 2 0.0.0.0:80", "connect 2 [::1]:80", "connect 2 127.0.0.1:0", "connect 2 169.254.169.254:80", "bind 2 127.0.0.1:" + p.port, "bind 2 0.0.0.0:0", "retry 2 8.8.8.8:443 3 1"} {
		s.do("demo:a", "socket tcp4")
		if got := s.do("demo:a", step); !strings.HasPrefix(got, "PermissionDenied(") && !strings.HasPrefix(got, "Invalid") {
			t.Errorf("%s gives %s", step, got)
		}
	}
	<-p.taken
	if n := p.count() + other.count(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

func TestNetworkRetry(t *testing.T) {
	t.Parallel()
	const at = "127.0.0.1:1" // where nobody is
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{}), reaching("connect "+at)...))
	s.does("demo:a", "socket tcp4 -> 1", "connect 1 "+at+" -> ConnectionRefused(…", "retry 1 "+at+" 2 1 -> ConnectionRefused(…", "connected 1 -> false")
}

func TestNetworkPools(t *testing.T) {
	t.Parallel()
	p, q := newPeer(t, echo), newPeer(t, echo)
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{Pools: 1}), reaching("connect "+p.address, "connect "+q.address)...))
	s.does("demo:a",
		"pool 0 0 -> InvalidArgument(…", "pool 2 1000 -> 1", "pool 2 0 -> ResourceExhausted(…",
		"acquire 1 192.0.2.1:80 -> PermissionDenied(…",
		"acquire 1 "+p.address+" -> 2", "send 2 a -> 1", "receive 2 1 -> 1 a", "release 1 2 -> ok", "send 2 a -> InvalidArgument(…",
		"acquire 1 "+p.address+" -> 3", "acquire 1 "+p.address+" -> 4", "acquire 1 "+p.address+" -> ResourceExhausted(…",
		"send 3 left -> 4", "release 1 3 -> ok",
	)
	<-p.taken
	<-p.taken
	if n := p.count(); n != 2 {
		t.Errorf("%d connections were made", n)
	}
	s.does("demo:a",
		"release 1 4 -> ok", "acquire 1 "+q.address+" -> 5", "acquire 1 "+q.address+" -> 6", "end 6 -> ok", "acquire 1 "+q.address+" -> 7",
		"socket tcp4 -> 8", "release 1 8 -> InvalidArgument(…", "release 9 8 -> InvalidArgument(…",
		"endpool 1 -> ok", "send 5 x -> InvalidArgument(…", "endpool 1 -> InvalidArgument(…", "acquire 1 "+q.address+" -> InvalidArgument(…",
	)
}

// A connection is secured under a name that stands for the peer, and that the peer
// proves.
func TestNetworkTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS() // its certificate is for example.com and 127.0.0.1
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	p := newPeer(t, func(c net.Conn) { echo(tls.Server(c, &tls.Config{Certificates: server.TLS.Certificates})) })
	at, port := p.address, p.port
	var grants []string
	for _, name := range []string{"example.com", "wrong.example"} {
		grants = append(grants, "connect "+name+":"+port, "private "+name+":"+port)
	}
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{Roots: roots, Resolver: names{"example.com": "127.0.0.1", "wrong.example": "127.0.0.1"}}), reaching(append(grants, "connect "+at)...)...))
	s.do("demo:a", "resolve example.com")
	steps := []struct{ tls, want string }{
		{"example.com yes", "ok"},
		{"127.0.0.1 yes", "ok"},
		{"stranger.example yes", "InvalidHostname(…"},
		{"192.0.2.1 yes", "InvalidHostname(…"},
		{"wrong.example yes", "InvalidHostname(…"}, // it was not looked up
	}
	for i, step := range steps {
		s.does("demo:a", fmt.Sprintf("socket tcp4 -> %d", i+1), fmt.Sprintf("connect %d %s -> ok", i+1, at), fmt.Sprintf("tls %d %s -> %s", i+1, step.tls, step.want))
	}
	s.does("demo:a", "send 1 secret -> 6", "receive 1 6 -> 6 secret", "tlsinfo 1 -> TLS1.3 TLS_…", "tls 1 example.com yes -> ProtocolError(…",
		"set 1 non-blocking 1 -> ok", "receive 1 1 -> WouldBlock(…", "send 1 more -> 4", "set 1 non-blocking 0 -> ok", "receive 1 4 -> 4 more",
		"resolve wrong.example -> wrong.example…",
		"tls 5 wrong.example yes -> TlsError(…", "connected 5 -> false",
		"socket tcp4 -> 6", "connect 6 "+at+" -> ok", "tls 6 wrong.example any -> ok", "send 6 x -> 1",
	)
}

// A grant that is taken back ends what waits, and what was opened under it.
func TestNetworkRevoked(t *testing.T) {
	t.Parallel()
	p, q := newPeer(t, func(net.Conn) {}), newPeer(t, echo)
	s := newSystem(t)
	grant := reaching("connect " + p.address)[0]
	s.start("demo:a", handy(network.New(network.Config{}), grant, reaching("connect " + q.address)[0]))
	s.does("demo:a", "socket tcp4 -> 1", "connect 1 "+p.address+" -> ok", "socket tcp4 -> 2", "connect 2 "+q.address+" -> ok", "pool 2 0 -> 3", "acquire 3 "+p.address+" -> 4", "release 3 4 -> ok")
	answer := make(chan string)
	go func() { answer <- s.do("demo:a", "receive 1 1") }()
	if !s.leash.Revoke(grant) {
		t.Error("it had no such grant")
	}
	if got := <-answer; got != `PermissionDenied("the grant was taken back")` {
		t.Error(got)
	}
	s.does("demo:a", "connected 1 -> false", "connect 1 "+p.address+" -> InvalidArgument(…", "socket tcp4 -> 5", "connect 5 "+p.address+" -> PermissionDenied(…",
		"acquire 3 "+p.address+" -> PermissionDenied(…", "send 2 fine -> 4")
}

func TestNetworkIdle(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	p := newPeer(t, func(c net.Conn) {
		_, _ = io.Copy(io.Discard, c)
		close(ended)
	})
	s := newSystem(t)
	s.start("demo:a", handy(network.New(network.Config{}), reaching("connect "+p.address)...))
	s.does("demo:a", "socket tcp4 -> 1", "idle 1 1 -> ProtocolError(…", "connect 1 "+p.address+" -> ok", "idle 1 1 -> ok")
	<-ended
	s.does("demo:a", "connected 1 -> false", "send 1 x -> ConnectionReset(…")
}

// Without the extension there is no network.
func TestNetworkNotGiven(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{of: handyman})
	s.does("demo:a", "socket tcp4 -> PermissionDenied(…", "connected 1 -> false", "resolve example.com -> PermissionDenied(…")
}
