package wasi_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// origin is a server for guests to fetch from.
func origin(t *testing.T, secure bool) (s *httptest.Server, addr string) {
	t.Helper()
	if s = httptest.NewUnstartedServer(pages()); secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, s.Listener.Addr().String()
}

func pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Guest", r.Header.Get("X-Guest")+r.Header.Get("User-Agent"))
		w.Header().Set("X-Host", r.Host)
		_, _ = io.WriteString(w, "hello "+r.URL.RawQuery)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("Trailer", "X-Trailer, X-Late")
		_, _ = io.Copy(w, r.Body)
		w.Header().Set("X-Trailer", r.Trailer.Get("X-Trailer"))
		w.Header().Set("X-Late", "yes")
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 3_000_000))
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "short")
	})
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/stuck", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/fields", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
		}
	})
	mux.HandleFunc("/proto", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	return mux
}

func TestFetch(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	_, addr := origin(t, false)
	_, port, _ := net.SplitHostPort(addr)
	local := "connect " + addr
	big := strings.Repeat("x", 900)
	tests := []struct{ args, grants, out string }{
		{"GET http://" + addr + "/hello?a=b", local, "200\nx-guest: rust-net\nx-host: " + addr + "\nx-method: GET\nhello a=b\n"},
		{"HEAD http://" + addr + "/hello", local, "200\nx-guest: rust-net\nx-host: " + addr + "\nx-method: HEAD\n\n"},
		{"POST http://" + addr + "/echo text trail", local, "200\ntext\ntrailer x-late: yes\ntrailer x-trailer: trail\n"},
		{"POST http://" + addr + "/echo size:3000000", local, "200\n3000000 bytes\ntrailer x-late: yes\ntrailer x-trailer: \n"},
		{"POST http://" + addr + "/echo " + big, local, "200\n" + big + "\ntrailer x-late: yes\ntrailer x-trailer: \n"},
		{"GET http://" + addr + "/big", local, "200\n3000000 bytes\n"},
		{"GET http://localhost:" + port + "/hello", "connect localhost:" + port, "200\nx-guest: rust-net\nx-host: localhost:" + port + "\nx-method: GET\nhello \n"},
		// Nothing follows a redirect.
		{"GET http://" + addr + "/away", local, "302\nlocation: http://169.254.169.254/latest\n<a href=\"http://169.254.169.254/latest\">Found</a>.\n\n\n"},
		{"GET http://" + addr + "/hello", "", "error: ErrorCode::HttpRequestDenied\n"},
		{"GET http://" + addr + "/hello", "connect 127.0.0.1:1", "error: ErrorCode::HttpRequestDenied\n"},
		{"GET http://a.example:" + port + "/hello", local, "error: ErrorCode::HttpRequestDenied\n"},
		{"GET http://a.example:" + port + "/hello", "connect a.example:" + port, "error: ErrorCode::DestinationIpProhibited\n"},
		{"GET http://a.example:" + port + "/hello", "connect a.example:" + port + ",private a.example:" + port, "200\nx-guest: rust-net\nx-host: a.example:" + port + "\nx-method: GET\nhello \n"},
		{"GET ftp://" + addr + "/hello", local, "error: ErrorCode::HttpProtocolError\n"},
		{"GET https://" + addr + "/hello", local, "error: ErrorCode::TlsProtocolError\n"},
		{"GET http://127.0.0.1:1/", "connect 127.0.0.1:1", "error: ErrorCode::ConnectionRefused\n"},
		{"GET http://" + addr + "/cut", local, "200\nerror: ErrorCode::HttpResponseIncomplete\n"},
		{"GET http://" + addr + "/never", local, "error: ErrorCode::HttpResponseTimeout\n"},
		{"GET http://" + addr + "/stuck", local, "200\nerror: ErrorCode::ConnectionReadTimeout\n"},
		{"GET http://" + addr + "/fields", local, "error: ErrorCode::HttpResponseHeaderSectionSize(None)\n"},
	}
	for _, test := range tests {
		c := command("fetch " + test.args)
		c.Resolver = &liar{addrs: []string{"127.0.0.1"}, ttl: time.Minute}
		var opts []component.Option
		if test.grants != "" {
			opts = append(opts, networks(strings.Split(test.grants, ",")...))
		}
		got := r.run(c, opts...)
		if got.out != test.out || got.err != nil {
			t.Errorf("%.200s with %q ended with %.300q, %v, %.300s want %.300q", test.args, test.grants, got.out, got.err, got.errors, test.out)
		}
	}
}

