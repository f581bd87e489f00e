package wasi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// needsSockets skips where TCP sockets cannot be bound.
func needsSockets(t *testing.T) {
	t.Helper()
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd":
	default:
		t.Skipf("wasi:sockets is not whole on %s", runtime.GOOS)
	}
}

// networks grants endpoints: "connect 127.0.0.1:80".
func networks(grants ...string) component.Option {
	var all []capability.Grant
	for _, g := range grants {
		action, resource, _ := strings.Cut(g, " ")
		all = append(all, grant(capability.Network, action, resource))
	}
	return component.WithGrants(all...)
}

// echo serves TCP connections that it gives back all of.
func echo(t *testing.T, network string) (addr string) {
	t.Helper()
	l, err := net.Listen(network, "localhost:0")
	if err != nil {
		t.Skipf("no %s here: %v", network, err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) // without pipes, which are kept
				_ = c.(*net.TCPConn).CloseWrite()
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

func command(args string) wasi.Config {
	return wasi.Config{Args: append([]string{"prog"}, strings.Fields(args)...)}
}

func TestTCP(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	v4, v6 := echo(t, "tcp4"), ""
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		_ = l.Close()
		v6 = echo(t, "tcp6")
	}
	tests := []struct{ args, grant, out, err string }{
		{"send " + v4 + " hello", "connect " + v4, "hello from " + v4 + "\n", ""},
		{"send " + v6 + " hello", "connect " + v6, "hello from " + v6 + "\n", ""},
		{"send " + v4 + " hello", "", "", "access-denied"},
		{"send " + v4 + " hello", "listen " + v4, "", "access-denied"},
		{"bulk " + v4 + " 3000000", "connect " + v4, "3000000 sent, 3000000 back, 0 wrong\n", ""},
		{"send 127.0.0.1:1 hello", "connect 127.0.0.1:1", "", "connection-refused"},
	}
	for _, test := range tests {
		if strings.Contains(test.args, "  ") {
			continue // there is no IPv6 here
		}
		var opts []component.Option
		if test.grant != "" {
			opts = append(opts, networks(test.grant))
		}
		want := outcome{out: test.out}
		if test.err != "" {
			want = outcome{out: "error: " + test.err + "\n", code: 1}
		}
		if got := r.run(command(test.args), opts...); got != want {
			t.Errorf("%s with %q ended with %+v, want %+v", test.args, test.grant, got, want)
		}
	}
}

// TestTCPServes lets a guest listen.
func TestTCPServes(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	const n = 20
	out, in := io.Pipe()
	done := make(chan outcome, 1)
	go func() {
		c := command(fmt.Sprintf("serve 127.0.0.1:0 %d", n))
		c.Stdout = in
		done <- r.run(c, networks("bind 127.0.0.1:0", "listen 127.0.0.1:0"))
	}()
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		c, err := net.Dial("tcp", strings.TrimSpace(addr))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Repeat(fmt.Sprint(i), 100_000)
		go func() {
			_, _ = io.WriteString(c, want)
			_ = c.(*net.TCPConn).CloseWrite()
		}()
		if got, err := io.ReadAll(c); err != nil || string(got) != want {
			t.Fatalf("connection %d gave %d bytes back of %d, %v", i, len(got), len(want), err)
		}
		_ = c.Close()
	}
	if got := <-done; got.code != 0 || got.err != nil {
		t.Errorf("it ended with %+v", got)
	}
	for _, granted := range []string{"", "bind 127.0.0.1:0", "listen 127.0.0.1:0"} {
		var opts []component.Option
		if granted != "" {
			opts = append(opts, networks(granted))
		}
		if got := r.run(command("serve 127.0.0.1:0 1"), opts...); got.out != "error: access-denied\n" {
			t.Errorf("with %q it ended with %+v", granted, got)
		}
	}
}

