package benchmarks

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

const httpFile = "../testdata/guests/rust-http/rust-http.wasm"

// BenchmarkServe is one request over a connection that is kept, answered with five
// bytes: by a handler in Go, and by a component in an instance of its own. load=one
// is the latency that one client sees, load=many the throughput of as many as there
// are processors.
func BenchmarkServe(b *testing.B) {
	plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hello")
	})
	b.Run("by=go", func(b *testing.B) { requests(b, plain) })
	for _, way := range []struct {
		name  string
		fresh bool
	}{{"by=witgen", false}, {"by=witgen-fresh", true}} {
		b.Run(way.name, func(b *testing.B) {
			ctx := context.Background()
			rt, err := component.NewRuntime(ctx, component.Config{})
			check(b, err)
			defer rt.Close(ctx)
			f, err := wasi.LoadProxy(ctx, rt, file(b, httpFile))
			check(b, err)
			h := wasi.NewHandler(f, wasi.HandlerOptions{Fresh: way.fresh})
			defer h.Close(ctx)
			requests(b, h)
		})
	}
}

func requests(b *testing.B, h http.Handler) {
	b.Run("load=none", func(b *testing.B) { // the handler alone
		r := httptest.NewRequest("GET", "/hello", nil)
		b.ReportAllocs()
		for b.Loop() {
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	})
	s := httptest.NewServer(h)
	defer s.Close()
	client := s.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
	get := func() error {
		in, err := client.Get(s.URL + "/hello")
		if err != nil {
			return err
		}
		defer in.Body.Close()
		_, err = io.Copy(io.Discard, in.Body)
		return err
	}
	b.Run("load=one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(b, get())
		}
	})
	b.Run("load=many", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := get(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
