package learn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/learn"
	"github.com/airsstack/witgen/runtime/manifest"
)

var points = []capability.Point{
	{Interface: "airssys:core/host-services@1.0.0", Func: "send-message", Kind: capability.Messaging, Action: "send"},
	{Interface: "airssys:ext-filesystem/filesystem@1.0.0", Func: "open", Kind: capability.Filesystem},
	{Interface: "airssys:core/host-services@1.0.0", Func: "log", Kind: capability.Import},
	{Interface: "demo:bank/accounts@1.0.0", Func: "charge", Kind: "billing", Action: "charge"},
}

const before = `# the intake
[component]
name = "orders:intake" # of orders
version = "1.0.0"

[capabilities]
messaging.send = ["orders:*"]
[capabilities.custom.billing]
charge = ["acct:*"]

[env]
MODE = "fast"
`

func guard(t *testing.T, b *learn.Book, grants []capability.Grant) *capability.Guard {
	t.Helper()
	g, err := capability.NewGuard("orders:intake", grants, points, b.Guard("orders:intake")...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestLearn(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse("Component.toml", []byte(before))
	if err != nil {
		t.Fatal(err)
	}
	var b learn.Book
	g := guard(t, &b, m.Grants())
	for range 3 {
		g.Check(0, "", "orders:ledger") // granted, and wider than it need be
	}
	g.Check(1, "read", "/data/[a].csv")
	g.Check(1, "write", "/out/x")
	g.Check(1, "read", "../etc/passwd")
	g.Check(2, "", "")
	demands, more := b.Demands("orders:intake")
	if more != 0 {
		t.Error(more)
	}
	got, err := learn.Write([]byte(before), demands)
	if err != nil {
		t.Fatal(err)
	}
	want := `# the intake
[component]
name = "orders:intake" # of orders
version = "1.0.0"

[env]
MODE = "fast"

[capabilities]
filesystem.read = [
  "/data/[[]a].csv", # open asked once; it was not granted
]
filesystem.write = [
  "/out/x", # open asked once; it was not granted
]
imports = [
  "airssys:core/host-services@1.0.0", # log asked once; it was not granted
]
messaging.send = [
  "orders:ledger", # send-message asked 3 times
]
# no grant can cover filesystem read "../etc/passwd": it is not an absolute path
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	// What was learnt covers all that was asked, and the most of it that can be.
	m, err = manifest.Parse("Component.toml", got)
	if err != nil {
		t.Fatal(err)
	}
	g = guard(t, &learn.Book{}, m.Grants())
	for _, d := range demands {
		for i, p := range points {
			if p.Kind != d.Kind || d.Hopeless != "" {
				continue
			}
			if _, denial := g.Check(i, d.Action, d.Resource); denial != nil {
				t.Error(denial)
			}
		}
	}
	for _, other := range []string{"/data/a.csv", "/data/b.csv", "/out/y"} {
		if _, denial := g.Check(1, "read", other); denial == nil {
			t.Errorf("%s is granted, too", other)
		}
	}
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	var b learn.Book
	g := guard(t, &b, nil)
	for i := range 50 {
		g.Check(1, "read", fmt.Sprintf("/data/%d", i))
	}
	demands, _ := b.Demands("orders:intake")
	got, err := learn.Write([]byte(before), demands)
	if want := "filesystem.read = [\n  \"/data/*\", # open asked 50 times, for 50 resources; it was not granted\n]\n"; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestLenient(t *testing.T) {
	t.Parallel()
	b := learn.Book{Lenient: true}
	g := guard(t, &b, nil)
	token, denial := g.Check(0, "", "orders:ledger")
	if denial != nil || token == nil || token.Revoked() {
		t.Errorf("%v, %v", token, denial)
	}
	if _, denial := g.Check(1, "read", "../x"); denial == nil {
		t.Error("what is malformed is let through")
	}
	if demands, _ := b.Demands("orders:intake"); len(demands) != 2 || demands[1].Denied != 1 {
		t.Errorf("%+v", demands)
	}
}

// A guest that asks for new things for ever does not fill the memory.
func TestBounded(t *testing.T) {
	t.Parallel()
	var b learn.Book
	g := guard(t, &b, nil)
	for i := range 11_000 {
		g.Check(0, "", fmt.Sprintf("orders:x%d", i))
	}
	if demands, more := b.Demands("orders:intake"); len(demands) != 10_000 || more != 1000 {
		t.Errorf("%d and %d", len(demands), more)
	}
}

// What no grant would allow is in no manifest that is learnt.
func TestRefusalsAreNotLearnt(t *testing.T) {
	t.Parallel()
	var b learn.Book
	g := guard(t, &b, nil)
	g.Refuse(0, "socket 7", "it is not open here")
	demands, _ := b.Demands("orders:intake")
	if len(demands) != 1 || demands[0].Hopeless != "it is not open here" || demands[0].Denied != 1 {
		t.Errorf("%+v", demands)
	}
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	head := "[component]\nname = \"a:b\"\nversion = \"1.0.0\"\n"
	for _, tt := range []struct {
		src string
		ok  bool
	}{
		{head, true},
		{"capabilities.imports = [\"a:b/c\"]\n" + head, true},
		{"capabilities = { imports = [\"a:b/c\"] }\n" + head, true},
		{"capabilities.imports = [\n\"a:b/c\",\n]\n" + head, false},
		{head + "[capabilities.filesystem]\nread = [\n  \"/a\",\n]\n[mailbox]\nsize = 3\n", true},
		{head + "[config]\ntext = '''\n[capabilities]\n'''\n", false},
	} {
		got, err := learn.Write([]byte(tt.src), nil)
		if (err == nil) != tt.ok {
			t.Errorf("%q: %v", tt.src, err)
		}
		if err == nil && !strings.HasSuffix(string(got), "[capabilities]\n# it asked for nothing\n") {
			t.Errorf("%s", got)
		}
	}
}
