package runtime_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/manifest"
)

// proberAt writes a manifest of the guest that does what it is told.
func limitedProber(t *testing.T, lines string) *manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/prober/prober.wasm", filepath.Join(dir, "prober.wasm"))
	return write(t, dir, `
[component]
name = "demo:prober"
version = "1.0.0"
file = "prober.wasm"
[capabilities]
imports = ["airssys:core/host-services"]
[supervision]
restart = "temporary"
`+lines)
}

// TestManifestLimits has each limit that a manifest can set end what goes beyond
// it, but for handles and depth, of which this guest needs none.
func TestManifestLimits(t *testing.T) {
	t.Parallel()
	trap := func(cause any) func(*record, error) bool {
		return func(rec *record, _ error) bool {
			crashes := find[actor.Crashed](rec)
			return len(crashes) == 1 && errors.As(crashes[0].Err, cause)
		}
	}
	refused := func(cause any) func(*record, error) bool {
		return func(_ *record, err error) bool { return errors.As(err, cause) }
	}
	for _, test := range []struct {
		line, message string
		ends          func(rec *record, start error) bool
	}{
		{`memory.max_bytes = "2MiB"`, "grow 4000000", func(rec *record, _ error) bool {
			return strings.Contains(rec.logged(), "grow 4000000 -> out of memory")
		}},
		{`tables.max_elements = 1`, "", refused(new(*component.LimitError))},
		{`cpu.max_fuel = 1_000_000`, "spin", trap(new(*component.OutOfFuelError))},
		{`cpu.timeout_seconds = 1`, "spin", trap(new(*component.TimeLimitError))},
		{"cpu.fuel_per_second = 100_000\ncpu.timeout_seconds = 1", "spin", func(rec *record, start error) bool {
			var limit *component.TimeLimitError
			return trap(&limit)(rec, start) && limit.Fuel < 1_000_000
		}},
		{`values.max_argument_bytes = "1KiB"`, "log info " + strings.Repeat("a", 750), func(rec *record, _ error) bool {
			return strings.Contains(rec.logged(), strings.Repeat("a", 750)) && len(find[actor.Rejected](rec)) == 0
		}},
		{`values.max_argument_bytes = "1KiB"`, "log info " + strings.Repeat("a", 760), func(rec *record, _ error) bool {
			rejected := find[actor.Rejected](rec)
			return len(rejected) == 1 && errors.As(rejected[0].Err, new(*component.LimitError)) && len(find[actor.Crashed](rec)) == 0
		}},
		{`values.max_result_bytes = 200`, "log info " + strings.Repeat("a", 201), trap(new(*abi.LimitError))},
		{`component.max_bytes = 1_000`, "", refused(new(*component.LimitError))},
		{`component.max_functions = 10`, "", refused(new(*component.LimitError))},
		{`component.max_locals = 2`, "", refused(new(*component.LimitError))},
		{`component.max_complexity = 1_000`, "", refused(new(*component.LimitError))},
		{`component.load_timeout = "1ms"`, "", refused(new(*component.LoadTimeError))},
	} {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			h, rec := newHost(t, nil)
			err := h.Start(t.Context(), limitedProber(t, "[resources]\n"+test.line))
			if err == nil && test.message != "" {
				if err := h.Send(t.Context(), actor.Address{Namespace: "demo", Name: "prober"}, []byte(test.message)); err != nil {
					t.Fatal(err)
				}
				if err := h.WaitIdle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			met := err
			if crashes := find[actor.Crashed](rec); len(crashes) > 0 {
				met = crashes[0].Err
			}
			if key, _, _ := strings.Cut(test.line, " "); met != nil && runtime.LimitKey(met) != "resources."+key && !strings.Contains(test.line, "\n") {
				t.Errorf("%v: the limit is that of %q", met, runtime.LimitKey(met))
			}
			if !test.ends(rec, err) {
				t.Errorf("start: %v; crashes: %v; log: %s", err, find[actor.Crashed](rec), rec.logged())
			}
		})
	}
}