// TestFetchSecurely believes the certificate of the name that was asked for.
func TestFetchSecurely(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	s, addr := origin(t, true)
	_, port, _ := net.SplitHostPort(addr)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	tests := []struct {
		name    string
		roots   *x509.CertPool
		want    string
		granted bool
	}{
		{"example.com", roots, "200\n", true},
		{"other.example", roots, "error: ErrorCode::TlsCertificateError\n", true},
		{"example.com", nil, "error: ErrorCode::TlsCertificateError\n", true},
		{"example.com", roots, "error: ErrorCode::HttpRequestDenied\n", false},
	}
	for _, test := range tests {
		c := command("fetch GET https://" + test.name + ":" + port + "/hello")
		c.Resolver, c.RootCAs = &liar{addrs: []string{"127.0.0.1"}, ttl: time.Minute}, test.roots
		var opts []component.Option
		if test.granted {
			opts = append(opts, networks("connect "+test.name+":"+port, "private "+test.name+":"+port))
		}
		if got := r.run(c, opts...); !strings.HasPrefix(got.out, test.want) {
			t.Errorf("%s ended with %+v, want %q", test.name, got, test.want)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	got := newRunner(t, kept(t, "rust-net")).run(command("fields"))
	want := `good: ok
second: ok
no name: HeaderError::InvalidSyntax
bad name: HeaderError::InvalidSyntax
bad value: HeaderError::InvalidSyntax
nul: HeaderError::InvalidSyntax
bytes: ok
host: HeaderError::Forbidden
connection: HeaderError::Forbidden
transfer: HeaderError::Forbidden
list: HeaderError::InvalidSyntax
2
delete: ok
false true
request's: HeaderError::Immutable
copy: ok
true
true
true
true
true
`
	if got.out != want || got.err != nil {
		t.Errorf("it ended with %+v, want %q", got, want)
	}
}

// TestFetchRebinding has a name's owner answer with an address of the host's own
// network when it is asked again, within one program and for another one.
func TestFetchRebinding(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	_, addr := origin(t, false)
	_, port, _ := net.SplitHostPort(addr)
	name := "evil.example:" + port
	l := &liar{addrs: []string{"93.184.216.34", "127.0.0.1"}}
	resolve := command("resolve evil.example")
	resolve.Resolver = l
	if got := r.run(resolve, networks("connect "+name)); got.out != "93.184.216.34:0\n" {
		t.Fatalf("it ended with %+v", got)
	}
	var denied []string
	fetch := command("fetch GET http://" + name + "/hello")
	fetch.Resolver = l
	got := r.run(fetch, networks("connect "+name), component.WithDecisions(func(d capability.Decision) {
		if !d.Granted {
			denied = append(denied, d.Action+" "+d.Resource)
		}
	}))
	if got.out != "error: ErrorCode::DestinationIpProhibited\n" || len(denied) != 1 || denied[0] != "private "+name {
		t.Errorf("it ended with %+v; denied %q", got, denied)
	}
}

// TestFetchLeavesNothing cuts requests off in every stage.
func TestFetchLeavesNothing(t *testing.T) {
	r := newRunner(t, kept(t, "rust-net"))
	s, addr := origin(t, false)
	before := openSockets(t)
	for _, path := range []string{"/never", "/stuck", "/big", "/hello"} {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		c := command("fetch GET http://" + addr + path)
		p, err := r.factory.New(ctx, program.Imports{}, append(wasi.Options(c), networks("connect "+addr))...)
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Run().Run(ctx)
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
		cancel()
	}
	s.CloseClientConnections()
	closes(t, before)
}
