package runtime_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/quota"
)

// begins asks a guest to do something, and holds what came of it to how it is to
// begin.
func begins(t *testing.T, h *runtime.Host, a actor.Address, command, want string) {
	t.Helper()
	got, err := h.Ask(t.Context(), a, []byte(command))
	if err != nil || !strings.HasPrefix(string(got), want) {
		t.Errorf("%s gives %s, %v; want %s", command, got, err, want)
	}
}

// sinkhole takes connections and reads what comes.
func sinkhole(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// withFile mounts a folder that has one file.
func withFile(t *testing.T) func(*runtime.Config) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "in.txt"), []byte("hello"))
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return func(c *runtime.Config) { c.Mounts = []files.Mount{{Path: "/data", Root: root}} }
}

// A component has so many files and sockets open, and what it had when it crashed
// the next instance has again.
func TestOpenFilesAndSockets(t *testing.T) {
	t.Parallel()
	clock := actor.NewManualClock(epoch)
	h, rec := newHostWith(t, clock, withFile(t))
	a := start(t, h, "handyman", "opens", "capabilities.filesystem.read = [\"/data/**\"]\nquota = { open_files = 2, open_sockets = 3 }\n")
	for range 2 {
		begins(t, h, a, "open /data/in.txt r", "1")
		begins(t, h, a, "open /data/in.txt r", "2")
		begins(t, h, a, "open /data/in.txt r", "ResourceExhausted(\"2 files are open: close some\")")
		begins(t, h, a, "open /data/none.txt r", "ResourceExhausted(")
		begins(t, h, a, "close 1", "ok")
		begins(t, h, a, "open /data/none.txt r", "NotFound(") // which takes none
		begins(t, h, a, "open /data/in.txt r", "3")
		for _, n := range []string{"1", "2", "3"} {
			begins(t, h, a, "socket tcp4", n)
		}
		begins(t, h, a, "socket tcp4", "ResourceExhausted(\"3 sockets are open: close some\")")
		begins(t, h, a, "end 2", "ok")
		begins(t, h, a, "socket udp4", "4")
		for key, want := range map[string]quota.Usage{"quota.open_files": {Used: 2, Limit: 2}, "quota.open_sockets": {Used: 3, Limit: 3}} {
			if u := usage(t, h, a, key); u != want {
				t.Errorf("%s: %v", key, u)
			}
		}
		if err := h.Send(t.Context(), a, []byte("trap")); err != nil {
			t.Fatal(err)
		}
		rec.pass(t, clock)
		idle(t, h)
		for _, key := range []string{"quota.open_files", "quota.open_sockets"} {
			if u := usage(t, h, a, key); u.Used != 0 {
				t.Errorf("after a crash %s: %v", key, u)
			}
		}
	}
	var told []string
	for _, e := range find[runtime.LimitNear](rec) {
		told = append(told, "near "+e.Of)
	}
	for _, e := range find[actor.LimitMet](rec) {
		if e.Actor != a || e.From != a {
			t.Errorf("it is told of %+v", e)
		}
		told = append(told, "met "+runtime.LimitKey(e.Err))
	}
	round := "near open files, near open files, near open files, near open sockets, near open sockets, " // again after less was used
	want := round + round + "met quota.open_files, met quota.open_sockets, met quota.open_files, met quota.open_sockets"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told: %s", got)
	}
}

// A component has open what its manifest says, though it is more than an extension
// gives by itself.
func TestManyOpenSockets(t *testing.T) {
	t.Parallel()
	h, _ := newHostWith(t, actor.RealClock{}, withFile(t))
	a := start(t, h, "handyman", "opens", "capabilities.filesystem.read = [\"/data/**\"]\nquota = { open_files = 270, open_sockets = 270 }\n")
	for i := range 270 {
		begins(t, h, a, "open /data/in.txt r", strconv.Itoa(i+1))
		begins(t, h, a, "socket tcp4", strconv.Itoa(i+1))
	}
	begins(t, h, a, "open /data/in.txt r", "ResourceExhausted(\"270 files are open: close some\")")
	begins(t, h, a, "socket tcp4", "ResourceExhausted(\"270 sockets are open: close some\")")
}

