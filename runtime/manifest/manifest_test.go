package manifest_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

var update = flag.Bool("update", false, "write the golden files")

const ledger = `
[component]
name = "orders:ledger"
version = "1.2.0"
`

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := manifest.Parse("Component.toml", []byte(ledger))
	if err != nil {
		t.Fatal(err)
	}
	want := &manifest.Manifest{
		Path: "Component.toml", Name: "orders:ledger", Version: "1.2.0",
		Supervision: manifest.Supervision{
			Restart: manifest.Permanent, Strategy: manifest.OneForOne, MaxRestarts: 3, Within: time.Minute,
			Health:         manifest.Health{Interval: 5 * time.Second, Timeout: time.Second, Failures: 3},
			StartupTimeout: 10 * time.Second, ShutdownTimeout: 5 * time.Second,
			Backoff: manifest.Backoff{Kind: manifest.Exponential, Base: 100 * time.Millisecond, Multiplier: 1.5, Max: 30 * time.Second},
		},
		Mailbox: manifest.Mailbox{Size: 1000, DeliveryTimeout: 5 * time.Second},
		Audit:   manifest.AuditDenied,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(manifest.Manifest{})); diff != "" {
		t.Error(diff)
	}
	if g := got.Grants(); len(g) != 0 {
		t.Errorf("grants without [capabilities]: %v", g)
	}
}

