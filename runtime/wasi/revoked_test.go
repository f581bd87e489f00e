package wasi_test

import (
	"bufio"
	"context"
	"io"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// TestRevokedWhileOpen takes back what each kind of open thing was opened under: the
// next use is refused. Without that it goes on.
func TestRevokedWhileOpen(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	peer := echo(t, "tcp4")
	_, server := origin(t, false)
	read, write := grant(capability.Filesystem, "read", "/data/**"), grant(capability.Filesystem, "write", "/data/**")
	bind, listen := grant(capability.Network, "bind", "127.0.0.1:0"), grant(capability.Network, "listen", "127.0.0.1:0")
	toPeer, toServer := grant(capability.Network, "connect", peer), grant(capability.Network, "connect", server)
	tests := []struct {
		kind string
		back capability.Grant
		says string
	}{
		{"file-read", read, "not-permitted"},
		{"file-write", write, "not-permitted"},
		{"file-stat", read, "not-permitted"},
		{"file-open", read, "not-permitted"},
		{"file-source", read, "not-permitted"},
		{"file-sink", write, "not-permitted"},
		{"file-append", write, "not-permitted"},
		{"file-entries", read, "not-permitted"},
		{"tcp-source", toPeer, "access-denied"},
		{"tcp-sink", toPeer, "access-denied"},
		{"tcp-splice", toPeer, "access-denied"},
		{"tcp-accept", listen, "access-denied"},
		{"tcp-accept", bind, "access-denied"},
		{"udp-receive", bind, "access-denied"},
		{"udp-check", bind, "access-denied"},
		{"udp-send", bind, "access-denied"},
		{"udp-send", toPeer, "access-denied"},
		{"http-source", toServer, "ErrorCode::HttpRequestDenied"},
		{"http-sink", toServer, "ErrorCode::HttpRequestDenied"},
		{"http-response", toServer, "ErrorCode::HttpRequestDenied"},
	}
	for _, test := range tests {
		for _, revokes := range []bool{false, true} {
			want := "second\n"
			if revokes {
				want = "error: " + test.says + "\n"
			}
			_, mounts := tree(t, map[string]string{"a.txt": "hello", "b.txt": "", "c.txt": ""})
			c := command("revoked " + test.kind + " " + peer + " " + server)
			c.Mounts = mounts
			said := twice(t, r, c, func(p *program.Program) {
				if revokes && !p.Instance().Guard().Revoke(test.back) {
					t.Errorf("%s: there is no grant %v", test.kind, test.back)
				}
			}, component.WithGrants(append(files(), read, write, bind, listen, toPeer, toServer)...))
			if said != "first\n"+want {
				t.Errorf("%s, revoked %t (%v): it said %q, want %q", test.kind, revokes, test.back, said, want)
			}
		}
	}
}

// twice runs a program that says a line, does something between it and the next,
// and gives all that it said.
func twice(t *testing.T, r *runner, c wasi.Config, between func(*program.Program), opts ...component.Option) string {
	t.Helper()
	ctx := context.Background()
	in, feed := io.Pipe()
	results, out := io.Pipe()
	c.Stdin, c.Stdout = in, out
	p, err := r.factory.New(ctx, program.Imports{}, append(wasi.Options(c), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- p.Run().Run(ctx)
		_ = out.Close()
	}()
	said := bufio.NewReader(results)
	first, err := said.ReadString('\n')
	if err == nil {
		between(p)
		_, _ = io.WriteString(feed, "\n")
	}
	rest, _ := io.ReadAll(said)
	if err := <-done; err != nil {
		if _, ended := wasi.ExitCode(err); !ended {
			t.Errorf("%v ended with %v", c.Args, err)
		}
	}
	_ = feed.Close()
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	return first + string(rest)
}
