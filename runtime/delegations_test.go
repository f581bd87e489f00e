package runtime_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host/delegation"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// hands starts a component that may read files, and hand on to the helpers, and two
// that may do nothing: one that reads, and one that is no helper.
func hands(t *testing.T, change func(*runtime.Config)) (h *runtime.Host, clock *actor.ManualClock, rec *record, giver, helper, other actor.Address) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.txt"), []byte("hello"))
	writeFile(t, filepath.Join(dir, "b.txt"), []byte("other"))
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	clock = actor.NewManualClock(epoch)
	h, rec = newHostWith(t, clock, func(c *runtime.Config) {
		c.Mounts = []files.Mount{{Path: "/data", Root: root}}
		change(c)
	})
	giver = start(t, h, "deputy", "giver", "capabilities.filesystem.read = [\"/data/**\"]\ncapabilities.custom.delegation.delegate = [\"crash:helper*\"]\n")
	helper = start(t, h, "handyman", "helper", "")
	other = start(t, h, "handyman", "other", "")
	return h, clock, rec, giver, helper, other
}

// A component hands on a part of what it may do, to whom it may, for a time, and
// takes it back; what was opened under it works no more.
func TestGuestsDelegate(t *testing.T) {
	t.Parallel()
	h, clock, rec, giver, helper, other := hands(t, func(*runtime.Config) {})
	begins(t, h, helper, "open /data/a.txt r", "PermissionDenied(")
	told(t, h, giver, "hand crash:helper 60000 filesystem read /data/a.txt", "1")
	begins(t, h, helper, "open /data/a.txt r", "1")
	begins(t, h, helper, "read 1 5", "5 hello")
	begins(t, h, helper, "open /data/b.txt r", "PermissionDenied(")
	begins(t, h, other, "open /data/a.txt r", "PermissionDenied(")
	told(t, h, giver, "list", "1 crash:helper filesystem read /data/a.txt Some(60000);")

	// What is not to be had.
	for command, want := range map[string]string{
		"hand crash:other 0 filesystem read /data/a.txt":                      "DelegationError::PermissionDenied",
		"hand crash:helper2 0 filesystem read /data/a.txt":                    "DelegationError::UnknownComponent",
		"hand crash:helper 0 filesystem write /data/a.txt":                    `DelegationError::NotHeld("filesystem write /data/a.txt")`,
		"hand crash:helper 0 filesystem read /data/b.txt filesystem read /**": `DelegationError::NotHeld("filesystem read /**")`,
		"hand crash:helper 0 delegation delegate *":                           `DelegationError::NotHeld("delegation delegate *")`,
		"hand crash:helper 0 filesystem read a.txt":                           "DelegationError::InvalidGrant(",
		"hand crash:helper 0":                                                 `DelegationError::InvalidGrant("nothing is handed on")`,
	} {
		begins(t, h, giver, command, want)
	}
	begins(t, h, helper, "open /data/b.txt r", "PermissionDenied(") // a part of what was refused as a whole

	// Over a restart of either.
	for _, a := range []actor.Address{giver, helper} {
		if err := h.Send(t.Context(), a, []byte("trap")); err != nil {
			t.Fatal(err)
		}
		rec.pass(t, clock)
		idle(t, h)
	}
	begins(t, h, helper, "open /data/a.txt r", "1")
	begins(t, h, giver, "list", "1 crash:helper filesystem read /data/a.txt Some(5")

	// Until it is taken back, or its time is over.
	told(t, h, giver, "back 1", "true")
	told(t, h, giver, "back 1", "false")
	begins(t, h, helper, "read 1 5", "PermissionDenied(")
	begins(t, h, helper, "open /data/a.txt r", "PermissionDenied(")
	told(t, h, giver, "hand crash:helper 1000 filesystem read /data/*", "2")
	begins(t, h, helper, "open /data/b.txt r", "")
	clock.Advance(time.Second)
	begins(t, h, helper, "open /data/b.txt r", "PermissionDenied(")
	told(t, h, giver, "list", "")
	if ended := find[runtime.DelegationEnded](rec); len(ended) != 2 || ended[0].Why != "it was taken back" || ended[1].Why != "its time is over" || ended[1].ID != 2 {
		t.Errorf("ended %+v", ended)
	}

	// It goes with what it came from, and with who gave it.
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/b.txt", "3")
	begins(t, h, helper, "open /data/b.txt r", "")
	if held, err := h.Revoke(giver, capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"}, "", ""); !held || err != nil {
		t.Fatal(held, err)
	}
	begins(t, h, helper, "open /data/b.txt r", "PermissionDenied(")
	if left := h.Delegations(giver); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/b.txt", `DelegationError::NotHeld("filesystem read /data/b.txt")`)
}

// What was handed on ends with who gave it, and who has it.
func TestDelegationsEndWithComponents(t *testing.T) {
	t.Parallel()
	h, _, rec, giver, helper, _ := hands(t, func(*runtime.Config) {})
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/a.txt", "1")
	begins(t, h, helper, "open /data/a.txt r", "1")
	if err := h.StopComponent(t.Context(), giver); err != nil {
		t.Fatal(err)
	}
	begins(t, h, helper, "read 1 5", "PermissionDenied(")
	if ended := find[runtime.DelegationEnded](rec); len(ended) != 1 || ended[0].Why != "crash:giver has ended" {
		t.Errorf("ended %+v", ended)
	}
	if err := h.Restart(t.Context(), giver); err != nil {
		t.Fatal(err)
	}
	told(t, h, giver, "list", "")
	told(t, h, giver, "hand crash:helper 60000 filesystem read /data/a.txt", "2")
	if _, err := h.Remove(t.Context(), helper); err != nil {
		t.Fatal(err)
	}
	told(t, h, giver, "list", "")
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/a.txt", "DelegationError::UnknownComponent")
}

