package main

import (
	"strings"
	"testing"

	"github.com/airsstack/witgen/gen"
)

// A stranger's names reach the terminal as text only.
func TestInspectTextIsPrintable(t *testing.T) {
	t.Parallel()
	in := &inspection{Worlds: []inspectedWorld{{
		Exports: []inspectedItem{{Name: "a\x1b[2J\u202eb\x9b", Kind: "interface"}},
	}}}
	var b strings.Builder
	if err := in.writeText(&b); err != nil {
		t.Fatal(err)
	}
	if want := `  a\u{1b}[2J\u{202e}b` + "\ufffd\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%q", want, b.String())
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	config, err := gen.ParseConfig("witgen.toml", []byte(`
out = "bindings"

[functions]
spawn = { kind = "process", action = "spawn", resource = "argv[]" }

[interface."a:b/fs@1.0.0".functions]
rename = [ { kind = "filesystem", action = "delete", resource = "old" }, { kind = "filesystem", action = "write", resource = "new" } ]

[interface."a:b/net".functions]
dial = { kind = "network", action = "connect", format = "{host}:{to.port}" }
`))
	if err != nil {
		t.Fatal(err)
	}
	c := &catalogue{configs: []*gen.Config{config}}
	for _, test := range []struct{ iface, function, want string }{
		{"", "spawn", "process spawn <argv[]>"},
		{"", "other", "import other"},
		{"a:b/fs@1.0.0", "rename", "filesystem delete <old>; filesystem write <new>"},
		{"a:b/fs@2.0.0", "rename", "import a:b/fs"},
		{"a:b/net@3.1.0", "dial", "network connect <host>:<to.port>"},
		{"a:b/net@3.1.0", "listen", "import a:b/net"},
	} {
		var got []string
		for _, n := range c.needs(test.iface, test.function) {
			got = append(got, n.String())
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s#%s needs %v, want %s", test.iface, test.function, got, test.want)
		}
	}
}
