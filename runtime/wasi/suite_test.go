package wasi_test

import (
	"context"
	"flag"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/proxy"
)

var suite = flag.String("suite", "", "a folder with programs of a test suite, components that export wasi:cli/run or wasi:http/incoming-handler, to be run each")

// TestSuite runs other people's tests of WASI, made components of beforehand:
// docs/wasi.md says which and how.
func TestSuite(t *testing.T) {
	if *suite == "" {
		t.Skip("no -suite folder is given")
	}
	err := filepath.WalkDir(*suite, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".wasm" {
			return err
		}
		name, _ := filepath.Rel(*suite, strings.TrimSuffix(file, ".wasm"))
		t.Run(name, func(t *testing.T) {
			wasm, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			specs := specsOf(t, file)
			if len(specs[0].Requests) > 0 {
				serveSuite(t, wasm, file, specs)
				return
			}
			r := newRunner(t, wasm)
			for _, spec := range specs {
				if spec.Piped {
					r.piped(t, spec, file)
					continue
				}
				config, opts := spec.setup(t, file)
				spec.check(t, r.run(config, opts...))
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check holds what became of a program against what the suite wants of it.
func (s *suiteSpec) check(t *testing.T, got outcome) {
	t.Helper()
	ended := got.err == nil && got.code == s.ExitCode
	if s.Trap != "" {
		ended = got.err != nil && strings.Contains(got.err.Error(), s.Trap)
	}
	said := (s.Stdout == nil || got.out == *s.Stdout) && (s.StdoutSize == nil || len(got.out) == *s.StdoutSize)
	if !ended || !said {
		t.Errorf("with %.200q it ended with %d, %v, want %d, trap %q; out %.500q, err %.1000q", s.Args, got.code, got.err, s.ExitCode, s.Trap, got.out, got.errors)
	}
}

// piped runs the program twice, what one writes being what the other reads.
func (r *runner) piped(t *testing.T, s suiteSpec, file string) {
	from, to := io.Pipe()
	s.Env = map[string]string{"PIPED_SIDE": "PRODUCER"}
	producer, opts := s.setup(t, file)
	producer.Stdout = to
	done := make(chan outcome)
	go func() {
		got := r.run(producer, opts...)
		_ = to.Close()
		done <- got
	}()
	s.Env = map[string]string{"PIPED_SIDE": "CONSUMER"}
	consumer, opts := s.setup(t, file)
	consumer.Stdin = from
	s.check(t, r.run(consumer, opts...))
	_ = from.Close()
	s.check(t, <-done)
}

// serveSuite asks a component that takes requests.
func serveSuite(t *testing.T, wasm []byte, file string, specs []suiteSpec) {
	ctx := context.Background()
	f := loadProxyOf(t, wasm)
	for _, spec := range specs {
		config, opts := spec.setup(t, file)
		said := &lines{}
		config.Stdout = said
		h := wasi.NewHandler(f, wasi.HandlerOptions{Config: config, Options: opts, Timeout: spec.callTime()})
		s := httptest.NewServer(h)
		for _, r := range spec.Requests {
			r.check(t, s, spec.http)
		}
		s.Close()
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
		if out := said.String(); spec.Stdout != nil && out != *spec.Stdout {
			t.Errorf("it wrote %q, want %q", out, *spec.Stdout)
		}
	}
}

// A suiteRequest is a request to a component, and what is wanted of the response.
// {server} stands for the server that answers the component's own requests.
type suiteRequest struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Host   string            `json:"host"` // {server} too
	Fields map[string]string `json:"fields"`
	Body   string            `json:"body"`

	Status   int               `json:"status"`   // 200 where there is none
	Want     *string           `json:"want"`     // the body
	Contains string            `json:"contains"` // what the body holds
	Answer   map[string]string `json:"answer"`   // fields of the response; "" is for none
}

func (r *suiteRequest) check(t *testing.T, s *httptest.Server, upstream string) {
	t.Helper()
	put := strings.NewReplacer("{server}", upstream).Replace
	out, err := http.NewRequest(r.Method, s.URL+r.Path, strings.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	if r.Host != "" {
		out.Host = put(r.Host)
	}
	for name, value := range r.Fields {
		out.Header.Set(name, put(value))
	}
	in, err := s.Client().Do(out)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.Path, err)
		return
	}
	defer in.Body.Close()
	body, err := io.ReadAll(in.Body)
	want := r.Status
	if want == 0 {
		want = http.StatusOK
	}
	if err != nil || in.StatusCode != want || r.Want != nil && string(body) != *r.Want || !strings.Contains(string(body), put(r.Contains)) {
		t.Errorf("%s %s gives %d, %.300q, %v", r.Method, r.Path, in.StatusCode, body, err)
	}
	for name, value := range r.Answer {
		if got := in.Header.Get(name); got != value {
			t.Errorf("%s %s gives %s: %q, want %q", r.Method, r.Path, name, got, value)
		}
	}
}

func loadProxyOf(t *testing.T, wasm []byte) *proxy.Factory {
	t.Helper()
	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close(ctx) })
	f, err := wasi.LoadProxy(ctx, rt, wasm)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// mirror answers with what it was sent, as Wasmtime's tests of outgoing requests
// expect it.
func mirror(t *testing.T) (addr string) {
	t.Helper()
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-wasmtime-test-method", r.Method)
		w.Header().Set("x-wasmtime-test-uri", r.URL.RequestURI())
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		_ = control.Flush() // who asks may wait for the response before the body is sent
		_, _ = io.Copy(w, r.Body)
	})}
	l := listenLocal(t)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