// A component has handed on as much as it may at a time.
func TestTooManyDelegations(t *testing.T) {
	t.Parallel()
	h, _, rec, giver, helper, _ := hands(t, func(*runtime.Config) {})
	part := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/a.txt"}
	for range delegation.Max {
		if _, err := h.Delegate(giver, helper, 0, part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Delegate(giver, helper, 0, part); !errors.Is(err, delegation.ErrTooMany) {
		t.Errorf("got %v", err)
	}
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/a.txt", "DelegationError::TooManyDelegations")
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/b.txt", "DelegationError::TooManyDelegations")
	if met := find[actor.LimitMet](rec); len(met) != 1 || met[0].Actor != giver || met[0].Err.Usage.Limit != delegation.Max {
		t.Errorf("told of the limit: %+v", met)
	}
	if _, err := h.Delegate(giver, helper, 0, slices.Repeat([]capability.Grant{part}, delegation.MaxGrants+1)...); !is[*delegation.SizeError](err) {
		t.Errorf("got %v", err)
	}
	begins(t, h, giver, "hand crash:helper 0 filesystem read /data/"+strings.Repeat("a", delegation.MaxGrantBytes), "DelegationError::InvalidGrant(")
	begins(t, h, giver, "hand crash:helper 0"+strings.Repeat(" filesystem read /data/a.txt", delegation.MaxGrants+1), "DelegationError::InvalidGrant(")
	if !h.RevokeDelegation(giver, 7) || h.RevokeDelegation(helper, 8) {
		t.Error("it is who gave it that takes it back")
	}
	told(t, h, giver, "hand crash:helper 0 filesystem read /data/a.txt", "1001")
}

// With a gate every step is on record: who, to whom, what, until when, and why it
// is over.
func TestDelegationsOnRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := gate.Open(gate.Config{Dir: dir, Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	h, clock, _, giver, helper, _ := hands(t, func(c *runtime.Config) { c.Gate = g })
	told(t, h, giver, "hand crash:helper 60000 filesystem read /data/a.txt", "1")
	begins(t, h, helper, "open /data/a.txt r", "1")
	begins(t, h, helper, "open /data/a.txt r", "2")
	begins(t, h, helper, "read 1 5", "5 hello")
	told(t, h, giver, "back 1", "true")
	told(t, h, giver, "hand crash:helper 1000 filesystem read /data/a.txt", "2")
	clock.Advance(time.Second)
	begins(t, h, helper, "open /data/a.txt r", "PermissionDenied(")
	told(t, h, giver, "hand crash:other 0 filesystem read /data/a.txt", "DelegationError::PermissionDenied")
	told(t, h, giver, "hand crash:helper 0 filesystem read /**", `DelegationError::NotHeld("filesystem read /**")`)
	if err := errors.Join(h.Stop(t.Context()), g.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Verify(dir); err != nil {
		t.Error(err)
	}
	story := map[string]int{}
	err = audit.NewReader(gate.LogDir(dir)).Read(func(r *audit.Record) {
		switch {
		case r.Event == audit.Delegated && r.Decision == audit.Denied:
			story[strings.Join([]string{r.Component, "may not hand", r.Meta["grants"], "on to", r.Meta["to"]}, " ")]++
		case r.Event == audit.Access && r.Meta["delegation"] != "":
			story[strings.Join([]string{r.Component, r.Decision, r.Function, "by", r.Meta["delegation"], "from", r.Meta["from"]}, " ")] += int(r.Count)
		case r.Event == audit.Delegated:
			story[strings.Join([]string{r.Component, "hands", r.Meta["grants"], "on to", r.Meta["to"], "until", r.Meta["ends"]}, " ")]++
		case r.Event == audit.Revoked && r.Meta["delegation"] != "":
			story[strings.Join([]string{r.Component, r.Meta["to"], r.Meta["delegation"], r.Reason}, " ")]++
		case r.Event == audit.Access && r.Decision == audit.Denied:
			story[strings.Join([]string{r.Component, "denied", r.Kind, r.Action, r.Resource}, " ")]++
		}
	})
	want := map[string]int{
		"crash:giver hands filesystem read /data/a.txt on to crash:helper until " + epoch.Add(time.Minute).Format(time.RFC3339Nano): 1,
		"crash:giver hands filesystem read /data/a.txt on to crash:helper until " + epoch.Add(time.Second).Format(time.RFC3339Nano): 1,
		"crash:helper granted open by 1 from crash:giver":                 2,
		"crash:helper granted read by 1 from crash:giver":                 1,
		"crash:giver may not hand filesystem read /** on to crash:helper": 1,
		"crash:giver crash:helper 1 it was taken back":                    1,
		"crash:giver crash:helper 2 its time is over":                     1,
		"crash:helper denied filesystem read /data/a.txt":                 1,
		"crash:giver denied delegation delegate crash:other":              1,
	}
	if err != nil || !maps.Equal(story, want) {
		t.Errorf("%v, %v", story, err)
	}
}