// TestLimitNear shows a component that has come to most of what it may have.
func TestLimitNear(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, nil)
	if err := h.Start(t.Context(), limitedProber(t, "[resources]\nmemory.max_bytes = \"2MiB\"")); err != nil {
		t.Fatal(err)
	}
	prober := actor.Address{Namespace: "demo", Name: "prober"}
	if err := h.Send(t.Context(), prober, []byte("grow 750000")); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	told := find[runtime.LimitNear](rec)
	if len(told) != 1 || told[0].Actor != prober || told[0].Of != component.NearMemory || told[0].Usage.Limit != 2<<20 || told[0].Usage.Percentage() < 90 {
		t.Errorf("told %+v", told)
	}
}

// TestGrowthMet shows a component that wants more memory than it may have, once
// for each instance of it.
func TestGrowthMet(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, nil)
	if err := h.Start(t.Context(), limitedProber(t, "[resources]\nmemory.max_bytes = \"2MiB\"")); err != nil {
		t.Fatal(err)
	}
	prober := actor.Address{Namespace: "demo", Name: "prober"}
	says := func(message string) {
		t.Helper()
		if err := errors.Join(h.Send(t.Context(), prober, []byte(message)), h.WaitIdle(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	says("grow 1000000000")
	says("grow 2000000")
	met := find[actor.LimitMet](rec)
	if len(met) != 1 || met[0].Actor != prober || met[0].From != prober || !met[0].To.IsZero() || met[0].Err.Wanted < 1e9 ||
		met[0].Err.Usage.Limit != 2<<20 || runtime.LimitKey(met[0].Err) != "resources.memory.max_bytes" {
		t.Fatalf("told %+v", met)
	}
	if err := h.Restart(t.Context(), prober); err != nil {
		t.Fatal(err)
	}
	says("grow 1000000000")
	if met := find[actor.LimitMet](rec); len(met) != 2 {
		t.Errorf("another instance: told %+v", met)
	}
}

// TestCeilingOfManifests starts nothing that asks for more than the host allows,
// and says where.
func TestCeilingOfManifests(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Limits = component.Limits{Memory: 64 << 20, CallTime: time.Second}
	cfg.Ceiling = component.Limits{Fuel: 1_000_000}
	h, _ := newHostOf(t, cfg, nil)
	m := limitedProber(t, `
[resources]
memory.max_bytes = "65MiB"
tables.max_elements = 1_000_001
cpu = { max_fuel = 1_000_001, timeout_seconds = 300, fuel_per_second = 100_000_000 }
`)
	err := h.Start(t.Context(), m)
	start, ok := errors.AsType[*runtime.StartError](err)
	if !ok || !errors.As(err, new(*component.CeilingError)) || !errors.As(err, new(*manifest.Error)) {
		t.Fatalf("got %v", err)
	}
	want := fmt.Sprintf(`
%[1]s:12:20: %[2]sresources.memory.max_bytes%[2]s is 68157440, and this host allows 67108864 at most
   12 | memory.max_bytes = "65MiB"
      |                    ^^^^^^^ lower it; no manifest can raise what the host allows
%[1]s:14:20: %[2]sresources.cpu.max_fuel%[2]s is 1000001, and this host allows 1000000 at most
   14 | cpu = { max_fuel = 1_000_001, timeout_seconds = 300, fuel_per_second = 100_000_000 }
      |                    ^^^^^^^^^ lower it; no manifest can raise what the host allows
%[1]s:13:23: %[2]sresources.tables.max_elements%[2]s is 1000001, and this host allows 1000000 at most
   13 | tables.max_elements = 1_000_001
      |                       ^^^^^^^^^ lower it; no manifest can raise what the host allows`, m.Path, "`")
	if got := "\n" + start.Err.Error(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if len(h.Actors()) != 0 {
		t.Error("something was started all the same")
	}
}