func TestUDP(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := free.LocalAddr().String()
	_ = free.Close()
	out, in := io.Pipe()
	done := make(chan outcome, 1)
	go func() {
		c := command("udp-serve 127.0.0.1:0 3")
		c.Stdout = in
		// It may answer whoever it is granted to send to, and nobody else.
		done <- r.run(c, networks("bind 127.0.0.1:0", "connect "+client))
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(line)
	if got := r.run(command("udp-send 127.0.0.1:0 "+addr+" hello"), networks("bind 127.0.0.1:0")); got.out != "error: access-denied\n" {
		t.Errorf("without a grant to send it ended with %+v", got)
	}
	if got := r.run(command("udp-send 127.0.0.1:0 "+addr+" hello"), networks("connect "+addr)); got.out != "error: access-denied\n" {
		t.Errorf("without a grant to bind it ended with %+v", got)
	}
	for range 3 {
		got := r.run(command("udp-send "+client+" "+addr+" hello"), networks("bind "+client, "connect "+addr))
		if want := (outcome{out: "hello from " + addr + "\n"}); got != want {
			t.Errorf("it ended with %+v, want %+v", got, want)
		}
	}
	if got := <-done; got.code != 0 || got.err != nil {
		t.Errorf("the server ended with %+v", got)
	}
}

// TestUDPNobody sends to where nobody is, of which the system tells who it knows to
// have a peer.
func TestUDPNobody(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skipf("the system is not told of peers on %s", runtime.GOOS)
	}
	gone, err := net.ListenPacket("udp4", "127.77.0.1:0") // which nobody else binds
	if err != nil {
		t.Fatal(err)
	}
	to := gone.LocalAddr().String()
	_ = gone.Close()
	got := newRunner(t, kept(t, "rust-net")).run(command("udp-send 127.0.0.1:0 "+to+" hello"), networks("bind 127.0.0.1:0", "connect "+to))
	if want := (outcome{out: "error: connection-refused\n", code: 1}); got != want {
		t.Errorf("it ended with %+v, want %+v", got, want)
	}
}

func TestSocketOptions(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	got := newRunner(t, kept(t, "rust-net")).run(command("options"))
	want := "keep-alive ok\nidle ok\ninterval ok\ncount ok\nhops ok\nreceive ok\nsend ok\nbacklog ok\n" +
		"no hops invalid-argument\nno idle invalid-argument\nno count invalid-argument\nno buffer invalid-argument\nno backlog invalid-argument\n" +
		"true 2000000000 3000000000 7 42 65536 65536\nudp hops ok\n43\n"
	if got.out != want || got.code != 0 {
		t.Errorf("it ended with %+v, want %q", got, want)
	}
}

func TestSocketStates(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	got := newRunner(t, kept(t, "rust-net")).run(command("states 127.0.0.1:0"), networks("bind 127.0.0.1:0", "listen 127.0.0.1:0"))
	want := `unbound finish-bind: not-in-progress
unbound finish-connect: not-in-progress
unbound start-listen: invalid-state
unbound accept: invalid-state
unbound local-address: invalid-state
unbound shutdown: invalid-state
other family: invalid-argument
port 0: invalid-argument
unspecified: invalid-argument
mapped: invalid-argument
bind: ok
binding start-bind: concurrency-conflict
finish-bind: ok
bound start-bind: invalid-state
bound finish-listen: not-in-progress
listen: ok
finish-listen: ok
listening: ok
listening start-listen: invalid-state
listening start-connect: invalid-state
listening remote-address: invalid-state
nobody: would-block
udp unbound stream: invalid-state
udp bind: ok
udp finish-bind: ok
udp unconnected remote-address: invalid-state
udp nobody named: invalid-argument
udp old stream: invalid-state
`
	if got.out != want || got.code != 0 {
		t.Errorf("it ended with %+v, want %q", got, want)
	}
}

// A liar answers for a name with one address after the other.
type liar struct {
	mu    sync.Mutex
	addrs []string
	ttl   time.Duration
}

func (l *liar) Lookup(_ context.Context, name string) ([]netip.Addr, time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.addrs) == 0 {
		return nil, 0, &netguard.NotFoundError{Name: name}
	}
	next := l.addrs[0]
	l.addrs = l.addrs[1:]
	return []netip.Addr{netip.MustParseAddr(next)}, l.ttl, nil
}

