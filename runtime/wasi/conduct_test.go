package wasi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/wallclock"
	fstypes "github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// These tests hold at the host's interfaces what programs of other people's suites
// rely on.

// TestSeed asks twice, which one program may and gets the same.
func TestSeed(t *testing.T) {
	t.Parallel()
	var one, other seed
	first, _ := one.InsecureSeed(t.Context())
	again, _ := one.InsecureSeed(t.Context())
	foreign, _ := other.InsecureSeed(t.Context())
	if first != again || first == foreign {
		t.Errorf("an instance got %v, then %v; another one %v", first, again, foreign)
	}
}

// isClosed reports whether a stream says that it has ended.
func isClosed(err error) bool {
	_, ok := errors.AsType[*streams.StreamErrorClosed](err)
	return ok
}

// pair is a guest's connection and its other side.
func pair(t *testing.T) (*conn, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mine, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mine.Close(); _ = other.Close() })
	return newConn(mine.(*net.TCPConn), netguard.Leave{}, nil), other.(*net.TCPConn)
}

// TestFlushAfterShutdown: what was written before goes, and nothing can be written
// or flushed any more.
func TestFlushAfterShutdown(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, other := pair(t)
	_, out := c.streams()
	text := bytes.Repeat([]byte("x"), maxQueued)
	if err := out.Write(ctx, text); err != nil {
		t.Fatal(err)
	}
	c.shutdown(false, true)
	for name, err := range map[string]error{
		"flush": out.Flush(ctx), "blocking-flush": out.BlockingFlush(ctx), "write": out.Write(ctx, []byte("y")),
		"blocking-write-and-flush": out.BlockingWriteAndFlush(ctx, []byte("y")),
	} {
		if !isClosed(err) {
			t.Errorf("%s after shutdown gives %v", name, err)
		}
	}
	if _, err := out.CheckWrite(ctx); !isClosed(err) {
		t.Errorf("check-write after shutdown gives %v", err)
	}
	if got, err := io.ReadAll(other); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes came, %v, want %d", len(got), err, len(text))
	}
}

