package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/netguard"
)

var networkAttacks = []attack{
	{class: "port-mismatch", do: ports},
	{class: "subdomain-trick", do: subdomains, host: func(_ *arena, c *runtime.Config) {
		c.Network.Resolver = &zone{answers: map[string][]string{"a.good.example": {"127.0.0.1"}}, ttl: time.Minute}
	}},
	{class: "dns-rebinding", do: rebinding, host: func(a *arena, c *runtime.Config) {
		a.zone = &zone{ttl: time.Minute, now: time.Now(), answers: map[string][]string{
			// As long as it is public it is harmless, then it is a service of the cloud, or of the host.
			"evil.example":  {"93.184.216.34", "169.254.169.254", "127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1"},
			"local.example": {"127.0.0.1"},
		}}
		c.Network.Resolver, c.Network.Now = a.zone, a.zone.clock
	}},
	{class: "socket-handle", do: socketHandles},
}

// A zone answers for each name with the next of its addresses, and with the last
// one again and again. Each is good for ttl, by its own clock.
type zone struct {
	ttl time.Duration

	mu      sync.Mutex
	now     time.Time
	answers map[string][]string
}

func (z *zone) clock() time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.now
}

// expire lets the time of all answers be over.
func (z *zone) expire() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.now = z.now.Add(z.ttl)
}

func (z *zone) Lookup(_ context.Context, name string) ([]netip.Addr, time.Duration, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	left := z.answers[name]
	if len(left) == 0 {
		return nil, 0, &netguard.NotFoundError{Name: name}
	}
	if len(left) > 1 {
		z.answers[name] = left[1:]
	}
	return []netip.Addr{netip.MustParseAddr(left[0])}, z.ttl, nil
}

