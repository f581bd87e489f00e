package runtime_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/manifest"
)

// guestOf writes the manifest of a test guest.
func guestOf(t *testing.T, guest, says string) *manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, filepath.Join("..", "testdata", "guests", guest, guest+".wasm"), filepath.Join(dir, guest+".wasm"))
	return write(t, dir, "component = { name = \"demo:"+guest+"\", version = \"1.0.0\", file = \""+guest+".wasm\" }\n"+says)
}

// TestExtensions has components of manifests use all that a host has beside the
// worlds: each what its manifest grants, and no more. What is stored outlives the
// host.
func TestExtensions(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	writeFile(t, filepath.Join(data, "in.txt"), []byte("hello"))
	root, err := os.OpenRoot(data)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	manifests := []*manifest.Manifest{
		guestOf(t, "handyman", `
[capabilities]
imports = ["airssys:core/host-services"]
filesystem.read = ["/data/**"]
filesystem.list_dir = ["/data"]
network.connect = ["`+l.Addr().String()+`"]
process.spawn = ["/bin/sh"]
process.kill = ["/bin/sh"]
[env]
NAME = "value"
`),
		guestOf(t, "surveyor", `
[capabilities]
imports = ["airssys:core/host-services", "airssys:core/storage"]
storage.read = ["component:<id>:*"]
storage.write = ["component:<id>:*"]
[quota]
storage = "1KiB"
`),
		guestOf(t, "scribe", "[env]\nNAME = \"value\"\n"),
	}
	log := &record{}
	store := filepath.Join(t.TempDir(), "values.db")
	start := func() *runtime.Host {
		t.Helper()
		h, err := runtime.New(t.Context(), runtime.Config{
			Component: config(), Log: slog.New(slog.NewTextHandler(log, nil)), Store: store, Mounts: []files.Mount{{Path: "/data", Root: root}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Start(t.Context(), manifests...); err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := start()
	ask := func(name, command, want string) string {
		t.Helper()
		got, err := h.Ask(t.Context(), actor.Address{Namespace: "demo", Name: name}, []byte(command))
		if err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %s gives %s, %v; want %s", name, command, got, err, want)
		}
		return string(got)
	}
	ask("handyman", "open /data/in.txt r", "1")
	ask("handyman", "read 1 10", "5 hello")
	ask("handyman", "ls /data", "/data 1: in.txt Regular")
	ask("handyman", "rm /data/in.txt", "PermissionDenied(")
	ask("handyman", "socket tcp4", "1")
	ask("handyman", "connect 1 "+l.Addr().String(), "ok")
	ask("handyman", "connect 1 127.0.0.1:1", "ProtocolError(")
	script := filepath.Join(t.TempDir(), "s")
	writeFile(t, script, []byte("echo from $NAME"))
	pid := ask("handyman", "spawn /bin/sh "+script+" with=inherit,stdout", "")
	ask("handyman", "wait "+pid, pid+" code 0")
	ask("handyman", "spawn /bin/sleep 1", "PermissionDenied(")
	ask("surveyor", "set k kept", "ok")
	ask("surveyor", "delete k", "io-error: ")
	ask("surveyor", "fill big 1024", "quota-exceeded")
	ask("scribe", "env", "NAME=value ")
	ask("scribe", "mounts", "/data ")
	ask("scribe", "err something to say", "")
	if err := h.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`msg="from value" actor=demo:handyman stream=stdout pid=` + pid, `level=WARN msg="something to say" actor=demo:scribe stream=stderr`} {
		if text := log.logged(); !strings.Contains(text, want) {
			t.Errorf("the log has no %s:\n%s", want, text)
		}
	}
	h = start()
	ask("surveyor", "get k", "some kept")
	if err := h.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}
