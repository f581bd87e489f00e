package wasi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
)

// A slow is a sink whose other side does not read, until it is told to.
type slow struct {
	out  *outputStream
	held func() int   // bytes that the host holds
	read func() int   // reads to the end and says how many bytes came
	end  func() error // ends the writing side
}

// TestSlowReaders writes to each kind of sink until it takes nothing more: the host
// never holds more than its queue, the guest is told to wait, and nothing is lost
// when the other side reads at last.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	const (
		enough = 64 << 20 // bytes that a guest would write
		system = 16 << 20 // what the system's own buffers may take of a connection
	)
	for name, open := range map[string]func(*testing.T) *slow{
		"stdout": slowOutput, "tcp": slowConn, "http-request": slowRequest, "http-response": slowResponse,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			s := open(t)
			total := 0
			for total < enough {
				// Where it stands still for so long, it does until somebody reads.
				still, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
				waited := readiness(s.out.ready).wait(still)
				cancel()
				n, err := s.out.CheckWrite(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if waited != nil && n == 0 {
					break
				}
				if err := s.out.Write(ctx, make([]byte, n)); err != nil {
					t.Fatal(err)
				}
				if total += int(n); s.held() > maxQueued {
					t.Fatalf("the host holds %d bytes, may hold %d", s.held(), maxQueued)
				}
			}
			if total > system {
				t.Errorf("%d bytes were taken that nobody reads", total)
			}
			came := make(chan int, 1)
			go func() { came <- s.read() }()
			if err := s.out.BlockingFlush(ctx); err != nil {
				t.Error(err)
			}
			if n, err := s.out.CheckWrite(ctx); n != maxQueued || err != nil {
				t.Errorf("when all has gone check-write gives %d, %v", n, err)
			}
			if err := s.end(); err != nil {
				t.Error(err)
			}
			if n := <-came; n != total {
				t.Errorf("%d bytes came of %d", n, total)
			}
		})
	}
}

// count reads to the end.
func count(r io.Reader) int {
	n, _ := io.Copy(io.Discard, r)
	return int(n)
}

// guarded gives a count that a lock guards.
func guarded(mu *sync.Mutex, n *int) func() int {
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return *n
	}
}

func slowOutput(*testing.T) *slow {
	r, w := io.Pipe()
	out := newStdout(w).(*output)
	return &slow{out: &outputStream{sink: out}, held: guarded(&out.mu, &out.size), read: func() int { return count(r) }, end: w.Close}
}

func slowConn(t *testing.T) *slow {
	c, other := pair(t)
	_, out := c.streams()
	return &slow{out: out.(*outputStream), held: guarded(&c.out.mu, &c.out.size), read: func() int { return count(other) }, end: func() error {
		c.shutdown(false, true)
		return nil
	}}
}

// slowRequest is the body of a request whose server does not read.
func slowRequest(t *testing.T) *slow {
	reads, came := make(chan struct{}), make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-reads
		came <- count(r.Body)
	}))
	t.Cleanup(server.Close)
	made, _ := (&httpTypes{}).NewFields(t.Context())
	r := &outgoingRequest{method: "POST", headers: made.(*fields), authority: cm.Some(server.Listener.Addr().String())}
	body, out := bodyOf(t, r)
	request, _, err := r.build()
	if err != nil {
		t.Fatal(err)
	}
	request.URL.Scheme = "http"
	request.Body.(*bodyReader).ctx = t.Context()
	go func() {
		in, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err == nil {
			_ = in.Body.Close()
		}
	}()
	return &slow{out: out, held: guarded(&body.mu, &body.size), read: func() int {
		close(reads)
		return <-came
	}, end: func() error { return finish(t, body, out) }}
}

func finish(t *testing.T, body *outgoingBody, out *outputStream) error {
	out.Drop(t.Context())
	return (&httpTypes{}).OutgoingBodyFinish(t.Context(), body, cm.None[types.Fields]())
}

// slowResponse is the body of a response whose client does not read.
func slowResponse(t *testing.T) *slow {
	made, _ := (&httpTypes{}).NewFields(t.Context())
	body, out := bodyOf(t, &outgoingRequest{headers: made.(*fields)})
	body.want()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		s := &serving{w: w, r: r}
		_ = s.copy(r.Context(), http.NewResponseController(w), body)
	}))
	t.Cleanup(server.Close)
	client := &http.Transport{DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan *http.Response, 1)
	go func() {
		in, err := client.RoundTrip(request)
		if err != nil {
			t.Error(err)
			in = &http.Response{Body: http.NoBody}
		}
		came <- in
	}()
	return &slow{out: out, held: guarded(&body.mu, &body.size), read: func() int {
		in := <-came
		defer in.Body.Close()
		return count(in.Body)
	}, end: func() error { return finish(t, body, out) }}
}

// endless gives bytes without an end, and counts them.
type endless struct{ given, reads atomic.Int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.reads.Add(1)
	e.given.Add(int64(len(b)))
	return len(b), nil
}

// TestReadAhead: of what nobody takes, the host reads once, however often it is
// asked whether something is there.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	from := &endless{}
	in := &inputStream{source: newInput(from)}
	for range 100 {
		if err := readiness(in.ready).wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := in.Read(t.Context(), 10); err != nil || len(b) != 10 {
		t.Errorf("it gives %d bytes, %v", len(b), err)
	}
	if from.reads.Load() != 1 || from.given.Load() > maxRead {
		t.Errorf("%d bytes were read in %d reads, of which 10 were taken", from.given.Load(), from.reads.Load())
	}
}

// TestStopReading: when it returns nobody reads any more, and nobody begins to.
func TestStopReading(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	in := &input{r: r}
	if ready, _ := in.ready(); ready {
		t.Error("it is ready before anything came")
	}
	in.stop(errGone, func() error { return w.CloseWithError(io.ErrNoProgress) })
	if in.busy {
		t.Error("somebody still reads")
	}
	if b, err := in.read(10); len(b) > 0 || err != errGone {
		t.Errorf("it gives %q, %v", b, err)
	}
	if ready, _ := in.ready(); !ready || in.busy {
		t.Errorf("ready: %t, read again: %t", ready, in.busy)
	}
}