// TestStandardStreams: what a program wrote has been written when it has run, though
// nobody flushed it; and that nobody reads any more is an end, and no failure.
func TestStandardStreams(t *testing.T) {
	t.Parallel()
	from, to := io.Pipe()
	h := newHosts(&Config{Stdout: to}, nil)
	if err := (&outputStream{sink: h.out}).Write(t.Context(), []byte("not flushed")); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		h.written(t.Context())
		close(done)
	}()
	select {
	case <-done:
		t.Error("it did not wait for what nobody has read")
	default:
	}
	text := make([]byte, 100)
	if n, err := from.Read(text); err != nil || string(text[:n]) != "not flushed" {
		t.Errorf("%q came, %v", text[:n], err)
	}
	<-done
	_ = from.Close()
	if err := (&outputStream{sink: h.out}).BlockingWriteAndFlush(t.Context(), []byte("x")); !isClosed(err) {
		t.Errorf("where nobody reads a write gives %v", err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	_ = read.Close()
	if err := (&outputStream{sink: newStdout(write)}).BlockingWriteAndFlush(t.Context(), []byte("x")); !isClosed(err) && runtime.GOOS != "windows" {
		t.Errorf("of a pipe that nobody reads a write gives %v", err)
	}
}

// TestKeepAliveIsLeftAlone: package net, which gets the sockets when they are
// connected, has options of its own for them.
func TestKeepAliveIsLeftAlone(t *testing.T) {
	t.Parallel()
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd":
	default:
		t.Skipf("sockets have no options on %s", runtime.GOOS)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const f = network.IPAddressFamilyIPV4
	for _, want := range []map[socketOption]int{
		{optionKeepAlive: 0, optionKeepIdle: 77, optionKeepInterval: 5, optionKeepCount: 3},
		{optionKeepAlive: 1, optionKeepIdle: 78, optionKeepInterval: 6, optionKeepCount: 4},
	} {
		s, err := newRawSocket(f, true)
		if err != nil {
			t.Fatal(err)
		}
		for o, n := range want {
			if err := setOption(s.file, f, o, n); err != nil {
				t.Fatal(err)
			}
		}
		c, err := s.connect(l.Addr().(*net.TCPAddr).AddrPort())
		if err != nil {
			t.Fatal(err)
		}
		for o, n := range want {
			got, err := getOption(c, f, o)
			if err != nil || got != n && !(o == optionKeepAlive && got != 0 && n != 0) {
				t.Errorf("option %d is %d when the socket is connected, %v; it was %d", o, got, err, n)
			}
		}
		_ = c.Close()
	}
}

// TestSocketChecksOrder: what a socket is at the moment is looked at before an
// address, and an address before the guard, which these have none of.
func TestSocketChecksOrder(t *testing.T) {
	t.Parallel()
	s := newSockets(&Config{})
	v4, _ := s.CreateTCPSocket(t.Context(), network.IPAddressFamilyIPV4)
	socket := v4.(*tcpSocket)
	defer socket.Drop(context.Background())
	wrong := socketAddress(netip.MustParseAddrPort("[::1]:80")) // of the other family
	for _, test := range []struct {
		state         tcpState
		bind, connect network.ErrorCode
	}{
		{tcpUnbound, network.ErrorCodeInvalidArgument, network.ErrorCodeInvalidArgument},
		{tcpBinding, network.ErrorCodeConcurrencyConflict, network.ErrorCodeConcurrencyConflict},
		{tcpBound, network.ErrorCodeInvalidState, network.ErrorCodeInvalidArgument},
		{tcpStarting, network.ErrorCodeConcurrencyConflict, network.ErrorCodeConcurrencyConflict},
		{tcpListening, network.ErrorCodeInvalidState, network.ErrorCodeInvalidState},
		{tcpConnecting, network.ErrorCodeConcurrencyConflict, network.ErrorCodeConcurrencyConflict},
		{tcpConnected, network.ErrorCodeInvalidState, network.ErrorCodeInvalidState},
		{tcpClosed, network.ErrorCodeInvalidState, network.ErrorCodeInvalidState},
	} {
		socket.state = test.state
		if err := socket.StartBind(t.Context(), theNetwork{}, wrong); err != test.bind {
			t.Errorf("in state %d start-bind gives %v, want %v", test.state, err, test.bind)
		}
		if err := socket.StartConnect(t.Context(), theNetwork{}, wrong); err != test.connect {
			t.Errorf("in state %d start-connect gives %v, want %v", test.state, err, test.connect)
		}
	}
	socket.state = tcpUnbound
}

// TestAccess: writes are synchronised where that is asked for.
func TestAccess(t *testing.T) {
	t.Parallel()
	const read, write = fstypes.DescriptorFlagsRead, fstypes.DescriptorFlagsWrite
	for flags, want := range map[fstypes.DescriptorFlags]int{
		read:         os.O_RDONLY,
		write:        os.O_WRONLY,
		read | write: os.O_RDWR,
		read | fstypes.DescriptorFlagsFileIntegritySync:         os.O_RDONLY,
		write | fstypes.DescriptorFlagsFileIntegritySync:        os.O_WRONLY | os.O_SYNC,
		read | write | fstypes.DescriptorFlagsDataIntegritySync: os.O_RDWR | os.O_SYNC,
		write | fstypes.DescriptorFlagsRequestedWriteSync:       os.O_WRONLY | os.O_SYNC,
	} {
		if got := access(flags.Has(write), flags); got != want {
			t.Errorf("flags %v open for %#x, want %#x", flags, got, want)
		}
	}
}

// TestLinkTimes sets the times of a link, and not of the file behind it.
func TestLinkTimes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	before, err := os.Stat(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	info, err := root.Lstat("link")
	if err != nil {
		t.Fatal(err)
	}
	p := &files.Place{Parent: root, Name: "link", Rel: "link", Info: info}
	then := time.Unix(1_000_000_000, 500)
	err = setTimes(p, &fstypes.NewTimestampNoChange{}, &fstypes.NewTimestampTimestamp{Value: wallclock.Datetime{Seconds: 1_000_000_000, Nanoseconds: 500}})
	if runtime.GOOS != "linux" {
		if err != fstypes.ErrorCodeUnsupported {
			t.Errorf("it gives %v", err)
		}
		return
	}
	after, _ := root.Lstat("link")
	if err != nil || !after.ModTime().Equal(then) {
		t.Errorf("the link is of %v, %v, want %v", after.ModTime(), err, then)
	}
	if file, _ := root.Stat("file"); !file.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file is of %v, was of %v", file.ModTime(), before.ModTime())
	}
}

// TestNamesWithNUL: names with a NUL are refused before anybody is asked: they would be others
// where names end with one.
func TestNamesWithNUL(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		t.Fatal(err)
	}
	d := &descriptor{m: &files.Mount{Path: "/data", Root: root}, info: info}
	ctx := t.Context()
	_, stat := d.StatAt(ctx, 0, "a\x00b")
	_, open := d.OpenAt(ctx, 0, "a\x00", fstypes.OpenFlagsCreate, fstypes.DescriptorFlagsWrite)
	for name, err := range map[string]error{"stat-at": stat, "open-at": open, "create-directory-at": d.CreateDirectoryAt(ctx, "\x00"), "unlink-file-at": d.UnlinkFileAt(ctx, "a\x00/b")} {
		if err != fstypes.ErrorCodeInvalid {
			t.Errorf("%s of a name with NUL gives %v", name, err)
		}
	}
}

