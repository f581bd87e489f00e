package wasi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/proxy"
)

func loadProxy(t *testing.T, name string) *proxy.Factory {
	t.Helper()
	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close(ctx) })
	f, err := wasi.LoadProxy(ctx, rt, kept(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A site is a component that serves, and what became of its requests.
type site struct {
	*httptest.Server
	handler  *wasi.Handler
	outcomes chan wasi.Outcome
	said     *lines
}

type lines struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func serve(t *testing.T, o wasi.HandlerOptions) *site {
	t.Helper()
	s := &site{outcomes: make(chan wasi.Outcome, 100), said: &lines{}}
	o.Config.Stderr = s.said
	if o.Done == nil {
		o.Done = func(_ *http.Request, o wasi.Outcome) { s.outcomes <- o }
	}
	s.handler = wasi.NewHandler(loadProxy(t, "rust-http"), o)
	s.Server = httptest.NewUnstartedServer(s.handler)
	s.Config.ErrorLog = log.New(unsaid{t}, "", 0)
	s.Start()
	t.Cleanup(func() {
		s.Close()
		if err := s.handler.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// unsaid takes what a server may have nothing to say of.
type unsaid struct{ t *testing.T }

func (u unsaid) Write(b []byte) (int, error) {
	u.t.Errorf("the server says %s", b)
	return len(b), nil
}

// ask gives status, body and trailers of one request, or what was wrong.
func (s *site) ask(method, path string, body io.Reader) string {
	r, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("X-One", "1")
	if body != nil {
		r.Trailer = http.Header{"X-Trailer": {"t"}}
		r.ContentLength = -1
	}
	in, err := s.Client().Do(r)
	if err != nil {
		return "no response"
	}
	defer in.Body.Close()
	b, err := io.ReadAll(in.Body)
	text := string(b)
	if len(text) > 1000 {
		text = fmt.Sprintf("%d bytes", len(text))
	}
	if err != nil {
		text += ", not whole"
	}
	if v := in.Trailer.Get("X-Trailer"); v != "" {
		text += ", trailer " + v
	}
	return fmt.Sprintf("%d %s", in.StatusCode, text)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	upstream, addr := origin(t, false)
	s := serve(t, wasi.HandlerOptions{
		Options: []component.Option{component.WithGrants(clocksAndRandom...), networks("connect " + addr)},
		MaxBody: 4 << 20,
	})
	hasty := serve(t, wasi.HandlerOptions{Options: []component.Option{component.WithGrants(clocksAndRandom...)}, Timeout: 2 * time.Second})
	_ = upstream
	big := func(n int) io.Reader { return strings.NewReader(strings.Repeat("x", n)) }
	tests := []struct {
		method, path string
		body         io.Reader
		want         string
		fails        string // what the outcome says of it
		said         string
	}{
		{"GET", "/hello", nil, "200 hello", "", ""},
		{"HEAD", "/hello", nil, "200 ", "", ""},
		{"GET", "/about?q=1", nil, "200 Method::Get Some(Scheme::Http) Some(\"/about?q=1\")\nx-one: 1\n", "", ""},
		{"PURGE", "/about", nil, "200 Method::Other(\"PURGE\") Some(Scheme::Http) Some(\"/about\")\nx-one: 1\n", "", ""},
		{"POST", "/echo", big(100), "200 " + strings.Repeat("x", 100) + ", trailer t", "", ""},
		{"POST", "/echo", big(3 << 20), "200 3145728 bytes, trailer t", "", ""},
		{"POST", "/length", big(3 << 20), "200 3145728", "", ""},
		{"POST", "/length", big(5 << 20), "200 4194304, then Some(ErrorCode::HttpRequestBodySize(Some(4194304)))", "", ""},
		{"GET", "/big?3000000", nil, "200 3000000 bytes", "", ""},
		{"GET", "/missing", nil, "404 there is no such page", "", ""},
		{"GET", "/late", nil, "200 first", "", "afterwards"},
		{"GET", "/trap", nil, "500 Internal Server Error\n", "unreachable", ""},
		{"GET", "/nothing", nil, "500 Internal Server Error\n", "gave no response", ""},
		{"GET", "/error", nil, "500 Internal Server Error\n", "loop-detected", ""},
		{"GET", "/half", nil, "200 half, not whole", "did not finish", ""},
		{"GET", "/short", nil, "200 short, not whole", "body-size", "HttpResponseBodySize(Some(5))"},
		{"GET", "/spin", nil, "504 Gateway Timeout\n", "deadline", ""},
		{"GET", "/wait", nil, "504 Gateway Timeout\n", "deadline", ""},
		{"GET", "/fetch?" + addr + "/hello", nil, "200 hello ", "", ""},
		{"GET", "/fetch?" + addr + "/big", nil, "200 3000000 bytes", "", ""},
		{"GET", "/fetch?127.0.0.1:1/hello", nil, "502 ErrorCode::HttpRequestDenied", "", ""},
	}
	for _, test := range tests {
		s := s
		if test.fails == "deadline" {
			s = hasty
		}
		got := s.ask(test.method, test.path, test.body)
		o := <-s.outcomes
		if got != test.want {
			t.Errorf("%s %s gave %.300q, want %.300q; %v", test.method, test.path, got, test.want, o.Err)
		}
		if test.fails == "" && o.Err != nil || test.fails != "" && (o.Err == nil || !strings.Contains(o.Err.Error(), test.fails)) {
			t.Errorf("%s %s failed with %v, want %q", test.method, test.path, o.Err, test.fails)
		}
		if !strings.HasPrefix(got, fmt.Sprint(o.Status)) {
			t.Errorf("%s %s gave %.300q, its outcome says %d", test.method, test.path, got, o.Status)
		}
		s.said.mu.Lock()
		if said := s.said.String(); !strings.Contains(said, test.said) {
			t.Errorf("%s %s said %q, want %q", test.method, test.path, said, test.said)
		}
		s.said.Reset()
		s.said.mu.Unlock()
	}
}

// TestHandlerContinues asks whether it may send a body, of guests that answer
// before they read, and that read before they answer.
func TestHandlerContinues(t *testing.T) {
	t.Parallel()
	s := serve(t, wasi.HandlerOptions{Options: []component.Option{component.WithGrants(clocksAndRandom...)}, Timeout: 20 * time.Second})
	patient := &http.Transport{ExpectContinueTimeout: time.Hour}
	defer patient.CloseIdleConnections()
	for path, want := range map[string]string{"/echo": "text", "/length": "4", "/missing": "there is no such page"} {
		r, _ := http.NewRequest("POST", s.URL+path, strings.NewReader("text"))
		r.Header.Set("Expect", "100-continue")
		in, err := patient.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in.Body)
		_ = in.Body.Close()
		if err != nil || string(b) != want {
			t.Errorf("%s gave %q, %v, want %q", path, b, err, want)
		}
	}
}

// TestHandlerGone has clients leave in the middle.
func TestHandlerGone(t *testing.T) {
	t.Parallel()
	s := serve(t, wasi.HandlerOptions{Options: []component.Option{component.WithGrants(clocksAndRandom...)}})
	for _, request := range []string{
		"GET /big?1000000000 HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
	} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(request, "GET /big") {
			_, _ = io.ReadFull(c, make([]byte, 100_000))
		}
		_ = c.Close()
		// A guest that reads may answer what it has seen, to nobody.
		if o := <-s.outcomes; o.Err == nil && !strings.Contains(request, "/length") {
			t.Errorf("%.20q ended with %+v", request, o)
		}
	}
}

// TestHandlerBusy asks for more instances than there may be.
func TestHandlerBusy(t *testing.T) {
	t.Parallel()
	s := serve(t, wasi.HandlerOptions{
		Options: []component.Option{component.WithGrants(clocksAndRandom...)},
		Pool:    component.PoolOptions{Max: 1, TenantQueue: 1}, Timeout: time.Minute,
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range 2 { // one at work, one that waits
		wg.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/wait", nil)
			if in, err := s.Client().Do(r); err == nil {
				_ = in.Body.Close()
			}
		})
	}
	for s.handler.Stats().InUse < 1 || s.handler.Stats().Waiting < 1 {
		runtime.Gosched()
	}
	if got := s.ask("GET", "/hello", nil); got != "503 Service Unavailable\n" {
		t.Errorf("it gave %q", got)
	}
	for o := range s.outcomes {
		if _, busy := errors.AsType[*component.BusyError](o.Err); busy && o.Status == 503 {
			break
		}
	}
	cancel()
	wg.Wait()
}

// TestTenThousandRequests serves them to some clients at once, and leaves nothing.
func TestTenThousandRequests(t *testing.T) {
	const clients, each = 8, 1250
	var done, failed atomic.Int64
	s := serve(t, wasi.HandlerOptions{
		Options: []component.Option{component.WithGrants(clocksAndRandom...)},
		Pool:    component.PoolOptions{Max: 16},
		Done: func(_ *http.Request, o wasi.Outcome) {
			if done.Add(1); o.Err != nil {
				failed.Add(1)
			}
		},
	})
	client := s.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = clients
	s.ask("GET", "/hello", nil)
	client.CloseIdleConnections()
	goroutines, open := runtime.NumGoroutine(), openSockets(t)
	var wg sync.WaitGroup
	var wrong atomic.Int64
	for range clients {
		wg.Go(func() {
			for i := range each {
				path, want := "/hello", "hello"
				var body io.Reader
				if i%10 == 0 {
					path, want = "/echo", strings.Repeat("y", 10_000)
					body = strings.NewReader(want)
				}
				r, _ := http.NewRequest("POST", s.URL+path, body)
				in, err := client.Do(r)
				if err != nil {
					wrong.Add(1)
					continue
				}
				b, err := io.ReadAll(in.Body)
				_ = in.Body.Close()
				if err != nil || in.StatusCode != 200 || string(b) != want {
					wrong.Add(1)
				}
			}
		})
	}
	wg.Wait()
	client.CloseIdleConnections()
	deadline := time.Now().Add(time.Minute)
	for (openSockets(t) > open || runtime.NumGoroutine() > goroutines || done.Load() < clients*each+1) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // connections end when both sides have seen it
	}
	if wrong.Load() != 0 || done.Load() != clients*each+1 || failed.Load() != 0 {
		t.Errorf("%d were answered wrong; %d were done of %d, %d failed", wrong.Load(), done.Load(), clients*each+1, failed.Load())
	}
	if d, g := openSockets(t), runtime.NumGoroutine(); d > open || g > goroutines {
		t.Errorf("%d sockets and %d goroutines are left, before there were %d and %d", d, g, open, goroutines)
	}
	t.Logf("instances: %+v", s.handler.Stats())
}
