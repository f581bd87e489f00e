package wasi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// patient looks names up for ever.
type patient struct{}

func (patient) Lookup(ctx context.Context, _ string) ([]netip.Addr, time.Duration, error) {
	<-ctx.Done()
	return nil, 0, context.Cause(ctx)
}

// openBelow is how many files below a folder the process has open.
func openBelow(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted here")
	}
	n := 0
	for _, fd := range all {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// TestEverythingIsClosed opens one of each kind of thing and drops none: files and
// folders with their streams, sockets of each kind, a lookup, requests and bodies in
// the middle, timers. The end of the instance closes all, whether it is closed or
// its context is cancelled while it waits.
func TestEverythingIsClosed(t *testing.T) {
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	peer := echo(t, "tcp4")
	s, server := origin(t, false)
	dir, mounts := tree(t, map[string]string{"a.txt": "hello"})
	grants := component.WithGrants(append(files("read /data/**", "write /data/**"),
		grant(capability.Network, "connect", peer), grant(capability.Network, "connect", server),
		grant(capability.Network, "connect", "slow.example:80"),
		grant(capability.Network, "bind", "127.0.0.1:0"), grant(capability.Network, "listen", "127.0.0.1:0"))...)
	start := func(ctx context.Context, then string, files, sockets *quota.Counter) (p *program.Program, open *bufio.Reader, done chan error, end func()) {
		out, in := io.Pipe()
		stdin, feed := io.Pipe()
		c := command("everything " + peer + " " + server + " " + then)
		c.Stdout, c.Stdin, c.Mounts, c.Resolver = in, stdin, mounts, patient{}
		c.OpenFiles, c.OpenSockets = files, sockets
		p, err := r.factory.New(ctx, program.Imports{}, append(wasi.Options(c), grants)...)
		if err != nil {
			t.Fatal(err)
		}
		done = make(chan error, 1)
		go func() { done <- p.Run().Run(ctx) }()
		return p, bufio.NewReader(out), done, func() { _ = feed.Close(); _ = in.Close() }
	}
	for _, then := range []string{"leave", "stay"} {
		t.Run(then, func(t *testing.T) {
			before, filesBefore, running := openSockets(t), openBelow(t, dir), goleak.IgnoreCurrent()
			files, sockets := &quota.Counter{Limit: 100}, &quota.Counter{Limit: 100}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			p, out, done, end := start(ctx, then, files, sockets)
			if line, err := out.ReadString('\n'); line != "open\n" {
				t.Fatalf("it said %q, %v; ended with %v", line, err, <-done)
			}
			if then == "stay" {
				// A listener, two ends of a connection, a UDP socket; two requests, which the host makes by and by.
				for deadline := time.Now().Add(time.Minute); openSockets(t) < before+6; time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatalf("%d sockets are open, %d were before", openSockets(t), before)
					}
				}
				cancel()
			}
			err := <-done
			if then == "leave" && err != nil || then == "stay" && !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
			if n := openBelow(t, dir); then == "leave" && n <= filesBefore {
				t.Errorf("%d files are open, %d were before", n, filesBefore)
			}
			// Three sockets, a lookup, two requests.
			if f, s := files.Usage(), sockets.Usage(); then == "leave" && (f.Used < 1 || s.Used != 6) {
				t.Errorf("the instance has %v files and %v sockets open", f.Used, s.Used)
			}
			if err := p.Close(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
			end()
			if f, s := files.Usage(), sockets.Usage(); f.Used != 0 || s.Used != 0 {
				t.Errorf("after the instance %v files and %v sockets count as open", f.Used, s.Used)
			}
			if n := openBelow(t, dir); n != filesBefore {
				t.Errorf("after the instance %d files are open, %d were before", n, filesBefore)
			}
			closes(t, before)
			s.CloseClientConnections()
			for deadline := time.Now().Add(time.Minute); ; {
				err := goleak.Find(running)
				if err == nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestWaitingTakesNoThread has many programs wait at once.
func TestWaitingTakesNoThread(t *testing.T) {
	const programs, threads = 100, 30
	r := newRunner(t, kept(t, "rust-files"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := pprof.Lookup("threadcreate").Count()
	done := make(chan error, programs)
	var feeds []*io.PipeWriter
	for range programs {
		in, feed := io.Pipe()
		feeds = append(feeds, feed)
		started := make(chan struct{})
		go func() {
			_, err := wasi.Run(ctx, r.factory, wasi.Config{Args: []string{"prog", "echo"}, Stdin: in, Stdout: tell(started)}, component.WithGrants(clocksAndRandom...))
			done <- err
		}()
		if _, err := feed.Write([]byte("hello\n")); err != nil {
			t.Fatal(err)
		}
		<-started
	}
	if n := pprof.Lookup("threadcreate").Count() - before; n > threads {
		t.Errorf("%d programs that wait took %d threads", programs, n)
	}
	cancel()
	for range programs {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("one ended with %v", err)
		}
	}
	for _, f := range feeds {
		_ = f.Close()
	}
}