func TestEverything(t *testing.T) {
	t.Parallel()
	got, err := manifest.Parse("Component.toml", []byte(`
[component]
name = "intake"
version = "1.2.0-beta.1"
file = "build/intake.wasm"
world = "airssys:core/airssys-component@1.0.0"
description = "takes orders"

[capabilities]
imports = ["airssys:core/host-services"]
messaging.send = ["orders:ledger", "orders:audit"]
filesystem = { read = ["/data/**"], list_dir = [] }
process.spawn = false
storage.read = ["component:<id>:*"]

[capabilities.custom.billing]
charge = ["acct:*"]

[supervision]
restart = "transient"
group = "shop.intake"
strategy = "rest_for_one"
max_restarts = 5
within = "2m"
backoff = { kind = "linear", base = "1s", max = "10s", jitter = true }
health = { interval = "1s", timeout = "10ms", failures = 1 }
startup_timeout = "500ms"
shutdown_timeout = "1s"
keep_state = true

[mailbox]
size = 10
delivery_timeout = "20ms"
max_message_bytes = "4KiB"
max_bytes = 65_536

[resources.memory]
max_bytes = "1MiB"
[resources.cpu]
max_fuel = 100_000
fuel_per_second = 500_000
timeout_seconds = 3
max_depth = 100
[resources]
tables.max_elements = 1_000
handles.max = 500
values = { max_argument_bytes = 65_536, max_result_bytes = "0.5 kB" }
component = { max_bytes = "10MB", max_functions = 2_000, max_locals = 50, max_complexity = 100_000, load_timeout = "10s" }

[quota]
storage = "2MiB"
message_rate = 500

[audit]
level = "every"

[config]
z = 1
orders = [{ id = 1, note = "<a & b>" }]
day = 2026-01-02
at = 2026-01-02T03:04:05Z
local = 2026-01-02T03:04:05.5

[env]
MODE = "fast"

[[subscriptions]]
topic = "orders.*"
[[subscriptions]]
topic = "rates.#"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &manifest.Manifest{
		Path: "Component.toml", Name: "default:intake", Version: "1.2.0-beta.1", File: "build/intake.wasm",
		World: "airssys:core/airssys-component@1.0.0", Description: "takes orders",
		Subscriptions: []string{"orders.*", "rates.#"},
		Supervision: manifest.Supervision{
			Restart: manifest.Transient, Group: "shop.intake", Strategy: manifest.RestForOne, MaxRestarts: 5, Within: 2 * time.Minute,
			Health:         manifest.Health{Interval: time.Second, Timeout: 10 * time.Millisecond, Failures: 1},
			StartupTimeout: 500 * time.Millisecond, ShutdownTimeout: time.Second, KeepState: true,
			Backoff: manifest.Backoff{Kind: manifest.Linear, Base: time.Second, Max: 10 * time.Second, Jitter: true},
		},
		Mailbox: manifest.Mailbox{Size: 10, DeliveryTimeout: 20 * time.Millisecond, MaxMessageBytes: 4 << 10, MaxBytes: 64 << 10},
		Limits: manifest.Limits{
			MemoryBytes: 1 << 20, TableElements: 1_000, Handles: 500,
			Fuel: 100_000, FuelPerSecond: 500_000, Timeout: 3 * time.Second, Depth: 100, ArgumentBytes: 65_536, ResultBytes: 500,
			ComponentBytes: 10_000_000, Functions: 2_000, Locals: 50, Complexity: 100_000, LoadTimeout: 10 * time.Second,
		},
		Quotas: manifest.Quotas{Storage: 2 << 20, MessageRate: 500},
		Audit:  manifest.AuditEvery,
		Config: []byte(`{"at":"2026-01-02T03:04:05Z","day":"2026-01-02","local":"2026-01-02T03:04:05.5","orders":[{"id":1,"note":"<a & b>"}],"z":1}`),
		Env:    map[string]string{"MODE": "fast"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(manifest.Manifest{})); diff != "" {
		t.Error(diff)
	}
	grants := []capability.Grant{
		{Kind: capability.Import, Resource: "airssys:core/host-services"},
		{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"},
		{Kind: capability.Storage, Action: "read", Resource: "component:<id>:*"},
		{Kind: capability.Messaging, Action: "send", Resource: "orders:ledger"},
		{Kind: capability.Messaging, Action: "send", Resource: "orders:audit"},
		{Kind: "billing", Action: "charge", Resource: "acct:*"},
	}
	if diff := cmp.Diff(grants, got.Grants()); diff != "" {
		t.Error(diff)
	}
	if _, err := capability.NewGuard(got.Name, got.Grants(), nil); err != nil {
		t.Errorf("the guard refuses what the manifest accepted: %v", err)
	}
}

// TestErrors holds each broken manifest to its golden file: the list of all mistakes, then each in full.
func TestErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/errors/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := manifest.Parse("Component.toml", src)
			if m != nil || err == nil {
				t.Fatalf("accepted: %+v", m)
			}
			all, ok := errors.AsType[manifest.Errors](err)
			if !ok {
				t.Fatalf("a %T, which has no places", err)
			}
			var b strings.Builder
			b.WriteString(err.Error() + "\n")
			if len(all) > 1 {
				for _, e := range all {
					b.WriteString("\n" + e.Error() + "\n")
				}
			}
			golden(t, strings.TrimSuffix(file, ".toml")+".want", b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (run with -update when this is right):\n%s", file, diff)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		manifest string
		files    []string // beside the manifest
		want     string   // below the folder, with "/"
		err      string
	}{
		{"named", ledger + `file = "build/l.wasm"`, []string{"build/l.wasm", "ledger.wasm"}, "build/l.wasm", ""},
		{"named and missing", ledger + `file = "l.wasm"`, []string{"ledger.wasm"}, "", "Component.toml:5:8: there is no file"},
		{"by the folder's name", ledger, []string{"ledger.wasm", "other.wasm"}, "ledger.wasm", ""},
		{"the only one", ledger, []string{"other.wasm", "notes.txt"}, "other.wasm", ""},
		{"none", ledger, nil, "", "there is no component: no .wasm in"},
		{"several", ledger, []string{"a.wasm", "b.wasm"}, "", "there are 2 components"},
		{"no manifest", "", nil, "", "there is no such manifest"},
		{"mistakes of both sorts", ledger + "nmae = 1\nfile = \"l.wasm\"", nil, "", "has 2 errors"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "ledger")
			for _, f := range append(tt.files, manifest.FileName) {
				content := ""
				if f == manifest.FileName {
					if content = tt.manifest; content == "" {
						continue
					}
				}
				path := filepath.Join(dir, filepath.FromSlash(f))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			m, err := manifest.Load(dir)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %q, want %q in it", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(dir, filepath.FromSlash(tt.want)); m.File != want {
				t.Errorf("found %s, want %s", m.File, want)
			}
		})
	}
}

// TestHintsAreKeys holds the key that a denial names to what a manifest understands.
func TestHintsAreKeys(t *testing.T) {
	t.Parallel()
	demands := []struct {
		kind             capability.Kind
		action, resource string
	}{
		{capability.Filesystem, "list_dir", "/a b/[x]{y}*"},
		{capability.Network, "connect", "api.example.com:443"},
		{capability.Storage, "write", "shared:x"},
		{capability.Process, "spawn", "/usr/bin/git"},
		{capability.Messaging, "send", "orders:audit"},
		{capability.Import, "", "airssys:core/host-services@1.0.0"},
		{"billing", "charge", "acct:7"},
	}
	for _, d := range demands {
		point := []capability.Point{{Func: "f", Kind: d.kind, Action: d.action}}
		closed, err := capability.NewGuard("orders:intake", nil, point)
		if err != nil {
			t.Fatal(err)
		}
		_, denial := closed.Check(0, "", d.resource)
		if denial == nil {
			t.Fatalf("%v was granted by nothing", d)
		}
		key, ok := strings.CutPrefix(denial.Hint(), "in [capabilities] ")
		if !ok {
			t.Fatalf("hint %q", denial.Hint())
		}
		line := strings.Replace(key, ", add ", " = [", 1) + "]\n"
		m, err := manifest.Parse("Component.toml", []byte(ledger+"[capabilities]\n"+line))
		if err != nil {
			t.Errorf("following the hint:\n%v", err)
			continue
		}
		open, err := capability.NewGuard("orders:intake", m.Grants(), point)
		if err != nil {
			t.Fatal(err)
		}
		if _, denial := open.Check(0, "", d.resource); denial != nil {
			t.Errorf("following the hint %q: %v (%s)", line, denial, denial.Reason)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(ledger))
	f.Add([]byte(daily))
	files, _ := filepath.Glob("testdata/errors/*.toml")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := manifest.Parse("Component.toml", src)
		if err != nil {
			all, ok := errors.AsType[manifest.Errors](err)
			if !ok {
				t.Fatalf("%T: %v", err, err)
			}
			lines := 1 + strings.Count(string(src), "\n")
			for _, e := range all {
				if e.Line < 1 || e.Line > lines || e.Col < 1 {
					t.Fatalf("a mistake outside the file: %v", e)
				}
			}
			return
		}
		if m.Name == "" || m.Version == "" {
			t.Fatalf("accepted without a name or version: %+v", m)
		}
		if _, err := capability.NewGuard(m.Name, m.Grants(), nil); err != nil {
			t.Fatalf("the guard refuses what the manifest accepted: %v", err)
		}
	})
}

// TestHintOfWhatWasTakenBack says of what the manifest grants already who can give it back, in place of a key that is there.
func TestHintOfWhatWasTakenBack(t *testing.T) {
	t.Parallel()
	const text = "component = { name = \"a:b\", version = \"1.0.0\" }\ncapabilities = { messaging.send = [\"orders:*\"], optional.messaging.send = [\"mail:*\"] }\n"
	m, err := manifest.Parse(manifest.FileName, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	guard, err := capability.NewGuard(m.Name, m.Grants(), []capability.Point{{Func: "send-message", Kind: capability.Messaging, Action: "send"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range m.Grants() {
		guard.Revoke(g)
	}
	for target, want := range map[string]string{
		"orders:ledger": "it was taken back, and the manifest still asks for it: have it approved anew, witgen approvals review a:b",
		"mail:out":      "have it approved anew, with what is optional: witgen approvals review a:b",
		"else:where":    `in [capabilities] messaging.send, add "else:where"`,
	} {
		if _, denial := guard.Check(0, "", target); denial == nil || m.Hint(denial) != want {
			t.Errorf("%s: %q", target, m.Hint(denial))
		}
	}
}