// TestNames connects by name, through what is pinned.
func TestNames(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	addr := echo(t, "tcp4")
	_, port, _ := net.SplitHostPort(addr)
	tests := []struct{ args, grants, answers, out, denied string }{
		{"get localhost " + port + " hi", "connect localhost:" + port, "", "hi from " + addr, ""},
		{"get a.example " + port + " hi", "connect a.example:" + port + ",private a.example:" + port, "127.0.0.1", "hi from " + addr, ""},
		// A name that leads into the host's own network is a trap.
		{"get a.example " + port + " hi", "connect a.example:" + port, "127.0.0.1", "error: access-denied", "private a.example:" + port},
		{"resolve a.example", "connect a.example:443", "93.184.216.34", "93.184.216.34:0", ""},
		{"resolve b.example", "connect a.example:443", "93.184.216.34", "error: access-denied", "connect b.example:*"},
		{"resolve a.example", "connect a.example:443", "", "error: name-unresolvable", ""},
		{"resolve ..", "connect a.example:443", "", "error: invalid-argument", ""},
		{"resolve bücher.example", "connect xn--bcher-kva.example:443", "93.184.216.34", "93.184.216.34:0", ""},
		// The port that is granted is not another one.
		{"get a.example " + port + " hi", "connect a.example:1,private a.example:1", "127.0.0.1", "error: access-denied", "connect " + addr},
	}
	for _, test := range tests {
		var denied string
		c := command(test.args)
		c.Resolver = &liar{addrs: strings.Fields(test.answers), ttl: time.Minute}
		got := r.run(c, networks(strings.Split(test.grants, ",")...), component.WithDecisions(func(d capability.Decision) {
			if !d.Granted {
				denied = d.Action + " " + d.Resource
			}
		}))
		if strings.TrimSpace(got.out) != test.out || denied != test.denied {
			t.Errorf("%s with %s ended with %+v, denied %q, want %q, %q", test.args, test.grants, got, denied, test.out, test.denied)
		}
	}
}

// TestSocketsAreClosed leaves sockets open, in every way, and counts descriptors.
func TestSocketsAreClosed(t *testing.T) {
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	addr := echo(t, "tcp4")
	r.run(command("leak "+addr+" 1"), networks("connect "+addr))
	before := openSockets(t)
	for range 5 {
		if got := r.run(command("leak "+addr+" 20"), networks("connect "+addr)); got.code != 0 || got.err != nil {
			t.Fatalf("it ended with %+v", got)
		}
	}
	c := command("leak " + addr + " 20")
	c.Sockets = 8
	if got := r.run(c, networks("connect "+addr)); got.out != "error: socket 8: new-socket-limit\n" {
		t.Errorf("with a limit of 8 it ended with %+v", got)
	}
	closes(t, before)
}

// closes waits until there are no more sockets than before: the other side closes
// its own when it has seen ours, and may take some only then.
func closes(t *testing.T, before int) {
	t.Helper()
	var after int
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if after = openSockets(t); after <= before {
			return
		}
	}
	t.Errorf("%d sockets are open, %d were before", after, before)
}

// openSockets are how many sockets the process has open.
func openSockets(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted here")
	}
	n := 0
	for _, fd := range all {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// TestSocketCancelled ends a program in the middle of its talk.
func TestSocketCancelled(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	silent, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	addr := silent.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := wasi.Run(ctx, r.factory, command("hold "+addr), networks("connect "+addr))
		done <- err
	}()
	c, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	_ = c.SetReadDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is open after its instance")
	}
	_ = c.Close()
}

// TestSocketRevoked takes a grant back while a program talks.
func TestSocketRevoked(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	addr := echo(t, "tcp4")
	ctx := context.Background()
	dots, in := io.Pipe()
	var errs strings.Builder
	c := command("hold " + addr)
	c.Stdout = in
	p, err := r.factory.New(ctx, program.Imports{}, append(wasi.Options(c), networks("connect "+addr))...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(ctx)
	done := make(chan error, 1)
	go func() {
		done <- p.Run().Run(ctx)
		_ = in.Close()
	}()
	if _, err := io.ReadFull(dots, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if !p.Instance().Guard().Revoke(grant(capability.Network, "connect", addr)) {
		t.Fatal("there is no such grant")
	}
	rest, _ := io.ReadAll(dots)
	if code, ok := wasi.ExitCode(<-done); !ok || code != 1 || !strings.Contains(string(rest), "access-denied") {
		t.Errorf("it ended with %d, %v; said %q %q", code, ok, rest, errs.String())
	}
}
