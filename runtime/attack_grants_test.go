package runtime_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/manifest"
)

var grantAttacks = []attack{
	{class: "others-storage", do: othersStorage},
	{class: "wide-wildcard", do: wideWildcards},
	{class: "empty-pattern", do: emptyPatterns},
	{class: "size-overflow", do: sizeOverflow},
}

const ownStorage = "[capabilities]\nimports = [\"airssys:core/host-services\", \"airssys:core/storage\"]\n" +
	"storage = { read = [\"component:<id>:*\"], write = [\"component:<id>:*\"], delete = [\"component:<id>:*\"] }\n"

func key(action, resource string) audit.Record {
	return audit.Record{Kind: "storage", Action: action, Resource: resource}
}

// othersStorage has a component read and write what another one keeps, and what
// all share.
func othersStorage(a *arena) {
	a.start("good:surveyor", "surveyor", ownStorage)
	a.start("evil:surveyor", "surveyor", ownStorage)
	a.start("evil:named", "surveyor", strings.ReplaceAll(ownStorage, "component:<id>:*", "component:good:surveyor:*"))
	a.start("good:sharing", "surveyor", strings.ReplaceAll(ownStorage, "component:<id>:*", "shared:*"))
	a.does("good:surveyor", "set k kept", "ok")
	a.does("good:sharing", "set shared:k all", "ok")
	a.does("evil:surveyor", "set k mine", "ok")
	a.does("evil:surveyor", "get k", "some mine")
	a.start("evil:wide", "surveyor", strings.ReplaceAll(ownStorage, "component:<id>:*", "*"))
	a.does("evil:wide", "get shared:k", "some all")
	// A key is below the component's own name, whatever it is.
	for _, k := range []string{"component:good:surveyor:k", "good:surveyor:k", "../surveyor:k", "::k", "component:good:surveyor"} {
		for _, do := range []string{"get ", "delete ", "keys "} {
			for _, who := range []string{"evil:surveyor", "evil:wide"} {
				if got := a.does(who, do+k, ""); strings.Contains(got, "kept") {
					a.t.Errorf("%s: %s%s gives %s", who, do, k, got)
				}
			}
		}
		_ = a.does("evil:surveyor", "set "+k+" stolen", "")
	}
	// A manifest that names another's gets none of it, nor its own.
	a.denied("evil:named", "get k", "io-error", key("read", "component:evil:named:k"))
	a.denied("evil:named", "set component:good:surveyor:k stolen", "io-error", key("write", "component:evil:named:component:good:surveyor:k"))
	for _, do := range [][2]string{{"get shared:k", "read"}, {"exists shared:k", "read"}, {"set shared:k stolen", "write"}, {"delete shared:k", "delete"}} {
		a.denied("evil:surveyor", do[0], "io-error", key(do[1], "shared:k"))
	}
	a.denied("evil:surveyor", "keys shared:", "io-error", key("read", "shared:*"))
	a.does("good:surveyor", "get k", "some kept")
	a.does("good:sharing", "get shared:k", "some all")
}

// said loads a manifest that says something; the error is of the place in it.
func (a *arena) said(says string) error {
	file := filepath.Join(a.t.TempDir(), manifest.FileName)
	writeFile(a.t, file, []byte("component = { name = \"evil:handyman\", version = \"1.0.0\", file = \"x.wasm\" }\n"+says))
	writeFile(a.t, filepath.Join(filepath.Dir(file), "x.wasm"), nil)
	_, err := manifest.Load(file)
	return err
}

// unsaid refuses manifests, each with its place.
func (a *arena) unsaid(manifests ...string) {
	a.t.Helper()
	for _, m := range manifests {
		if err := a.said(m); !errors.As(err, new(tomlpos.Errors)) {
			a.t.Errorf("%q: the manifest is read with %v (%T)", m, err, err)
		}
	}
}

// wideWildcards has manifests grant more than their words say, and guests ask for
// what a wildcard looks as if it covered.
func wideWildcards(a *arena) {
	for _, p := range []string{"*:443", "*.com:443", "*:*", "a.example:*", "**.example:443", "a.*.example:443", "0.0.0.0/0:443", "a.example:0", "a.example:70000", "a.example"} {
		a.unsaid(fmt.Sprintf("[capabilities]\nnetwork.connect = [%q]\n", p))
	}
	for _, p := range []string{"*", "**", "data/**", "/data/../**", "/data/**x", "//", "/data/[!", "/{" + strings.Repeat("a,", 100) + "b}", "C:\\**", "/data/" + strings.Repeat("x", 2000)} {
		a.unsaid(fmt.Sprintf("[capabilities]\nfilesystem.read = [%q]\n", p))
	}
	a.unsaid("[capabilities]\nimports = [\"*\"]\n", "[capabilities]\nimports = [\"*:*\"]\n", "[capabilities]\nmessaging.send = [\"**\"]\n", "[capabilities]\nstorage.read = [\"**\"]\n")
	a.tree(map[string]string{"a.csv": "a", "b.key": "key", "sub/c.csv": "c", "ab/d.csv": "d"})
	a.start("evil:handyman", "handyman", "[capabilities]\nfilesystem.read = [\"/data/*.csv\", \"/data/[!a]*.csv\", \"/data/?b\"]\n")
	a.start("good:handyman", "handyman", "[capabilities]\nfilesystem.read = [\"/data/**\"]\n")
	a.does("evil:handyman", "open /data/a.csv r", "1")
	for _, path := range []string{"/data/sub/c.csv", "/data/b.key", "/data/ab/d.csv", "/data/.csv/../b.key", "/data/A.CSV/x"} {
		a.denied("evil:handyman", "open "+path+" r", "PermissionDenied(", file("read", path))
	}
	a.does("good:handyman", "open /data/sub/c.csv r", "1")
}

