package wasi_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// visits are the connections over which requests came, and whose they are.
type visits struct {
	mu   sync.Mutex
	from []string // of each request since the last look
	of   map[string]string
}

// visited is a server that notes them.
func visited(t *testing.T) (s *httptest.Server, addr string, v *visits) {
	t.Helper()
	v = &visits{of: map[string]string{}}
	all := pages()
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		v.from = append(v.from, r.RemoteAddr)
		v.mu.Unlock()
		all.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s, s.Listener.Addr().String(), v
}

// were looks at the latest requests, which all are of one owner: none came over
// another's connection, and all over one, or two: package net/http gives one up now
// and then, on a busy machine.
func (v *visits) were(t *testing.T, owner string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	made := 0
	for _, addr := range v.from {
		switch v.of[addr] {
		case owner:
		case "":
			v.of[addr] = owner
			made++
		default:
			t.Errorf("a request of %s came over a connection of %s", owner, v.of[addr])
		}
	}
	if made == 0 || made > 2 {
		t.Errorf("%d requests of %s came over %d connections", len(v.from), owner, made)
	}
	v.from = nil
}

// A fetcher is one instance that fetches again and again.
type fetcher struct {
	*program.Program
	out bytes.Buffer
}

func newFetcher(t *testing.T, r *runner, args string, opts ...component.Option) *fetcher {
	t.Helper()
	f := &fetcher{}
	c := command("fetch " + args)
	c.Stdout, c.Resolver = &f.out, &liar{addrs: []string{"127.0.0.1"}, ttl: time.Minute}
	p, err := r.factory.New(context.Background(), program.Imports{}, append(wasi.Options(c), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	f.Program = p
	return f
}

func (f *fetcher) fetch(t *testing.T, want string) {
	t.Helper()
	f.out.Reset()
	err := f.Run().Run(t.Context())
	if _, ended := wasi.ExitCode(err); !ended || f.out.String() != want {
		t.Errorf("it ended with %q, %v, want %q", f.out.String(), err, want)
	}
}

// TestConnectionsAreKept: an instance's requests go over one connection, another
// instance's never over that, and none is left when it ends.
func TestConnectionsAreKept(t *testing.T) {
	r := newRunner(t, kept(t, "rust-net"))
	s, addr, v := visited(t)
	before := openSockets(t)
	for _, text := range []string{"", " text trail"} {
		page, want := "GET http://"+addr+"/proto", "200\nHTTP/1.1\n"
		if text != "" {
			page, want = "POST http://"+addr+"/echo"+text, "200\ntext\ntrailer x-late: yes\ntrailer x-trailer: trail\n"
		}
		f := newFetcher(t, r, page, networks("connect "+addr))
		for range 5 {
			f.fetch(t, want)
		}
		v.were(t, page)
		if text == "" { // what can be sent again is, when the server has closed what was kept
			s.CloseClientConnections()
			f.fetch(t, want)
		}
		if err := f.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	closes(t, before)
}

// TestKeptConnectionRevoked: nothing goes over a connection that was kept when a
// grant has been taken back which it was made under.
func TestKeptConnectionRevoked(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	_, addr, v := visited(t)
	_, port, _ := net.SplitHostPort(addr)
	name := "a.example:" + port
	f := newFetcher(t, r, "GET http://"+name+"/proto", networks("connect "+name, "private "+name))
	defer f.Close(context.Background())
	f.fetch(t, "200\nHTTP/1.1\n")
	if !f.Instance().Guard().Revoke(grant(capability.Network, "private", name)) {
		t.Fatal("there was nothing to revoke")
	}
	f.fetch(t, "error: ErrorCode::DestinationIpProhibited\n")
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := len(v.from); n != 1 {
		t.Errorf("the server saw %d requests", n)
	}
}

// TestHandlerKeepsConnections: the instances of one handler share connections, those
// of another one have their own.
func TestHandlerKeepsConnections(t *testing.T) {
	_, addr, v := visited(t)
	for i := range 2 {
		s := serve(t, wasi.HandlerOptions{Options: []component.Option{component.WithGrants(clocksAndRandom...), networks("connect " + addr)}})
		for range 5 {
			if got := s.ask("GET", "/fetch?"+addr+"/proto", nil); got != "200 HTTP/1.1" {
				t.Errorf("it gave %q", got)
			}
			<-s.outcomes
		}
		v.were(t, fmt.Sprint("handler ", i))
	}
}

// TestFetchHTTP2 speaks HTTP/2 with who offers it: over one connection, whose
// certificate and address are looked at as ever.
func TestFetchHTTP2(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	var made atomic.Int32
	s := httptest.NewUnstartedServer(pages())
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	tests := []struct{ args, out string }{
		{"GET https://example.com:" + port + "/proto", "200\nHTTP/2.0\n"},
		{"POST https://example.com:" + port + "/echo text", "200\ntext\ntrailer x-late: yes\ntrailer x-trailer: \n"},
		{"POST https://example.com:" + port + "/echo size:3000000", "200\n3000000 bytes\ntrailer x-late: yes\ntrailer x-trailer: \n"},
		{"GET https://example.com:" + port + "/big", "200\n3000000 bytes\n"},
		{"GET https://example.com:" + port + "/never", "error: ErrorCode::HttpResponseTimeout\n"},
		{"GET https://example.com:" + port + "/stuck", "200\nerror: ErrorCode::ConnectionReadTimeout\n"},
		{"GET https://example.com:" + port + "/cut", "200\nerror: ErrorCode::HttpResponseIncomplete\n"},
		{"GET https://example.com:" + port + "/fields", "error: ErrorCode::HttpProtocolError\n"},
		{"GET https://other.example:" + port + "/proto", "error: ErrorCode::TlsCertificateError\n"},
	}
	for _, test := range tests {
		c := command("fetch " + test.args)
		c.Resolver, c.RootCAs = &liar{addrs: []string{"127.0.0.1"}, ttl: time.Minute}, roots
		got := r.run(c, networks("connect example.com:"+port, "private example.com:"+port, "connect other.example:"+port, "private other.example:"+port))
		if got.out != test.out || got.err != nil {
			t.Errorf("%s ended with %.300q, %v, %.300s want %.300q", test.args, got.out, got.err, got.errors, test.out)
		}
	}
}
