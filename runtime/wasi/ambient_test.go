package wasi_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// TestNothingIsAmbient gives a program all that there is, and takes one thing away
// in turn: what it did with it is then refused, or empty.
func TestNothingIsAmbient(t *testing.T) {
	t.Parallel()
	needsSockets(t)
	guests := map[string]*runner{}
	for _, name := range []string{"rust-files", "rust-net", "c-cli"} {
		guests[name] = newRunner(t, kept(t, name))
	}
	peer := echo(t, "tcp4")
	_, server := origin(t, false)
	_, peerPort, _ := net.SplitHostPort(peer)
	local := "127.0.0.1:0"
	_, mounts := tree(t, map[string]string{"a.txt": "hello"})
	network := func(action, resource string) capability.Grant {
		return grant(capability.Network, action, resource)
	}
	imports := func(name string) capability.Grant { return grant(capability.Import, "", name) }
	all := []capability.Grant{
		imports("wasi:clocks/wall-clock"), imports("wasi:clocks/monotonic-clock"), imports("wasi:random/random"),
		imports("wasi:random/insecure"), imports("wasi:random/insecure-seed"),
		grant(capability.Filesystem, "read", "/data/**"), grant(capability.Filesystem, "write", "/data/**"), grant(capability.Filesystem, "delete", "/data/b.txt"),
		network("connect", peer), network("connect", server), network("connect", "localhost:"+peerPort),
		network("bind", local), network("listen", local),
	}
	tests := []struct {
		guest, command string
		take           any    // a grant, or what takes it from the Config
		with, without  string // what the program says; without may be the interface of a denial that ends it
	}{
		{"rust-files", "env", func(c *wasi.Config) { c.Env = nil }, "A=1\n", ""},
		{"c-cli", "x", func(c *wasi.Config) { c.Args = nil }, "argc=2", "argc=0"},
		{"rust-files", "echo", func(c *wasi.Config) { c.Stdin = nil }, "line\n", ""},
		{"rust-net", "ambient terminals", func(c *wasi.Config) { c.Terminals = wasi.Terminals{} }, "true true true\n", "false false false\n"},
		{"rust-files", "cat /data/a.txt", func(c *wasi.Config) { c.Mounts = nil }, "hello", "error: "},

		{"rust-files", "wall", imports("wasi:clocks/wall-clock"), "", "wasi:clocks/wall-clock"},
		{"rust-files", "monotonic", imports("wasi:clocks/monotonic-clock"), "", "wasi:clocks/monotonic-clock"},
		{"rust-files", "random", imports("wasi:random/random"), "10\n", "wasi:random/random"},
		{"rust-net", "ambient insecure", imports("wasi:random/insecure"), "", "wasi:random/insecure"},
		{"rust-net", "ambient seed", imports("wasi:random/insecure-seed"), "", "wasi:random/insecure-seed"},

		{"rust-files", "cat /data/a.txt", grant(capability.Filesystem, "read", "/data/**"), "hello", "error: permission denied"},
		{"rust-files", "write /data/b.txt x", grant(capability.Filesystem, "write", "/data/**"), "", "error: permission denied"},
		{"rust-files", "rm /data/b.txt", grant(capability.Filesystem, "delete", "/data/b.txt"), "", "error: permission denied"},

		{"rust-net", "send " + peer + " hi", network("connect", peer), "hi from", "error: access-denied"},
		{"rust-net", "revoked tcp-accept " + peer + " " + server, network("bind", local), "first\nsecond\n", "error: access-denied"},
		{"rust-net", "revoked tcp-accept " + peer + " " + server, network("listen", local), "first\nsecond\n", "error: access-denied"},
		{"rust-net", "revoked udp-receive " + peer + " " + server, network("bind", local), "first\nsecond\n", "error: access-denied"},
		{"rust-net", "revoked udp-send " + peer + " " + server, network("connect", peer), "first\nsecond\n", "error: access-denied"},
		{"rust-net", "resolve localhost", network("connect", "localhost:"+peerPort), "127.0.0.1:0", "error: access-denied"},
		{"rust-net", "fetch GET http://" + server + "/hello", network("connect", server), "200\n", "error: ErrorCode::HttpRequestDenied"},
	}
	for _, test := range tests {
		for _, taken := range []bool{false, true} {
			c := command(test.command)
			c.Env, c.Stdin, c.Mounts = []string{"A=1"}, reader("line\n"), mounts
			c.Terminals = wasi.Terminals{Stdin: true, Stdout: true, Stderr: true}
			if strings.Contains(test.command, "b.txt") {
				if err := os.WriteFile(filepath.Join(mounts[0].Root.Name(), "b.txt"), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			grants, want := slices.Clone(all), test.with
			if taken {
				want = test.without
				switch take := test.take.(type) {
				case capability.Grant:
					i := slices.Index(grants, take)
					grants = slices.Delete(grants, i, i+1)
				case func(*wasi.Config):
					take(&c)
				}
			}
			got := guests[test.guest].run(c, component.WithGrants(grants...))
			if denial, ok := errors.AsType[*capability.Denial](got.err); ok && taken && strings.HasPrefix(want, "wasi:") {
				if !strings.HasPrefix(denial.Point.Interface, want) {
					t.Errorf("%s without it was denied %v, want %s", test.command, denial, want)
				}
				continue
			}
			if got.err != nil || !strings.Contains(got.out+got.errors, want) || want == "" && got.out != "" || !taken && got.code != 0 {
				t.Errorf("%s (taken: %t) ended with %d, %v; out %.200q, err %.200q; want %q", test.command, taken, got.code, got.err, got.out, got.errors, want)
			}
		}
	}
}

// TestOutputIsNotTheProcess runs a program whose Config has nowhere to write to, and
// looks at the process's own streams.
func TestOutputIsNotTheProcess(t *testing.T) {
	r := newRunner(t, kept(t, "rust-files"))
	f, err := os.Create(filepath.Join(t.TempDir(), "seen"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = f, f
	defer func() { os.Stdout, os.Stderr = out, errs }()
	for _, does := range []string{"args", "panic"} {
		code, err := wasi.Run(context.Background(), r.factory, wasi.Config{Args: []string{"prog", does}})
		if (err != nil) != (does == "panic") {
			t.Errorf("%s ended with %d, %v", does, code, err)
		}
	}
	if b, err := os.ReadFile(f.Name()); err != nil || len(b) > 0 {
		t.Errorf("the process's own streams got %q, %v", b, err)
	}
}