// emptyPatterns has manifests grant nothing in ways that could mean everything.
func emptyPatterns(a *arena) {
	a.tree(map[string]string{"mine": "mine"})
	for _, k := range []string{"filesystem.read", "network.connect", "storage.read", "messaging.send", "process.spawn", "imports"} {
		a.unsaid(fmt.Sprintf("[capabilities]\n%s = [\"\"]\n", k), fmt.Sprintf("[capabilities]\n%s = [\"\\u0000\"]\n", k))
	}
	for i, says := range []string{"", "[capabilities]\n", "[capabilities]\nfilesystem.read = []\nprocess.spawn = []\nnetwork.connect = []\n", "[capabilities]\nfilesystem = {}\n"} {
		name := fmt.Sprintf("evil:handyman-%d", i)
		a.start(name, "handyman", says)
		a.denied(name, "open /data/mine r", "PermissionDenied(", file("read", "/data/mine"))
		a.denied(name, "spawn /bin/true", "PermissionDenied(", audit.Record{Kind: "process", Action: "spawn", Resource: "/bin/true"})
		s := a.does(name, "socket tcp4", "")
		a.denied(name, "connect "+s+" 127.0.0.1:1", "PermissionDenied(", endpoint("connect", "127.0.0.1:1"))
	}
	// An empty resource is none that a pattern could cover.
	a.start("good:handyman", "handyman", "[capabilities]\nfilesystem.read = [\"/**\"]\n")
	a.does("good:handyman", "open /data/mine r", "1")
	a.denied("good:handyman", "open  r", "PermissionDenied(", audit.Record{Kind: "filesystem", Reason: "empty"})
}

// sizeOverflow has sizes that wrap around, or that the host must not believe.
func sizeOverflow(a *arena) {
	a.unsaid("quota.storage = \"18446744073709551616B\"\n", "quota.storage = \"99999999999999999999GB\"\n", "quota.storage = \"17179869184GiB\"\n", "quota.storage = -1\n",
		"resources.memory.max_bytes = 18446744073709551616\n", "resources.memory.max_bytes = -1\n", "resources.cpu.max_fuel = -1\n", "quota.network_bandwidth = \"36028797018963968GiB/s\"\n",
		"mailbox.size = 4294967297\n", "supervision.startup_timeout = \"10000000000h\"\n")
	a.tree(map[string]string{"in/mine": "mine"})
	a.start("evil:handyman", "handyman", inOnly)
	a.start("evil:surveyor", "surveyor", ownStorage+"[quota]\nstorage = \"1KiB\"\n")
	h := a.does("evil:handyman", "open /data/in/mine rw", "")
	a.does("evil:handyman", "read "+h+" 4294967295", "4 mine")
	for _, at := range []string{"9223372036854775807", "9223372036854775808", "18446744073709551615"} {
		_ = a.does("evil:handyman", "seek "+h+" "+at, "")
		if got := a.does("evil:handyman", "write "+h+" x", ""); !strings.HasSuffix(got, ")") {
			a.t.Errorf("it wrote at %s: %s", at, got)
		}
	}
	a.does("evil:handyman", "seek "+h+" 0", "0")
	a.does("evil:handyman", "read "+h+" 10", "4 mine")
	_ = a.does("evil:handyman", "times /data/in/mine 18446744073709551615 18446744073709551615", "")
	_ = a.does("evil:handyman", "tree /data/in 4294967295", "mine Regular")
	s := a.does("evil:handyman", "socket tcp4", "")
	for _, do := range []string{"pool 4294967295 4294967295", "set " + s + " receive-buffer 4294967295", "idle " + s + " 4294967295"} {
		_ = a.does("evil:handyman", do, "")
	}
	a.does("evil:surveyor", "fill k 500", "ok")
	for _, n := range []string{"1024", "10000000"} {
		a.does("evil:surveyor", "fill big "+n, "quota-exceeded")
	}
	a.record(audit.Record{Event: audit.Limited, Component: "evil:surveyor", Kind: "bytes in storage", Decision: audit.Denied})
	a.does("evil:surveyor", "fill k 10", "ok")
}