// TestRequestLength sends a request that says how long its body is: that is what
// the server gets, and the guest's flush ends when all of it has gone.
func TestRequestLength(t *testing.T) {
	t.Parallel()
	type arrived struct {
		length  int64
		chunked bool
		body    string
	}
	seen := make(chan arrived, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen <- arrived{r.ContentLength, len(r.TransferEncoding) > 0, string(b)}
	}))
	defer server.Close()
	for _, test := range []struct {
		said string
		want arrived
	}{{"5", arrived{5, false, "hello"}}, {"", arrived{-1, true, "hello"}}} {
		h := &httpTypes{}
		made, _ := h.NewFields(t.Context())
		if test.said != "" {
			if err := made.Append(t.Context(), "Content-Length", []byte(test.said)); err != nil {
				t.Fatal(err)
			}
		}
		r := &outgoingRequest{method: "POST", headers: made.(*fields), authority: cm.Some(server.Listener.Addr().String())}
		body, out := bodyOf(t, r)
		request, _, err := r.build()
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Scheme = "http"
		request.Body.(*bodyReader).ctx = t.Context()
		transport := &http.Transport{DisableKeepAlives: true}
		done := make(chan error, 1)
		go func() {
			in, err := transport.RoundTrip(request.WithContext(t.Context()))
			if err == nil {
				err = in.Body.Close()
			}
			done <- err
		}()
		if err := out.BlockingWriteAndFlush(t.Context(), []byte("hello")); err != nil {
			t.Fatal(err)
		}
		out.Drop(t.Context())
		if err := h.OutgoingBodyFinish(t.Context(), body, cm.None[types.Fields]()); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := <-seen; got != test.want {
			t.Errorf("with a length of %q the server got %+v, want %+v", test.said, got, test.want)
		}
	}
}

// bodyOf is the body of a request and its stream.
func bodyOf(t *testing.T, r *outgoingRequest) (*outgoingBody, *outputStream) {
	t.Helper()
	body, err := r.Body(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := body.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return body.(*outgoingBody), out.(*outputStream)
}

// TestFlushBeforeResponse: a body that nobody sends yet cannot be waited for; what
// was asked for is done when it is sent.
func TestFlushBeforeResponse(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	made, _ := (&httpTypes{}).NewFields(ctx)
	body, out := bodyOf(t, &outgoingRequest{headers: made.(*fields)})
	if err := out.BlockingWriteAndFlush(ctx, []byte("early")); err != nil {
		t.Fatal(err)
	}
	if n, err := out.CheckWrite(ctx); err != nil || n == 0 {
		t.Errorf("after it check-write gives %d, %v", n, err)
	}
	body.want()
	chunks, flush, err := body.take(ctx)
	if err != nil || !flush || len(chunks) != 1 || string(chunks[0]) != "early" {
		t.Fatalf("what is sent is %q, flushed %t, %v", chunks, flush, err)
	}
	if n, err := out.CheckWrite(ctx); err != nil || n != 0 {
		t.Errorf("while it is flushed check-write gives %d, %v", n, err)
	}
	body.sent(chunks, true)
	if n, err := out.CheckWrite(ctx); err != nil || n != maxQueued {
		t.Errorf("when it has gone check-write gives %d, %v", n, err)
	}
}

// TestLengthIsKept: a body is wrong when it is longer or shorter than its fields
// say, for the guest and for who sends it.
func TestLengthIsKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for text, fails := range map[string]bool{"hell": true, "hello": false, "hello!": true} {
		h := &httpTypes{}
		made, _ := h.NewFields(ctx)
		if err := made.Append(ctx, "Content-Length", []byte("5")); err != nil {
			t.Fatal(err)
		}
		body, out := bodyOf(t, &outgoingRequest{headers: made.(*fields)})
		body.want()
		wrote := out.Write(ctx, []byte(text))
		out.Drop(ctx)
		ended := h.OutgoingBodyFinish(ctx, body, cm.None[types.Fields]())
		if (ended != nil) != fails || (wrote != nil) != (len(text) > 5) {
			t.Errorf("%q of 5 bytes: write gives %v, finish %v", text, wrote, ended)
		}
		if !fails {
			chunks, _, err := body.take(ctx)
			if err != nil || len(chunks) != 1 {
				t.Errorf("%q is sent as %q, %v", text, chunks, err)
			}
			continue
		}
		if _, _, err := body.take(ctx); err == nil || err == io.EOF {
			t.Errorf("%q of 5 bytes is sent as if it were whole: %v", text, err)
		}
	}
}
