package wasi_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// TestChildren drops each kind of parent before its child and after it. What is in
// no parent's is dropped as the guest likes.
func TestChildren(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	r := newRunner(t, kept(t, "rust-net"))
	peer := echo(t, "tcp4")
	_, server := origin(t, false)
	tests := []struct{ kind, parent string }{
		{"stdin", "input-stream"},
		{"stdout", "output-stream"},
		{"file-in", "input-stream"},
		{"file-out", "output-stream"},
		{"file-stream", ""},
		{"tcp", "tcp-socket"},
		{"tcp-in", "input-stream"},
		{"tcp-out", "output-stream"},
		{"tcp-streams", ""},
		{"udp", "udp-socket"},
		{"udp-in", "incoming-datagram-stream"},
		{"udp-out", "outgoing-datagram-stream"},
		{"resolve", "resolve-address-stream"},
		{"request", "outgoing-request"},
		{"handle", "outgoing-request"},
		{"moved-headers", ""},
		{"future", "future-incoming-response"},
		{"response", "incoming-response"},
		{"incoming-body", "incoming-body"},
		{"incoming-finish", "incoming-body"},
		{"incoming-stream", "input-stream"},
		{"future-trailers", "future-trailers"},
		{"trailers", "future-trailers"},
		{"outgoing-body", "outgoing-body"},
		{"outgoing-finish", "outgoing-body"},
		{"outgoing-stream", "output-stream"},
	}
	for _, test := range tests {
		for _, first := range []string{"child", "parent"} {
			to := peer
			if !strings.HasPrefix(test.kind, "tcp") {
				to = server
			}
			_, mounts := tree(t, map[string]string{"a.txt": "hello"})
			c := command("orphan " + test.kind + " " + first + " " + to)
			c.Mounts = mounts
			c.Resolver = &liar{addrs: []string{"127.0.0.1"}, ttl: time.Minute}
			got := r.run(c, component.WithGrants(files("read /data/**", "write /data/**")...),
				networks("connect "+peer, "connect "+server, "connect localhost:80", "bind 127.0.0.1:0"))
			if first == "child" || test.parent == "" {
				if got.err != nil || got.code != 0 || got.out != "dropped\n" {
					t.Errorf("%s, the %s first, ended with %d, %v; said %q", test.kind, first, got.code, got.err, got.out)
				}
				continue
			}
			trap, ok := errors.AsType[*component.Trap](got.err)
			if !ok || !strings.Contains(trap.Error(), test.parent+" was dropped or given away before its children") || got.out != "" {
				t.Errorf("%s, the parent first, ended with %d, %v; said %q", test.kind, got.code, got.err, got.out)
			}
		}
	}
}

// TestChildrenOfRequests does it with what a server's guest has.
func TestChildrenOfRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, wasi.HandlerOptions{Options: []component.Option{component.WithGrants(clocksAndRandom...)}})
	for kind, parent := range map[string]string{
		"request": "incoming-request", "body": "incoming-body", "response": "outgoing-response", "set": "outgoing-response", "none": "",
	} {
		got := s.ask("POST", "/orphan?"+kind, strings.NewReader("text"))
		o := <-s.outcomes
		if parent == "" {
			if got != "200 dropped" || o.Err != nil {
				t.Errorf("%s gave %q, %v", kind, got, o.Err)
			}
			continue
		}
		if o.Err == nil || !strings.Contains(o.Err.Error(), parent+" was dropped or given away before its children") || !strings.HasPrefix(got, "500") {
			t.Errorf("%s gave %q, %v", kind, got, o.Err)
		}
	}
}
