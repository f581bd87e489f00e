package runtime_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/manifest"
)

// permitted writes the manifest of a test guest in the permissions dialect.
func permitted(t *testing.T, guest, says string) *manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, filepath.Join("..", "testdata", "guests", guest, guest+".wasm"), filepath.Join(dir, guest+".wasm"))
	return write(t, dir, "package = { name = \"demo:"+guest+"\", version = \"1.0.0\" }\n"+says)
}

// TestPermissionsDialect has components do what manifests of the permissions
// dialect grant them, and no more.
func TestPermissionsDialect(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	writeFile(t, filepath.Join(data, "in.txt"), []byte("hello"))
	root, err := os.OpenRoot(data)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	h, err := runtime.New(t.Context(), runtime.Config{
		Component: config(), Log: slog.New(slog.DiscardHandler), Store: filepath.Join(t.TempDir(), "values.db"),
		Mounts: []files.Mount{{Path: "/data", Root: root}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Stop(context.Background())
	err = h.Start(
		t.Context(),
		permitted(t, "handyman", `
[permissions.filesystem]
read = ["/data/**"]
[permissions.network]
inbound = [1]
`),
		permitted(t, "surveyor", `
[permissions.storage]
namespaces = ["component:<id>"]
max_size_mb = 1
`),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ name, command, want string }{
		{"handyman", "open /data/in.txt r", "1"},
		{"handyman", "read 1 10", "5 hello"},
		{"handyman", "rm /data/in.txt", "PermissionDenied("},
		{"surveyor", "set k kept", "ok"},
		{"surveyor", "get k", "some kept"},
		{"surveyor", "fill big 1048576", "quota-exceeded"},
		{"surveyor", "delete k", "ok"},
		{"surveyor", "get shared:k", "io-error: "},
	} {
		got, err := h.Ask(t.Context(), actor.Address{Namespace: "demo", Name: step.name}, []byte(step.command))
		if err != nil || !strings.HasPrefix(string(got), step.want) {
			t.Errorf("%s: %s gives %s, %v; want %s", step.name, step.command, got, err, step.want)
		}
	}
}

// TestMemoryThatIsNeeded starts no component to which the host gives less memory
// than its manifest says that it needs.
func TestMemoryThatIsNeeded(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Limits = component.Limits{Memory: 8 << 20}
	h, _ := newHostOf(t, cfg, nil)
	m := permitted(t, "surveyor", "runtime.memory_min_mb = 9")
	err := h.Start(t.Context(), m)
	if !errors.As(err, new(*manifest.Error)) || !strings.Contains(err.Error(), ":2:25: `runtime.memory_min_mb` is 9, and this host gives 8 MiB at most") {
		t.Errorf("got %v", err)
	}
	if err := h.Start(t.Context(), permitted(t, "surveyor", "runtime.memory_min_mb = 8")); err != nil {
		t.Error(err)
	}
}

// TestTimeInMilliseconds has a call end that takes longer than its manifest says.
func TestTimeInMilliseconds(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, nil)
	if err := h.Start(t.Context(), permitted(t, "handyman", "runtime.timeout_ms = 50\nsupervision.restart = \"temporary\"")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Ask(t.Context(), actor.Address{Namespace: "demo", Name: "handyman"}, []byte("spin")); err == nil {
		t.Error("it answered")
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	var limit *component.TimeLimitError
	if crashes := find[actor.Crashed](rec); len(crashes) != 1 || !errors.As(crashes[0].Err, &limit) || limit.Limit != 50*time.Millisecond {
		t.Errorf("got %+v", crashes)
	}
}
