package runtime_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

var trustAttacks = []attack{
	{class: "trust-spoofing", do: spoofedTrust},
	{class: "dev-mode-abuse", do: devMode},
	{class: "capability-inflation", do: inflation},
}

// stranger writes the manifest of a guest that lies in a folder of its own.
func (a *arena) stranger(name, guest, says string) *manifest.Manifest {
	a.t.Helper()
	return a.guestIn(a.t.TempDir(), name, guest, says)
}

// spoofedTrust has a stranger's component look like one that is trusted.
func spoofedTrust(a *arena) {
	plain := a.stranger("evil:plain", "ledger", "")
	refuses[*approval.NotApprovedError](a, plain, "not approved")
	wasm, err := os.ReadFile(plain.File)
	a.must(err)
	replaced := func(name string, b []byte) *manifest.Manifest {
		m := a.stranger(name, "ledger", "")
		writeFile(a.t, m.File, b)
		return m
	}
	// Signatures: the trusted one works, one of another key does not, nor does the trusted one on other bytes.
	signed, err := signature.Sign(wasm, a.key)
	a.must(err)
	a.must(a.h.Start(a.ctx, replaced("evil:signed", signed)))
	other, err := signature.Generate()
	a.must(err)
	foreign, err := signature.Sign(wasm, other)
	a.must(err)
	refuses[*approval.NotApprovedError](a, replaced("evil:foreign", foreign), "not approved")
	refuses[*approval.NotApprovedError](a, replaced("evil:changed", append(bytes.Clone(signed), 0, 2, 1, 'x')), "not approved")
	section := signed[8 : len(signed)-len(wasm)+8] // it stands in front
	moved, err := os.ReadFile("../testdata/guests/counter/counter.wasm")
	a.must(err)
	refuses[*approval.NotApprovedError](a, replaced("evil:moved", join(moved[:8], section, moved[8:])), "not approved")
	// Places: the component that is trusted lies in the vendor's folder; one to which a link leads from there does not.
	a.start("evil:inside", "ledger", "")
	link := filepath.Join(a.vendor, "link")
	a.must(os.Symlink(filepath.Dir(a.stranger("evil:link", "ledger", "").File), link))
	refuses[*approval.NotApprovedError](a, manifestAt(a.t, link), "not approved")
	dir := filepath.Join(a.vendor, "file")
	a.must(os.Mkdir(dir, 0o700))
	a.must(os.Symlink(plain.File, filepath.Join(dir, "ledger.wasm")))
	refuses[*approval.NotApprovedError](a, a.manifestIn(dir, "evil:file", "ledger.wasm", ""), "not approved")
	// What a manifest says of where it comes from.
	refuses[*approval.NotApprovedError](a, a.stranger("evil:claim", "ledger", "component.source.path = '"+filepath.Join(a.vendor, "ledger.wasm")+"'\n"), "not approved")
	refuses[*approval.NotApprovedError](a, a.stranger("evil:git", "ledger", "component.source.git = \"https://github.com/acme/ledger\"\ncomponent.source.commit = \""+strings.Repeat("a", 40)+"\"\n"), "not approved")
	// Another's name.
	refuses[*approval.NotApprovedError](a, a.stranger(bystander.String(), "ledger", ""), "not approved")
	approve(a.t, a.gate, a.h.Start(a.ctx, plain))
	a.must(a.h.Start(a.ctx, plain))
}

// devMode has a host whose trust file forbids dev mode asked for it.
func devMode(a *arena) {
	if g, err := gate.Open(gate.Config{Dir: a.state, Dev: true}); !errors.Is(err, trust.ErrDevModeForbidden) {
		a.t.Errorf("dev mode: %v", err)
		if err == nil {
			_ = g.Close()
		}
	}
	m := a.stranger("evil:ledger", "ledger", "")
	refuses[*approval.NotApprovedError](a, m, "not approved")
	// A manifest has no word for it.
	for _, says := range []string{"[trust]\ndev_mode = true\n", "trust = \"dev-mode\"\n", "dev = true\n"} {
		file := filepath.Join(a.t.TempDir(), manifest.FileName)
		writeFile(a.t, file, []byte("component = { name = \"evil:dev\", version = \"1.0.0\" }\n"+says))
		if _, err := manifest.Load(file); err == nil {
			a.t.Errorf("a manifest that says %q is read", says)
		}
	}
	// Where nobody forbids it, it runs, and that is on record.
	dir := a.t.TempDir()
	h, g := gated(a.t, dir, true, nil)
	a.must(h.Start(a.ctx, m))
	a.must(errors.Join(h.Stop(a.ctx), g.Close()))
	warned := false
	a.must(audit.NewReader(gate.LogDir(dir)).Read(func(r *audit.Record) { warned = warned || r.Event == audit.DevMode && r.Component == "evil:ledger" }))
	if !warned {
		a.t.Error("dev mode is not on record")
	}
}

// inflation has a component come by more than was approved: by an update, by
// another component, by asking.
func inflation(a *arena) {
	a.tree(map[string]string{"in/mine": "mine", "hidden/key": "secret"})
	dir := a.t.TempDir()
	m := a.guestIn(dir, "evil:handyman", "handyman", inOnly)
	approve(a.t, a.gate, a.h.Start(a.ctx, m))
	a.must(a.h.Start(a.ctx, m))
	a.does("evil:handyman", "open /data/in/mine r", "1")
	a.denied("evil:handyman", "open /data/hidden/key r", "PermissionDenied(", file("read", "/data/hidden/key"))
	more := a.guestIn(dir, "evil:handyman", "handyman", strings.ReplaceAll(inOnly, "/data/in/**", "/data/**"))
	held := a.h.Reload(a.ctx, more)
	if _, ok := errors.AsType[*approval.NotApprovedError](held); !ok {
		a.t.Errorf("an update that asks for more: %v", held)
	}
	a.record(audit.Record{Event: audit.Started, Component: "evil:handyman", Decision: audit.Denied, Reason: "not approved"})
	a.does("evil:handyman", "read 1 10", "4 mine") // the old one goes on
	a.denied("evil:handyman", "open /data/hidden/key r", "PermissionDenied(", file("read", "/data/hidden/key"))
	// Another one can hand on what it holds, and no more.
	a.start("evil:friend", "handyman", "[capabilities]\nfilesystem.read = [\"/data/hidden/other\"]\n")
	friend, handyman := address("evil:friend"), address("evil:handyman")
	for _, g := range []string{"/data/hidden/key", "/data/hidden/*", "/data/**"} {
		_, err := a.h.Delegate(friend, handyman, 0, capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: g})
		if _, ok := errors.AsType[*capability.DelegationError](err); !ok {
			a.t.Errorf("handing on %s: %v", g, err)
		}
	}
	a.record(audit.Record{Event: audit.Delegated, Component: "evil:friend"})
	a.denied("evil:handyman", "open /data/hidden/key r", "PermissionDenied(", file("read", "/data/hidden/key"))
	// Nobody starts beside it under its name.
	if err := a.h.Start(a.ctx, a.guest("evil:handyman", "handyman", strings.ReplaceAll(inOnly, "/data/in/**", "/data/**"))); !errors.Is(err, actor.ErrRunning) {
		a.t.Errorf("a second one of its name: %v", err)
	}
	a.denied("evil:handyman", "open /data/hidden/key r", "PermissionDenied(", file("read", "/data/hidden/key"))
	// What was approved is granted.
	approve(a.t, a.gate, held)
	a.must(a.h.Reload(a.ctx, more))
	a.does("evil:handyman", "open /data/hidden/key r", "1")
}
