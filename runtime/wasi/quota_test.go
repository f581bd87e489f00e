package wasi_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi"
)

// TestOpenFilesOfSeveral counts the files of one instance beside those of others.
func TestOpenFilesOfSeveral(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-files"))
	_, mounts := tree(t, map[string]string{"a.txt": "hello"})
	open := &quota.Counter{Limit: 1}
	c := wasi.Config{Args: []string{"prog", "cat", "/data/a.txt"}, Mounts: mounts, OpenFiles: open}
	all := component.WithGrants(files("read /data/**")...)
	if got := r.run(c, all); got.out != "hello" || got.code != 0 {
		t.Errorf("with room it ended with %+v", got)
	}
	if u := open.Usage(); u.Used != 0 {
		t.Errorf("after its end %v are open", u)
	}
	open.Take(1)
	if got := r.run(c, all); got.code != 1 || got.errors != "error: quota exceeded\n" {
		t.Errorf("without room it ended with %+v", got)
	}
	if u := open.Usage(); u.Used != 1 {
		t.Errorf("after its end %v are open", u)
	}
	if want := []string{"too many files of an instance: 1 more than 1 of 1 (100%)"}; !slices.Equal(r.met, want) {
		t.Errorf("told %q", r.met)
	}
}

// TestOpenSocketsOfSeveral counts the sockets of one instance beside those of others.
func TestOpenSocketsOfSeveral(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	to := echo(t, "tcp4")
	open := &quota.Counter{Limit: 3}
	c := command("leak " + to + " 3")
	c.OpenSockets = open
	if got := r.run(c, networks("connect "+to)); got.code != 0 {
		t.Errorf("with room it ended with %+v", got)
	}
	if u := open.Usage(); u.Used != 0 {
		t.Errorf("after its end %v are open", u)
	}
	open.Take(1)
	if got := r.run(c, networks("connect "+to)); got.out != "error: socket 2: new-socket-limit\n" {
		t.Errorf("without room it ended with %+v", got)
	}
	if u := open.Usage(); u.Used != 1 {
		t.Errorf("after its end %v are open", u)
	}
	if want := []string{"too many sockets of an instance: 1 more than 3 of 3 (100%)"}; !slices.Equal(r.met, want) {
		t.Errorf("told %q", r.met)
	}
	told := 0
	open.Met = func(quota.Usage) { told++ } // it tells so itself
	if r.run(c, networks("connect "+to)); told != 1 || len(r.met) != 1 {
		t.Errorf("told %d times, and %q", told, r.met)
	}
}

// TestBandwidth moves no more than a second's worth at once, and the rest as fast
// as it may: what is moved last is not waited for.
func TestBandwidth(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	tcp := echo(t, "tcp4")
	_, http := origin(t, false)
	for name, test := range map[string]struct {
		args, out string
		moved     uint64
		rate      uint64
		opts      component.Option
	}{
		"tcp":  {"bulk " + tcp + " 8000", "8000 sent, 8000 back, 0 wrong\n", 16_000, 10_000, networks("connect " + tcp)},
		"http": {"fetch GET http://" + http + "/big", "", 3_000_000, 2_000_000, networks("connect " + http)},
	} {
		c := command(test.args)
		c.Bandwidth = quota.NewThrottle(test.rate, nil, nil)
		began := time.Now()
		got := r.run(c, test.opts)
		if took, least := time.Since(began), time.Duration(test.moved-test.rate-test.rate/4)*time.Second/time.Duration(test.rate); took < least {
			t.Errorf("%s: %d bytes, %d a second, took %v, and must take %v", name, test.moved, test.rate, took, least)
		}
		if got.code != 0 || test.out != "" && got.out != test.out {
			t.Errorf("%s ended with %.200v", name, got)
		}
	}
}

// TestBandwidthOfDatagrams has who sends too many wait at its pollable.
func TestBandwidthOfDatagrams(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(b[:n], from)
		}
	}()
	to := server.LocalAddr().String()
	c := command("udp-send 127.0.0.1:0 " + to + " hello")
	c.Bandwidth = quota.NewThrottle(1000, nil, nil)
	began := time.Now()
	c.Bandwidth.Use(1300)
	got := r.run(c, networks("bind 127.0.0.1:0", "connect "+to))
	if want := (outcome{out: "hello from " + to + "\n"}); got != want {
		t.Errorf("it ended with %+v", got)
	}
	if took := time.Since(began); took < 290*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// TestBandwidthCancelled ends what waits for bandwidth.
func TestBandwidthCancelled(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-net"))
	to := echo(t, "tcp4")
	c := command("bulk " + to + " 300000")
	c.OpenSockets = &quota.Counter{}
	waits := make(chan struct{}, 1)
	c.Bandwidth = quota.NewThrottle(1, nil, func(quota.Usage) { waits <- struct{}{} })
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-waits; cancel() }()
	if _, err := wasi.Run(ctx, r.factory, c, networks("connect "+to)); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if u := c.OpenSockets.Usage(); u.Used != 0 {
		t.Errorf("after its end %v are open", u)
	}
}
