package host_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/store"
)

// withStore gives the system a store; closing it is the test's affair.
func withStore(t *testing.T, path string) *system {
	t.Helper()
	values, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the system has stopped
		if err := values.Close(); err != nil {
			t.Error(err)
		}
	})
	s := newSystem(t)
	s.services.Store = values
	return s
}

func storing(action string, patterns ...string) []capability.Grant {
	var grants []capability.Grant
	for _, p := range patterns {
		grants = append(grants, capability.Grant{Kind: capability.Storage, Action: action, Resource: p})
	}
	return grants
}

// keeper is an actor that may do everything with its own keys, and more.
func keeper(more ...capability.Grant) spec {
	grants := []capability.Grant{{Kind: capability.Import, Resource: "airssys:core/storage"}}
	for _, action := range []string{"read", "write", "delete"} {
		grants = append(grants, storing(action, "component:<id>:*")...)
	}
	return later(append(grants, more...)...)
}

func (s *system) expect(name string, steps ...string) {
	s.t.Helper()
	for _, step := range steps {
		command, want, _ := strings.Cut(step, " -> ")
		if got := s.ask(name, command); !strings.HasPrefix(got, want) || want == "" && got != "" {
			s.t.Errorf("%s: %s: %s, want %s", name, command, got, want)
		}
	}
}

func TestStorage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "values.db")
	s := withStore(t, path)
	sp := keeper()
	sp.StorageQuota = 100 << 10
	s.start("demo:a", sp)
	s.expect("demo:a",
		"get k -> none",
		"delete k -> not-found: ",
		"exists k -> false",
		"set k one -> ok",
		"set k two words -> ok",
		"set user:1 anna -> ok",
		"get k -> some two words",
		"exists k -> true",
		"keys -> k user:1",
		"keys user: -> user:1",
		"usage -> 84 of 102400, 2 keys",
		"fill big 102400 -> quota-exceeded",
		"fill big 102000 -> ok",
		"fill huge 17000000 -> io-error: a value of",
		"delete big -> ok",
		"delete k -> ok",
		"get k -> none",
		"set  x -> invalid-key: key \"\" is empty",
		"set "+strings.Repeat("k", store.MaxKey+1)+" x -> invalid-key: ",
		"get a\tb -> invalid-key: ",
	)
	// The next instance, and the next host, have it.
	s.tell("demo:a", "trap")
	s.settle()
	s.expect("demo:a", "get user:1 -> some anna")
	s.stop()
	if err := s.services.Store.Close(); err != nil {
		t.Fatal(err)
	}
	again := withStore(t, path)
	again.start("demo:a", keeper())
	again.expect("demo:a", "get user:1 -> some anna")
}

// Nobody reaches what another component keeps, whatever the key.
func TestStorageIsApart(t *testing.T) {
	t.Parallel()
	s := withStore(t, filepath.Join(t.TempDir(), "values.db"))
	s.start("demo:a", keeper(storing("read", "shared:*")...))
	s.start("demo:b", keeper(append(storing("read", "component:*", "shared:*"), storing("write", "shared:b:*")...)...))
	s.start("demo:a/2", keeper())
	s.expect("demo:a", "set secret hush -> ok")
	s.expect("demo:b", "get secret -> none", "get component:demo:a:secret -> none", "get ../demo:a/secret -> none", "keys -> ")
	s.expect("demo:a/2", "get secret -> none")
	// What is shared is shared among those that are granted it.
	s.expect("demo:b", "set shared:b:news hear -> ok", "keys shared: -> shared:b:news", "delete shared:b:news -> io-error: ", "set shared: x -> io-error: ")
	s.expect("demo:a", "get shared:b:news -> some hear", "set shared:b:news mine -> io-error: set: storage write shared:b:news is not granted", "keys -> secret")
	s.expect("demo:a/2", "get shared:b:news -> io-error: ")
}

// Each call is checked, under the whole name of the key.
func TestStorageGrants(t *testing.T) {
	t.Parallel()
	s := withStore(t, filepath.Join(t.TempDir(), "values.db"))
	interfaces := capability.Grant{Kind: capability.Import, Resource: "airssys:core/storage"}
	s.start("demo:none", later())
	s.start("demo:user", later(append(append(storing("read", "component:<id>:user:*"), storing("write", "component:demo:user:*")...), interfaces)...))
	s.expect("demo:none",
		"get k -> io-error: get: storage read component:demo:none:k is not granted",
		"set k v -> io-error: set: storage write component:demo:none:k is not granted",
		"delete k -> io-error: delete: storage delete",
		"exists k -> io-error: exists: storage read",
		"keys -> io-error: list-keys: storage read component:demo:none:* is not granted",
		"usage -> io-error: usage: ",
	)
	s.expect("demo:user",
		"set user:1 anna -> ok", "set k v -> ok", "get user:1 -> some anna", "get k -> io-error: ", "delete user:1 -> io-error: ",
		"keys user: -> user:1",
		"keys user -> io-error: ", // it would name users:x, too
		"keys -> io-error: ",
		"keys k -> io-error: ",
		"usage -> 76 of",
	)
	if d := find[host.Denied](s); len(d) != 11 {
		t.Errorf("%d denials: %v", len(d), d)
	}
}

// What only takes one more name is not what takes any number.
func TestStorageListNeedsAll(t *testing.T) {
	t.Parallel()
	s := withStore(t, filepath.Join(t.TempDir(), "values.db"))
	grants := storing("read", "component:<id>:a*")
	s.start("demo:a", later(append(grants, storing("write", "component:<id>:*")...)...))
	s.start("demo:b", later(storing("read", "component:<id>:*:*")...))
	s.expect("demo:a", "set ab x -> ok", "set a:b x -> ok", "get ab -> some x", "get a:b -> io-error: ", "keys a -> io-error: ")
	s.expect("demo:b", "keys -> io-error: ", "keys a: -> ")
}

func TestNoStore(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", keeper())
	for _, command := range []string{"get k", "set k v", "delete k", "exists k", "keys", "usage"} {
		s.expect("demo:a", command+" -> io-error: this host keeps nothing")
	}
	s.wantStats("demo:a", actor.Stats{Handled: 6})
}