// What an extension refuses since there is enough of it is told, once.
func TestLimitsOfExtensions(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.RealClock{})
	const sleep = "/bin/sleep"
	a := start(t, h, "handyman", "takes", "capabilities.process.spawn = [\""+sleep+"\"]\ncapabilities.process.kill = [\""+sleep+"\"]\n")
	pid := ""
	for i := range 18 {
		want := map[bool]string{true: "ResourceExhausted("}[i >= 16]
		begins(t, h, a, "pool 1 1000", want)
		got, err := h.Ask(t.Context(), a, []byte("spawn "+sleep+" 100"))
		if err != nil || strings.HasPrefix(string(got), "TooManyProcesses(") != (i >= 16) {
			t.Fatalf("program %d: %s, %v", i, got, err)
		}
		if i == 0 {
			pid = string(got)
		}
	}
	for i := range 66 {
		begins(t, h, a, "onend "+pid, map[bool]string{true: "ResourceExhausted("}[i >= 64])
	}
	b := feed(t, h, "listens", "capabilities.custom.topic.subscribe = [\"orders.*\"]\n")
	for i := range 1002 {
		if err := h.Send(t.Context(), b, fmt.Appendf(nil, "sub orders.%d", i)); err != nil {
			t.Fatal(err)
		}
		idle(t, h)
	}
	var told []string
	for _, e := range find[actor.LimitMet](rec) {
		told = append(told, e.Actor.String()+": "+e.Err.Error())
	}
	want := []string{
		"crash:takes: too many pools of an instance: 1 more than 16 of 16 (100%)",
		"crash:takes: too many processes of an instance: 1 more than 16 of 16 (100%)",
		"crash:takes: too many watches of an instance: 1 more than 64 of 64 (100%)",
		b.String() + ": too many subscriptions: 1 more than 1000 of 1000 (100%)",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}

// A component that has sent too much waits before it sends more, as long as its
// socket says.
func TestNetworkBandwidth(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.RealClock{})
	to := sinkhole(t)
	a := start(t, h, "handyman", "sends", "capabilities.network.connect = [\""+to+"\"]\nquota.network_bandwidth = \"20KB/s\"\n")
	begins(t, h, a, "socket tcp4", "1")
	begins(t, h, a, "connect 1 "+to, "ok")
	began := time.Now()
	begins(t, h, a, "flood 1 80000", "ok") // four seconds' worth, of which one is there
	begins(t, h, a, "send 1 more", "4")
	if took := time.Since(began); took < 2990*time.Millisecond {
		t.Errorf("80 kB at 20 kB a second, and more, took %v", took)
	}
	b := start(t, h, "handyman", "owes", "capabilities.network.connect = [\""+to+"\"]\nquota.network_bandwidth = \"1KB/s\"\n")
	begins(t, h, b, "socket tcp4", "1")
	begins(t, h, b, "connect 1 "+to, "ok")
	begins(t, h, b, "flood 1 60000", "ok") // a minute's worth: a busy machine has that long for what follows
	if u := usage(t, h, b, "quota.network_bandwidth"); u != (quota.Usage{Used: 1000, Limit: 1000}) {
		t.Errorf("used %v", u)
	}
	begins(t, h, b, "set 1 non-blocking 1", "ok")
	begins(t, h, b, "send 1 more", "WouldBlock(\"the bandwidth that it may use is used up for ")
	begins(t, h, b, "set 1 non-blocking 0", "ok")
	begins(t, h, b, "set 1 write-timeout 1", "ok")
	begins(t, h, b, "send 1 more", "ConnectionTimeout(")
	// Of b there is one of each; a is told of again where it slept for so long that much of its share was free.
	met, near := map[actor.Address]int{}, map[actor.Address]int{}
	for _, e := range find[actor.LimitMet](rec) {
		if met[e.Actor]++; runtime.LimitKey(e.Err) != "quota.network_bandwidth" {
			t.Errorf("met %+v", e)
		}
	}
	for _, e := range find[runtime.LimitNear](rec) {
		near[e.Actor]++
	}
	if met[b] != 1 || near[b] != 1 || met[a] == 0 || near[a] == 0 || len(met)+len(near) != 4 {
		t.Errorf("met %v, near %v", met, near)
	}
}