// listen echoes to who connects, and counts whom before it does. To count, taken
// connects itself and waits for its echo: the system hands connections over in
// their order, so that none that was made before is still to come.
func (a *arena) listen() (port int, taken func() int) {
	a.t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	a.must(err)
	var mu sync.Mutex
	n := 0
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			mu.Lock()
			n++
			mu.Unlock()
			serving.Go(func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			})
		}
	})
	a.t.Cleanup(func() {
		_ = a.h.Stop(context.Background()) // its sockets
		_ = l.Close()
		serving.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port, func() int {
		a.t.Helper()
		c, err := net.Dial("tcp4", l.Addr().String())
		a.must(err)
		_, err = c.Write([]byte{1})
		a.must(err)
		_, err = io.ReadFull(c, make([]byte, 1))
		a.must(err)
		a.must(c.Close())
		mu.Lock()
		defer mu.Unlock()
		n-- // its own
		return n
	}
}

func endpoint(action, resource string) audit.Record {
	return audit.Record{Kind: "network", Action: action, Resource: resource}
}

func reaches(patterns ...string) string {
	return "[capabilities]\nnetwork.connect = [\"" + strings.Join(patterns, `", "`) + "\"]\n"
}

// connects has a guest connect on a socket of its own, and where it may, be heard.
func (a *arena) connects(who, to, want string) {
	a.t.Helper()
	s := a.does(who, "socket tcp4", "")
	a.does(who, "connect "+s+" "+to, want)
	if want == "ok" {
		a.does(who, "send "+s+" hello", "5")
		a.does(who, "receive "+s+" 10", "5 hello")
	}
	a.does(who, "end "+s, "ok")
}

func ports(a *arena) {
	open, _ := a.listen()
	other, taken := a.listen()
	granted, wanted := fmt.Sprintf("127.0.0.1:%d", open), fmt.Sprintf("127.0.0.1:%d", other)
	a.start("evil:handyman", "handyman", reaches(granted))
	a.start("good:handyman", "handyman", reaches(granted, wanted))
	a.connects("evil:handyman", granted, "ok")
	for _, to := range []string{wanted, fmt.Sprintf("127.0.0.1:%d", open^1), fmt.Sprintf("127.0.0.2:%d", open)} {
		a.connects("evil:handyman", to, "PermissionDenied(")
		a.record(audit.Record{Event: audit.Access, Component: "evil:handyman", Decision: audit.Denied, Kind: "network", Action: "connect", Resource: to})
	}
	a.connects("evil:handyman", "127.0.0.1:0", "InvalidPort(")
	a.connects("evil:handyman", fmt.Sprintf("0.0.0.0:%d", open), "InvalidAddress(")
	s := a.does("evil:handyman", "socket tcp4", "")
	a.denied("evil:handyman", "bind "+s+" "+wanted, "PermissionDenied(", endpoint("bind", wanted))
	a.denied("evil:handyman", "retry "+s+" "+wanted+" 3 1", "PermissionDenied(", endpoint("connect", wanted))
	u := a.does("evil:handyman", "socket udp4", "")
	a.denied("evil:handyman", "sendto "+u+" "+wanted+" x", "PermissionDenied(", endpoint("connect", wanted))
	if n := taken(); n != 0 {
		a.t.Errorf("%d connections to the other port", n)
	}
	a.connects("good:handyman", wanted, "ok")
}

func subdomains(a *arena) {
	port, _ := a.listen()
	p := ":" + strconv.Itoa(port)
	a.start("evil:handyman", "handyman", reaches("*.good.example"+p)+"network.private = [\"*.good.example"+p+"\"]\n")
	a.does("evil:handyman", "resolve1 a.good.example", "127.0.0.1")
	a.connects("evil:handyman", "127.0.0.1"+p, "ok")
	for _, name := range []string{
		"good.example", "evilgood.example", "a.good.example.evil.example", "a.good.evil.example", "good.example.", ".good.example", "a..good.example",
		"a.good.example@evil.example", "a.good.example:80", "a.good.example/x", "127.0.0.1", "evil.example#.good.example", "xn--a.gооd.example", "a.good.example\x00.evil.example",
		"*.good.example", strings.Repeat("a.", 200) + "good.example",
	} {
		got := a.does("evil:handyman", "resolve1 "+name, "")
		if !strings.HasSuffix(got, ")") {
			a.t.Errorf("%q stands for %s", name, got)
		}
	}
	a.denied("evil:handyman", "resolve1 evilgood.example", "PermissionDenied(", endpoint("connect", "evilgood.example"))
	a.denied("evil:handyman", "resolve1 good.example", "PermissionDenied(", endpoint("connect", "good.example"))
	a.denied("evil:handyman", "resolve1 a.good.example.evil.example", "PermissionDenied(", endpoint("connect", "a.good.example.evil.example"))
}

func rebinding(a *arena) {
	port, taken := a.listen()
	p := ":" + strconv.Itoa(port)
	a.start("evil:handyman", "handyman", reaches("evil.example"+p))
	// A name of this machine's may be connected to, where that is granted.
	a.start("good:handyman", "handyman", reaches("local.example"+p)+"network.private = [\"local.example"+p+"\"]\n")
	a.does("good:handyman", "resolve1 local.example", "127.0.0.1")
	a.connects("good:handyman", "127.0.0.1"+p, "ok")
	before := taken()
	for range 3 { // while it is good, the first answer stands
		a.does("evil:handyman", "resolve1 evil.example", "93.184.216.34")
		a.connects("evil:handyman", "127.0.0.1"+p, "PermissionDenied(")
	}
	for range 5 {
		a.zone.expire()
		a.connects("evil:handyman", "93.184.216.34"+p, "PermissionDenied(")
		a.denied("evil:handyman", "resolve1 evil.example", "PermissionDenied(", endpoint("private", "evil.example"+p))
		for _, to := range []string{"127.0.0.1" + p, "169.254.169.254" + p, "10.0.0.1" + p} {
			a.connects("evil:handyman", to, "PermissionDenied(")
			a.record(audit.Record{Event: audit.Access, Component: "evil:handyman", Decision: audit.Denied, Kind: "network", Action: "connect", Resource: to})
		}
	}
	if n := taken(); n != before {
		a.t.Errorf("%d connections of who may not", n-before)
	}
}

// socketHandles has a guest use sockets that it was never given.
func socketHandles(a *arena) {
	port, _ := a.listen()
	to := fmt.Sprintf("127.0.0.1:%d", port)
	a.start("evil:handyman", "handyman", "")
	a.start("good:handyman", "handyman", reaches(to))
	a.does("good:handyman", "socket tcp4", "1")
	a.does("good:handyman", "connect 1 "+to, "ok")
	a.does("good:handyman", "send 1 hello", "5")
	forged := func(do string) {
		a.denied("evil:handyman", do, "InvalidArgument(\"there is no ", audit.Record{Resource: "socket ", Reason: "not open"})
	}
	for _, n := range []string{"1", "2", "18446744073709551615"} {
		for _, do := range []string{"send %s x", "receive %s 10", "remote %s", "end %s", "options %s", "tls %s x", "shutdown %s both", "connect %s " + to, "bind %s 127.0.0.1:0"} {
			forged(fmt.Sprintf(do, n))
		}
		a.denied("evil:handyman", "connected "+n, "false", audit.Record{Resource: "socket " + n, Reason: "not open"})
		a.denied("evil:handyman", "acquire "+n+" "+to, "InvalidArgument(\"there is no pool ", audit.Record{Resource: "pool " + n, Reason: "not open"})
	}
	// What it has itself, it has until it closes it.
	a.does("evil:handyman", "socket tcp4", "1")
	a.does("evil:handyman", "options 1", "SocketOptions")
	a.does("evil:handyman", "end 1", "ok")
	a.does("evil:handyman", "connected 1", "false")
	forged("end 1")
	a.does("good:handyman", "receive 1 10", "5 hello")
}
