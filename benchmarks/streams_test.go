package benchmarks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

const (
	netFile = "../testdata/guests/rust-net/rust-net.wasm"
	pumped  = 64 << 20 // bytes that one iteration moves
	part    = 64 << 10 // bytes of a read or a write
)

// BenchmarkStreams moves 64 MiB through WASI's streams, 64 KiB at a time, and the
// same by package os, net or net/http alone. What is allocated a byte that is moved
// is in alloc/moved: where it is 1, each byte was copied to a place of its own.
func BenchmarkStreams(b *testing.B) {
	p := newPump(b)
	for _, way := range []struct {
		kind, with string
		plain      func() error
	}{
		{"file-in", "big", p.fileIn},
		{"file-read", "big", p.fileIn},
		{"file-out", "new", p.fileOut},
		{"tcp-in", p.source, p.tcpIn},
		{"tcp-out", p.sink, p.tcpOut},
		{"http-in", p.server, p.httpIn},
		{"http-out", p.server, func() error { return p.httpOut(-1) }},
		{"http-out-said", p.server, func() error { return p.httpOut(pumped) }},
	} {
		b.Run("what="+way.kind, func(b *testing.B) {
			b.Run("by=go", func(b *testing.B) { p.measure(b, way.plain) })
			b.Run("by=witgen", func(b *testing.B) {
				p.measure(b, func() error { return p.run(way.kind, way.with) })
			})
		})
	}
}

// A pump has both ends of what is moved.
type pump struct {
	dir                  string
	mounts               []wasi.Mount
	source, sink, server string // addresses of who sends, and of who takes
	program              func(wasi.Config) error
}

func newPump(b *testing.B) *pump {
	p := &pump{dir: b.TempDir()}
	check(b, os.WriteFile(filepath.Join(p.dir, "big"), make([]byte, pumped), 0o644))
	root, err := os.OpenRoot(p.dir)
	check(b, err)
	b.Cleanup(func() { _ = root.Close() })
	p.mounts = []wasi.Mount{{Path: "/data", Root: root}}
	p.source = listening(b, func(c net.Conn) { _ = write(c, pumped) })
	p.sink = listening(b, func(c net.Conn) { _ = read(c) })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			_ = read(r.Body)
			return
		}
		_ = write(w, pumped)
	}))
	b.Cleanup(s.Close)
	p.server = s.Listener.Addr().String()

	ctx := context.Background()
	rt, err := component.NewRuntime(ctx, component.Config{})
	check(b, err)
	b.Cleanup(func() { _ = rt.Close(ctx) })
	f, err := wasi.Load(ctx, rt, file(b, netFile))
	check(b, err)
	grants := []capability.Grant{
		{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"},
		{Kind: capability.Filesystem, Action: "write", Resource: "/data/**"},
	}
	for _, to := range []string{p.source, p.sink, p.server} {
		grants = append(grants, capability.Grant{Kind: capability.Network, Action: "connect", Resource: to})
	}
	p.program = func(c wasi.Config) error {
		code, err := wasi.Run(ctx, f, c, component.WithGrants(grants...))
		if err == nil && code != 0 {
			err = errors.New("the program failed")
		}
		return err
	}
	return p
}

// listening serves connections, one after the other.
func listening(b *testing.B, f func(net.Conn)) string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(b, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			_ = c.Close()
		}
	}()
	b.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func (p *pump) run(kind, with string) error {
	var said bytes.Buffer
	c := wasi.Config{Args: []string{"pump", "pump", kind, with, fmt.Sprint(pumped)}, Mounts: p.mounts, Stdout: &said}
	if err := p.program(c); err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	if got := strings.TrimSpace(said.String()); got != fmt.Sprint(pumped) {
		return fmt.Errorf("the program moved %s", got)
	}
	return nil
}

func (p *pump) measure(b *testing.B, f func() error) {
	b.ReportAllocs()
	b.SetBytes(pumped)
	before := allocated()
	n := 0
	for b.Loop() {
		check(b, f())
		n++
	}
	b.ReportMetric(float64(allocated()-before)/float64(n)/pumped, "alloc/moved")
}

func (p *pump) fileIn() error {
	f, err := os.Open(filepath.Join(p.dir, "big"))
	if err != nil {
		return err
	}
	defer f.Close()
	return read(f)
}

func (p *pump) fileOut() error {
	f, err := os.Create(filepath.Join(p.dir, "new"))
	if err != nil {
		return err
	}
	defer f.Close()
	return write(f, pumped)
}

func (p *pump) tcpIn() error {
	c, err := net.Dial("tcp4", p.source)
	if err != nil {
		return err
	}
	defer c.Close()
	return read(c)
}

func (p *pump) tcpOut() error {
	c, err := net.Dial("tcp4", p.sink)
	if err != nil {
		return err
	}
	defer c.Close()
	return write(c, pumped)
}

func (p *pump) httpIn() error {
	t := &http.Transport{DisableKeepAlives: true}
	r, err := http.NewRequest("GET", "http://"+p.server, nil)
	if err != nil {
		return err
	}
	in, err := t.RoundTrip(r)
	if err != nil {
		return err
	}
	defer in.Body.Close()
	return read(in.Body)
}

func (p *pump) httpOut(said int64) error {
	t := &http.Transport{DisableKeepAlives: true, WriteBufferSize: 32 << 10}
	body, in := io.Pipe()
	r, err := http.NewRequest("POST", "http://"+p.server, body)
	if err != nil {
		return err
	}
	r.ContentLength = said
	go func() { _ = in.CloseWithError(write(in, pumped)) }()
	out, err := t.RoundTrip(r)
	if err != nil {
		return err
	}
	return out.Body.Close()
}

// read reads to the end.
func read(r io.Reader) error {
	b := make([]byte, part)
	for n := 0; ; {
		m, err := r.Read(b)
		switch n += m; {
		case err == io.EOF && n == pumped:
			return nil
		case err != nil:
			return fmt.Errorf("%d bytes came: %w", n, err)
		}
	}
}

// write writes so many bytes.
func write(w io.Writer, n int) error {
	b := make([]byte, part)
	for ; n > 0; n -= len(b) {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// allocated is how many bytes the process has allocated so far.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