// A component that has worked for too long waits before it goes on, while others
// do: a loop without end until its time is over, a message before it is handled.
func TestProcessorTime(t *testing.T) {
	t.Parallel()
	h, rec := newHost(t, actor.RealClock{})
	other := start(t, h, "prober", "other", "")
	a := start(t, h, "prober", "works", "quota.cpu_time = \"20ms/s\"\nresources.cpu.timeout_seconds = 1\nsupervision.restart = \"temporary\"\n")
	if err := h.Send(t.Context(), a, []byte("spin")); err != nil {
		t.Fatal(err)
	}
	<-rec.failures
	crashes := find[actor.Crashed](rec)
	if len(crashes) != 1 {
		t.Fatalf("it crashed %d times", len(crashes))
	}
	limit, ok := errors.AsType[*component.TimeLimitError](crashes[0].Err)
	if !ok {
		t.Fatalf("it crashed with %v", crashes[0].Err)
	}
	// It is told of again where the machine let it sleep for so long that much of the share was free.
	met := find[actor.LimitMet](rec)
	if len(met) == 0 || slices.ContainsFunc(met, func(e actor.LimitMet) bool { return e.Actor != a || runtime.LimitKey(e.Err) != "quota.cpu_time" }) {
		t.Errorf("met %+v; it used %d of fuel", met, limit.Fuel)
	}
	told(t, h, other, "log info well", "")
}

// What is more than the host allows is refused with its place, and the limit of
// memory has one value, by whatever name.
func TestQuotasOfManifests(t *testing.T) {
	t.Parallel()
	h, _ := newHostWith(t, actor.NewManualClock(epoch), func(c *runtime.Config) {
		c.QuotaCeiling = runtime.Quotas{Processor: uint64(time.Second / 2), OpenFiles: 10, OpenSockets: 20, Network: 1e6, Storage: 1e6}
	})
	dir := t.TempDir()
	copyFile(t, "../testdata/guests/prober/prober.wasm", filepath.Join(dir, "prober.wasm"))
	m := write(t, dir, "component = { name = \"crash:greedy\", version = \"1.0.0\" }\n[quota]\nstorage = \"2MB\"\nnetwork_bandwidth = \"2MB/s\"\ncpu_time = \"600ms/s\"\nopen_files = 11\nopen_sockets = 21\n")
	err := h.Start(t.Context(), m)
	if !errors.As(err, new(*quota.CeilingError)) || !errors.As(err, new(*manifest.Error)) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		":3:11: `quota.storage` is 2000000, and this host allows 1000000 at most",
		":4:21: `quota.network_bandwidth` is 2000000, and this host allows 1000000 at most",
		":5:12: `quota.cpu_time` is 600ms/s, and this host allows 500ms/s at most",
		":6:14: `quota.open_files` is 11, and this host allows 10 at most",
		":7:16: `quota.open_sockets` is 21, and this host allows 20 at most",
	} {
		if !strings.Contains(err.Error(), m.Path+want) {
			t.Errorf("no %s in\n%v", want, err)
		}
	}
	a := start(t, h, "prober", "modest", "quota.memory = \"4MiB\"\n")
	if u := usage(t, h, a, "quota.cpu_time"); u.Limit != uint64(time.Second/2) {
		t.Errorf("a manifest that says nothing has %v, beyond what the host allows", u)
	}
	if u := usage(t, h, a, "resources.memory.max_bytes"); u.Limit != 4<<20 {
		t.Errorf("of memory it has %v", u)
	}
}
